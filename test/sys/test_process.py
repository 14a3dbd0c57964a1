#!/usr/bin/env python3
"""The daemon as a process: whose it is, what it may, what its supervisor hears, and that what it
leaves when it crashes holds neither the caller's voice nor the number."""
import os
import pwd
import random
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

from peer import Caller, status
from rig import ROOT, SPAN, Rig, check, main, wait_for

RULES = SPAN + """
number 3077xxxxxx {{
    proceeding
    answer
    wait 300s
}}
"""

# what the core must not have: a number, and speech that is like nothing else
NUMBER = "03077314159"
PATTERN = bytes(random.Random(7).randrange(256) for _ in range(160))

SERVICE = ROOT / "conf/systemd/tandem.service"
OPERATION = ROOT / "docs/operation.md"


def own(rig, user):
    """The folder and what is in it is the user's."""
    who = pwd.getpwnam(user)
    for path in [rig.dir, *rig.dir.rglob("*")]:
        os.chown(path, who.pw_uid, who.pw_gid)


def start(rig, environment=None):
    rig.tandem = rig.spawn(
        [rig.build / "tandem", "run", "-c", rig.plan], stderr=open(rig.dir / "tandem.log", "a"),
        env={**os.environ, **(environment or {})},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE,
                                              (resource.RLIM_INFINITY, resource.RLIM_INFINITY)))


def log(rig):
    return (rig.dir / "tandem.log").read_text(errors="replace")


def statuses(rig):
    """What /proc says of each thread, by its name."""
    for task in Path(f"/proc/{rig.tandem.pid}/task").iterdir():
        yield dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines()
                   if ":\t" in line)


def rights(rig):
    uid = str(pwd.getpwnam("nobody").pw_uid)
    n = 0
    for s in statuses(rig):
        name = s["Name"]
        check(set(s["Uid"].split()) == {uid}, f"{name}: Uid {s['Uid']}")
        for sort in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            check(int(s[sort], 16) == 0, f"{name}: {sort} {s[sort]}")
        check(s["NoNewPrivs"] == "1" and s["Seccomp"] == "2",
              f"{name}: NoNewPrivs {s['NoNewPrivs']}, Seccomp {s['Seccomp']}")
        n += 1
    check(n >= 4, f"{n} threads")
    maps = Path(f"/proc/{rig.tandem.pid}/maps").read_text()
    check(not re.search(r"^\S+ .w.?x", maps, re.M) and "rwx" not in maps, "memory is rwx")
    check((rig.dir / "cdr").stat().st_uid == int(uid), "the journal is not the user's")
    return n


def programs(rig):
    """What it has started is under its list too, from the first instant, and gains no rights."""
    def names():
        found = set()
        for path in Path(f"/proc/{rig.tandem.pid}/task").glob("*/children"):
            for pid in path.read_text().split():
                s = Path(f"/proc/{pid}/status").read_text()
                found.add(re.search(r"Name:\t(.*)", s)[1])
                check("Seccomp:\t2" in s and "NoNewPrivs:\t1" in s and
                      re.search(r"CapEff:\t0+$", s, re.M), s)
        return found
    wait_for("its child tandem-export", 10, lambda: "tandem-export" in names())


class Supervisor:
    """The far end of NOTIFY_SOCKET."""

    def __init__(self, rig):
        self.name = f"\0tandem-{os.getpid()}"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.name)
        self.socket.setblocking(False)
        self.heard = []
        self.environment = {"NOTIFY_SOCKET": "@" + self.name[1:], "WATCHDOG_USEC": "1000000"}

    def listen(self):
        while True:
            try:
                self.heard += self.socket.recv(4096).decode().splitlines()
            except BlockingIOError:
                return self.heard

    def expect(self, line, count=1):
        wait_for(f"{line} of the supervisor", 10,
                 lambda: sum(h.startswith(line) for h in self.listen()) >= count)


def talk(caller, seconds):
    """The pattern as A-law, in each packet."""
    start_at = time.monotonic()
    for n in range(int(seconds * 50)):
        caller.rtp.sendto(struct.pack("!BBHII", 0x80, 8, n, n * 160, 7) + PATTERN, caller.media)
        time.sleep(max(0, start_at + n * 0.02 - time.monotonic()))


def call(rig, port):
    caller = Caller(rig.ports["caller"] + port, ("127.0.0.1", rig.ports["sip"]))
    caller.invite(NUMBER)
    check(status(caller.final()) == 200, "not answered")
    return caller


def reload(rig, supervisor):
    """Calls go on while the plan is read again."""
    caller = call(rig, 8)
    rig.tandem.send_signal(signal.SIGHUP)
    supervisor.expect("RELOADING=1")
    supervisor.expect("MONOTONIC_USEC=")
    supervisor.expect("READY=1", 2)
    check(rig.status()["calls"] == 1, "the call did not outlive the reload")
    return caller


