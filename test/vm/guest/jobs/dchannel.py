"""The D channel is lost while the line is there: calls are kept for T309 (Q.931 5.8.9), and no
longer."""
import os
import re
import signal
import time
from datetime import datetime

import sipscript
from machine import check, finish, run, test, wait_for

T309 = 20  # s
SILENT = 15  # s until Q.921 finds a link silent: T203, and N200 times T200
GIVEN_UP = 4  # s more until it has tried to establish it again: T309 begins
CALLS = 2


def lost(m):
    wait_for("the D channel lost", SILENT + 10, lambda: m.span_status()["dchannel"] == "down", 0.5)


def when(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def lost_at(m):
    """When tandem found the D channel lost, the last time it did."""
    log = (m.dir / "tandem.log").read_text()
    return when(re.findall(r"(?m)^(\S+) .*: D channel down", log)[-1])


@test("dchannel-lost-and-back")
def lost_and_back(m):
    """The far end is silent for a while: its calls are there when it is back."""
    m.wait_up()
    callers = m.calls_up("kept", CALLS, pieces=sipscript.CALLER, hold=60000)
    os.kill(m.exchange.process.pid, signal.SIGSTOP)
    try:
        lost(m)
        time.sleep(GIVEN_UP + T309 / 2)
        check(m.connected() == CALLS, "calls ended before T309 was over")
    finally:
        os.kill(m.exchange.process.pid, signal.SIGCONT)
    wait_for("the D channel back", 20, lambda: m.span_status()["dchannel"] == "up", 0.5)
    finish(callers, "sipp", 90)
    m.exchange.expect("released", count=CALLS)
    causes = [e["cause"] for e in m.exchange.all("released")]
    check(causes == [16] * CALLS, f"the calls ended with causes {causes}")
    return f"{CALLS} calls kept, and cleared by their callers"


@test("dchannel-t309")
def t309(m):
    """The far end is gone, its channels are closed: T309 ends the calls with cause 27."""
    callers = m.calls_up("lost", CALLS, pieces=sipscript.CALLER_RELEASED)
    m.exchange.process.kill()
    m.exchange.process.wait()
    lost(m)
    check(m.span_status()["alarm"] == "ok", "the line itself is there")
    finish(callers, "sipp", T309 + 30)
    ended = m.expect_records(CALLS, lambda r: r["cause_q850"] == "27" and r["attempt"] == "0")
    # by tandem's own clock: when we see either is another matter
    took = [(when(r["end_time"]) - lost_at(m)).total_seconds() for r in ended]
    check(all(abs(t - GIVEN_UP - T309) < 1 for t in took), f"the calls ended after {took} s")
    return f"calls ended {took[0]:.1f} s after the D channel"


@test("dchannel-again")
def again(m):
    m.start_exchange()
    m.wait_up()
    return m.clean_calls(2, 3)


run(timers=f"timer t309 {T309}s")
