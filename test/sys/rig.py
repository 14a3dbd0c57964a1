"""The bench of the system tests: real programs on loopback, told what to do and asked what happened.

tandem on one side of a pseudowire, exchange on the other; sipp and rtpspeak as SIP peers. Everything
is stopped and removed when the rig is left. A check that fails raises Failed.
"""
import collections
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import sipscript
import traces

ROOT = Path(__file__).resolve().parent.parent.parent
SOUNDS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
DATA = Path(__file__).resolve().parent / "data"

# Overload control is off: it would judge what else the machine does.
PLAN = """version 1
sip {{ listen udp:127.0.0.1:{sip}, tcp:127.0.0.1:{sip} }}
media {{
    address 127.0.0.1
    ports   {rtp_low}-{rtp_high}
    codecs  pcma, pcmu
}}
span 1 {{
    pseudowire local 127.0.0.1:{pw} remote 127.0.0.1:{pw_far}
    e1
    isdn euroisdn user
}}
site berlin {{
    dialling de area 30
}}
trunk pri {{
    span 1
    channels 1-15,17-31 descending
    numbers isdn
    overlap
}}
trunk pbx {{
    sip sip:127.0.0.1:{peer}{peer_param}
    accept from 127.0.0.1
    numbers e164
}}
routes from pbx {{
    +49* -> pri
    * -> reject 1
}}
routes from pri {{
    +4930901821xx -> pbx
    * -> reject 1
}}
cdr journal {dir}/cdr, csv {dir}/cdr.csv
admin socket {dir}/tandem.sock
overload {{ off }}
log info
"""

# the exchange's end of the line: the first lines of every rule file
SPAN = """
span 1 {{
    pseudowire local 127.0.0.1:{pw_far} remote 127.0.0.1:{pw}
    isdn euroisdn network
    overlap
}}
"""


class Failed(Exception):
    """Something is not as it has to be."""


def check(holds, what):
    if not holds:
        raise Failed(what)


SLOT = 2000  # ports
# The kernel takes those that a program leaves to it from 32768 on: first come those that it does not.
SLOTS = range(16400, 32400, SLOT)
MORE_SLOTS = range(34000, 60000, SLOT)
held = {}  # our slots: the first port, and the name that says so to others


def hold(slot):
    """Makes a slot of ports this process's while it runs. Tests that run at the same time have others,
    also of ports that nobody is bound to yet or any more: what still sends to one that was given up
    would be heard in the next one's calls."""
    name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        name.bind(f"\0tandem-test-ports-{slot}")
    except OSError:
        name.close()
        return False
    held[slot] = name
    return True


def nobody_uses(ports):
    socks = []
    try:
        for port in ports:
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                s = socket.socket(socket.AF_INET, kind)
                socks.append(s)
                s.bind(("127.0.0.1", port))
        return True
    except OSError:
        return False
    finally:
        for s in socks:
            s.close()


