#!/usr/bin/env python3
"""Every variant on every kind of line, both sides of each: calls from SIP to the line and back with
sound both ways, released from each side and refused; and what tshark reads in their SETUPs."""
import collections
import sys
import time

import traces
from peer import header, status
from phone import Phone, tone_frame
from rig import Exchange, Failed, Rig, check, main, wait_for

Line = collections.namedtuple("Line", "kind variant side")
KINDS = (("e1", "euroisdn"), ("t1", "euroisdn"), ("bri point-to-point", "euroisdn"),
         ("bri multipoint", "euroisdn"), ("e1", "qsig"), ("t1", "ni2"), ("t1", "ni1"), ("t1", "dms100"),
         ("t1", "5ess"), ("t1", "4ess"), ("bri point-to-point", "ni1"))
LINES = {n: Line(kind, variant, side) for n, (kind, variant, side) in enumerate(
    ((k, v, s) for k, v in KINDS for s in ("user", "network")), 1)}
OPPOSITE = {"user": "network", "network": "user"}
CHANNELS = {"e1": 30, "t1": 23, "bri": 2}

PLAN = """version 1
sip {{ listen udp:127.0.0.1:{sip} }}
media {{
    address 127.0.0.1
    ports   {rtp_low}-{rtp_high}
}}
site berlin {{ dialling de area 30 }}
site newyork {{ dialling us area 212 }}
trunk pbx {{
    sip sip:127.0.0.1:{peer}
    accept from 127.0.0.1
    site berlin
}}
cdr csv {dir}/cdr.csv
admin socket {dir}/tandem.sock
overload {{ off }}
log info
"""
SPAN = """span {n} {{{trace}
    pseudowire local 127.0.0.1:{local} remote 127.0.0.1:{remote} frames 40 jitter 40ms
    {kind}
    isdn {variant} {side}
}}
"""
RULES = """
number {sip_releases} {{
    proceeding
    alerting
    answer after 100ms
    tone {hz}
    wait 60s
}}
number {line_releases} {{
    proceeding
    answer
    tone {hz}
    wait 60s
}}
number {busy} {{ busy }}
number {unknown} {{ cause 1 }}
"""
SPOKEN = 20  # s at the most: both ends are to hear a tone
ENOUGH = 12  # failures, and no more is tried
CASES = {"sip_releases": 10, "line_releases": 11, "busy": 12, "unknown": 13}


def american(n):
    return LINES[n].variant in ("ni2", "ni1", "dms100", "5ess", "4ess")


def national(n, case):
    """A number behind the line, as it is in a SETUP."""
    return f"212555{n:02}{case}" if american(n) else f"3070{n:02}{case}"


def own(n, case):
    """A number on the SIP side, national too."""
    return f"212556{n:02}{case}" if american(n) else f"3090{n:02}{case}"


def e164(n, digits):
    return ("+1" if american(n) else "+49") + digits


def caller(n):
    return "6465550199" if american(n) else "891234567"


def to_line(n):
    return 400 + 50 * (n % 9)


def from_line(n):
    return 900 + 50 * (n % 11)


def plan(rig):
    text = PLAN.format(**rig.ports, dir=rig.dir)
    near, far = "", ""
    for n, line in LINES.items():
        local, remote = rig.ports["sip"] + 200 + 2 * n, rig.ports["sip"] + 201 + 2 * n
        trace = f" trace {rig.dir}/tandem-{'dms' if line.variant == 'dms100' else 'all'}.pcapng"
        near += SPAN.format(n=n, trace=trace, local=local, remote=remote,
                            **line._asdict())
        near += (f"trunk line{n} {{\n    span {n}\n"
                 f"    site {'newyork' if american(n) else 'berlin'}\n}}\n")
        far += SPAN.format(n=n, trace="", local=remote, remote=local,
                           kind=line.kind, variant=line.variant, side=OPPOSITE[line.side])
        far += RULES.format(hz=from_line(n), **{c: national(n, d) for c, d in CASES.items()})
        near += f"routes from line{n} {{ * -> pbx }}\n"
    rows = "".join(f"    {e164(n, national(n, ''))}* -> line{n}\n" for n in LINES)
    text += near + f"routes from pbx {{\n{rows}}}\n"
    rig.plan.write_text(text)
    return far.replace("{", "{{").replace("}", "}}")


