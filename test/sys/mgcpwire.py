"""What the tests of MGCP have in common: a wire between an agent and a gateway that keeps what passes,
the plans' words, and tshark as the judge of it.
"""
import re
import select
import socket
import struct
import subprocess
import threading
import time

import traces
from rig import Failed, check

GATEWAY, AGENT = 2427, 2727  # RFC 3435 3.5
WARN = 0x600000  # epan/proto.h: PI_WARN
RAW_IP = 101  # pcap: LINKTYPE_RAW
# of a plan: what is repeated was lost, for a busy machine answers sooner; and nobody says 100 meanwhile
PATIENT = "timers first 4s provisional 4s"
REPEATED = 4  # s; and then it is
RTD = ("Duplicate requests", "Duplicate responses", "Open requests", "Discarded responses")


class Capture:
    """A pcap file whose datagrams have the well-known ports, whatever ports a test had to take."""

    def __init__(self, path):
        self.path = path
        self.file = open(path, "wb")
        self.file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, RAW_IP))
        self.lock = threading.Lock()
        self.texts = []  # (to the gateway, text)
        self.last = time.monotonic()

    def add(self, to_gateway, data):
        source, to = (AGENT, GATEWAY) if to_gateway else (GATEWAY, AGENT)
        udp = struct.pack("!HHHH", source, to, 8 + len(data), 0) + data
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                         b"\x7f\0\0\1", b"\x7f\0\0\1") + udp
        now = time.time()
        with self.lock:
            self.file.write(struct.pack("<IIII", int(now), int(now % 1 * 1e6), len(ip), len(ip)) + ip)
            self.file.flush()
            self.texts.append((to_gateway, data.decode("latin-1")))
            self.last = time.monotonic()

    def judge(self, repeated=False, before=None):
        """tshark finds nothing wrong, and pairs each command with its response. repeated: both may
        have come twice, as when a peer is killed; before: so many were repeated, as delays() said."""
        frames = len(self.texts) if repeated else self.wait_answered((before or {}).get("Open requests", 0))
        for f in traces.fields(str(self.path), "frame.number", "_ws.malformed", "_ws.expert.severity",
                               "_ws.expert.message", "_ws.col.Protocol", options=("-c", str(frames))):
            wrong = f["_ws.malformed"] or any(int(s) >= WARN for s in f["_ws.expert.severity"])
            check(not wrong, f"{self.path.name}: frame {f['frame.number']}: {f['_ws.expert.message']}")
            check(f["_ws.col.Protocol"][0].startswith("MGCP"), f"{self.path.name}: frame {f['frame.number']}: "
                                                               f"{f['_ws.col.Protocol']}")
        found = self.delays(frames)
        if not repeated:
            check(found == (before or dict.fromkeys(RTD, 0)), f"{self.path.name}: {found}")
        return found

    def wait_answered(self, lost):
        """Until no command waits for its response, but those that were lost; so many frames there were then."""
        end = time.monotonic() + 20
        frames, waiting = self.open()
        while len(waiting) > lost:
            check(time.monotonic() < end, f"{self.path.name}: no response to {waiting}")
            time.sleep(0.05)
            frames, waiting = self.open()
        return frames

    def open(self):
        """How many frames there are, and which commands in them wait for their response."""
        with self.lock:
            texts = list(self.texts)
        messages = [(to, m.split()[:2]) for to, text in texts for m in re.split(r"(?m)^\.\r?\n", text) if m.strip()]
        asked = {(to, m[1]) for to, m in messages if re.fullmatch("[A-Z]{4}", m[0])}
        told = {(not to, m[1]) for to, m in messages if re.fullmatch(r"[2-9]\d\d", m[0])}
        return len(texts), asked - told

    def delays(self, frames=None):
        """What tshark counts of requests and responses: in so many frames, or all."""
        frames = frames or len(self.texts)
        p = subprocess.run(["tshark", "-n", "-q", "-c", str(frames), "-r", str(self.path), "-z", "mgcp,rtd"],
                           capture_output=True, text=True, timeout=60)
        got = {name: re.search(rf"{name}: *(\d+)", p.stdout) for name in RTD}
        if not all(got.values()):
            raise Failed(f"tshark -z mgcp,rtd: {p.stdout}{p.stderr}")
        return {name: int(m.group(1)) for name, m in got.items()}

    def commands(self, verb="[A-Z]{4}", to_gateway=True):
        """The texts of all messages of that verb, piggybacked ones as well."""
        return [m for to, text in list(self.texts) if to == to_gateway
                for m in re.split(r"(?m)^\.\r?\n", text) if re.match(rf"{verb} \d", m)]

    def idle(self):
        """s since anything passed."""
        return time.monotonic() - self.last

    def responses(self, command):
        """All responses to a command's text."""
        tid = command.split()[1]
        to = not any(t and command in text for t, text in list(self.texts))
        return [m for t, text in list(self.texts) if t == to
                for m in re.split(r"(?m)^\.\r?\n", text) if re.match(rf"\d{{3}} {tid}\b", m)]


class Wire(Capture):
    """Between an agent and a gateway: the agent calls `near`, the gateway calls `far`. It can be cut,
    and keeps a copy of all that passes."""

    def __init__(self, path, near, gateway, far, agent):
        super().__init__(path)
        self.cut = False
        self.ends = []
        for port in (near, far):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.bind(("127.0.0.1", port))
            self.ends.append(s)
        self.to = (("127.0.0.1", gateway), ("127.0.0.1", agent))
        self.running = True
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        near, far = self.ends
        while self.running:
            for s in select.select(self.ends, [], [], 0.1)[0]:
                try:
                    data = s.recv(65536)
                    if self.cut:
                        continue
                    self.add(s is near, data)
                    if s is near:
                        far.sendto(data, self.to[0])
                    else:
                        near.sendto(data, self.to[1])
                except OSError:
                    pass  # nobody is there just now

    def close(self):
        self.running = False
        self.thread.join()
        for s in self.ends:
            s.close()
        self.file.close()


def line(text, name):
    """The value of a parameter line."""
    m = re.search(rf"(?mi)^{name}: *(.*?)\r?$", text)
    return m.group(1) if m else None


def statistics(text):
    """P of a response: {"PS": 12, ...}"""
    return {k: int(v) for k, v in re.findall(r"\b([A-Z]{2})=(-?\d+)", line(text, "P") or "")}


# its consoles have ports that cannot be changed: an address of their own
OSMO = """line vty
 no login
 bind {own}
ctrl
 bind {own}
mgcp
 domain mgw
 bind ip 127.0.0.1
 bind port {port}
 rtp bind-ip 127.0.0.1
 rtp port-range {low} {high}
 rtcp-omit
 number endpoints {endpoints}
"""


def osmo_mgw(rig, port, low, high, endpoints):
    """Starts osmo-mgw; waits until it listens."""
    path = rig.dir / "osmo-mgw.cfg"
    path.write_text(OSMO.format(port=port, own=f"127.{port >> 8}.{port & 255}.1", low=low, high=high,
                                endpoints=endpoints))
    log = open(rig.dir / "osmo-mgw.log", "w")
    p = rig.spawn(["osmo-mgw", "-s", "-c", path], stdout=log, stderr=subprocess.STDOUT)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(0.2)
        s.connect(("127.0.0.1", port))
        try:
            s.send(b"AUEP 1 null@mgw MGCP 1.0\r\n")
            s.recv(2048)
            return p
        except OSError:
            time.sleep(0.05)
        finally:
            s.close()
    raise Failed("osmo-mgw does not listen")
