"""A gateway that is looked at while it works: its plan, its load, and what its threads use.

The calls that stay up go from 127.0.0.1 to 127.0.0.2, those that come and go from 127.0.0.3 to
127.0.0.4: a trunk knows its peers by address. Their media passes by the gateway.
"""
import json
import multiprocessing
import re
import resource
import selectors
import shutil
import socket
import statistics
import subprocess
import time
from pathlib import Path

import sipscript
from rig import wait_for

HELD_CALLER, HELD_CALLEE = "127.0.0.1", "127.0.0.2"
FLOW_CALLER, FLOW_CALLEE = "127.0.0.3", "127.0.0.4"
PASSWORD = "a password for nobody"
# the thread that began it all
SIGNALLING = "tandem"

PLAN = """version 1
sip {{
    listen udp:127.0.0.1:{sip}
    calls 5000
    limits {{
        transactions 1000000
    }}
}}
media {{
    address 127.0.0.1
    ports   {rtp_low}-{rtp_high}
    codecs  pcma
    threads 1
}}
site berlin {{
    dialling de area 30
}}
{trunks}
{spans}
routes from near {{ +49* -> far }}
routes from east {{ +49* -> west }}
cdr journal {dir}/cdr, {targets}
admin socket {dir}/tandem.sock, http 127.0.0.1:{http} {{
    users {dir}/users
}}
{extra}
log notice
"""

TRUNK = """trunk {name} {{
    sip sip:{host}:{port}
    accept from {host}
    numbers e164
    {media}
}}
"""

SPAN = """span {i} {{
    pseudowire local 127.0.0.1:{near} remote 127.0.0.1:{far} frames 40 jitter 10ms
    e1
    isdn euroisdn user
}}
trunk pri{i} {{
    span {i}
    channels 1-15,17-31
    numbers isdn
}}
"""


# ---- the gateway ----

def account(rig, what, name, role, text=""):
    p = subprocess.run([rig.build / "tandem", "passwd", what, name, role], input=text,
                       capture_output=True, text=True, check=True)
    return p.stdout, p.stderr.strip()


def write(rig, spans=0, media="media direct", extra="", targets=""):
    """The plan, and accounts: a key in rig.key, a user with a password."""
    rig.ports["http"] = rig.ports["sip"] + 30
    base = rig.ports["pw"] + 100
    peers = (("near", HELD_CALLER, "caller", media), ("far", HELD_CALLEE, "peer", media),
             ("east", FLOW_CALLER, "caller", "media direct"),
             ("west", FLOW_CALLEE, "peer", "media direct"))
    trunks = "".join(TRUNK.format(name=name, host=host, port=rig.ports[port], media=how)
                     for name, host, port, how in peers)
    lines = "".join(SPAN.format(i=i, near=base + 2 * i, far=base + 2 * i + 1)
                    for i in range(1, spans + 1))
    rig.plan.write_text(PLAN.format(**rig.ports, dir=rig.dir, trunks=trunks, spans=lines,
                                    extra=extra, targets=targets or f"csv {rig.dir}/cdr.csv"))
    line, rig.key = account(rig, "--key", "bench", "viewer")
    user, _ = account(rig, "--admin", "vera", "viewer", PASSWORD + "\n")
    (rig.dir / "users").write_text(line + user)
    (rig.dir / "users").chmod(0o600)


def start(rig):
    rig.start_tandem()
    rig.wait_runs(60)


def load_command(rig, rate, seconds, warm, hold, caller, callee):
    return [str(a) for a in (rig.build / "test/bench/bench_sip", "method=INVITE",
                             f"server=127.0.0.1:{rig.ports['sip']}",
                             f"caller={caller}:{rig.ports['caller']}",
                             f"callee={callee}:{rig.ports['peer']}", f"rate={rate}",
                             f"seconds={seconds}", f"warm={warm}", f"hold={hold}",
                             f"pids={rig.tandem.pid}")]


def hold(rig, calls):
    """Calls that stay until the rig is left."""
    rig.spawn(load_command(rig, calls / 4, 4, 0, 10 ** 8, HELD_CALLER, HELD_CALLEE),
              stdout=subprocess.DEVNULL)
    wait_for(f"{calls} calls", 60, lambda: rig.status()["calls"] >= calls, 0.5)


def flow(rig, rate, seconds, warm=4, held=3000):
    """Calls that ring and are answered at once, and end; its output tells of calls, lost ones and
    transit."""
    return rig.spawn(load_command(rig, rate, seconds, warm, held, FLOW_CALLER, FLOW_CALLEE),
                     stdout=subprocess.PIPE, text=True)


def flow_with_rings(rig, rate, seconds):
    """Calls that ring for a second and are held for three: what happens to one is told apart."""
    calls = rate * seconds
    answer = ("invited", "ring", '<pause milliseconds="1000"/>\n', "answer", "byed")
    rig.sipp("west", answer, calls=calls, host=FLOW_CALLEE, local=rig.ports["peer"])
    return rig.sipp("east", sipscript.CALLER, calls=calls, rate=rate, hold=3000, host=FLOW_CALLER,
                    number="+49303000000", options=("-l", 100000))


# ---- what is used ----