def channels(n):
    return CHANNELS[LINES[n].kind.split()[0]]


def up(rig):
    """Which lines are not yet in service."""
    spans = {s["span"]: s for s in rig.ask("show", "spans", check_exit=False)}
    near = [n for n in LINES if n not in spans or spans[n]["idle"] != channels(n)
            or spans[n]["dchannel"] != "up"]
    known = len(rig.exchange.all("totals"))
    rig.exchange.say("status")
    rig.exchange.expect("totals", count=known + 1)
    last = {s["span"]: s for s in rig.exchange.all("status")}
    far = [n for n, s in last.items() if not s["dchannel"]
           or any(state != "signalling" for state in s["channels"].values())]
    return near, far


def all_up(rig, seconds=40):
    state = None
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        state = up(rig)
        if state == ([], []):
            return
        time.sleep(0.3)
    raise Failed(f"lines not in service: here {state[0]}, at the exchange {state[1]}")


class Wrong:
    """Collects what is wrong with each line, so that one run tells it all."""

    def __init__(self, rig):
        self.rig = rig
        self.said = []

    def __call__(self, n, what, act, *args, **options):
        check(len(self.said) < ENOUGH and self.rig.exchange.process.poll() is None,
              "\n".join([f"the exchange: {self.rig.exchange.process.poll()}", *self.said]))
        try:
            return act(*args, **options)
        except Failed as e:
            self.said.append(f"{n} {' '.join(LINES[n])}: {what}: {e}")
        except (KeyError, IndexError, AttributeError, TypeError) as e:
            self.said.append(f"{n} {' '.join(LINES[n])}: {what}: {e!r}")
        return None


def equal(got, want):
    check(got == want, f"{got!r}, not {want!r}")


def speak(rig, calls, called, wrong):
    """Until all hear it; what a line has not heard is told when its call is over."""
    end = time.monotonic() + SPOKEN
    for n, call in calls.items():
        wrong(n, "the tone at SIP", wait_for, "it", 10, lambda c=call, n=n: c.voice.hears(from_line(n)))
    tones = {called(n): to_line(n) for n in calls}
    while rig.exchange.deaf(tones) and time.monotonic() < end:
        time.sleep(0.3)


def heard(rig, n, **which):
    """The exchange's end of a call: the tone it heard, after any of ours."""
    released = rig.exchange.expect("released", 15, **which)
    hz = released["heard"].get("tone_last_hz")
    check(hz and abs(hz - to_line(n)) < 5, f"the line heard {released['heard']}")
    equal(released["cause"], 16)
    return released


def hang_up(rig, begin, number):
    """The exchange's end of the call that began with that event."""
    rig.exchange.say(f"release {rig.exchange.all(begin, called=number)[-1]['call']}")


def to_the_lines(rig, phone, wrong):
    calls = {n: phone.call(e164(n, national(n, 10)), name=f"Person {n}", hz=to_line(n))
             for n in LINES}
    for n, call in list(calls.items()):
        got = wrong(n, "answer", lambda c=call: equal(status(c.final(20)), 200) or True)
        if not got:
            del calls[n]
    speak(rig, calls, lambda n: national(n, 10), wrong)
    for n, call in calls.items():
        wrong(n, "BYE", call.bye)
        wrong(n, "tone", heard, rig, n, called=national(n, 10))


def released_by_the_lines(rig, phone, wrong):
    calls = {n: phone.call(e164(n, national(n, 11)), hz=to_line(n)) for n in LINES}
    for n, call in calls.items():
        wrong(n, "answer", lambda c=call: equal(status(c.final(20)), 200))
    speak(rig, calls, lambda n: national(n, 11), wrong)
    for n, call in calls.items():
        wrong(n, "release", hang_up, rig, "arrived", national(n, 11))
        bye = wrong(n, "BYE", call.byed, 20)
        wrong(n, "Reason", lambda b=bye: check("Q.850;cause=16" in header(b, "Reason"), b))
        wrong(n, "tone", heard, rig, n, called=national(n, 11))


# RFC 3398 7.2.4.1 and 8.2.6.1: the number's end, for calls to the line and from it; status and cause
REFUSALS = (("busy", 22, 486, 17), ("unknown", 23, 404, 1))


