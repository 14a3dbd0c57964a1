"""What the soak test looks at every ten seconds: one row of soak.csv."""
import collections
import csv
import json
import re
import socket
import time
from pathlib import Path

COLUMNS = (
    "s", "rss_kb", "pss_kb", "anon_kb", "fds", "threads",
    "cpu_signalling", "cpu_media", "cpu_other", "cpu_peers",
    "calls", "channels_idle", "channels_busy", "channels_other",
    "sip_sessions", "sip_dialogs", "sip_transactions", "registered", "plans",
    "calls_total", "calls_failed", "records", "measured", "snr_min_db", "snr_mean_db",
    "gaps_noise", "gaps_unexplained", "rtp_packets", "rtp_lost", "rtp_late", "line_noise",
    "repairs", "alarms", "problems")
LINE_NOISE = ("lost", "late", "reordered", "underruns", "slips", "late_sent")
CLASSES = (("signalling", ("tandem", "signalling")), ("media", ("media",)))


class Control:
    """The gateway's control socket, held open."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(str(path))
        self.lines = self.socket.makefile()

    def ask(self, *argv):
        """The answer's objects, and what it ended with."""
        self.socket.sendall(json.dumps({"argv": argv}).encode() + b"\n")
        items = []
        for line in self.lines:
            answer = json.loads(line)
            if "exit" in answer:
                return items, answer
            items.append(answer)
        raise ConnectionError("the gateway closed its control socket")

    def items(self, *argv):
        return self.ask(*argv)[0]


def kilobytes(path, names):
    """Fields of a file of /proc, in kB."""
    found = dict(re.findall(r"(?m)^(\w+):\s+(\d+) kB", Path(path).read_text()))
    return [int(found.get(n, 0)) for n in names]


def cpu_of_threads(pid):
    """CPU time in s by class of thread."""
    used = collections.Counter()
    for t in Path(f"/proc/{pid}/task").glob("*"):
        try:
            name = (t / "comm").read_text().strip()
            seconds = int((t / "schedstat").read_text().split()[0]) / 1e9
        except OSError:
            continue
        used[next((c for c, begins in CLASSES if name.startswith(begins)), "other")] += seconds
    return used


def cpu_of(pids):
    """CPU time in s of whole processes."""
    total = 0.0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += (int(fields[11]) + int(fields[12])) / 100
        except OSError:
            continue
    return total


class Records:
    """Reads the CSV of calls as it grows, and sets what the exchange heard beside it."""

    def __init__(self, path):
        self.path, self.at, self.names = path, 0, None
        self.total = self.failed = 0
        self.packets = self.lost = self.late = 0
        self.heard = collections.defaultdict(collections.deque)  # by channel: what was measured
        self.ends = {}  # of the line: what was lost or late there, as last seen
        self.noise = 0  # of both
        self.began = {}  # by call of the exchange: the noise then
        self.measured, self.noisy, self.unexplained = 0, 0, 0
        self.snr = []
        self.bad = []
        self.waiting = []  # rows whose sound is looked at the next time: the exchange may be later

    def line(self, end, counters):
        """What was lost or late between tandem and the exchange: the machine's doing."""
        self.ends[end] = sum(int(counters.get(n) or 0) for n in LINE_NOISE)
        self.noise = sum(self.ends.values())

    def begun(self, event):
        """An event `placed` or `arrived` of the exchange."""
        self.began[event["call"]] = self.noise

    def ended(self, event):
        """An event `released` or `failed` of the exchange."""
        if event["event"] == "failed" or not event.get("answered") or event.get("cause") != 16:
            self.bad.append(f"exchange: {json.dumps(event)[:400]}")
        noise = self.began.pop(event.get("call"), self.noise)
        if event["event"] == "released" and event.get("channel"):
            self.heard[f"1/{event['channel']}"].append((event.get("heard"), noise))

    def read(self):
        rows, self.waiting = self.waiting, []
        for r in rows:
            self._sound(r)
        if not self.path.exists():
            return
        with open(self.path, newline="") as f:
            f.seek(self.at)
            text = f.read()
        text = text[:text.rfind("\n") + 1]
        self.at += len(text.encode())
        for row in csv.reader(text.splitlines()):
            if self.names is None:
                self.names = row
            else:
                self._row(dict(zip(self.names, row)))

    def _row(self, r):
        if r["attempt"] != "0":
            return
        self.total += 1
        if r["cause_q850"] != "16" or not r["answer_time"]:
            self.failed += 1
            self.bad.append(f"record: {r['start_time']} {r['from_trunk']} -> {r['to_trunk']} "
                            f"{r['called']} cause {r['cause_q850']} sip {r['sip_status']}")
        self.packets += int(r["rtp_rx_packets"] or 0)
        self.lost += int(r["rtp_lost"] or 0)
        self.late += int(r["rtp_late"] or 0) + int(r["rtp_discarded"] or 0)
        self.waiting.append(r)

    def _sound(self, r):
        short = sum(int(r[n] or 0) for n in ("rtp_late", "rtp_discarded", "rtp_lost",
                                             "rtp_concealed"))
        for channel in (r["from_channel"], r["to_channel"]):
            if self.heard.get(channel):
                heard, noise = self.heard[channel].popleft()
                self._listen(heard, short + self.noise - noise, r)

    def _listen(self, heard, excuses, r):
        """A gap is the machine's where packets came late or the line was short of them."""
        if not heard or "tone_snr_db" not in heard:
            return
        self.measured += 1
        self.snr.append(heard["tone_snr_db"])
        if heard["gaps"] == 0:
            return
        if excuses > 0:
            self.noisy += 1
        else:
            self.unexplained += 1
            self.bad.append(f"gap: {r['start_time']} {r['from_channel']}{r['to_channel']} {heard}")


