"""What DAHDI costs: CPU time of tandem beside a loop that only reads and writes the same channels,
and of a call over a DAHDI line beside one over a pseudowire in the same machine.

The machine's clock counts instructions: a microsecond is a thousand of them, the kernel's included,
and a figure is the same each time. One line of JSON for each.
"""
import json
import time
from pathlib import Path

import sipscript
from machine import CALLED, RULES, Rig, finish, run, test, wait_for

BLOCKS = (20, 40, 80, 160)
SECONDS = 10
RATE, CALLS = 10, 200  # calls that only come and go


def cpu(pid, without="none"):
    """Microseconds that a process has used, all its threads but those of a name."""
    return sum(int((t / "schedstat").read_text().split()[0])
               for t in Path(f"/proc/{pid}/task").glob("*")
               if not (t / "comm").read_text().startswith(without)) / 1000


def per_second(pid):
    begin, used = time.monotonic(), cpu(pid)
    time.sleep(SECONDS)
    return round((cpu(pid) - used) / (time.monotonic() - begin))


def say(**figures):
    print("BENCH", json.dumps(figures), flush=True)


# ---- a line, idle and with thirty calls ----

def floor(m, spans, block, calls):
    firsts = [near.first for near, far in m.lines[:spans]]
    loop = m.spawn([m.build / "test/vm/dahdifloor", block, calls, *firsts])
    time.sleep(1)
    used = per_second(loop.pid)
    loop.kill()
    loop.wait()
    return used


def all_up(m, spans):
    up = [s for s in m.ask("show", "spans", check_exit=False)
          if s["dchannel"] == "up" and s["idle"] == 30]
    return len(up) == spans


def tandem_uses(m, spans, block):
    """Microseconds per second without calls, and with 30 on the first line."""
    m.use(block)
    m.start_lines(count=spans)
    wait_for("in service", 60, lambda: all_up(m, spans), 0.5)
    time.sleep(2)
    used = {0: per_second(m.tandem.pid)}
    sipp = m.sipp("held", sipscript.CALLER, calls=30, rate=20, hold=(SECONDS + 15) * 1000,
                  number=CALLED + "01")
    wait_for("30 calls", 20, lambda: m.connected() == 30)
    used[30] = per_second(m.tandem.pid)
    finish(sipp, "sipp", 60)
    m.stop_all()
    return used


def lines(m, spans):
    for block in BLOCKS:
        for calls, us in tandem_uses(m, spans, block).items():
            base = floor(m, spans, block, calls)
            say(bench="dahdi", spans=spans, block=block, calls=calls, tandem_us_per_s=us,
                floor_us_per_s=base, ratio=round(us / base, 2))


@test("bench-1-line")
def one_line(m):
    lines(m, 1)


@test("bench-4-lines")
def four_lines(m):
    lines(m, 4)


# ---- set-up and release of a call ----

def come_and_go(rig, line):
    """Signalling's part is what all threads but those of media have used."""
    def load(calls):
        sipp = rig.sipp(f"load-{calls}", sipscript.CALLER, calls=calls, rate=RATE, hold=100,
                        number=CALLED + "01")
        finish(sipp, "sipp", calls / RATE + 60)
    rig.start()
    load(20)
    idle = per_second(rig.tandem.pid)
    used, signalling, begin = cpu(rig.tandem.pid), cpu(rig.tandem.pid, "media"), time.monotonic()
    load(CALLS)
    took = time.monotonic() - begin
    say(bench="call", line=line, calls=CALLS, idle_us_per_s=idle,
        signalling_us_per_call=round((cpu(rig.tandem.pid, "media") - signalling) / CALLS),
        all_us_per_call=round((cpu(rig.tandem.pid) - used - idle * took) / CALLS))


@test("bench-call-dahdi")
def call_dahdi(m):
    m.use(160)
    come_and_go(m, "dahdi")
    m.stop_all()


@test("bench-call-pseudowire")
def call_pseudowire(m):
    with Rig("/project/build", RULES, judged=False) as rig:
        come_and_go(rig, "pseudowire")


run(start=lambda m: None, more=("e1", "e1", "e1"))
