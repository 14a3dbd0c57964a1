"""RTP streams of payloads that somebody else coded: sent in time, with the loss and the jitter of a
network, and received with the kernel's time of arrival. No codec here: test/tools/codec makes the
payloads of raw sound, and sound of payloads."""
import heapq
import math
import random
import socket
import struct
import subprocess
import threading
import time
import wave
from pathlib import Path

# a time stamp of the kernel's on each datagram (linux/socket.h, bits/socket.h)
SO_TIMESTAMPNS = 35

# word, RTP payload type, rtpmap, ticks of a millisecond, fmtp
FORMATS = {
    "pcma": (8, "PCMA/8000", 8, ""), "pcmu": (0, "PCMU/8000", 8, ""), "g722": (9, "G722/8000", 8, ""),
    "gsm": (3, "GSM/8000", 8, ""), "g729": (18, "G729/8000", 8, "annexb=no"),
    "opus": (107, "opus/48000/2", 48, "useinbandfec=1"), "g726-32": (108, "G726-32/8000", 8, ""),
    "l16": (109, "L16/8000", 8, ""),
}


def sdp(word, port, ms=20):
    """An offer of one codec."""
    pt, name, _, fmtp = FORMATS[word]
    return (f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP {pt}\r\na=rtpmap:{pt} {name}\r\n"
            + (f"a=fmtp:{pt} {fmtp}\r\n" if fmtp else "") + f"a=ptime:{ms}\r\n")


def gilbert(n, share, burst=2.0):
    """Which of n packets are lost: Gilbert's model, its bursts so long on average. Of the seeds
    1, 2, ... the first that comes within a tenth of the share."""
    if share == 0:
        return [False] * n
    ends = 1 / burst
    begins = share * ends / (1 - share)
    for seed in range(1, 10000):
        chance, lost, out = random.Random(seed), False, []
        for _ in range(n):
            lost = chance.random() >= ends if lost else chance.random() < begins
            out.append(lost)
        if abs(sum(out) - share * n) <= max(0.5, share * n / 10) and not any(out[:5]):
            return out
    raise ValueError("no such loss")


def jitter(n, seed=1):
    """Delays in s as of a wireless link in use: a few ms each, and now and then 60 ms and more in
    which all packets wait behind one another."""
    chance = random.Random(seed)
    return [min(0.12, chance.expovariate(1 / 0.004) + (chance.uniform(0.04, 0.08)
                                                       if chance.random() < 0.025 else 0))
            for _ in range(n)]


class Tool:
    """test/tools/codec on files in a folder."""

    def __init__(self, build, folder):
        self.codec, self.dir = Path(build) / "test/tools/codec", Path(folder)

    def run(self, *argv):
        subprocess.run([str(a) for a in (self.codec, *argv)], check=True)

    def encode(self, word, wav, ms=20):
        raw, packets = self.dir / f"{word}.raw", self.dir / f"{word}.packets"
        with wave.open(str(wav)) as w:
            raw.write_bytes(w.readframes(w.getnframes()))
        self.run("encode", word, raw, packets, f"ms={ms}")
        data, out = packets.read_bytes(), []
        while data:
            end = 2 + struct.unpack("!H", data[:2])[0]
            out.append(data[2:end])
            data = data[end:]
        return out

    def decode(self, word, payloads, wav):
        """Into a wav; an empty payload is one that did not come."""
        packets, raw = self.dir / f"{word}.packets", self.dir / f"{word}.raw"
        packets.write_bytes(b"".join(struct.pack("!H", len(p)) + p for p in payloads))
        self.run("decode", word, packets, raw)
        with wave.open(str(wav), "wb") as w:
            w.setnchannels(1)
            w.setsampwidth(2)
            w.setframerate(8000)
            w.writeframes(raw.read_bytes())


class Stream:
    """Both directions of one call on one socket."""

    def __init__(self, word, ms=20):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.sock.bind(("127.0.0.1", 0))
        self.sock.setblocking(False)
        self.port = self.sock.getsockname()[1]
        self.word, self.ms = word, ms
        self.pt, _, self.khz, _ = FORMATS[word]
        self.to = None
        self.got = []  # (monotonic s of arrival, timestamp, payload)
        self.sent = {}  # number of the packet: monotonic s
        self.ssrc, self.first_ts = random.getrandbits(31), random.getrandbits(31)

    def packet(self, number, payload):
        return struct.pack("!BBHII", 0x80, self.pt | (0x80 if number == 0 else 0), number & 0xffff,
                           self.first_ts + number * self.ms * self.khz & 0xffffffff,
                           self.ssrc) + payload

    def send(self, number, payload):
        self.sock.sendto(self.packet(number, payload), self.to)
        self.sent[number] = time.monotonic()

    def drain(self):
        """Takes in what has come. Its time is the kernel's: how late we look does not matter."""
        offset = time.time() - time.monotonic()
        while True:
            try:
                data, extra, _, _ = self.sock.recvmsg(2048, 64)
            except (BlockingIOError, ConnectionError):
                return
            if len(data) > 12 and data[1] & 0x7f == self.pt:
                s, ns = struct.unpack("qq", extra[0][2])
                self.got.append((s + ns / 1e9 - offset, struct.unpack("!I", data[4:8])[0], data[12:]))

    def payloads(self):
        """What came, in the order of its timestamps; empty where nothing did."""
        if not self.got:
            return []
        first, step, out = self.got[0][1], self.ms * self.khz, {}
        for _, ts, payload in self.got:
            ahead = (ts - first + (1 << 31) & 0xffffffff) - (1 << 31)
            out[round(ahead / step)] = payload
        return [out.get(i, b"") for i in range(max(out) + 1)]

    def close(self):
        self.sock.close()


class Sender(threading.Thread):
    """Sends the payloads of all streams, each when its time has come; join() waits for the end."""

    def __init__(self):
        super().__init__(daemon=True)
        self.queue = []
        self.begin = time.monotonic() + 0.1
        self.streams = []

    def add(self, stream, payloads, lost=None, delays=None):
        due = 0
        for i, payload in enumerate(payloads):
            if payload and not (lost and lost[i]):
                at = i * stream.ms / 1000 + len(self.streams) * 0.0021
                due = max(due, at + (delays[i] if delays else 0))  # one after the other
                heapq.heappush(self.queue, (due, len(self.queue), stream, i, payload))
        self.streams.append(stream)

    def run(self):
        while self.queue:
            due, _, stream, number, payload = heapq.heappop(self.queue)
            wait = self.begin + due - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            stream.send(number, payload)
            stream.drain()


def median(values):
    return sorted(values)[len(values) // 2] if values else math.nan