class Sampler:
    def __init__(self, rig, control, traffic, records, path):
        self.rig, self.control, self.traffic, self.records = rig, control, traffic, records
        self.file = open(path, "w", newline="")
        self.rows = csv.DictWriter(self.file, COLUMNS)
        self.rows.writeheader()
        self.began = time.monotonic()
        self.last = None
        self.all = []

    def _cpu(self):
        """Percent of one core since the last sample, by class."""
        now = time.monotonic()
        used = cpu_of_threads(self.rig.tandem.pid)
        used["peers"] = cpu_of([p.pid for p in self.rig.running if p is not self.rig.tandem]
                               + ["self"])
        before, self.last = self.last, (now, used)
        if not before:
            return {}
        passed = now - before[0]
        return {f"cpu_{c}": round(100 * (used[c] - before[1][c]) / passed, 2)
                for c in ("signalling", "media", "other", "peers")}

    def _gateway(self):
        status = self.control.items("show", "status")[0]
        states = collections.Counter(c["state"] if c["state"] in ("idle", "busy") else "other"
                                     for c in self.control.items("show", "channels", "1"))
        metrics = self.control.items("show", "metrics")
        of = lambda word: sum(m["value"] for m in metrics if word in m.get("name", ""))  # noqa: E731
        return {
            "calls": status["calls"], "calls_total": status["calls_total"],
            "channels_idle": states["idle"], "channels_busy": states["busy"],
            "channels_other": states["other"], "sip_sessions": status["sip_sessions"],
            "sip_dialogs": status["sip_dialogs"],
            "sip_transactions": status["sip_client_transactions"]
            + status["sip_server_transactions"],
            "repairs": int(of("repair")), "plans": int(of("tandem_plans")),
            # slips are in line_noise
            "alarms": sum(a["kind"] != "slips" for a in self.control.items("show", "alarms")),
            "registered": sum(o["type"] == "binding"
                              for o in self.control.items("show", "registrations")),
        }

    def sample(self):
        pid = self.rig.tandem.pid
        self.records.line("tandem", self.control.items("show", "span", "1")[0])
        self.traffic.far.say("status")
        self.records.read()
        r = self.records
        recent, r.snr = r.snr, []
        row = dict.fromkeys(COLUMNS, 0)
        row["s"] = round(time.monotonic() - self.began, 1)
        row["rss_kb"], row["pss_kb"], row["anon_kb"] = kilobytes(
            f"/proc/{pid}/smaps_rollup", ("Rss", "Pss", "Anonymous"))
        row["fds"] = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        row["threads"] = len(list(Path(f"/proc/{pid}/task").iterdir()))
        row.update(self._gateway())
        row.update(self._cpu())
        talks = self.traffic.talks
        row.update(calls_failed=r.failed, records=r.total, measured=r.measured,
                   snr_min_db=round(min(recent), 1) if recent else "",
                   snr_mean_db=round(sum(recent) / len(recent), 1) if recent else "",
                   gaps_noise=r.noisy, gaps_unexplained=r.unexplained,
                   rtp_packets=r.packets + talks["packets"], rtp_lost=r.lost + talks["missing"],
                   rtp_late=r.late, line_noise=r.noise,
                   problems=len(self.traffic.problems) + len(r.bad))
        self.all.append(row)
        self.rows.writerow(row)
        self.file.flush()
        return row