def threads(pid):
    """CPU time in microseconds by thread, and what threads waited for a processor."""
    used, waited = {}, {}
    for t in Path(f"/proc/{pid}/task").glob("*"):
        try:
            name = (t / "comm").read_text().strip()
            run, wait, _ = (t / "schedstat").read_text().split()
        except OSError:
            continue
        used[name] = used.get(name, 0) + int(run) / 1000
        waited[name] = waited.get(name, 0) + int(wait) / 1000
    return used, waited


class Span:
    """CPU time of every thread between begin and end, in microseconds."""

    def __init__(self, pid):
        self.pid = pid
        self.begun = time.monotonic()
        self.used, self.waited = threads(pid)

    def end(self):
        used, waited = threads(self.pid)
        self.seconds = time.monotonic() - self.begun
        self.spent = {name: us - self.used.get(name, 0) for name, us in used.items()}
        self.delayed = {name: us - self.waited.get(name, 0) for name, us in waited.items()}
        return self

    def percent(self, name):
        return self.spent.get(name, 0) / self.seconds / 1e4


def over(pid, seconds):
    span = Span(pid)
    time.sleep(seconds)
    return span.end()


def spread(values):
    return max(values) - min(values)


def compare(name, without, having, limit=None):
    """Percent of a core by thread, in turns without and with; `noise` is how far turns of one kind
    are apart, `error` the standard error of `more`. Prints a line."""
    busy = sorted({t for s in without + having for t in s.spent
                   if s.percent(t) >= 0.01}) + ["all"]
    row = {"bench": name, "turns": len(having)}
    for t in busy:
        a, b = ([sum(s.percent(n) for n in (s.spent if t == "all" else [t])) for s in kind]
                for kind in (without, having))
        more = [y - x for x, y in zip(a, b)]
        row[t] = {"without": round(statistics.mean(a), 2), "with": round(statistics.mean(b), 2),
                  "more": round(statistics.mean(more), 2),
                  "error": round(statistics.pstdev(more) / max(1, len(more) - 1) ** 0.5, 2),
                  "noise": round(max(spread(a), spread(b)), 2)}
    if limit is not None:
        row["goal"] = limit
        row["met"] = row["all"]["more"] < limit
    print(json.dumps(row), flush=True)


def each(name, pid, n, act, idle, **more):
    """What an action costs each thread in milliseconds, n times in a row, less what the gateway
    does anyway. The media thread is left out: it ticks, and knows nothing of questions."""
    span = Span(pid)
    for _ in range(n):
        act()
    span.end()
    cost = {t: (us - idle.spent.get(t, 0) * span.seconds / idle.seconds) / n / 1000
            for t, us in span.spent.items() if not t.startswith("media")}
    row = {"bench": name, "times": n, **more,
           "ms": {t: round(v, 4) for t, v in cost.items() if abs(v) >= 0.0005}}
    return row, sum(cost.values())


def shares(rig, names, seconds=8):
    """Percent of the signalling thread's samples that are in these functions and what they call:
    finer than turns on a machine that others use. Nothing where there is no perf."""
    data = rig.dir / "perf.data"
    record = ["perf", "record", "-e", "cpu-clock", "-F", "4000", "--call-graph", "dwarf,8192", "-t",
              str(rig.tandem.pid), "-o", data, "--", "sleep", str(seconds)]
    if not shutil.which("perf") or subprocess.run(record, capture_output=True).returncode != 0:
        return {}
    out = subprocess.run(["perf", "report", "-i", data, "--no-inline", "--children", "-g", "none",
                          "--stdio"], capture_output=True, text=True).stdout
    found = re.findall(r"^ +([\d.]+)% .*\[\.\] (\w+) *$", out, re.M)
    return {name: float(percent) for percent, name in found if name in names}


# ---- those who look ----

def _request(port, key, path):
    return (f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Authorization: Bearer {key}\r\n\r\n").encode()


def _listen(port, key, n, pipe):
    """One process that reads what comes to n browsers."""
    select = selectors.DefaultSelector()
    octets = events = 0
    for _ in range(n):
        s = socket.create_connection(("127.0.0.1", port), 20)
        s.sendall(_request(port, key, "/api/v1/events"))
        s.setblocking(False)
        select.register(s, selectors.EVENT_READ)
    first = next(iter(select.get_map().values())).fileobj
    pipe.send(n)
    while not pipe.poll():
        for ready, _ in select.select(0.2):
            got = ready.fileobj.recv(1 << 18)
            octets += len(got)
            if ready.fileobj is first:
                events += got.count(b"\nevent: ")
            if not got:
                select.unregister(ready.fileobj)
    pipe.send((octets, events, len(select.get_map())))


class Listeners:
    """Browsers that have the event stream open."""

    def __init__(self, rig, n):
        self.pipe, far = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=_listen, daemon=True,
                                               args=(rig.ports["http"], rig.key, n, far))
        self.process.start()
        self.pipe.recv()

    def leave(self):
        """Octets for all of them, events for one, and how many were still there."""
        self.pipe.send("enough")
        got = self.pipe.recv()
        self.process.join()
        return got


def idle_connections(rig, n):
    """Connections that have asked once, and then stay."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    out = []
    for _ in range(n):
        s = socket.create_connection(("127.0.0.1", rig.ports["http"]), 20)
        s.sendall(_request(rig.ports["http"], rig.key, "/healthz"))
        if b" 200 " not in s.recv(4096)[:20]:
            raise RuntimeError("a connection was refused")
        out.append(s)
    return out
