"""The bench of the machine tests: that of the system tests (rig.py), with DAHDI's drivers between
tandem and the far end, and each test's outcome as one line on the console.

A job is a file with tests in the order in which they are run, all with one machine:

    @test("name")
    def its_function(m):
        ...                     # raises Failed; what it returns is the detail

    run()
"""
import collections
import csv  # noqa: F401 (rig imports it when it needs it; the image holds what is imported now)
import json
import os
import re
import subprocess
import sys
import threading
import time
import traceback

import rig
import sipscript
import spans
from rig import Exchange, Failed, Rig, check, finish, wait_for

TESTS = []
# The far end's rules: calls to 3012... are answered and echoed, and what is heard is not measured:
# rtpcall looks at every octet. Measuring takes the only processor for milliseconds at a time, twice
# a second and call, in the thread of the exchange's lines; calls that were measured at one instant
# made tandem's lines wait for longer than its blocks lasted.
RULES = rig.SPAN + """
number 3012xxxxxx {{
    measure off
    proceeding
    answer
    echo
    wait 3600s
}}
"""
CALLED = "030120000"  # with two digits more


def test(name):
    def keep(function):
        TESTS.append((name, function))
        return function
    return keep


def on_dahdi(text, span, block, line, side):
    """A plan or rule file with one of DAHDI's spans instead of the pseudowire, and all its
    channels. `line` is the statement that says what it is, `side` is ours."""
    text = re.sub(r"\n +(e1|channels .*)(?=\n)", "", text)
    text = re.sub(r"pseudowire .*", f"dahdi {span.number} block {block}\n    {line}", text)
    return re.sub(r"isdn euroisdn \w+", f"isdn euroisdn {side}", text)


class Peer(Exchange):
    """pripeer: told and heard as the exchange is."""

    def __init__(self, m, span, side="network", voice="echo", name="pripeer"):
        self.events = collections.deque()
        self.log = open(m.dir / f"{name}-events.log", "w")
        argv = [m.build / "test/vm/pripeer", side, span.first, span.dchannel, voice]
        self.process = m.spawn(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=open(m.dir / f"{name}.log", "w"), text=True, bufsize=1)
        threading.Thread(target=self._read, daemon=True).start()

    def in_service(self):
        d = self.all("dchannel")
        return bool(d) and d[-1]["up"]


class Voices:
    """The RTP side of every call of a test: who hears the pattern it sends, octet for octet."""

    def __init__(self, m, payload_type=8, port=None):
        self.process = m.spawn([m.build / "test/vm/rtpcall", port or m.ports["voice"],
                                payload_type, 3600], stdout=subprocess.PIPE, text=True)

    def heard(self):
        self.process.terminate()
        return [json.loads(line) for line in self.process.communicate()[0].splitlines()]


