"""Calls through tandem with libpri's own stack as the far end: a second opinion on ours."""
import time

import sipscript
from machine import check, finish, run, test, wait_for

SECONDS = 5
CHANNEL = 7


def with_libpri(m):
    m.start_peer()
    m.start_tandem()


def call_out(m):
    """A call from the line, answered."""
    known = len(m.exchange.all("answered", direction="out"))
    m.exchange.say(f"call 493090182142 {CHANNEL}")
    m.exchange.expect("answered", count=known + 1, direction="out")


@test("libpri-in-service")
def in_service(m):
    """Our restart of all channels is acknowledged."""
    wait_for("the line in service", 60, lambda: m.in_service() and m.exchange.in_service(), 0.2)
    m.exchange.expect("restarted", count=30)


@test("libpri-sip-to-line")
def sip_to_line(m):
    detail = m.clean_calls(3, SECONDS)
    check(m.exchange.expect("arrived")["called"] == "3012000001", "another number is called")
    m.exchange.expect("released", count=3)
    check(all(e["cause"] == 16 for e in m.exchange.all("released")), "not cleared with cause 16")
    return detail


@test("libpri-thirty")
def thirty(m):
    return m.clean_calls(30, SECONDS)


@test("libpri-line-to-sip")
def line_to_sip(m):
    def place():
        call_out(m)
        time.sleep(SECONDS)
        m.exchange.say(f"hangup {CHANNEL}")
    return m.clean_calls(1, SECONDS, place)


@test("libpri-restart")
def restart(m):
    """RESTART of a channel with a call on it: the call ends, the channel is good for the next."""
    called = m.called("restarted", sipscript.CALLED)
    call_out(m)
    m.exchange.say(f"restart {CHANNEL}")
    m.exchange.expect("restart_ack", channel=CHANNEL)
    finish(called, "sipp", 10)
    m.wait_clear()
    return line_to_sip(m)


run(start=with_libpri)
