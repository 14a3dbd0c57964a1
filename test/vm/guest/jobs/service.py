"""tandem as a service, under systemd and the unit that `make install` puts there."""
import hashlib
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

from machine import check, run, test
from peer import Caller, header, status
from rig import wait_for
from systemd import (ETC, STATE, UNIT, Service, journal, pid, said, shown, systemctl, threads)

SECRET = "a-word-of-the-service"
WATCHDOG = 4  # s; half of it is how often tandem tells systemd
STOP_LIMIT = 15  # s


def call(m, port, number="03012000001"):
    caller = Caller(m.ports["caller"] + port, ("127.0.0.1", m.ports["sip"]))
    caller.invite(number)
    check(status(caller.final()) == 200, "not answered")
    return caller


def hang_up(caller):
    caller.bye()
    caller.close()


def children():
    """The names of the programs that the service has started."""
    p = subprocess.run(["ps", "-o", "ppid,comm"], capture_output=True, text=True, check=True)
    mine, rows = str(pid()), (line.split() for line in p.stdout.splitlines())
    return [name for parent, name, *_ in rows if parent == mine]


def records(m):
    return [(r["call_id"], r["seq"]) for r in m.records()]


def start(m):
    m.plan_text = m.plan_text.replace(
        "trunk pbx {", "trunk pbx {\n    auth user tandem secret credential:voipco")
    m.plan_text = m.plan_text.replace("/cdr.csv", f"/cdr.csv, sqlite:{STATE}/cdr.db")
    (ETC / "secrets/voipco").write_text(SECRET + "\n")
    (ETC / "secrets/voipco").chmod(0o600)
    m.use(160)
    m.start_exchange()


@test("service-without-credential")
def without_credential(m):
    """The secret is root's, and without LoadCredential= nobody hands it over."""
    m.dropin("cards", "SupplementaryGroups=dahdi", "Restart=no")
    m.write()
    systemctl("start", UNIT, fails=True)
    check(shown("ExecMainStatus") == "3", f"exit {shown('ExecMainStatus')}")
    check(said("credential:voipco: "), "the log does not name the credential")


@test("service-starts")
def starts(m):
    m.dropin("cards", "SupplementaryGroups=dahdi")
    m.dropin("site", "LoadCredential=voipco:/etc/tandem/secrets/voipco", f"WatchdogSec={WATCHDOG}")
    begun = time.monotonic()
    m.start_tandem()  # returns when READY=1 was said
    took = time.monotonic() - begun
    check(systemctl("is-active", UNIT) == "active", "not active")
    check(shown("StatusText") == "runs", f"status {shown('StatusText')}")
    m.wait_up()
    return f"ready after {took * 1000:.0f} ms"


@test("service-rights")
def rights(m):
    """A user who is in no file, no capability, seccomp, and real-time priority all the same."""
    names, realtime = [], []
    for s, sched in threads():
        names.append(s["Name"])
        uids = {int(x) for x in s["Uid"].split()}
        check(len(uids) == 1 and 61184 <= min(uids) <= 65519, f"{names[-1]}: Uid {s['Uid']}")
        for sort in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            check(int(s[sort], 16) == 0, f"{names[-1]}: {sort} {s[sort]}")
        check(s["NoNewPrivs"] == "1" and s["Seccomp"] == "2",
              f"{names[-1]}: NoNewPrivs {s['NoNewPrivs']}, Seccomp {s['Seccomp']}")
        if sched["policy"] == os.SCHED_FIFO:
            realtime.append((names[-1], sched["priority"]))
    check(len(names) >= 3, f"threads: {names}")
    check(realtime and all(0 < p <= 10 for _, p in realtime), f"SCHED_FIFO: {realtime}")
    check(not said("not permitted") and not said("not locked"), "no real-time priority")
    wait_for("tandem-export", 10, lambda: "tandem-export" in children())
    return f"{len(names)} threads, SCHED_FIFO: {realtime}"