class Machine(Rig):
    def __init__(self, kind="e1", timers="", more=()):
        """timers: statements for tandem's span. more: kinds of further lines. The first one is
        `near` and `far`."""
        super().__init__("/project/build", RULES, judged=False)
        self.lines = [spans.pair(n, k) for n, k in enumerate((kind, *more), 1)]
        self.near, self.far = self.lines[0]
        # The far end sends back all that it hears, on purpose; and octets are compared, which a
        # buffer that follows the network would stretch now and then.
        self.plan.write_text(self.plan.read_text().replace(
            "trunk pri {\n    span 1\n", "trunk pri {\n    span 1\n    echo-cancel off\n").replace(
            "trunk pbx {\n", "trunk pbx {\n    jitter-buffer fixed\n"))
        self.plan_text = re.sub("(isdn .* user)", rf"\1\n    {timers}", self.plan.read_text())
        self.use(160)

    def __exit__(self, kind, error, trace):
        super().__exit__(kind, error, trace)
        for line in self.lines:
            for span in line:
                span.destroy()

    def use(self, block, line=None, side="user"):
        """For what is started from now on: octets in a block, what the line is, tandem's side."""
        self.block, self.line = block, line or self.near.kind
        self.far_side = "network" if side == "user" else "user"
        self.plan.write_text(on_dahdi(self.plan_text, self.near, block, self.line, side))

    def start_exchange(self):
        self.exchange = Exchange(self, on_dahdi(self.rules, self.far, self.block, self.line,
                                                self.far_side))

    def start_peer(self):
        self.exchange = Peer(self, self.far)

    def stop_all(self):
        for p in self.running:
            if p.poll() is None:
                p.terminate()
                p.wait(10)

    def in_service(self):
        span = self.span_status() if self.ask("show", "spans", check_exit=False) else None
        linked = span and (span["dchannel"] == "up" or "multipoint" in self.line)
        return linked and span["alarm"] == "ok" and span["idle"] == self.near.slots - 1

    def far_status(self):
        """What the exchange says of each of its spans now; nothing where there is none to ask."""
        if type(self.exchange) is not Exchange or self.exchange.process.poll() is not None:
            return []
        known = len(self.exchange.all("status"))
        self.exchange.say("status")
        self.exchange.expect("status", count=known + len(self.lines))
        return self.exchange.all("status")[known:]

    def far_idle(self):
        """No channel of the exchange has a call, or is being restarted."""
        return all(set(s["channels"].values()) <= {"signalling"} for s in self.far_status())

    def wait_clear(self):
        """No call on the line, as either end sees it."""
        wait_for("all is clear", 20, lambda: self.in_service() and self.far_idle(), 0.5)

    def with_lines(self, side, end, count=None, isdn="euroisdn", members=None):
        """The lines, or the first `count`, as the spans of a plan or a rule file, at one end.
        `members`: a further statement for a span by its number."""
        members = members or {}
        return "".join(f"span {n} {{\n    dahdi {line[end].number} block {self.block}\n"
                       f"    {self.line}\n    isdn {isdn} {side}\n    {members.get(n, '')}\n}}\n"
                       for n, line in enumerate(self.lines[:count], 1))

    def start_lines(self, change=lambda plan: plan, called="3012xxxxxx", **options):
        """Both programs with several lines. `change`: what else is to be done to the plan;
        `called`: the numbers that are answered."""
        near, far = self.with_lines("user", 0, **options), self.with_lines("network", 1, **options)
        plan = re.sub(r"(?ms)^span 1 .*?^}\n", lambda _: near, self.plan.read_text())
        self.plan.write_text(change(plan))
        far = far.replace("{", "{{").replace("}", "}}")
        rules = re.sub(r"(?ms)^span 1 .*?^}}\n", lambda _: far, self.rules)
        self.exchange = Exchange(self, rules.replace("3012xxxxxx", called))
        self.start_tandem()

    def restarts(self):
        """Channels restarted by either side, as tandem counts them."""
        return next(x["value"] for x in self.ask("show", "metrics")
                    if x["name"].endswith("isdn_restarts_total"))

    def connected(self):
        return sum(c["state"] == "connected" for c in self.ask("show", "calls"))

    def calls_up(self, name, calls, **sipp):
        """Calls to the line that last until somebody ends them; tandem has them connected. That the
        exchange has answered is not enough: its CONNECT may still be on the line."""
        callers = self.sipp(name, number=CALLED + "01", calls=calls, **sipp)
        wait_for("calls up", 10, lambda: self.connected() == calls)
        return callers

    def span_status(self):
        return self.ask("show", "span", "1")[0]

    def lateness(self):
        """Who was late on the lines so far: times that silence was sent for that reason, and the
        latest tick in us, at tandem's end and at the exchange's."""
        ours = [self.ask("show", "span", str(n), check_exit=False)[0]
                for n in range(1, len(self.lines) + 1)]
        return {who: [(s["late_sent"], s["slips"], s["underruns"], s["tick_late_max_us"])
                      for s in spans]
                for who, spans in (("tandem", ours), ("exchange", self.far_status()))}

    def show_counters(self):
        """What either end of the lines has counted: slips and underruns above all."""
        print(*(self.ask("show", "span", str(n), check_exit=False)
                for n in range(1, len(self.lines) + 1)), *self.records()[-4:], *self.far_status(),
              sep="\n", flush=True)

    def called(self, name, pieces, **options):
        """sipp as the one who is called; it listens when this returns."""
        return self.sipp(name, pieces, local=self.ports["peer"], **options)

    def clean_calls(self, calls, seconds, place=None, payload_type=8, pieces=None):
        """`calls` calls at once, from SIP or by `place` from the line, with somebody at the far end
        who echoes; every octet of each has to come back as it went."""
        voices = Voices(self, payload_type)
        options = {"calls": calls, "rate": 20, "hold": seconds * 1000, "number": CALLED + "01",
                   "law": "pcmu" if payload_type == 0 else "pcma"}
        if place:
            sipp = self.called("calls", pieces or sipscript.CALLED, **options)
        else:
            sipp = self.sipp("calls", pieces or sipscript.CALLER, **options)
        try:
            if place:
                place()
            finish(sipp, "sipp", seconds + 30)
            self.wait_clear()
        finally:
            sipp.kill()
            sipp.wait()  # its port is free then
            heard = voices.heard()
        return check_voices(heard, calls, seconds)


def check_voices(heard, calls, seconds):
    check(len(heard) == calls, f"{len(heard)} voices of {calls} were heard")
    for h in heard:
        check(h["fit"] >= (seconds - 1) * 50, f"too little came back: {h}")
        check(h["lost"] + h["damaged"] + h["slips"] == 0, f"not as it was sent: {h}")
    return f"{calls} calls, {sum(h['fit'] for h in heard)} blocks of 20 ms, each as it was sent"


def result(name, outcome, detail):
    print(f"RESULT {name} {outcome} {' '.join(str(detail or '').split())}", flush=True)


def why_late(m):
    """For the message of a test that failed: (late_sent, slips, underruns, us) of each line."""
    try:
        return f"late on the lines: {m.lateness()}"
    except Exception as e:  # what has failed may be one of the programs that are asked
        return f"no counters: {e}"


def show(m):
    """What may say more of a failure. Whoever does not answer any more must not end the job."""
    try:
        m.show_logs()
        m.show_counters()
    except Exception as e:
        print(f"no more of it: {e}", flush=True)


def run(start=Rig.start, bench=Machine, **machine):
    """Runs the tests of a job, in order. The rest goes on when one fails."""
    os.environ["TERM"] = "dumb"
    with bench(**machine) as m:
        try:
            start(m)
        except Exception as e:  # the tests then say what does not work
            print(f"start: {e}", flush=True)
        for name, function in TESTS:
            begin = time.monotonic()
            try:
                detail = function(m)
                result(name, "PASS", f"{detail or ''} ({time.monotonic() - begin:.1f} s)")
            except Exception as e:
                result(name, "FAIL", f"{type(e).__name__}: {e}; {why_late(m)}")
                traceback.print_exc(file=sys.stdout)
                show(m)
        print(f"@@ {why_late(m)}", flush=True)