def refused_by_the_lines(rig, phone, wrong):
    calls = [(n, phone.call(e164(n, national(n, CASES[case]))), code, cause) for n in LINES
             for case, _, code, cause in REFUSALS]
    for n, call, code, cause in calls:
        final = wrong(n, f"cause {cause}", call.final, 20)
        wrong(n, f"cause {cause}", lambda f=final, c=code: equal(status(f), c))
        wrong(n, "Reason", lambda f=final, c=cause: check(f"Q.850;cause={c}" in header(f, "Reason"), f))


def place(rig, n, case, steps=""):
    """A call of the exchange's; of users of EuroISDN no names are taken (Q.931 3.1.14)."""
    rig.exchange.say(f"call {own(n, case)} type 2 from {caller(n)} from-type 2 "
                     f"display \"Line {n}\" {steps} span {n}")


def from_the_lines(rig, phone, wrong, case, release):
    for n in LINES:
        place(rig, n, case, f"tone {from_line(n)} for 60s")
    calls = {}
    for n in LINES:
        call = wrong(n, "INVITE", phone.invited, e164(n, own(n, case)), 20)
        if call:
            call.voice.frame = tone_frame(to_line(n))
            call.answer(call.invite, 180)
            calls[n] = call
    for n, call in calls.items():
        wrong(n, "ACK", call.pick_up)
    speak(rig, calls, lambda n: own(n, case), wrong)
    for n, call in calls.items():
        wrong(n, "its release", release, rig, n, call, case)
    for n, call in calls.items():
        wrong(n, "tone", heard, rig, n, called=own(n, case))
        wrong(n, "From", lambda c=call, n=n: check(
            f"sip:{e164(n, caller(n))}@" in header(c.invite, "From"), header(c.invite, "From")))
        named = not (LINES[n].variant == "euroisdn" and LINES[n].side == "network")
        wrong(n, "the name", lambda c=call, n=n, named=named: equal(
            f"Line {n}" in header(c.invite, "From"), named))


def by_sip(rig, n, call, case):
    call.bye()


def by_line(rig, n, call, case):
    hang_up(rig, "placed", own(n, case))
    bye = call.byed(20)
    check("Q.850;cause=16" in header(bye, "Reason"), bye)


def refused_by_sip(rig, phone, wrong):
    each = [(n, *refusal) for n in LINES for refusal in REFUSALS]
    for n, _, case, _, _ in each:
        place(rig, n, case)
    for n, _, case, code, _ in each:
        call = wrong(n, "INVITE", phone.invited, e164(n, own(n, case)), 20)
        if call:
            call.answer(call.invite, code)
    for n, _, case, code, cause in each:
        released = wrong(n, f"{code}", rig.exchange.expect, "released", 20, called=own(n, case))
        wrong(n, f"{code}", lambda r=released, c=cause: equal(r["cause"], c))


# ---- what tshark reads ----

NATIONAL, INTERNATIONAL = "0x02", "0x01"  # Q.931 4.5.8, 4.5.10
AUDIO, SPEECH = "0x10", "0x00"
ALAW, MULAW = "0x03", "0x02"
NAME_IN_FACILITY = "qsig.na.namePresentationAllowedSimple"
SETUP_FIELDS = ("q931.information_transfer_capability", "q931.information_transfer_rate", "q931.uil1",
                "q931.channel.number", "q931.channel.selection", "q931.channel.exclusive",
                "q931.channel.interface_type", "q931.channel.interface_id_present",
                "q931.number_type", "q931.numbering_plan", "q931.presentation_ind",
                "q931.screening_ind", "q931.called_party_number.digits",
                "q931.calling_party_number.digits", "q931.display_information", NAME_IN_FACILITY,
                "q931.call_ref_len", "lapd.tei")


def law(n):
    return MULAW if LINES[n].kind == "t1" or american(n) else ALAW


def of_channel(n, side, slots):
    """Channel identification (Q.931 4.5.13); the SETUP to a bus leaves terminals no choice (5.2.3.2)."""
    bri = LINES[n].kind.startswith("bri")
    bus = LINES[n].kind == "bri multipoint" and side == "network"
    return {"q931.channel.interface_type": "0" if bri else "1",
            "q931.channel.interface_id_present": "0",
            "q931.channel.exclusive": "1" if bus else "0",
            "q931.channel.selection": slots if bri else ("0x01",),
            "q931.channel.number": None if bri else tuple(str(int(s, 0)) for s in slots),
            "q931.call_ref_len": "1" if bri else "2"}


