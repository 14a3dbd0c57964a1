"""Calls through tandem, from SIP to the line and back the other way; the exchange is the far end."""
from machine import check, run, test

SECONDS = 5
EXTENSION = "+493090182142"


@test("line-in-service")
def in_service(m):
    m.wait_up()


@test("sip-to-line")
def sip_to_line(m):
    detail = m.clean_calls(1, SECONDS)
    called = m.exchange.expect("arrived")["called"]
    check(called == "3012000001", f"called {called}")
    check(m.exchange.expect("released")["cause"] == 16, "not cleared with cause 16")
    return detail


@test("line-to-sip")
def line_to_sip(m):
    detail = m.clean_calls(1, SECONDS, lambda: m.exchange.say(
        f"call {EXTENSION} echo for {SECONDS}s"))
    released = m.exchange.expect("released", direction="out")
    check(released["cause"] == 16, "not cleared with cause 16")
    return detail


@test("channel-restart")
def channel_restart(m):
    """RESTART from the line of all that is idle, with a call up: that one stays as it is."""
    before = m.restarts()
    detail = m.clean_calls(1, SECONDS, lambda: m.exchange.say(
        f"call {EXTENSION} echo for {SECONDS}s\nwait 2s\nrestart"))
    check(m.restarts() == before + 29, f"{m.restarts() - before} channels were restarted")
    return detail


run()