@test("service-devices")
def devices(m):
    """Of the devices DAHDI's alone; it writes nowhere but in its folders."""
    root = Path(f"/proc/{pid()}/root")
    check((root / "dev/dahdi/ctl").exists(), "no /dev/dahdi")
    mounts = Path(f"/proc/{pid()}/mountinfo").read_text()
    options = re.findall(r"^\S+ \S+ \S+ \S+ / (\S+)", mounts, re.M)
    check(options and "ro" in options[-1].split(","), f"/ is mounted {options}")
    owner = STATE.stat().st_uid
    files = sorted(p.name for p in STATE.iterdir())
    check(owner >= 61184 and "cdr" in files, f"{STATE} of {owner}: {files}")
    return f"in {STATE}: {files}"


@test("service-calls")
def calls(m):
    """OPTIONS is answered, and a call goes over DAHDI; its record is in the StateDirectory."""
    asker = Caller(m.ports["caller"] + 4, ("127.0.0.1", m.ports["sip"]))
    asker.uri, asker.call_id = f"sip:127.0.0.1:{m.ports['sip']}", "options@caller"
    asker.remote = f"<{asker.uri}>"
    asker.send("OPTIONS", 1)
    answer = asker.receive(5)
    asker.close()
    check(answer and status(answer) == 200, f"to OPTIONS: {answer}")
    hang_up(call(m, 8))
    wait_for("a record", 10, m.records)
    return m.clean_calls(1, 3)


@test("service-credential")
def credential(m):
    """The peer challenges; the answer is made with what systemd handed over (RFC 2617 3.2.2)."""
    pbx = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    pbx.bind(("127.0.0.1", m.ports["peer"]))
    pbx.settimeout(15)

    def receive(method):
        while True:
            octets, source = pbx.recvfrom(65536)
            message = octets.decode()
            if message.startswith(method + " "):
                return message, source

    def answer(message, to, line, more=""):
        copied = "".join(f"{line}\r\n" for line in message.split("\r\n")
                         if re.match("(Via|From|Call-ID|CSeq):", line))
        pbx.sendto(f"SIP/2.0 {line}\r\n{copied}To: {header(message, 'To')};tag=pbx\r\n{more}"
                   "Content-Length: 0\r\n\r\n".encode(), to)

    m.exchange.say("call +493090182111 from +4989123456")
    message, source = receive("INVITE")
    answer(message, source, "401 Unauthorized",
           'WWW-Authenticate: Digest realm="pbx", nonce="n1", algorithm=MD5\r\n')
    receive("ACK")
    message, source = receive("INVITE")
    answer(message, source, "486 Busy Here")
    pbx.close()
    got = dict(re.findall(r'(\w+)="?([^",]+)"?', header(message, "Authorization")))

    def md5(text):
        return hashlib.md5(text.encode()).hexdigest()

    want = md5(f"{md5(f'tandem:pbx:{SECRET}')}:n1:{md5('INVITE:' + got['uri'])}")
    check(got["response"] == want, f"{got}, {want} is right")


@test("service-log")
def log(m):
    """Lines have the priorities of syslog(3), and systemd's time instead of a second one."""
    mine = journal(_PID=str(pid()))
    check(mine and all(not str(e["MESSAGE"]).startswith("20") for e in mine), f"{mine[:1]}")
    by = {p: sum(e["PRIORITY"] == p for e in mine) for p in "34567"}
    check(by["5"] > 0 and by["6"] > 0, f"lines by priority: {by}")
    return f"lines by priority: {by}"


@test("service-watchdog")
def watchdog(m):
    """systemd is told; a process that stands still is ended and started anew."""
    first = shown("WatchdogTimestampMonotonic")
    before, restarts = pid(), int(shown("NRestarts"))
    wait_for("WATCHDOG=1", 3 * WATCHDOG,
             lambda: shown("WatchdogTimestampMonotonic") != first, 0.5)
    check(pid() == before, "systemd was told by another process")
    os.kill(before, signal.SIGSTOP)
    begun = time.monotonic()
    m.restarted("a new process", before)
    check(int(shown("NRestarts")) == restarts + 1, f"restarts: {shown('NRestarts')}")
    check(said("Watchdog timeout"), "it was not the watchdog")
    check(said("crash: SIGABRT"), "no report of where it stood")
    return f"in service again {time.monotonic() - begun:.1f} s after it stopped"


