#!/usr/bin/env python3
"""Killed at a bad moment: tandem with calls up, then the exchange. What was open is closed, what was
busy is free, and the next call goes through."""
import sys

import sipscript
from peer import Caller, status
from rig import SPAN, Rig, check, finish, main, wait_for

RULES = SPAN + """
number 3012xxxxxx {{
    proceeding
    answer
    wait 300s
}}
number 30130 {{
    proceeding
    alerting
    wait 300s
}}
"""
ANSWERED = 5


def kill(program):
    program.kill()
    program.wait()


def one_call(rig, port):
    caller = Caller(rig.ports["caller"] + port, ("127.0.0.1", rig.ports["sip"]))
    caller.invite("03012000031")
    check(status(caller.final()) == 200, "the next call is not answered")
    known = len(rig.records())
    caller.bye()
    caller.close()
    wait_for("its records", 10, lambda: len(rig.records()) >= known + 2)
    wait_for("its channel", 10, rig.in_service)


def tandem_dies(rig):
    caller = rig.sipp("callers", sipscript.CALLER, calls=ANSWERED, rate=20, hold=60000,
                      number="03012000000")
    ringing = Caller(rig.ports["caller"] + 8, ("127.0.0.1", rig.ports["sip"]))
    ringing.invite("030130")
    ringing.provisional(180)
    wait_for("calls up", 10, lambda: sum(c["state"] == "connected"
                                         for c in rig.ask("show", "calls")) == ANSWERED)
    # the journal has them a moment later
    wait_for("their records' begin", 10,
             lambda: rig.metric("cdr_written_total") == 2 * (ANSWERED + 1))
    kill(rig.tandem)
    caller.kill()
    ringing.close()
    rig.start_tandem()
    rig.wait_up()
    check(rig.status()["cdr_recovered"] == 2 * (ANSWERED + 1),
          f"{rig.status()['cdr_recovered']} records were open")

    def by_restart():
        return [r for r in rig.records() if r["released_by"] == "restart"]

    wait_for("records closed with restart", 10, lambda: len(by_restart()) >= 2 * (ANSWERED + 1))
    closed = by_restart()
    check(len(closed) == 2 * (ANSWERED + 1), f"{len(closed)} records closed with restart")
    check(all(r["cause_q850"] == "41" for r in closed), "their cause is not 41")
    rig.exchange.expect("released", count=ANSWERED + 1, direction="in")
    one_call(rig, 12)
    print(f"tandem killed with {ANSWERED} calls up and one ringing: {len(closed)} records closed, "
          "the far end's calls cleared by RESTART, the next call answered")


def tandem_dies_again_and_again(rig):
    """Nothing is doubled and nothing lost over several crashes."""
    before = len(rig.records())
    for _ in range(3):
        kill(rig.tandem)
        rig.start_tandem()
        rig.wait_up()
    check(len(rig.records()) == before, "records came or went without a call")


def exchange_dies(rig):
    caller = rig.sipp("more-callers", sipscript.CALLER_RELEASED, calls=2, rate=20,
                      number="03012000000")
    wait_for("calls up", 10, lambda: sum(c["state"] == "connected"
                                         for c in rig.ask("show", "calls")) == 2)
    kill(rig.exchange.process)
    finish(caller, "sipp", 40)
    span = rig.ask("show", "span", "1")[0]
    check(span["alarm"] == "los" and span["dchannel"] == "down", f"the span says {span}")
    wait_for("both calls' records with cause 27", 10,
             lambda: len([r for r in rig.records() if r["cause_q850"] == "27"]) == 4)
    late = Caller(rig.ports["caller"] + 16, ("127.0.0.1", rig.ports["sip"]))
    late.invite("03012000031")
    check(status(late.final()) in (502, 503), f"a call into the dead line: {late.statuses()}")
    late.close()
    rig.start_exchange()
    rig.wait_up()
    one_call(rig, 20)
    print("exchange killed with 2 calls up: cleared with cause 27, alarm shown, and back in service")


def killed(build):
    with Rig(build, RULES) as rig:
        rig.start()
        tandem_dies(rig)
        tandem_dies_again_and_again(rig)
        exchange_dies(rig)


if __name__ == "__main__":
    sys.exit(main(killed))
