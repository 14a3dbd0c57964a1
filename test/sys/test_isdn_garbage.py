#!/usr/bin/env python3
"""A far end that talks nonsense on its D channel, as fast as the line goes, and one that comes and
goes: counted, a few lines in the log, a bounded part of one CPU, and the other span's call is clean."""
import os
import random
import socket
import sys
import threading
import time

import sipscript
from rig import SPAN, Rig, check, finish, main, wait_for

JITTER = " jitter 30ms"  # what this machine's other work costs is not what is measured
RULES = SPAN.replace("{pw}\n", "{pw}" + JITTER + "\n") + """
number 3012xxxxxx {{
    proceeding
    answer
    tone 1004 level -10
    wait 300s
}}
"""

SECOND = """
span 2 {{
    pseudowire local 127.0.0.1:{near} remote 127.0.0.1:{far} frames 40 jitter 20ms
    e1
    isdn euroisdn user
}}
trunk other {{
    span 2
    channels 1-15,17-31
    numbers isdn
    overlap
}}
routes from other {{
    * -> reject 1
}}
"""

FRAMES, SLOTS, DCHANNEL = 40, 31, 15  # of a packet of 5 ms; the D channel is timeslot 16
SECONDS = 6                           # of each kind of nonsense
CPU = 0.5                             # of one


# ---- HDLC (ISO/IEC 13239) ----

def fcs(octets):
    crc = 0xffff
    for octet in octets:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ 0x8408 if crc & 1 else crc >> 1
    return (crc ^ 0xffff).to_bytes(2, "little")


def bits(octets):
    """Low bits first, a zero after five ones."""
    ones = 0
    for octet in octets:
        for i in range(8):
            bit = octet >> i & 1
            yield bit
            ones = ones + 1 if bit else 0
            if ones == 5:
                yield 0
                ones = 0


FLAG = (0, 1, 1, 1, 1, 1, 1, 0)


def line(frames):
    """Frames as bits on the line, flags between them."""
    out = []
    for frame in frames:
        out += FLAG
        out += bits(frame + fcs(frame))
    return out + list(FLAG)


# ---- what it says ----

SABME, DISC, UA = (b"\x02\x01\x7f", b"\x02\x01\x53", b"\x00\x01\x73")


def message(n, body):
    return bytes((0x02, 0x01, n << 1 & 0xfe, 0)) + body


def setup(n):
    return (bytes((8, 2, 0x20 | n >> 8 & 0x1f, n & 0xff, 5)) +
            bytes.fromhex("040380 90a3 1803a18381 70028031".replace(" ", "")))


def nonsense(n):
    """One of the messages that nobody should send."""
    kind = n % 5
    if kind == 0:
        return random.randbytes(random.randrange(1, 60))
    if kind == 1:
        return b"\x08\x02\x33\x33" + random.randbytes(random.randrange(1, 40))
    if kind == 2:
        return setup(n)
    if kind == 3:
        return b"\x08\x02\x00\x00\x46" + random.randbytes(random.randrange(0, 12))
    return bytes((n & 0xff,)) + b"\x02\x12\x34\x05" + random.randbytes(4)


class Nonsense:
    """The far end of span 2: what it says is in `queue`, bits; else flags."""

    def __init__(self, near, far):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", far))
        self.sock.setblocking(False)
        self.to = ("127.0.0.1", near)
        self.kind = "flags"
        self.running = True
        self.frames = 0
        self.queue = []
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def stop(self):
        self.running = False
        self.thread.join()
        self.sock.close()

    def _more(self):
        if self.kind == "noise":
            return [random.getrandbits(1) for _ in range(8 * FRAMES)]
        if self.kind == "ones":
            return [1] * (8 * FRAMES)
        if self.kind == "messages":
            first = self.frames
            self.frames += 21
            # a link that is set up anew each time: 20 messages, then SABME once more
            return line([SABME] + [message(n, nonsense(first + n)) for n in range(20)])
        if self.kind == "links":
            self.frames += 4
            return line([SABME, UA, DISC, random.randbytes(random.randrange(1, 9))])
        return list(FLAG) * FRAMES

    def _octets(self):
        while len(self.queue) < 8 * FRAMES:
            self.queue += self._more()
        take, self.queue = self.queue[:8 * FRAMES], self.queue[8 * FRAMES:]
        return [int("".join(map(str, take[i:i + 8])), 2) for i in range(0, 8 * FRAMES, 8)]

    def _run(self):
        seq, due = 0, time.monotonic()
        while self.running:
            try:
                while True:
                    self.sock.recv(2048)
            except (BlockingIOError, ConnectionRefusedError):
                pass
            rows = bytearray(b"\xd5" * (FRAMES * SLOTS))
            rows[DCHANNEL::SLOTS] = bytes(self._octets())
            # the flapping line is dead for 50 ms of each 100
            dead = self.kind == "flaps" and int(time.monotonic() * 20) & 1
            if not dead:
                self.sock.sendto(bytes((0, 0, seq >> 8, seq & 0xff)) + rows, self.to)
            seq = seq + 1 & 0xffff
            due = max(due + FRAMES / 8000, time.monotonic() - 0.02)
            time.sleep(max(0, due - time.monotonic()))


