"""SIP under load: tandem, Kamailio and a loop that knows nothing, driven alike by bench_sip.

Kamailio runs as a stateful proxy with one UDP worker and its fast allocators, so that the CPU time
of its processes compares with tandem's. The callee has an address of its own, since a trunk knows
its peers by address.
"""
import json
import re
import shutil
import statistics
import subprocess
import time
from pathlib import Path

CALLER, CALLEE = "127.0.0.1", "127.0.0.2"

PLAN = """version 1
sip {{
    listen udp:127.0.0.1:{sip}
    limits {{
        transactions 1000000
    }}
}}
media {{
    address 127.0.0.1
    ports   {rtp_low}-{rtp_high}
    codecs  pcma, pcmu
}}
site berlin {{
    dialling de area 30
}}
trunk near {{
    sip sip:{caller_host}:{caller}
    accept from {caller_host}
    numbers e164
    media direct
}}
trunk far {{
    sip sip:{callee_host}:{peer}
    accept from {callee_host}
    numbers e164
    media direct
}}
routes from near {{
    +49* -> far
    * -> reject 1
}}
cdr journal {dir}/cdr, csv {dir}/cdr.csv
admin socket {dir}/tandem.sock
log notice
"""

KAMAILIO = """#!KAMAILIO
debug=0
log_stderror=yes
fork=yes
children=1
disable_tcp=yes
auto_aliases=no
dns=no
rev_dns=no
listen=udp:127.0.0.1:{sip}
mpath="{modules}"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
{load}
request_route {{
    if (method == "OPTIONS") {{
        sl_send_reply("200", "OK");
        exit;
    }}
    if (loose_route()) {{
        t_relay();
        exit;
    }}
    if (method == "ACK") {{
        exit;
    }}
    record_route();
    {manage}
    rewritehostport("{callee_host}:{peer}");
    t_relay();
}}
"""

MODULES = "/usr/lib/x86_64-linux-gnu/kamailio/modules/"


def pids_below(pid):
    """A process and what it has forked."""
    below = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            below += pids_below(int(child))
    return [pid] + below


class Server:
    """A server under test on its port; `pids` are the processes whose CPU time counts."""

    def __init__(self, rig, name, argv, settle):
        self.name = name
        self.process = rig.spawn(argv, stdout=subprocess.DEVNULL,
                                 stderr=open(rig.dir / f"{name}.log", "w"))
        time.sleep(settle)
        if self.process.poll() is not None:
            raise RuntimeError(f"{name}: {(rig.dir / f'{name}.log').read_text()[-2000:]}")
        self.pids = pids_below(self.process.pid)

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


def names(rig):
    return dict(rig.ports, caller_host=CALLER, callee_host=CALLEE, dir=rig.dir,
                modules=MODULES)


def tandem(rig):
    plan = rig.dir / "sip.conf"
    plan.write_text(PLAN.format(**names(rig)))
    return Server(rig, "tandem", [rig.build / "tandem", "run", "-c", plan], 1)


def floor(rig):
    return Server(rig, "loop", [rig.build / "test/bench/bench_floor_sip",
                                f"127.0.0.1:{rig.ports['sip']}"], 0.3)


def kamailio(rig, dialog):
    path = rig.dir / "kamailio.cfg"
    path.write_text(KAMAILIO.format(
        **names(rig), load='loadmodule "dialog.so"\nmodparam("dialog", "default_timeout", 3600)'
        if dialog else "", manage="if (method == \"INVITE\") dlg_manage();" if dialog else ""))
    return Server(rig, "kamailio_dialog" if dialog else "kamailio",
                  ["kamailio", "-f", path, "-x", "fm", "-X", "fm", "-m", "1024", "-M", "16",
                   "-DD", "-Y", rig.dir], 3)


def servers():
    """What is measured: each a function that starts it. Kamailio where it is installed."""
    both = {"kamailio": lambda rig: kamailio(rig, False),
            "kamailio_dialog": lambda rig: kamailio(rig, True)} if shutil.which("kamailio") else {}
    return {"tandem": tandem, **both, "loop": floor}