@test("service-killed")
def killed(m):
    """What was recorded before is there, and what comes after is beside it."""
    kept = records(m)
    lost = call(m, 12)
    before = pid()
    os.kill(before, signal.SIGKILL)
    begun = time.monotonic()
    m.restarted("a new process", before)
    lost.close()
    took = time.monotonic() - begun
    after = call(m, 16)
    hang_up(after)
    # the one that was lost has a record too, and that may come before
    m.expect_records(1, lambda r: r["sip_call_id"] == after.call_id)
    ids = records(m)
    check(kept and ids[:len(kept)] == kept and len(set(ids)) == len(ids),
          f"records {kept}, then {ids}")
    wait_for("what was recorded, out of the journal", 20,
             lambda: len(m.ask("records", "last:1h")) == len(records(m)), 0.5)
    return f"in service again after {took:.1f} s; {len(ids)} records"


@test("service-reload")
def reload(m):
    caller = call(m, 20)
    generation = m.status()["generation"]
    m.write(lambda plan: plan.replace("log info", "log debug"))
    systemctl("reload", UNIT)
    wait_for("the new plan", 10, lambda: shown("StatusText") == "runs, the plan was applied")
    applied = m.status()["generation"]
    check(applied != generation, f"generation {applied} as before")
    m.write(lambda plan: plan.replace("log info", "log loud"))
    systemctl("reload", UNIT)
    wait_for("the refusal", 10,
             lambda: shown("StatusText") == "runs, the plan was refused: see the log")
    check(m.status()["generation"] == applied, "a bad plan is in force")
    check(systemctl("is-active", UNIT) == "active" and m.connected() == 1, "the call is gone")
    check(said('"loud"'), "the log does not say why")
    m.write()
    systemctl("reload", UNIT)
    wait_for("the first plan", 10, lambda: shown("StatusText") == "runs, the plan was applied")
    hang_up(caller)


def check_stopped(begin, *texts):
    """The journal's lines end so, from the last one on that has `begin` in it."""
    lines = [str(e["MESSAGE"]) for e in journal()]
    first = max(n for n, line in enumerate(lines) if begin in line)
    for text in texts:
        check(any(line.endswith(text) for line in lines[first:]),
              f"no \"{text}\" in {lines[first:]}")


@test("service-drains")
def drains(m):
    """`systemctl stop` waits for the call, without a limit of its own, and refuses others."""
    caller = call(m, 24)
    stop = subprocess.Popen(["systemctl", "stop", UNIT])
    wait_for("draining", 10, lambda: said("draining"), 0.5)
    time.sleep(10)
    check(stop.poll() is None and shown("ActiveState") == "deactivating", "it did not wait")
    check(m.connected() == 1, "draining ended the call")
    refused = Caller(m.ports["caller"] + 28, ("127.0.0.1", m.ports["sip"]))
    refused.invite("03012000001")
    check(status(refused.final()) == 503, "a new call while it drains")
    refused.close()
    hang_up(caller)
    check(stop.wait(60) == 0, "systemctl stop failed")
    check_stopped("draining", "stopping, 0 calls in progress", "stopped",
                  f"{UNIT}: Deactivated successfully.")
    check(shown("ActiveState") == "inactive", f"it is {shown('ActiveState')}")


@test("service-stop-limit")
def stop_limit(m):
    """A call that outlasts TimeoutStopSec is released, with a record."""
    m.dropin("limit", f"TimeoutStopSec={STOP_LIMIT}")
    systemctl("start", UNIT)
    m.wait_up()
    caller = call(m, 32)
    begun = time.monotonic()
    systemctl("stop", UNIT)
    took = time.monotonic() - begun
    caller.close()
    check(took >= STOP_LIMIT, f"it took {took:.1f} s")
    # by itself: systemd waits as long again before it kills
    check_stopped("draining", "stopping, 1 calls in progress", "stopped")
    its = {r["call_id"] for r in m.records() if r["sip_call_id"] == caller.call_id}
    rows = [r for r in m.records() if r["call_id"] in its]
    check(rows and all(r["cause_q850"] == "41" for r in rows), f"records: {rows}")
    return f"after {took:.1f} s"


run(start=start, bench=Service)