# ---- measuring ----

def cpu(process):
    """Seconds of processor time that it has used."""
    fields = open(f"/proc/{process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def counters(rig):
    return {m["name"]: m["value"] for m in rig.ask("show", "metrics")}


def log_lines(rig):
    return len((rig.dir / "tandem.log").read_text(errors="replace").splitlines())


def endure(rig, far, kind):
    """Some seconds of one kind; returns what it cost."""
    lines, used, start, said = log_lines(rig), cpu(rig.tandem), time.monotonic(), far.frames
    far.kind = kind
    time.sleep(SECONDS)
    far.kind = "flags"
    seconds = time.monotonic() - start
    share = (cpu(rig.tandem) - used) / seconds
    lines = log_lines(rig) - lines
    print(f"{kind}: {far.frames - said} frames, {share:.0%} of a CPU, {lines} lines in the log")
    check(share < CPU, f"{kind}: {share:.0%} of a CPU")
    check(lines < 30 * SECONDS, f"{kind}: {lines} lines in the log")
    check(rig.tandem.poll() is None, "tandem is gone")
    return far.frames - said


def first_in_service(rig):
    spans = rig.ask("show", "span", "1", check_exit=False)
    return bool(spans) and spans[0]["dchannel"] == "up" and spans[0]["idle"] == 30


def start(rig):
    """Both programs, with the second span beside the first."""
    near = rig.ports["voice"] + 12
    end = f":{rig.ports['pw_far']}"
    rig.plan.write_text(rig.plan.read_text().replace(end, end + JITTER, 1) +
                        SECOND.format(near=near, far=near + 1))
    far = Nonsense(near, near + 1)
    rig.start_exchange()
    rig.start_tandem()
    wait_for("span 1 in service", 30, lambda: first_in_service(rig) and rig.exchange.in_service(),
             0.2)
    return far


def check_call(rig):
    ended = rig.exchange.expect("released", answered=True)
    heard = ended["heard"]
    check(heard["seconds"] > 4 * SECONDS - 2, f"{heard}")
    check(abs(heard["tone_hz"] - 1004) < 2 and heard["tone_share"] > 0.9, f"{heard}")
    print(f"the call beside: {heard['seconds']:.0f} s, tone for {heard['tone_share']:.1%}, "
          f"gaps {heard['gap_ms']} ms")


def garbage(build):
    random.seed(1)
    with Rig(build, RULES, judged=False) as rig:
        far = start(rig)
        before = counters(rig)
        caller = rig.sipp("caller", sipscript.CALLER,
                          ("-rtp_echo", "-mp", str(rig.ports["voice"])), calls=1,
                          hold=(5 * SECONDS + 4) * 1000, number="03012000000")
        wait_for("the call", 10, lambda: any(c["state"] == "connected"
                                             for c in rig.ask("show", "calls")), 0.2)
        for kind in ("noise", "ones", "links", "flaps"):
            endure(rig, far, kind)
        check(endure(rig, far, "messages") > 1000, "few messages")
        after = counters(rig)
        for name in ("tandem_dchannel_bad_frames_total",):
            check(after[name] > before[name], f"{name} did not move")
        for name in sorted(after):
            if after[name] != before.get(name) and ("isdn" in name or "dchannel" in name or
                                                    "pseudowire" in name):
                print(f"{name}: {after[name] - before.get(name, 0)}")
        finish(caller, "the caller", 60)
        check_call(rig)
        wait_for("all is clear", 60, lambda: rig.status()["calls"] == 0)
        rig.wait_line_well()
        far.stop()


if __name__ == "__main__":
    sys.exit(main(garbage))
