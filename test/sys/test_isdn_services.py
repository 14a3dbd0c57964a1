#!/usr/bin/env python3
"""What calls carry and what is done with lines, end to end between SIP and ISDN: digits one by one,
tones with a cause, hold, identities, diversions, user information, charges, deflection, transfer in the
exchange; and blocking, draining, SERVICE, RESTART as tshark reads them."""
import subprocess
import sys
import time

import traces
from peer import header, status
from phone import Phone
from rig import Exchange, Failed, Rig, check, main, traced, wait_for

PLAN = """version 1
sip {{ listen udp:127.0.0.1:{sip} }}
media {{
    address 127.0.0.1
    ports   {rtp_low}-{rtp_high}
}}
site berlin {{ dialling de area 30 }}
site newyork {{ dialling us area 212 }}
{spans}
trunk pbx {{
    sip sip:127.0.0.1:{peer}
    accept from 127.0.0.1
    site berlin
    diversion both
    aoc pass
}}
trunk pri {{
    span 1
    site berlin
    overlap
    hold signal
    aoc pass request d, e
}}
trunk users {{
    span 2
    site berlin
    redirects follow
}}
trunk far {{
    span 3
    site berlin
    optimise yes
}}
trunk t1 {{
    span 4
    site newyork
}}
routes from pbx {{
    +49307001* -> pri
    +49307002* -> users
    +49307003* -> far
    +1212555*  -> t1
}}
routes from pri, users {{
    +49307001*    -> pri
    +4930901821xx -> pbx
}}
routes from far {{
    +49307003* -> far
}}
routes from t1 {{
    * -> pbx
}}
cdr csv {dir}/cdr.csv
admin socket {dir}/tandem.sock
overload {{ off }}
log info
"""
SPAN = """span {n} {{
    pseudowire local 127.0.0.1:{local} remote 127.0.0.1:{remote} frames 40 jitter 40ms
    {kind}
    isdn {variant} {side}
{more}}}
"""
# number, kind, variant, our side, more of ours, more of the exchange's
LINES = ((1, "e1", "euroisdn", "user", "    timer t302 2s\n    timer t306 4s\n", "    overlap\n"),
         (2, "e1", "euroisdn", "network", "", ""), (3, "e1", "euroisdn", "user", "", ""),
         (4, "t1", "ni2", "user", "", ""))
OPPOSITE = {"user": "network", "network": "user"}
CHANNELS = {1: 30, 2: 30, 3: 30, 4: 23}

RULES = """
number 30700101 { busy tones }
number 30700102 {
    proceeding
    answer
    hold after 500ms
    retrieve after 1500ms
    wait 60s
}
number 30700103 {
    proceeding
    connected +4930700999
    answer
    connected +4930700998 after 1500ms
    wait 60s
}
number 30700104 {
    proceeding
    uui 0x010203
    answer
    wait 60s
}
number 30700105 {
    proceeding
    answer
    aoc e 1.25 EUR after 1s
    hangup after 500ms
}
number 307001xx {
    proceeding
    alerting
    answer
    wait 60s
}
number 30700200 {
    proceeding
    alerting
    deflect +4930700110 after 300ms
}
number 307002xx {
    proceeding
    answer
    wait 60s
}
number 307003xx {
    proceeding
    answer
    wait 60s
}
number 212555xxxx {
    proceeding
    answer
    wait 60s
}
"""
ALLOW = "Allow: INVITE, ACK, BYE, CANCEL, UPDATE, INFO\r\n"
CHARGES = "Accept: application/sdp, application/vnd.etsi.aoc+xml\r\n"
BUSY_TONE = 425  # Germany's, half a second on and off


def spans(rig, far):
    out = ""
    for n, kind, variant, side, ours, theirs in LINES:
        near, other = rig.ports["sip"] + 200 + 2 * n, rig.ports["sip"] + 201 + 2 * n
        local, remote = (other, near) if far else (near, other)
        out += SPAN.format(n=n, local=local, remote=remote, kind=kind, variant=variant,
                           side=OPPOSITE[side] if far else side, more=theirs if far else ours)
    return out


