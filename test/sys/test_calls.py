#!/usr/bin/env python3
"""Calls that do not simply succeed, and what is said on the way: causes both ways, early media,
overlap, digits in both directions, cancelling, an operator's release."""
import sys
from functools import partial

import sipscript
from peer import Caller, header, status
from rig import SPAN, Rig, check, finish, main, wait_for

RULES = SPAN + """
number 30100 {{ busy }}
number 30101 {{ cause 1 }}
number 30103 {{
    early tone.wav
    wait 800ms
    cause 3
}}
number 30104 {{
    proceeding
    alerting
}}
number 30105 {{
    proceeding
    answer
    dtmf "159D" after 500ms
    wait 30s
}}
number 30106 {{ busy tones }}
number 30107 {{ cause 27 }}
"""

# number, status, Reason's cause (RFC 3398 7.2.4.1)
REFUSALS = (("030100", 486, 17), ("030101", 404, 1), ("030107", 502, 27))


def refusals(rig, caller):
    for number, want, cause in REFUSALS:
        caller.invite(number)
        final = caller.final()
        check(status(final) == want, f"{number}: {status(final)}, not {want}")
        check(f"Q.850;cause={cause};" in (header(final, "Reason") or ""),
              f"{number}: Reason: {header(final, 'Reason')}")
        check(header(final, "Retry-After") is None, "Retry-After")


def early_media(rig, caller):
    caller.invite("030103")
    progress = caller.provisional(183)
    check("m=audio" in progress, "183 without SDP")
    caller.media = caller.answer(progress)
    heard = []
    caller.talk(0.6, heard=heard)
    final = caller.final()
    heard += caller.packets()
    check(len(heard) >= 15, f"{len(heard)} packets of early media")
    check(status(final) == 404, f"{status(final)} after the announcement")


def cancelled(rig, caller):
    caller.invite("030104")
    caller.provisional(180)
    caller.cancel()
    final = caller.final()
    check(status(final) == 487, f"{status(final)} after CANCEL")
    rig.exchange.expect("released", called="30104", cause=16)


def busy_with_tones(rig, caller):
    caller.invite("030106")
    check("m=audio" in caller.provisional(183), "the busy tone is not let through")
    caller.cancel()
    check(status(caller.final()) == 487, "CANCEL during the tone")


def digits(rig, caller):
    known = len(rig.exchange.all("released", called="30105"))
    caller.invite("030105")
    check(status(caller.final()) == 200, "not answered")
    got = caller.talk(4, digits="2468#")
    caller.bye()
    heard = rig.exchange.expect("released", count=known + 1, called="30105")["heard"]["dtmf"]
    check(got == "159D", f"telephone events from the line: {got!r}")
    check(heard == "2468#", f"the line heard {heard!r}")


def operator(rig, caller):
    caller.invite("030105")
    check(status(caller.final()) == 200, "not answered")
    number = rig.ask("show", "calls")[0]["call"]
    rig.ask("release", "call", str(number), "--cause", "38")
    bye = caller.byed()
    check("cause=38" in bye, bye)
    record = rig.expect_records(1, lambda r: r["released_by"] == "operator")[0]
    check(record["cause_q850"] == "38", f"cause {record['cause_q850']} in the record")


def overlap(rig, caller):
    called = rig.sipp("called", sipscript.CALLED, local=rig.ports["peer"])
    rig.exchange.say("call +493090182142 overlap for 1s")
    rig.exchange.expect("released", count=1, direction="out", cause=16)
    finish(called, "sipp")


def unknown_number(rig, caller):
    rig.exchange.say("call +49307777")
    released = rig.exchange.expect("released", called="+49307777")
    check(released["cause"] == 1, f"cause {released['cause']}")


# what they hear is torn by a pause of either program
SOUND = (early_media, digits)


def calls(build):
    with Rig(build, RULES) as rig:
        rig.speech("tone.wav", ("demo-nogo",), 3)
        rig.start()
        caller = Caller(rig.ports["caller"] + 4, ("127.0.0.1", rig.ports["sip"]))
        for part in (refusals, early_media, cancelled, busy_with_tones, digits, operator, overlap,
                     unknown_number):
            if part in SOUND:
                rig.unless_troubled(partial(part, rig, caller))
            else:
                part(rig, caller)
            wait_for(f"{part.__name__}: all is clear", 10,
                     lambda: rig.status()["calls"] == 0 and rig.in_service())
            print(f"{part.__name__}: ok")
        caller.close()


if __name__ == "__main__":
    sys.exit(main(calls))