def free_ports(n):
    """n UDP and TCP port numbers next to each other that nobody uses, the first one even; all of one
    slot, which is ours, and half of it at least beyond them."""
    begin = os.getpid() % len(SLOTS)
    for slot in (*held, *SLOTS[begin:], *SLOTS[:begin], *MORE_SLOTS):
        if slot in held or hold(slot):
            for base in range(slot, slot + SLOT // 2 - n, 50):
                if nobody_uses(range(base, base + n)):
                    return base
    raise Failed("no free ports")


def wait_for(what, seconds, condition, every=0.05):
    """Polls until the condition gives something true, and returns it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = condition()
        if got:
            return got
        time.sleep(every)
    raise Failed(f"{what}: not within {seconds} s")


def listens(port, host="127.0.0.1", kind="udp"):
    """Whether some program has that UDP port, or listens at that one of TCP."""
    own = f"{socket.inet_aton(host)[::-1].hex().upper()}:{port:04X}"
    rows = [line.split() for line in Path(f"/proc/net/{kind}").read_text().splitlines()]
    return any(row[1] == own and (kind == "udp" or row[3] == "0A") for row in rows)  # TCP_LISTEN


def traced(text, folder, name):
    """A plan or rules whose every span has a trace: no line is added, positions stay."""
    return re.sub(r"(?m)^span (\d+) \{$", rf"span \1 {{ trace {folder}/{name}-\1.pcapng", text)


class Exchange:
    """The PSTN: commands in, events out."""

    def __init__(self, rig, rules, name="exchange", **ports):
        self.events = collections.deque()
        self.log = open(rig.dir / f"{name}-events.log", "w")
        path = rig.dir / f"{name}.rules"
        path.write_text(traced(rules.format(**{**rig.ports, **ports}, dir=rig.dir), rig.dir, name))
        rig.exchanges.append(self)
        self.process = rig.spawn([rig.build / "exchange", "-c", path], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=open(rig.dir / f"{name}.log", "w"),
                                 text=True, bufsize=1)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.log.write(line)
            self.log.flush()
            self.events.append(json.loads(line))

    def say(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def all(self, event, **fields):
        return [e for e in list(self.events)
                if e["event"] == event and all(e.get(k) == v for k, v in fields.items())]

    def status(self, **which):
        """How its first line is now, or that one."""
        known = len(self.all("status", **which))
        self.say("status")
        return self.expect("status", count=known + 1, **which)

    def in_service(self):
        now = self.status()
        return now["dchannel"] and set(now["channels"].values()) == {"signalling"}

    def hearing(self):
        """What each call has heard so far, by the number called."""
        before, known = len(self.events), len(self.all("totals"))
        self.say("status")
        self.expect("totals", count=known + 1)
        return {e["called"]: e["heard"] for e in list(self.events)[before:] if e["event"] == "call"}

    def deaf(self, tones):
        """Of these calls, by the number called, those whose last half second of a tone was not that one
        (Hz)."""
        heard = self.hearing()
        return [called for called, hz in tones.items()
                if abs(heard.get(called, {}).get("tone_last_hz", 0) - hz) >= 5]

    def expect(self, event, seconds=10, count=1, **fields):
        """Waits for the count-th such event."""
        found = wait_for(f"exchange: {event} {fields}", seconds,
                         lambda: (lambda l: l if len(l) >= count else None)(
                             self.all(event, **fields)))
        return found[count - 1]


class Rig:
    def __init__(self, build, rules=None, peer_param="", judged=True):
        """judged: tshark reads what went over the D channels, and must find nothing wrong. Not for
        tests that send garbage on purpose."""
        self.build = Path(build).resolve()
        self.dir = Path(tempfile.mkdtemp(prefix="tandem-"))
        self.running = []
        self.exchanges = []
        self.judged = judged
        base = free_ports(40)
        self.ports = dict(sip=base, peer=base + 1, pw=base + 2, pw_far=base + 3, caller=base + 4,
                          voice=base + 6, rtp_low=base + 300, rtp_high=base // SLOT * SLOT + SLOT - 1)
        self.plan = self.dir / "plan.conf"
        self.plan.write_text(traced(PLAN.format(**self.ports, dir=self.dir, peer_param=peer_param),
                                    self.dir, "tandem"))
        self.rules = rules
        self.exchange = None
        self.tandem = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        for p in reversed(self.running):
            if p.poll() is None:
                p.terminate()
        for p in self.running:
            try:
                p.wait(8)
            except subprocess.TimeoutExpired:
                p.kill()
        wrong = self.judge() if self.judged and not error else []
        if wrong or isinstance(error, Failed):
            self.show_logs()
        if os.environ.get("KEEP"):
            print(f"kept: {self.dir}", file=sys.stderr)
        else:
            shutil.rmtree(self.dir, ignore_errors=True)
        if wrong:
            raise Failed("\n".join(wrong[:10]))

    def judge(self):
        """What tshark finds wrong with the traces: frames, or that a call left nothing in them."""
        wrong = []
        setups = collections.Counter()
        for path, n, found in traces.judge_all(sorted(self.dir.glob("*.pcapng*"))):
            setups[path.name.split("-")[0]] += n
            wrong += found
        if any(exchange.all("released") for exchange in self.exchanges):
            wrong += [f"{name}: calls, but no SETUP in the trace" for name in ("tandem", "exchange")
                      if name in setups and not setups[name]]
        return wrong

    def show_logs(self):
        for log in sorted(self.dir.glob("*.log")):
            print(f"--- {log.name}", file=sys.stderr)
            print("".join(log.read_text(errors="replace").splitlines(True)[-25:]), file=sys.stderr)

    def spawn(self, argv, **options):
        p = subprocess.Popen([str(a) for a in argv], cwd=self.dir, **options)
        self.running.append(p)
        return p

    # ---- the programs ----

    def start_exchange(self):
        self.exchange = Exchange(self, self.rules)

    def start_tandem(self):
        self.tandem = self.spawn([self.build / "tandem", "run", "-c", self.plan],
                                 stderr=open(self.dir / "tandem.log", "a"))

    def wait_runs(self, seconds=10):
        """tandem answers: it has everything that its plan asks for."""
        wait_for("tandem", seconds, lambda: self.ask("show", "status", check_exit=False))

    def start(self):
        """Both, and the line between them in service."""
        self.start_exchange()
        self.start_tandem()
        self.wait_up()

    def wait_up(self, seconds=30):
        """In service at both ends: each restarts every channel when it comes up."""
        wait_for("the line in service", seconds,
                 lambda: self.in_service() and self.exchange.in_service(), 0.2)

    def in_service(self):
        """The D channels are up, and the restart of all channels that follows is over."""
        spans = self.ask("show", "spans", check_exit=False)
        return bool(spans) and all(s["dchannel"] == "up" and s["idle"] == 30 for s in spans)

    def line_troubles(self):
        """What a line over UDP loses when the bench stands still; both ends count it."""
        ends = self.ask("show", "span", "1")[0], self.exchange.status()
        return sum(end[name] for end in ends for name in ("lost", "late", "underruns", "slips"))

    def unless_troubled(self, act, attempts=5):
        """Does what sound is judged by; again when it fails and the line itself lost some meanwhile."""
        for _ in range(attempts - 1):
            before = self.line_troubles()
            try:
                return act()
            except Failed:
                if self.line_troubles() == before:
                    raise
        return act()

    def wait_line_well(self):
        """It is in service and has no alarm. One is seen for a moment where the other end's program had
        to wait for a processor."""
        def well():
            span = self.ask("show", "span", "1")[0]
            return span["alarm"] == "ok" and span["dchannel"] == "up"
        wait_for("the line without an alarm", 10, well)

    def metric(self, name, labels=""):
        """A metric without its prefix: the sum of those with these labels."""
        return sum(m["value"] for m in self.ask("show", "metrics")
                   if m.get("name") == f"tandem_{name}" and labels in m["labels"])

    def ask(self, *argv, check_exit=True):
        """A client verb's answer as objects. What is only shown is asked for on the socket itself:
        tests wait for it to become so, and a process each time would be most of their work."""
        code, answer, why = self.over_socket(argv) if argv[0] == "show" else self.by_client(argv)
        if check_exit and code != 0:
            raise Failed(f"tandem {' '.join(argv)}: exit {code}: {why}")
        return [o for o in answer if "exit" not in o] if code == 0 else []

    def by_client(self, argv):
        """Exit status, objects, and what else the client says."""
        p = subprocess.run([self.build / "tandem", *argv, "--json", "--socket",
                            self.dir / "tandem.sock"], capture_output=True, text=True, timeout=20)
        answer = [json.loads(line) for line in p.stdout.splitlines()] if p.returncode == 0 else []
        return p.returncode, answer, p.stderr or p.stdout

    def over_socket(self, argv):
        """The same as the client gets it (gw/admin/control.h)."""
        answer = []
        try:
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(20)
                s.connect(str(self.dir / "tandem.sock"))
                s.sendall(json.dumps({"argv": argv}).encode() + b"\n")
                for line in s.makefile():
                    answer.append(json.loads(line))
                    if "exit" in answer[-1]:
                        return answer[-1]["exit"], answer, answer[-1].get("error")
        except OSError as e:
            return None, [], e
        return None, [], "the connection was closed"

    def print(self, *argv):
        """A client verb's answer as people see it."""
        p = subprocess.run([self.build / "tandem", *argv, "--socket", self.dir / "tandem.sock"],
                           capture_output=True, text=True, timeout=20)
        return p.stdout + p.stderr

    def status(self):
        return self.ask("show", "status")[0]

    def records(self):
        """The CSV's rows as dictionaries."""
        import csv
        path = self.dir / "cdr.csv"
        if not path.exists():
            return []
        text = path.read_bytes().decode()  # the last row may be half there
        return list(csv.DictReader(io.StringIO(text[:text.rfind("\n") + 1], newline="")))

    def expect_records(self, n, condition):
        """The CSV's rows that are so, once there are n: they are written a moment after the call."""
        def there():
            rows = [r for r in self.records() if condition(r)]
            return rows if len(rows) >= n else None
        return wait_for(f"{n} records", 10, there)

    # ---- SIP peers ----

    def sipp(self, name, pieces, options=(), calls=1, rate=10, hold=1000, transport="u1",
             local=None, target=None, number="030123001", caller="+4930901821", law="pcma",
             voice=None, statistics=False, host="127.0.0.1"):
        """Starts sipp with a scenario: a file of data/, or put together from pieces. wait() tells
        how it went. Over UDP it can be called when this returns."""
        path = DATA / pieces if isinstance(pieces, str) else self.dir / f"{name}.xml"
        if not isinstance(pieces, str):
            path.write_text(sipscript.scenario(name, *pieces))
        argv = ["sipp", f"127.0.0.1:{target or self.ports['sip']}", "-sf", path, "-i", host,
                "-p", local or self.ports["caller"], "-m", calls, "-r", rate, "-d", hold,
                "-t", transport, "-s", number, "-nostdin", "-trace_err", "-error_file",
                self.dir / f"{name}-sipp.log",
                "-key", "caller", caller, "-key", "rtp_port", voice or self.ports["voice"],
                *(("-trace_msg", "-message_file", self.dir / f"{name}-messages.txt")
                  if os.environ.get("KEEP") else ()),
                "-key", "pt", 8 if law == "pcma" else 0, "-key", "codec", law.upper(), *options]
        p = self.spawn(argv, stdout=open(self.dir / f"{name}.screen", "w"), stderr=subprocess.STDOUT)
        if transport.startswith("u"):
            self.wait_listens(p, local or self.ports["caller"], host)
        return p

    def wait_listens(self, program, port, host="127.0.0.1", seconds=20):
        """Waits until a program that was just started has its UDP port, or is over already."""
        wait_for(f"port {port}", seconds, lambda: program.poll() is not None or listens(port, host), 0.02)

    def voice(self, play, record, seconds, law="pcma", port=None):
        """The RTP half of a SIP peer: answers to wherever it is spoken to."""
        return self.spawn([self.build / "test/tools/rtpspeak", port or self.ports["voice"], law,
                           play, record, seconds], stdout=open(self.dir / "voice.log", "w"))

    # ---- speech ----

    def speech(self, name, sounds, seconds):
        """A wav of real speech: the first seconds of recorded prompts, one after the other."""
        out = self.dir / name
        files = [str(SOUNDS / f"{s}.wav") for s in sounds]
        subprocess.run(["sox", *files, "-r", "8000", "-c", "1", "-b", "16", str(out), "trim", "0",
                        str(seconds)], check=True)
        return out

    def compare(self, reference, recorded, *bounds):
        """What audiocmp measures; raises when the speech did not arrive."""
        p = subprocess.run([self.build / "test/tools/audiocmp", reference, recorded, *bounds],
                           capture_output=True, text=True)
        if p.returncode == 2:
            raise Failed(p.stderr)
        return json.loads(p.stdout)


def finish(process, what, seconds=60):
    """Waits for a program that ends by itself, and minds how it ended."""
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        raise Failed(f"{what}: still running after {seconds} s") from None
    check(code == 0, f"{what}: exit status {code}")


def main(test):
    """Runs a test's function with the build folder given on the command line."""
    try:
        test(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build")
    except Failed as e:
        print(f"FAILED: {e}", file=sys.stderr)
        return 1
    print("passed")
    return 0