def settled(rig):
    got = {s["span"]: (s["idle"], s["dchannel"]) for s in
           rig.ask("show", "spans", check_exit=False)}
    return got == {n: (idle, "up") for n, idle in CHANNELS.items()}


def answered(phone, number, extra=""):
    call = phone.call(number, extra=ALLOW + extra)
    final = call.final(20)
    check(status(final) == 200, f"{number}: {final.splitlines()[0]}")
    return call, final


def on_line(path, *names, only, beyond=0, n=1):
    """What tshark reads in a trace beyond so many, n at least; it is written a little later than the
    line has it."""
    def there():
        found = traces.fields(path, *names, only=only)[beyond:]
        return found if len(found) >= n else None
    return wait_for(f"{path.name}: {n} of {only}", 10, there, 0.3)


def place(rig, number, options="", span=1):
    rig.exchange.say(f"call {number} type 2 from 891234567 from-type 2 {options} span {span}")


def called(phone, number="+493090182142"):
    call = phone.invited(number, 20)
    call.pick_up()
    return call


def finish(rig, call, number):
    call.bye()
    return rig.exchange.expect("released", 15, called=number)


def operations(rig, span, wanted):
    """Operations of ETSI's in a span's messages, by message type and number or object identifier."""
    def seen():
        return {(int(f["q931.message_type"][0], 0), value) for f in
                traces.fields(rig.dir / f"tandem-{span}.pcapng", "q931.message_type",
                              "q932.ros.local", "q932.ros.global", options=traces.NO_QSIG,
                              only="q932.ros.local || q932.ros.global")
                for value in f["q932.ros.local"] + f["q932.ros.global"]}
    wait_for(f"operations {wanted}", 10, lambda: wanted <= seen(), 0.3)


# ---- calls ----

def overlap(rig, phone):
    place(rig, "3090182142", "overlap pace 150ms for 2s")
    call = called(phone)
    call.byed(20)
    rig.exchange.expect("released", 15, called="3090182142", cause=16)
    digits = on_line(rig.dir / "tandem-1.pcapng", "q931.called_party_number.digits",
                     only="q931.message_type == 0x7b", n=2)
    check(all(len(d["q931.called_party_number.digits"][0]) == 1
                                   for d in digits), f"INFORMATION: {digits}")
    place(rig, "30901821", "overlap pace 100ms")
    end = rig.exchange.expect("released", 15, called="30901821")
    check(end["cause"] == 28 and 2000 <= end["ms"] <= 8000, f"after T302: {end}")


def tones(rig, phone):
    call = phone.call("+4930700101")
    progress = call.response(183)
    check("m=audio" in progress, "183 without a description")
    begin = time.monotonic()
    wait_for("the busy tone", 4, lambda: call.voice.hears(BUSY_TONE))
    final = call.final(20)
    lasted = time.monotonic() - begin
    check(status(final) == 486 and "Q.850;cause=17" in header(final, "Reason"), final)
    check(2 <= lasted <= 10, f"T306 of 4 s ended the tone after {lasted:.1f} s")


def hold_from_sip(rig, phone):
    """`signal` is HOLD, `notify` is NOTIFY with remote hold and remote retrieval."""
    call, _ = answered(phone, "+4930700100")
    call.reinvite("sendonly")
    rig.exchange.expect("hold", 10, called="30700100")
    call.reinvite("sendrecv")
    rig.exchange.expect("retrieve", 10, called="30700100")
    finish(rig, call, "30700100")
    call, _ = answered(phone, "+4930700201")
    call.reinvite("sendonly")
    rig.exchange.expect("notify", 10, called="30700201", notify=0x79)
    call.reinvite("sendrecv")
    rig.exchange.expect("notify", 10, called="30700201", notify=0x7a)
    finish(rig, call, "30700201")


