#!/usr/bin/env python3
"""A plan before it is applied: what it changes, whether it does what it says of itself, and what it would have done
with calls of the past."""
import json
import random
import resource
import subprocess
import sys

from rig import SPAN, Rig, check, main

RULES = SPAN

OK, FAILED, USAGE, INVALID = range(4)
MANY = 100000


def tandem(rig, *argv):
    p = subprocess.run([rig.build / "tandem", *map(str, argv)], capture_output=True, text=True,
                       timeout=60)
    return p.returncode, p.stdout, p.stderr


def expect(rig, argv, code, out="", err=""):
    got, stdout, stderr = tandem(rig, *argv)
    what = f"tandem {' '.join(map(str, argv))}"
    check(got == code, f"{what}: exit {got}, not {code}: {stdout}{stderr}")
    check(out in stdout, f"{what} says {stdout!r}")
    check(err in stderr, f"{what} complains {stderr!r}")
    return stdout


PLAN = """version 1
sip { listen udp:127.0.0.1:5060 }
site berlin { dialling de area 30 }
class staff { allow national, international
    deny premium }
trunk pbx { sip sip:127.0.0.2
    class staff }
trunk alpha { sip sip:127.0.0.3
    limit 28 calls }
trunk beta { sip sip:127.0.0.4 }
routes from pbx {
    +44*  -> alpha
    *     -> beta
}
test "abroad" {
    call   from pbx called +442079460148
    expect trunk alpha
}
"""


def plans(rig):
    """diff, route test and --strict, each without a daemon."""
    old, new = rig.dir / "old.conf", rig.dir / "new.conf"
    old.write_text(PLAN)
    new.write_text("# the same\n" + PLAN.replace("+44*  -> alpha", "+44* ->   alpha # by night too"))
    expect(rig, ["diff", old, new], OK, out="no difference")
    new.write_text(PLAN.replace("28 calls", "30 calls").replace("+44*  -> alpha", "+44*  -> beta, alpha"))
    expect(rig, ["diff", old, new], FAILED, out="~ trunk alpha: limit 28 calls -> 30 calls")
    expect(rig, ["diff", old, new], FAILED,
           out="~ routes from pbx: +44* -> beta, alpha, was -> alpha")
    expect(rig, ["check", new], INVALID, err='test "abroad" fails: the trunk is beta, not alpha')
    expect(rig, ["route", "test", "-c", new], FAILED, out='FAILED "abroad": the trunk is beta, not alpha',
           err="1 of 1 tests failed")
    expect(rig, ["route", "test", "-c", old], OK, out='ok "abroad"')
    idle = rig.dir / "idle.conf"
    idle.write_text(PLAN + "trunk idle { sip sip:127.0.0.9 }\n")
    expect(rig, ["check", idle], OK, out="idle.conf: ok, 1 warning",
           err="idle.conf:19:1: warning: trunk \"idle\" is never used")
    expect(rig, ["check", idle, "--strict"], INVALID, out="1 warning")
    good = rig.dir / "good.conf"
    good.write_text(PLAN + "emergency { numbers 110, 112\n    send alpha, beta }\n")
    expect(rig, ["check", "--strict", good], OK, out="good.conf: ok\n")
    expect(rig, ["check", good, good], USAGE)
    expect(rig, ["diff", old, rig.dir / "absent"], INVALID, out="absent")


def with_daemon(rig):
    """What runs is compared with a file, and tested."""
    rig.start()
    socket = ["--socket", rig.dir / "tandem.sock"]
    expect(rig, ["diff", rig.plan, *socket], OK, out="no difference")
    other = rig.dir / "other.conf"
    other.write_text(rig.plan.read_text().replace("* -> reject 1", "* -> reject 3", 1))
    expect(rig, ["diff", other, *socket], FAILED, out="reject 3, was -> reject 1")
    expect(rig, ["route", "test", *socket], OK, out="none failed")
    said = expect(rig, ["route", "explain", "0301234", "--from", "pbx", "--json", *socket], OK)
    explained = json.loads(said.splitlines()[0])
    check(explained["decision"]["hops"][0]["trunk"] == "pri", said)
    check(explained["generation"] >= 1 and explained["steps"][0]["step"] == "ingress", said)


def past_calls(rig):
    """Many records: what differs, and what it costs to know."""
    plan, records = rig.dir / "past.conf", rig.dir / "cdr.csv"
    plan.write_text(PLAN)
    dice = random.Random(1)
    abroad = 0
    with records.open("w") as f:
        f.write("call_id,attempt,start_time,talk_ms,from_trunk,to_trunk,caller,called,bearer\r\n")
        for i in range(MANY):
            gb = dice.random() < 0.1
            abroad += gb
            called = f"+44{dice.randrange(10 ** 9)}" if gb else f"+4940{dice.randrange(10 ** 7)}"
            f.write(f"{i:032x},0,2026-03-01T{i % 24:02}:00:00.000Z,{dice.randrange(100000)},pbx,beta,"
                    f"+4930123,{called},audio\r\n")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = expect(rig, ["replay", records, "-c", plan], OK)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    check(f"{abroad} of {MANY} calls would route differently" in said, said)
    check("beta -> alpha" in said, said)
    print(f"{MANY} records in {took:.2f} s of CPU: {took / MANY * 1e6:.1f} us each")
    check(took < 20.0 * MANY / 1000000 * 3, f"slow: {took:.2f} s")  # three times what it may take
    expect(rig, ["replay", records, "-c", plan, "--list"], OK, out="past.conf:12")
    expect(rig, ["replay", records], USAGE, err="-c FILE")
    expect(rig, ["replay", plan, "-c", plan], FAILED, err="no call records")
    expect(rig, ["replay", rig.dir / "absent", "-c", plan], FAILED, err="absent")


def replay(build):
    with Rig(build, RULES) as rig:
        for part in (plans, past_calls, with_daemon):
            part(rig)
            print(f"{part.__name__}: ok")


if __name__ == "__main__":
    sys.exit(main(replay))
