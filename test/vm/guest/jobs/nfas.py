"""NFAS: three T1s with two D channels between them (ni2). The first one is lost with calls up."""
import re

import sipscript
from machine import Voices, check, check_voices, finish, run, test, wait_for

SECONDS = 3
KEPT = 80  # s: longer than Q.921 needs to find the D channel lost, and calls over the other one
CALLS = 4  # on each span
PCMU = 0
# T309 is 6 s unless it is set: then calls do not outlive their D channel
MEMBERS = {1: "timer t309 90s", 2: "nfas 1 interface 1 backup", 3: "nfas 1 interface 2"}
IDLE = {1: 23, 2: 23, 3: 24}


def one_for_each(pattern, text):
    """A block or line of span 1, three times: `1` becomes the span's number."""
    return re.sub(pattern, lambda found: "".join(found[0].replace("#", str(n)) for n in IDLE),
                  text)


def a_trunk_each(plan):
    """Which span a call takes is in its number."""
    plan = plan.replace("trunk pri {\n    span 1", "trunk pri# {\n    span #")
    plan = plan.replace("    +49* -> pri\n", "    +4930#* -> pri#\n")
    plan = plan.replace("routes from pri {", "routes from pri# {")
    return one_for_each(r"(?ms)^    \+4930#.*?\n|^(trunk|routes from) pri# .*?^\}\n", plan)


def start(m):
    m.start_lines(a_trunk_each, "30xxxxxxxx", isdn="ni2", members=MEMBERS)


def states(m):
    return {s["span"]: s for s in m.ask("show", "spans", check_exit=False)}


def dchannel(m, span):
    """Up or down, once both ends say the same: either finds it lost by timers of its own."""
    near = states(m)[span]["dchannel"]
    far = {s["span"]: s["dchannel"] for s in m.far_status()}[span]
    return near if far == (near == "up") else "not the same"


def in_service(m):
    now = states(m)
    return (len(now) == 3 and all(now[n]["idle"] == idle for n, idle in IDLE.items())
            and dchannel(m, 1) == dchannel(m, 2) == "up" and m.far_idle())


def to_line(m, span, calls=CALLS, hold=SECONDS, **options):
    return m.sipp(f"to-{span}", sipscript.CALLER, calls=calls, rate=20, hold=hold * 1000,
                  number=f"030{span}2000001", law="pcmu", **options)


def both_ways(m, span):
    """Calls over one span, either way, whatever else is up; all octets have to come back."""
    port = m.ports["voice"] + 2
    voices = Voices(m, PCMU, port)
    finish(to_line(m, span, voice=port), f"sipp, to span {span}", SECONDS + 30)
    called = m.called(f"from-{span}", sipscript.CALLED, calls=CALLS, law="pcmu", voice=port)
    m.exchange.say(f"call +493090182142 span {span} count {CALLS} rate 20/s measure off echo "
                   f"for {SECONDS}s")
    finish(called, f"sipp, from span {span}", SECONDS + 30)
    return check_voices(voices.heard(), 2 * CALLS, SECONDS)


@test("nfas-in-service")
def up(m):
    wait_for("all spans in service", 60, lambda: in_service(m), 0.5)


@test("nfas-calls")
def calls(m):
    details = [both_ways(m, n) for n in IDLE]
    wait_for("all is clear", 20, lambda: in_service(m), 0.5)
    return f"on each of 3 spans {details[0]}"


@test("nfas-backup")
def backup(m):
    """The first D channel is cut, both ways: what is up keeps its speech, new calls go over the
    second one."""
    port = m.ports["voice"] + 4
    voices = Voices(m, PCMU, port)
    kept = [to_line(m, n, 2, KEPT, voice=port, local=m.ports["caller"] + 14 + 2 * n)
            for n in IDLE]
    wait_for("calls up", 10, lambda: m.connected() == 6)
    m.exchange.say("fault cut span 1")
    wait_for("the first D channel lost", 30, lambda: dchannel(m, 1) == "down", 0.5)
    details = [both_ways(m, n) for n in IDLE]
    # sipp ends before the last call has left the line
    wait_for("the new calls gone", 10, lambda: len(m.ask("show", "calls")) <= 6)
    up = [c["state"] for c in m.ask("show", "calls")]
    check(up == ["connected"] * 6, f"calls that were up are {up} now")
    check(dchannel(m, 2) == "up", "the second D channel is down too")
    m.exchange.say("fault none span 1")
    wait_for("the first D channel back", 30, lambda: dchannel(m, 1) == "up", 0.5)
    for sipp in kept:
        finish(sipp, "sipp of the calls kept", KEPT + 30)
    detail = check_voices(voices.heard(), 6, KEPT)
    wait_for("all is clear", 20, lambda: in_service(m), 0.5)
    return f"kept: {detail}; new ones meanwhile, on each span: {details[0]}"


run(start=start, kind="t1", more=("t1", "t1 without D channel"))