def hold_from_line(rig, phone):
    call, _ = answered(phone, "+4930700102")
    call.reinvited("sendonly")
    call.reinvited("sendrecv")
    rig.exchange.expect("held", 10, count=2, called="30700102")
    held = rig.exchange.all("held", called="30700102")
    check(not any("cause" in h for h in held), f"{held}")
    finish(rig, call, "30700102")


def connected(rig, phone):
    call, final = answered(phone, "+4930700103")
    check("+4930700999@" in (header(final, "P-Asserted-Identity") or ""), final)
    update = call.request("UPDATE")
    check("+4930700998@" in (header(update, "P-Asserted-Identity") or ""), update)
    call.answer(update, 200)
    finish(rig, call, "30700103")
    place(rig, "3090182143")
    call = phone.invited("+493090182143")
    call.pick_up("P-Asserted-Identity: <sip:+493090182150@127.0.0.1;user=phone>\r\n")
    got = rig.exchange.expect("answered", 10, called="3090182143")
    check(got["connected"].endswith("3090182150"), f"{got}")
    call.send("INVITE", call.sdp(),
              extra="P-Asserted-Identity: <sip:+493090182151@127.0.0.1;user=phone>\r\n")
    call.response(200)
    wait_for("who it is now", 10, lambda: [e for e in rig.exchange.all("identity") if
                                           e.get("connected", "").endswith("3090182151")])
    finish(rig, call, "3090182143")


def user_information(rig, phone):
    call, final = answered(phone, "+4930700104", "User-to-User: 0448656c6c6f;encoding=hex\r\n")
    got = rig.exchange.expect("arrived", 10, called="30700104")
    check(got["uui_protocol"] == 4 and got["uui"].lower() == "48656c6c6f", f"{got}")
    check("010203" in header(final, "User-to-User") and "encoding=hex" in
          header(final, "User-to-User"), f"{header(final, 'User-to-User')}")
    call.bye("User-to-User: 04627965;encoding=hex\r\n")
    rig.exchange.expect("disconnect", 10, called="30700104", uui="627965")
    place(rig, "3090182144", "uui Hello")
    call = called(phone, "+493090182144")
    check(header(call.invite, "User-to-User").lower().startswith("0448656c6c6f"), call.invite)
    finish(rig, call, "3090182144")


def diversions(rig, phone):
    place(rig, "3090182145", "redirecting 30700021 reason 1 first 30700022 reason 2")
    call = called(phone, "+493090182145")
    said = [line for line in call.invite.splitlines() if line.startswith("Diversion:")]
    check(len(said) == 2 or len(said) == 1 and said[0].count("<sip:") == 2, call.invite)
    text = " ".join(said)
    check(text.index("30700021") < text.index("30700022") and "user-busy" in text, text)
    history = header(call.invite, "History-Info") or ""
    check("30700021" in call.invite and "index=1" in history, call.invite)
    finish(rig, call, "3090182145")
    call, _ = answered(phone, "+4930700120",
                       "Diversion: <sip:+4930700031@127.0.0.1>;reason=user-busy;counter=1, "
                       "<sip:+4930700032@127.0.0.1>;reason=unconditional;counter=1\r\n")
    got = rig.exchange.expect("arrived", 10, called="30700120")
    check(got["redirecting"] == "30700031" and got["redirecting_reason"] == 1
          and got["redirecting_first"] == "30700032" and got["diversions"] == 2, f"{got}")
    finish(rig, call, "30700120")


def subaddresses(rig, phone):
    place(rig, "3090182146", "subaddress 1234")
    call = called(phone, "+493090182146")
    check("isub=1234" in call.invite.splitlines()[0], call.invite.splitlines()[0])
    finish(rig, call, "3090182146")
    call = phone.call("+4930700121;isub=5678")
    check(status(call.final()) == 200, "not answered")
    got = rig.exchange.expect("arrived", 10, called="30700121")
    check(got["subaddress"] in ("5678", "5035363738"), f"{got}")  # X.213: AFI 50, IA5
    finish(rig, call, "30700121")


