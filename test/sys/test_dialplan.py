#!/usr/bin/env python3
"""A company's dial plan from end to end: two lines of one group, a provider, two carriers, a PBX. What explain and
the show verbs say of the running gateway, emergency calls on full lines, crankback, limits, prices, classes, hours."""
import math
import sys
import time

from peer import header, status
from phone import Call, Phone
from rig import Exchange, Rig, check, main, traced, wait_for

PLAN = """version 1
sip {{ listen udp:127.0.0.1:{sip} }}
media {{
    address 127.0.0.1
    ports   {rtp_low}-{rtp_high}
}}
span 1 {{
    pseudowire local 127.0.0.1:{pw} remote 127.0.0.1:{pw_far} frames 40 jitter 40ms
    isdn euroisdn user
}}
span 2 {{
    pseudowire local 127.0.0.1:{pw2} remote 127.0.0.1:{pw2_far} frames 40 jitter 40ms
    isdn euroisdn user
}}
site berlin {{
    dialling  de area 30
    zone      Europe/Berlin
    main      +4930901820
    ddi       +4930901821[00..99] <-> 1[00..99]
}}
trunk pri-1 {{ span 1
    own +49309018280, +4930901820, +4930901821[00..99]
    channels {channels} }}
trunk pri-2 {{ span 2
    own +49309018280, +4930901820, +4930901821[00..99]
    channels {channels} }}
group pri {{
    trunks  pri-1, pri-2
    hunt    least-busy trunk, channels even descending
    reserve 1 channels for emergency
}}
trunk voipco {{
    sip     sip:127.0.0.3:{peer}
    limit   2 calls, 1 cps
}}
trunk alpha {{ sip sip:127.0.0.4:{peer} }}
trunk beta {{ sip sip:127.0.0.5:{peer} }}
trunk pbx {{
    sip     sip:127.0.0.1:{peer}
    accept  from 127.0.0.1
    numbers as-dialled
    class   staff
}}
deck alpha {{ csv {dir}/alpha.csv
    currency EUR }}
deck beta {{ csv {dir}/beta.csv
    currency EUR }}
lcr cheap {{
    offer   beta via beta
    offer   alpha via alpha
}}
class staff {{
    allow   internal, national, mobile, freephone, +43*, +44*
    deny    premium
    deny    international
    limit   20 calls, 120 min/day international
}}
emergency {{
    numbers  110, 112
    accept   0110, 0112
    send     pri, voipco
    preempt  newest ordinary
    location 127.0.0.0/24 caller +49309018280 "Lindenstr. 1, floor 1"
    callback 30min
    notify   pbx:100
}}
calendar holidays {{ date {holidays} }}
time open {{
    weekly   mon-sun 00:00-24:00
    except   holidays
}}
routes from pbx {{
    1xx         -> pbx
    national    -> pri
    +43*        -> lcr cheap
    +44*        -> voipco
    international -> pri
}}
routes from pri {{
    +4930901821xx {{
        when open -> pbx
        otherwise -> pbx called 199
    }}
    +49309018280 -> emergency callback
    *            -> reject 1
}}
test "112 works for everyone, even when all channels are taken" {{
    call    from pbx caller 199 called 0112 busy pri
    expect  trunk pri called 112 preempted 1
}}
cdr csv {dir}/cdr.csv
admin socket {dir}/tandem.sock
overload {{ off }}
log info
"""
SPAN = """
span 1 {{
    pseudowire local 127.0.0.1:{pw_far} remote 127.0.0.1:{pw} frames 40 jitter 40ms
    isdn euroisdn network
}}
"""
NO_CHANNEL = "number 303034xxxx {{ cause 34 }}\n"
ANSWERS = """
number * {{
    proceeding
    alerting
    answer
    wait 60s
}}
"""
DECK = "prefix,rate,setup,first,step\n43,{rate},0,60,60\n4366,{rate},0,1,1\n"
CHANNELS = "1-4"  # of each line: eight calls fill both
TOTAL = 8
DAY = 86400
PAST = "2020-01-01"
NOW = "..".join(time.strftime("%Y-%m-%d", time.gmtime(time.time() + d * DAY)) for d in (-1, 1))


def write_plan(rig, holidays):
    ports = dict(rig.ports, pw2=rig.ports["sip"] + 20, pw2_far=rig.ports["sip"] + 21)
    text = PLAN.format(**ports, dir=rig.dir, holidays=holidays, channels=CHANNELS)
    rig.plan.write_text(traced(text, rig.dir, "tandem"))