def disk_hangs(rig, supervisor):
    """A file that does not answer, here a pipe that nobody empties: there is an alarm, and the
    supervisor leaves us alone, because the calls are well."""
    csv = rig.dir / "cdr.csv"
    csv.unlink(missing_ok=True)
    os.mkfifo(csv)
    pipe = os.open(csv, os.O_RDWR | os.O_NONBLOCK)
    own(rig, "nobody")
    start(rig, supervisor.environment)
    rig.wait_up()
    try:
        while True:
            os.write(pipe, bytes(4096))
    except BlockingIOError:
        pass
    ended, lasting = call(rig, 28), call(rig, 32)
    ended.bye()
    ended.close()
    wait_for("an alarm", 60, lambda: any(a["kind"] == "export-late" and a["object"] == "target csv"
                                         for a in rig.ask("show", "alarms")), 0.5)
    check("watchdog: thread cdr-files waits" in log(rig), "the log does not name the thread")
    supervisor.heard = []
    supervisor.expect("WATCHDOG=1", 4)
    check(rig.status()["calls"] == 1, "the call is gone")
    try:
        while True:
            os.read(pipe, 65536)
    except BlockingIOError:
        pass
    wait_for("that the file answers", 5, lambda: "watchdog: all files answer" in log(rig))
    lasting.bye()
    lasting.close()
    rig.ask("stop")
    rig.tandem.wait(10)
    os.close(pipe)
    csv.unlink()


def drains(rig, supervisor, caller):
    """What ExecStop does: no new calls, and it ends when the last one is over."""
    rig.ask("drain")
    refused = Caller(rig.ports["caller"] + 16, ("127.0.0.1", rig.ports["sip"]))
    refused.invite(NUMBER)
    check(status(refused.final()) == 503, "a new call while it drains")
    refused.close()
    talk(caller, 1)
    check(rig.tandem.poll() is None and rig.status()["calls"] == 1, "draining ended the call")
    caller.bye()
    caller.close()
    check(rig.tandem.wait(10) == 0, "it did not stop when the last call was over")
    supervisor.expect("STOPPING=1")


def crash(rig):
    """The core, if this machine writes one where it is looked for; and the report."""
    caller = call(rig, 20)
    talk(caller, 1.5)
    threads = {s["Name"].strip() for s in statuses(rig)}
    rig.tandem.send_signal(signal.SIGSEGV)
    rig.tandem.wait(20)
    caller.close()
    check(rig.tandem.returncode == -signal.SIGSEGV, f"it ended with {rig.tandem.returncode}")
    for text in (log(rig), (rig.dir / "crash.txt").read_text()):
        check(re.search(r"^crash: tandem \S+ build [0-9a-f]{40} time \d+$", text, re.M), "no report")
        said = re.search(r"^crash: SIGSEGV in thread (.+) sent by process \d+$", text, re.M)
        # the kernel chooses the thread: the first one, unless that cannot run
        check(said and said[1] in threads, f"no signal in the report, or in none of {threads}")
        check(re.search(r"^crash: #1 \S+\+0x[0-9a-f]+$", text, re.M), "no addresses in the report")
        check(NUMBER not in re.sub(r"^(?!crash:).*$", "", text, flags=re.M), "it has the number")


def core(rig):
    cores = sorted(rig.dir.glob("core*"))
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    if not cores and (pattern.startswith("|") or "/" in pattern):
        print(f"cores are not looked into: they go to {pattern}")
        return False
    check(len(cores) == 1, f"{len(cores)} cores in {rig.dir}")
    octets = cores[0].read_bytes()
    cores[0].unlink()
    check(octets[:4] == b"\x7fELF" and len(octets) < 4 << 20, f"a core of {len(octets)} octets")
    digits = NUMBER[1:].encode()
    check(digits not in octets, "the number is in the core")
    for i in range(0, len(PATTERN) - 8, 8):
        check(PATTERN[i:i + 8] not in octets, "the caller's voice is in the core")
    return len(octets)


def core_in_full(rig):
    """That the search would find it: a core with all memory has both."""
    rig.plan.write_text(rig.plan.read_text().replace("core registers", "core full"))
    start(rig)
    rig.wait_up()
    caller = call(rig, 24)
    talk(caller, 1.5)
    rig.tandem.send_signal(signal.SIGSEGV)
    rig.tandem.wait(60)
    caller.close()
    octets = next(iter(rig.dir.glob("core*"))).read_bytes()
    check(NUMBER[1:].encode() in octets, "a full core without the number")