def restricted(rig, phone):
    place(rig, "3090182147", "presentation 1")
    call = called(phone, "+493090182147")
    check("anonymous" in header(call.invite, "From").lower(), call.invite)
    check("id" in header(call.invite, "Privacy") and
          "+49891234567@" in header(call.invite, "P-Asserted-Identity"), call.invite)
    finish(rig, call, "3090182147")
    call, _ = answered(phone, "+4930700122", "Privacy: id\r\nP-Asserted-Identity: "
                       "<sip:+4930901821@127.0.0.1;user=phone>\r\n")
    got = rig.exchange.expect("arrived", 10, called="30700122")
    check(got["presentation"] == 1 and got["caller"] == "30901821", f"{got}")
    finish(rig, call, "30700122")


def charges(rig, phone):
    call, _ = answered(phone, "+4930700105", CHARGES)
    bye = call.byed(20)
    check("application/vnd.etsi.aoc+xml" in bye and "<aoc-e>" in bye and "EUR" in bye
          and "1.25" in bye, bye)
    rows = wait_for("the record", 10, lambda: [r for r in rig.records() if r["charge"]])
    check(rows[-1]["charge"] == "1.25 EUR", f"{rows[-1]['charge']}")
    # ETS 300 182-1: chargingRequest, aOCECurrency
    operations(rig, 1, {(0x05, "30"), (0x45, "35")})


def deflection(rig, phone):
    call = phone.call("+4930700200")
    call.response(181)
    check(status(call.final(20)) == 200, "not answered by the one it was deflected to")
    got = rig.exchange.expect("arrived", 10, called="30700110")
    check(got["span"] == 1 and got["redirecting"] == "30700200", f"{got}")
    # ETS 300 207-1: callRerouteing, divertingLegInformation2
    operations(rig, 2, {(0x62, "14")})
    operations(rig, 1, {(0x05, "15")})
    finish(rig, call, "30700110")


def joined_in_the_exchange(rig, phone):
    place(rig, "30700300", span=3)
    rig.exchange.expect("transfer", 20, span=3)
    for direction in ("in", "out"):
        rig.exchange.expect("released", 15, called="30700300", direction=direction)
    row = wait_for("the record", 10, lambda: [r for r in rig.records()
                                              if r["released_by"] == "transfer"])
    check(row[0]["from_trunk"] == row[0]["to_trunk"] == "far", f"{row}")
    # EN 300 369-1: ectLinkIdRequest, explicitEctExecute
    operations(rig, 3, {(0x62, "0.4.0.369.1.4"), (0x62, "0.4.0.369.1.1")})


# ---- lines ----

def service_of(rig, trunk):
    return {t["trunk"]: t["service"] for t in rig.ask("show", "trunks")}[trunk]


def blocking(rig, phone):
    rig.ask("block", "pri")
    check(service_of(rig, "pri") == "blocked", service_of(rig, "pri"))
    check(status(phone.call("+4930700100").final()) == 503, "a blocked trunk took a call")
    rig.ask("unblock", "pri")
    call, _ = answered(phone, "+4930700123")
    rig.ask("block", "pri", "--drain")
    check(service_of(rig, "pri") == "draining", service_of(rig, "pri"))
    check(status(phone.call("+4930700100").final()) == 503, "a draining trunk took a call")
    waits = rig.spawn([rig.build / "tandem", "block", "pri", "--drain", "--watch", "--socket",
                       rig.dir / "tandem.sock"], stdout=subprocess.PIPE, text=True)
    check(any("draining" in line for line in waits.stdout), "--watch does not say how far it is")
    time.sleep(0.5)
    check(waits.poll() is None, "--watch did not wait for the call")
    finish(rig, call, "30700123")
    check(waits.wait(15) == 0, "--watch did not end well")
    check(service_of(rig, "pri") == "blocked", service_of(rig, "pri"))
    rig.ask("unblock", "pri")
    check(service_of(rig, "pri") == "in service", service_of(rig, "pri"))


def channel(rig, span, number):
    return [c for c in rig.ask("show", "channels", str(span)) if c["channel"] == f"{span}/{number}"][0]