def of_name(n, side, name):
    variant = LINES[n].variant
    display = variant not in ("euroisdn", "qsig") or variant == "euroisdn" and side == "network"
    facility = variant == "qsig" or variant == "ni2" and side == "user"  # its network's follows later
    return {"q931.display_information": name if display else None,
            NAME_IN_FACILITY: name if facility else None}


def expected(n):
    """Of the SETUP of tandem's first call over a line, and of the first one to it."""
    side = LINES[n].side
    both = {"q931.information_transfer_rate": "0x10", "q931.uil1": law(n),
            "q931.presentation_ind": "0x00", "q931.screening_ind": "0x00",
            "q931.numbering_plan": ["0x01", "0x01"]}
    out = {**both, "q931.information_transfer_capability": AUDIO,
           "q931.calling_party_number.digits": "4930901821" if american(n) else "30901821",
           "q931.number_type": [INTERNATIONAL if american(n) else NATIONAL, NATIONAL],
           **of_channel(n, side, ("0x01",)), **of_name(n, side, f"Person {n}")}
    other = OPPOSITE[side]
    last = ("0x01", hex(channels(n) + (LINES[n].kind == "e1")), "0x02")
    back = {**both, "q931.information_transfer_capability": SPEECH,
            "q931.calling_party_number.digits": caller(n), "q931.number_type": [NATIONAL, NATIONAL],
            **of_channel(n, other, last), **of_name(n, other, f"Line {n}")}
    if LINES[n].kind == "bri multipoint":
        (out if side == "network" else back)["lapd.tei"] = "127"
    return (national(n, CASES["sip_releases"]), out), (own(n, 20), back)


def fits(got, want):
    """None: not there; a tuple: one of these. A name may have DISPLAY's type before it."""
    if want is None or isinstance(want, list):
        return got == (want or [])
    return len(got) == 1 and (got[0] in want if isinstance(want, tuple) else
                              got[0].lstrip("\ufffd\u00b1") == want)


def first_setups(rig):
    """The first SETUP to each number, by that number."""
    found = {}
    for path, options in rig.traces():
        for frame in traces.fields(path, *SETUP_FIELDS, only="q931.message_type == 0x05",
                                   options=options):
            found.setdefault("".join(frame["q931.called_party_number.digits"]), frame)
    return found


def setups(rig, wrong, seconds=20):
    """Traces are written a little later than the lines have it."""
    wanted = {called for n in LINES for called, _ in expected(n)}
    end = time.monotonic() + seconds
    while not wanted <= set(found := first_setups(rig)) and time.monotonic() < end:
        time.sleep(0.3)
    for n in LINES:
        for called, want in expected(n):
            for field, value in want.items():
                got = found.get(called, {}).get(field, ["no SETUP"])
                wrong(n, f"SETUP to {called}", check, fits(got, value),
                      f"{field} is {got}, not {value}")


class Lines(Rig):
    """All D channels in one trace, but those of dms100: the Facility of its SETUP has a service
    discriminator of two octets (11 be) that is no Q.932, and tshark takes it for a broken one."""

    def traces(self):
        return ((self.dir / "tandem-all.pcapng", ()),
                (self.dir / "tandem-dms.pcapng", ("--disable-protocol", "q932")))

    def judge(self):
        wrong = []
        for path, options in self.traces():
            n, found = traces.judge(path, options)
            wrong += found if n else [f"{path.name}: no SETUP", *found]
        return wrong


def variants(build):
    with Lines(build) as rig:
        rules = plan(rig)
        rig.exchange = Exchange(rig, rules)
        rig.start_tandem()
        phone = Phone(rig.ports["peer"], ("127.0.0.1", rig.ports["sip"]))
        wrong = Wrong(rig)
        all_up(rig)
        print("in service: ok")
        for part, *more in ((to_the_lines,), (released_by_the_lines,), (refused_by_the_lines,),
                            (from_the_lines, 20, by_sip), (from_the_lines, 21, by_line),
                            (refused_by_sip,)):
            part(rig, phone, wrong, *more)
            all_up(rig)
            check(not wrong.said, "\n".join(wrong.said))
            print(f"{part.__name__}: ok", flush=True)
        phone.close()
        setups(rig, wrong)
        check(not wrong.said, "\n".join(wrong.said))
        print("setups: ok")


if __name__ == "__main__":
    sys.exit(main(variants))