def cannot_write(rig):
    """A folder that the user may not write to is named before anything is lost."""
    path = rig.dir / "other.conf"
    path.write_text(rig.plan.read_text().replace(f"csv {rig.dir}/cdr.csv", "csv /etc/cdr.csv"))
    p = subprocess.run([rig.build / "tandem", "run", "-c", path], capture_output=True, text=True,
                       timeout=30)
    check(p.returncode == 1, f"exit {p.returncode}")
    check('process: user "nobody" cannot write to /etc/cdr.csv: Permission denied' in p.stderr,
          p.stderr)


def credential(rig):
    """A secret that only the service has a file of."""
    folder = rig.dir / "credentials"
    folder.mkdir(exist_ok=True)
    (folder / "voipco").write_text("geheim\n")
    path = rig.dir / "credential.conf"
    path.write_text(rig.plan.read_text().replace(
        "trunk pbx {", "trunk pbx {\n    auth user tandem secret credential:voipco"))

    def checked(environment):
        return subprocess.run([rig.build / "tandem", "check", path], capture_output=True,
                              text=True, timeout=30, env={**os.environ, **environment})

    p = checked({"CREDENTIALS_DIRECTORY": str(folder)})
    check(p.returncode == 0, p.stderr)
    p = checked({})
    check(p.returncode == 3 and "credential:voipco: No such file" in p.stderr, p.stderr)


def hardened(build):
    """What the linker was told: full RELRO, at an address of the kernel's choice, a stack that is
    not executed."""
    for program in ("tandem", "tandem-export"):
        p = subprocess.run(["readelf", "-hdlW", Path(build) / program], capture_output=True,
                           text=True, check=True)
        check(re.search(r"Type:\s+DYN", p.stdout), f"{program} is not PIE")
        check("GNU_RELRO" in p.stdout and "BIND_NOW" in p.stdout, f"{program}: no full RELRO")
        check(re.search(r"GNU_STACK.* RW ", p.stdout), f"{program}: its stack is executable")
        p = subprocess.run(["nm", "-D", Path(build) / program], capture_output=True, text=True,
                           check=True)
        check("__stack_chk_fail" in p.stdout, f"{program}: no stack protector")
        check("_chk@" in p.stdout, f"{program}: no fortified functions")


def score(rig):
    """Of the unit, by systemd: not more than docs/operation.md says."""
    if not shutil.which("systemd-analyze"):
        print("the unit's score is not looked at: there is no systemd-analyze")
        return None
    unit = rig.dir / "tandem.service"
    unit.write_text(SERVICE.read_text().replace("@BINDIR@/tandem", "/bin/true"))
    p = subprocess.run(["systemd-analyze", "security", "--offline=true", unit],
                       capture_output=True, text=True, timeout=60)
    found = re.search(r"Overall exposure level.*: ([\d.]+) ", p.stdout)
    check(found, f"systemd-analyze: {p.stdout[-300:]}{p.stderr[-300:]}")
    said = re.search(r"exposure level (?:is|of) \*{0,2}([\d.]+)", OPERATION.read_text())
    check(said, "docs/operation.md has no exposure level")
    check(float(found[1]) <= float(said[1]), f"exposure {found[1]}, documented {said[1]}")
    return float(found[1])


def test(build):
    hardened(build)
    if os.geteuid() != 0:
        print("users are not changed: only root can")
        return
    with Rig(build, RULES, judged=False) as rig:
        rig.dir.chmod(0o755)
        exposure = score(rig)
        text = rig.plan.read_text().replace("/cdr.csv", f"/cdr.csv, sqlite:{rig.dir}/cdr.db")
        rig.plan.write_text(text + f"process {{\n    user nobody\n"
                            f"    core registers\n    crash {rig.dir}/crash.txt\n}}\n")
        supervisor = Supervisor(rig)
        rig.start_exchange()
        own(rig, "nobody")
        begun = time.monotonic()
        start(rig, supervisor.environment)
        supervisor.expect("READY=1")
        ready = time.monotonic() - begun
        rig.wait_up()
        threads = rights(rig)
        programs(rig)
        supervisor.expect("WATCHDOG=1", 3)
        caller = reload(rig, supervisor)
        drains(rig, supervisor, caller)
        disk_hangs(rig, supervisor)
        cannot_write(rig)
        credential(rig)
        start(rig)
        rig.wait_up()
        crash(rig)
        size = core(rig)
        if size:
            core_in_full(rig)
        print(f"user nobody, {threads} threads without capabilities under seccomp, ready after "
              f"{ready * 1000:.0f} ms; the core of {size} octets has neither number nor voice; "
              f"exposure level {exposure}")


if __name__ == "__main__":
    sys.exit(main(test))