def services(rig, phone):
    """SERVICE takes a channel away, and is acknowledged: of the national maintenance messages 0x07
    and 0x0f with discriminator 0x43 (ANSI T1.607 annex M)."""
    path = rig.dir / "tandem-4.pcapng"
    only = "q931.disc == 0x43"
    known = len(traces.fields(path, "frame.number", only=only))
    rig.ask("block", "4/5")
    wait_for("blocked at the exchange", 10, lambda: far_channels(rig, 4).get("5"))
    seen = on_line(path, "q931.message_type", "q931.channel.number", only=only, beyond=known, n=2)
    check([s["q931.message_type"] for s in seen[:2]] == [["0x07"], ["0x0f"]], f"{seen}")
    check(seen[0]["q931.channel.number"] == ["5"], f"{seen}")
    rig.ask("unblock", "4/5")
    wait_for("free at the exchange", 10, lambda: not far_channels(rig, 4).get("5"))
    rig.exchange.say("block 7 span 4")
    wait_for("blocked by the exchange", 10, lambda: channel(rig, 4, 7)["blocked"] == "far end")
    rig.exchange.say("unblock 7 span 4")
    wait_for("free again", 10, lambda: channel(rig, 4, 7)["blocked"] != "far end")


def far_channels(rig, span):
    channels = rig.exchange.status(span=span)["channels"]
    return {n: state for n, state in channels.items() if state != "signalling"}


def restarts(rig, phone):
    path = rig.dir / "tandem-1.pcapng"
    only = "q931.message_type == 0x46 || q931.message_type == 0x4e"
    known = len(traces.fields(path, "frame.number", only=only))
    rig.ask("restart", "1/5")
    seen = on_line(path, "q931.message_type", "q931.channel.number", "q931.restart_indicator",
                   "q931.call_ref", only=only, beyond=known, n=2)
    check([s["q931.message_type"] for s in seen] == [["0x46"], ["0x4e"]], f"{seen}")
    for s in seen:
        check(s["q931.channel.number"] == ["5"] and s["q931.restart_indicator"] == ["0x00"]
              and int(s["q931.call_ref"][0], 16) & 0x7fff == 0, f"{s}")


class Services(Rig):
    """tshark knows QSIG's operations, and takes ETSI's for them where their numbers are the same."""

    def judge(self):
        wrong = []
        paths = sorted(self.dir.glob("*.pcapng"))
        for path in paths:
            if path.name.endswith("-4.pcapng"):
                wrong += traces.judge(path, ())[1]
        for path, n, found in traces.judge_all([p for p in paths if not p.name.endswith("-4.pcapng")]):
            wrong += found if n else [f"{path.name}: no SETUP", *found]
        return wrong


PARTS = (overlap, tones, hold_from_sip, hold_from_line, connected, user_information, diversions,
         subaddresses, restricted, charges, deflection, joined_in_the_exchange, blocking, services,
         restarts)


def run(build):
    wrong = []
    with Services(build) as rig:
        rig.plan.write_text(traced(PLAN.format(**rig.ports, dir=rig.dir, spans=spans(rig, False)),
                                   rig.dir, "tandem"))
        rules = (spans(rig, True) + RULES).replace("{", "{{").replace("}", "}}")
        rig.exchange = Exchange(rig, rules)
        rig.start_tandem()
        phone = Phone(rig.ports["peer"], ("127.0.0.1", rig.ports["sip"]))
        wait_for("the lines in service", 40, lambda: settled(rig), 0.3)
        for part in PARTS:
            try:
                part(rig, phone)
                wait_for("all is clear", 10, lambda: settled(rig), 0.1)
                print(f"{part.__name__}: ok", flush=True)
            except (Failed, AttributeError, LookupError, TypeError, ValueError) as e:
                wrong.append(f"{part.__name__}: {e!r}")
                rig.exchange.say("release all")
                time.sleep(1)
        phone.close()
        check(not wrong, "\n".join(wrong))


if __name__ == "__main__":
    sys.exit(main(run))