def load_command(rig, server, method, rate, seconds, warm, hold):
    return [str(a) for a in (rig.build / "test/bench/bench_sip", f"method={method}",
                             f"server=127.0.0.1:{rig.ports['sip']}",
                             f"caller={CALLER}:{rig.ports['caller']}",
                             f"callee={CALLEE}:{rig.ports['peer']}", f"rate={rate}",
                             f"seconds={seconds}", f"warm={warm}", f"hold={hold}",
                             "pids=" + ",".join(map(str, server.pids)))]


def load(rig, server, method, rate, seconds, warm, hold=100):
    """Drives a server and returns what bench_sip says."""
    out = subprocess.run(load_command(rig, server, method, rate, seconds, warm, hold),
                         capture_output=True, text=True, check=True).stdout
    return json.loads(out)


def spawn_load(rig, server, rate, hold_s):
    """Calls that stay up, in the background."""
    return rig.spawn(load_command(rig, server, "INVITE", rate, HELD / rate, 0, hold_s * 1000),
                     stdout=subprocess.DEVNULL)


def private_bytes(pids):
    return sum(int(kb) for pid in pids
               for kb in re.findall(r"Private_\w+: +(\d+) kB",
                                    Path(f"/proc/{pid}/smaps_rollup").read_text())) * 1024


# ---- what is measured ----

FIGURES = ("us_per_call", "us_per_message", "transit_p50_us", "transit_p99_us", "lost", "refused")


def one_round(make_rig, method, rate, seconds, warm):
    """Every server once, one after the other, so that what else the machine does hits all alike."""
    out = {}
    for name, start in servers().items():
        with make_rig() as rig:
            server = start(rig)
            out[name] = load(rig, server, method, rate, seconds, warm)
            server.stop()
    return out


def table(title, rounds):
    """Median and, in brackets, minimum of each figure, server beside server."""
    lines = [f"{title} ({len(rounds)} runs: median, minimum)",
             f"{'':18}" + "".join(f"{f:>20}" for f in FIGURES)]
    for name in rounds[0]:
        cells = [[r[name][f] for r in rounds] for f in FIGURES]
        lines.append(f"{name:18}" + "".join(
            f"{f'{statistics.median(c):.1f} ({min(c):.1f})':>20}" for c in cells))
    return "\n".join(lines)


def flat(one):
    """A round as one row: figures of each server, and what tandem takes of what Kamailio takes."""
    row = {f"{name}_{f}": got[f] for name, got in one.items() for f in FIGURES}
    for other in ("kamailio_dialog", "kamailio", "loop"):
        if one.get(other, {}).get("us_per_call"):
            row[f"of_{other}"] = one["tandem"]["us_per_call"] / one[other]["us_per_call"]
    return row


HELD, LAST_TIMER = 1000, 34  # calls at rest; 64*T1 and a little


def memory_at_rest(make_rig):
    """Private memory of a call whose set-up's transactions are gone. Kamailio has its calls in a
    shared pool that is mapped from the start: there is no such figure of it."""
    with make_rig() as rig:
        server = tandem(rig)
        load(rig, server, "INVITE", 50, 1, 0)  # what is allocated once
        before = private_bytes(server.pids)
        up = spawn_load(rig, server, HELD / 4, LAST_TIMER + 6)
        time.sleep(4 + LAST_TIMER)
        held = private_bytes(server.pids)
        up.wait()
        server.stop()
    return {"tandem_bytes_per_call": (held - before) / HELD}


def transactions(rig, t1_us, rate, warm, seconds):
    """A bare user agent whose transactions live 64 T1, over real sockets."""
    agent = Server(rig, "agent", [rig.build / "test/bench/bench_transactions",
                                  f"127.0.0.1:{rig.ports['sip']}", t1_us], 0.3)
    got = load(rig, agent, "MESSAGE", rate, seconds, warm)
    agent.stop()
    return got
