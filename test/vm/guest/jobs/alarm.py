"""Red alarm: the far end of the line is taken away, and put back."""
import sipscript
from machine import CALLED, check, finish, run, test, wait_for
from peer import Caller, status

SECONDS = 3


@test("alarm-before")
def before(m):
    m.wait_up()
    return m.clean_calls(2, SECONDS)


@test("alarm-red")
def red(m):
    """Two calls up when the line dies: the alarm is shown, they end, and no other one is tried."""
    callers = m.calls_up("callers", 2, pieces=sipscript.CALLER_RELEASED)
    m.exchange.process.kill()
    m.exchange.process.wait()
    m.far.destroy()
    wait_for("the alarm", 10, lambda: m.span_status()["alarm"] == "los")
    finish(callers, "sipp", 150)
    late = Caller(m.ports["caller"] + 16, ("127.0.0.1", m.ports["sip"]))
    late.invite(CALLED + "02")
    answer = status(late.final())
    late.close()
    check(answer in (502, 503), f"a call into the dead line gets {answer}")
    return f"calls end, the next one gets {answer}"


@test("alarm-recovery")
def recovery(m):
    m.far.create()
    m.start_exchange()
    m.wait_up()
    check(m.span_status()["alarm"] == "ok", "the alarm stays")
    return m.clean_calls(2, SECONDS)


run()