class Pbx(Phone):
    """Its porter reads what it is told."""

    def __init__(self, *where):
        self.told = []
        super().__init__(*where)

    def _take(self, message):
        if message.startswith("MESSAGE ") and self.key(message) not in self.answers:
            self.told.append(message)
            Call(self, header(message, "Call-ID")).answer(message, 200)
        else:
            super()._take(message)


class Town:
    """All that is around the gateway."""

    def __init__(self, rig):
        self.rig = rig
        to = ("127.0.0.1", rig.ports["sip"])
        port = rig.ports["peer"]
        self.pbx = Pbx(port, to, "pbx")
        self.voipco = Phone(port, to, "voipco", "127.0.0.3")
        self.alpha = Phone(port, to, "alpha", "127.0.0.4")
        self.beta = Phone(port, to, "beta", "127.0.0.5")
        far = dict(pw=rig.ports["sip"] + 20, pw_far=rig.ports["sip"] + 21)
        self.first = Exchange(rig, SPAN + NO_CHANNEL + ANSWERS)
        self.second = Exchange(rig, SPAN + ANSWERS, "exchange2", **far)
        rig.exchange = self.first

    def close(self):
        for phone in (self.pbx, self.voipco, self.alpha, self.beta):
            phone.close()

    def idle(self):
        spans = self.rig.ask("show", "spans", check_exit=False)
        return len(spans) == 2 and all(s["dchannel"] == "up" and s["idle"] == 30 for s in spans) \
            and self.first.in_service() and self.second.in_service()

    def arrived(self, called):
        return self.first.all("arrived", called=called) + self.second.all("arrived", called=called)

    def dial(self, number, caller="123", wanted=200):
        call = self.pbx.call(number, caller)
        final = call.final(20)
        check(status(final) == wanted, f"{number}: {final.splitlines()[0]}, not {wanted}")
        return call, final

    def quiet(self):
        wait_for("all calls over", 10, lambda: self.rig.status()["calls"] == 0 and self.idle())


def record(rig, called, attempt="1"):
    """The record of a call's attempt."""
    return wait_for(f"the record of {called}", 10, lambda: [
        r for r in rig.records() if r["called"].endswith(called) and r["attempt"] == attempt])[-1]


# ---- what the gateway says ----

def explained(rig, town):
    """Of the running gateway: the state and load of what it would use."""
    call, _ = town.dial("30123450")
    said = rig.print("route", "explain", "30123456", "--from", "pbx", "--caller", "123")
    for words in ("30123456 -> +493030123456", "123      -> +493090182123", "emergency   no", "class", "staff",
                  "national", "pri", "pri-1  up, 1/4 channels busy", "pri-2  up, 0/4 channels busy", "plan.conf:"):
        check(words in said, f"explain does not say {words!r}:\n{said}")
    answer = rig.ask("route", "explain", "30123456", "--from", "pbx", "--caller", "123")
    check(answer, "no objects")
    call.bye()


def tables(rig, town):
    del town
    for argv in (("routes",), ("groups",), ("limits",), ("carriers",), ("decks",), ("rates", "+4366412345"),
                 ("emergency",), ("classes",), ("lists",), ("routes", "+4366412345")):
        text = rig.print("show", *argv)
        rows = text.splitlines()
        check(rows and "rror" not in text and max(map(len, rows)) < 160, f"show {argv}:\n{text}")
        if argv[0] not in ("lists",):
            check(rig.ask("show", *argv), f"show {argv} --json: nothing")
    said = rig.print("show", "rates", "+4366412345")
    check("alpha" in said and "beta" in said and "4366" in said and "0.0" in said, said)
    check("pri-2" in rig.print("show", "groups"), rig.print("show", "groups"))


# ---- calls ----

def emergency(rig, town):
    """All channels but the reserved one are taken, then that one by an emergency call, then an ordinary call goes."""
    calls = []
    for n in range(TOTAL - 1):
        calls.append(town.dial(f"3070010{n}")[0])
    town.dial("30700199", wanted=503)
    first, _ = town.dial("112", caller="198")
    check(rig.ask("show", "calls") and len(rig.ask("show", "calls")) >= TOTAL, "a call was dropped too early")
    second, _ = town.dial("0112", caller="199")
    gone = calls.pop()
    bye = gone.byed(10)
    check("cause=8" in (header(bye, "Reason") or ""), bye)
    arrived = wait_for("both emergency calls", 10, lambda: (lambda a: a if len(a) >= 2 else None)(town.arrived("112")))
    check(len(arrived) == 2 and all(a["caller"].endswith("309018280") for a in arrived), f"{arrived}")
    check(record(rig, f"3070010{TOTAL - 2}")["preempted"], "the record does not say so")
    for call in calls + [first, second]:
        check(not [m for m in call.all if m.startswith("BYE")], "another call was dropped")
    said = rig.print("show", "emergency")
    check("199" in said, said)
    for call in calls + [first, second]:
        call.bye()
    told = wait_for("the porter is told", 10, lambda: town.pbx.told if len(town.pbx.told) > 1 else None)
    check(told[1].startswith("MESSAGE sip:100@") and "199" in told[1] and "Lindenstr. 1, floor 1" in told[1], told[1])
    town.quiet()
    town.first.say("call 309018280 type 2 from 112 channel 1 for 2s")
    back = town.pbx.invited("199", 10)
    back.pick_up()
    back.bye()


def crankback(rig, town):
    """The first line has no channel behind it: the second has."""
    call, _ = town.dial("30341234")
    for exchange in (town.first, town.second):
        exchange.expect("arrived", called="3030341234")
    check(not [m for m in call.all if m.startswith("SIP/2.0 1") and status(m) not in (100, 180, 183)], f"{call.all}")
    call.bye()
    row = record(rig, "30341234", "2")
    check(row["to_trunk"] == "pri-2" and row["to_channel"] == "2/4", f"{row}")


def limits(rig, town):
    def taken(call, number):
        town.voipco.invited(number).pick_up()
        check(status(call.final()) == 200, f"{number}")
        return call
    first, too_soon = (town.pbx.call(f"004420100000{n}", "123") for n in (1, 2))
    taken(first, "+44201000001")
    final = too_soon.final()
    check(status(final) == 503 and "cause=34" in header(final, "Reason"), final)
    time.sleep(1.1)
    second = taken(town.pbx.call("0044201000003", "123"), "+44201000003")
    time.sleep(1.1)
    _, final = town.dial("0044201000004", wanted=503)
    check("cause=34" in header(final, "Reason"), final)
    said = rig.print("show", "limits")
    check("voipco" in said and "2" in said, said)
    first.bye()
    second.bye()
    check(len(town.voipco.arrived) == 0, "a call went beyond the limit")


def prices(rig, town):
    """Alpha is cheaper; when it has no way, beta is asked."""
    call = town.pbx.call("00436641000001", "123")
    town.alpha.invited("+436641000001", 5).pick_up()
    call.final()
    time.sleep(1.2)
    call.bye()
    row = record(rig, "436641000001")
    amount, currency = row["cost"].split()
    seconds = math.ceil(int(row["talk_ms"]) / 1000)  # each begun one is a sixtieth of 0.6
    check(row["deck"] == "alpha" and currency == "EUR" and round(float(amount) * 100) == seconds > 1,
          f"{row}")
    call = town.pbx.call("00431000001", "123")
    far = town.alpha.invited("+431000001", 5)
    far.answer(far.invite, 503)
    town.beta.invited("+431000001", 5).pick_up()
    check(status(call.final()) == 200, "not answered by the second carrier")
    time.sleep(0.1)
    call.bye()
    row = record(rig, "431000001", "2")
    check(row["deck"] == "beta" and row["cost"].startswith("0.9"), f"{row}")


def premium(rig, town):
    del rig
    _, final = town.dial("09001234567", wanted=403)
    check("cause=21" in header(final, "Reason"), final)
    _, final = town.dial("0033123456789", wanted=403)
    check("cause=21" in header(final, "Reason"), final)


def night(rig, town):
    """Open by day; on a holiday the night bell rings. The plan changes while the gateway runs."""
    for holidays, number in ((PAST, "150"), (NOW, "199"), (PAST, "151")):
        write_plan(rig, holidays)
        rig.ask("apply")
        ddi = number if number != "199" else "150"
        town.first.say(f"call 3090182{ddi} type 2 from 891234567 from-type 2 channel 1 for 1s")
        town.pbx.invited(number, 10).pick_up()
        town.quiet()
        town.first.expect("released", 10, called=f"3090182{ddi}")


PARTS = (explained, crankback, limits, prices, premium, emergency, night, tables)


def run(build):
    with Rig(build) as rig:
        (rig.dir / "alpha.csv").write_text(DECK.format(rate="0.6"))
        (rig.dir / "beta.csv").write_text(DECK.format(rate="0.9"))
        write_plan(rig, PAST)
        town = Town(rig)
        rig.start_tandem()
        wait_for("the lines in service", 30, town.idle, 0.2)
        for part in PARTS:
            began = time.monotonic()
            part(rig, town)
            town.quiet()
            print(f"{part.__name__}: ok, {time.monotonic() - began:.1f} s", flush=True)
        town.close()


if __name__ == "__main__":
    sys.exit(main(run))
