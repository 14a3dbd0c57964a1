#!/usr/bin/env python3
"""G.729 through tandem-g729, judged by the decoder that others wrote (ffmpeg's): recorded speech
coded by ours at every packet time, with annex B, while the process is killed; and a call that a SIP
peer makes with G.729 and an ISDN channel echoes.

G.729 keeps no waveform, so what counts is the distance of spectra on the Bark scale (audiocmp); the
limits are 0.6 dB or more over what was measured. Where the same payloads are decoded by ours and by
ffmpeg's, the waveforms must agree.
"""
import json
import os
import random
import select
import signal
import struct
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

from peer import Caller, status
from rig import SOUNDS, SPAN, Rig, check, main, wait_for
from test_clearmode import media_of, offered

SPEECH = ("agent-pass", "conf-adminmenu", "vm-intro", "demo-congrats")
SECONDS = 12
BARK = 5.0      # dB
TWICE = 8.5     # dB: coded and decoded twice
AGREE = 20      # dB: the same payloads, decoded by ours and by theirs

RULES = SPAN + """
number 30200 {{
    answer
    echo
    wait 60s
}}
"""
SDP = ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
       "m=audio {port} RTP/AVP 18\r\na=fmtp:18 annexb={annexb}\r\na=ptime:20\r\n")


class Bench:
    def __init__(self, build, folder):
        self.worker = Path(build).resolve() / "tandem-g729"
        self.tools, self.dir = Path(build).resolve() / "test/tools", Path(folder)
        check(self.worker.exists(), f"{self.worker} was not built: libbcg729-dev is missing")
        data = b""
        for name in SPEECH:
            with wave.open(str(SOUNDS / f"{name}.wav")) as w:
                data += w.readframes(w.getnframes())
        self.pcm = data[:SECONDS * 16000 // 960 * 960]
        self.wav("speech.wav", self.pcm)

    def path(self, name):
        return self.dir / name

    def wav(self, name, pcm):
        with wave.open(str(self.path(name)), "wb") as w:
            w.setnchannels(1)
            w.setsampwidth(2)
            w.setframerate(8000)
            w.writeframes(pcm)
        return self.path(name)

    def run(self, *argv):
        done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, check=False)
        check(done.returncode == 0, f"{argv}: {done.returncode}: {done.stderr[-500:]}")
        return done.stdout

    def encode(self, pcm, *options):
        self.path("in.raw").write_bytes(pcm)
        said = self.run(self.tools / "g729", self.worker, "encode", self.path("in.raw"),
                        self.path("packets"), *options)
        return split(self.path("packets").read_bytes()), json.loads(said)

    def decode(self, packets, *options):
        self.path("packets").write_bytes(b"".join(struct.pack(">H", len(p)) + p for p in packets))
        said = self.run(self.tools / "g729", self.worker, "decode", self.path("packets"),
                        self.path("out.raw"), *options)
        return self.path("out.raw").read_bytes(), json.loads(said)

    def their_decode(self, frames):
        self.path("coded").write_bytes(frames)
        self.run("ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "g729", "-i", self.path("coded"),
                 "-f", "s16le", self.path("theirs.raw"))
        return self.path("theirs.raw").read_bytes()

    def compare(self, reference, pcm):
        done = subprocess.run([self.tools / "audiocmp", self.wav("reference.wav", reference),
                               self.wav("got.wav", pcm)], capture_output=True, text=True, check=False)
        check(done.stdout, done.stderr)
        return json.loads(done.stdout)

    def sounds_like(self, what, pcm, reference=None):
        m = self.compare(reference or self.pcm, pcm)
        print(f"{what}: {m['bark_db']} dB on the Bark scale, {m['delay_ms']} ms, gain "
              f"{m['gain_db']} dB, waveform {m['snr_db']} dB")
        check(m["found"] and m["silent"] < 10 and m["cut"] < 10, f"{what}: {m}")
        check(m["bark_db"] <= BARK and abs(m["gain_db"]) < 1.5, f"{what}: {m}")


def split(data):
    packets, at = [], 0
    while at < len(data):
        n = struct.unpack_from(">H", data, at)[0]
        packets.append(data[at + 2:at + 2 + n])
        at += 2 + n
    return packets


# ---- files ----

def packet_times(bench):
    """The same frames whatever the packet time, each packet full, none late."""
    first = None
    for ms in (10, 20, 30, 40, 60):
        packets, said = bench.encode(bench.pcm, f"ms={ms}")
        check({len(p) for p in packets} == {ms}, f"{ms} ms: lengths {sorted({len(p) for p in packets})}")
        check(said["late"] == said["invalid"] == 0, f"{ms} ms: {said}")
        first = first or b"".join(packets)
        check(b"".join(packets)[:len(first) // 60 * 60 - 60] == first[:len(first) // 60 * 60 - 60],
              f"{ms} ms: other frames")
    return first


def decoders(bench, frames):
    """Ours and theirs from the same frames."""
    theirs = bench.their_decode(frames)
    bench.sounds_like("to ffmpeg", theirs)
    for n in (10, 20, 60):
        ours, said = bench.decode([frames[i:i + n] for i in range(0, len(frames) - n + 1, n)],
                                f"ms={n}")
        check(said["late"] == said["invalid"] == 0, f"decoding {n} octets: {said}")
        bench.sounds_like(f"ours, {n} octets", ours)
        m = bench.compare(theirs, ours)
        print(f"ours beside ffmpeg's: {m['snr_db']} dB")
        check(m["snr_db"] >= AGREE and abs(m["gain_db"]) < 0.5, f"decoders differ: {m}")


def losses(bench, frames):
    """A lost packet in twenty is made up by the codec."""
    packets = [frames[i:i + 20] for i in range(0, len(frames) - 19, 20)]
    ours, _ = bench.decode([b"" if i % 20 == 10 else p for i, p in enumerate(packets)])
    m = bench.compare(bench.pcm, ours)
    print(f"5 % lost: {m['bark_db']} dB on the Bark scale")
    check(m["found"] and m["silent"] < 20 and m["bark_db"] < BARK + 2, f"5 % lost: {m}")


def annex_b(bench):
    """Speech, a pause with some noise, speech: the pause is described and hardly sent."""
    state = random.Random(1)
    noise = struct.pack("<24000h", *(int(state.gauss(0, 12)) for _ in range(24000)))
    pcm = bench.pcm[:4 * 16000] + noise + bench.pcm[4 * 16000:8 * 16000]
    for ms in (10, 20, 30, 60):
        packets, said = bench.encode(pcm, f"ms={ms}", "annexb=1")
        check(said["late"] == said["invalid"] == 0, f"annex B: {said}")
        check(all(len(p) % 10 in (0, 2) and len(p) <= ms for p in packets), "lengths")
        pause = packets[5000 // ms:6900 // ms]
        sent, described = sum(len(p) for p in pause), sum(len(p) % 10 == 2 for p in packets)
        check(sent < 100 and described > 0, f"{ms} ms: {sent} octets for 1.9 s of noise")
        ours, _ = bench.decode(packets, f"ms={ms}")
        bench.sounds_like(f"annex B, {ms} ms", ours, pcm)
        print(f"annex B, {ms} ms: {sum(len(p) for p in packets)} octets of "
              f"{len(pcm) // 16}, {described} descriptions")


def killed(bench):
    """The process dies in the middle, and another one goes on with the streams."""
    at, without, packets = 150, 10, len(bench.pcm) // 320
    got, said = bench.encode(bench.pcm, f"kill={at}")
    lost = [i for i, p in enumerate(got) if not p]
    print(f"killed while encoding: {len(lost)} packets of {packets} are missing")
    check(lost and lost[0] >= at - 1 and lost[-1] <= at + without + 2 and said["late"] > 0,
          f"missing {lost}, {said}")
    after = b"".join(got[at + without + 2:])
    bench.sounds_like("after that", bench.their_decode(after), bench.pcm[320 * (at + without + 2):])
    whole, _ = bench.encode(bench.pcm)
    pcm, said = bench.decode(whole, f"kill={at}")
    check(said["late"] > 0 and len(pcm) == len(bench.pcm) // 320 * 320, f"{len(pcm)}, {said}")
    bench.sounds_like("killed while decoding", pcm[320 * (at + without + 4):],
                      bench.pcm[320 * (at + without + 4):])


# ---- a call ----

class Stream:
    """Payloads out at their times, whatever comes in by its timestamps."""

    def __init__(self, sock, to, payloads):
        self.sock, self.to, self.payloads = sock, to, payloads
        self.heard, self.types, self.first = {}, set(), None

    def run(self, at=None, then=None):
        """Calls `then` at packet number `at`."""
        seq, ts, ssrc = random.getrandbits(15), random.getrandbits(31), random.getrandbits(32)
        start = time.monotonic()
        for n in range(len(self.payloads) + 25):
            if n == at:
                then()
            if n < len(self.payloads):
                self.sock.sendto(struct.pack("!BBHII", 0x80, 18, seq + n & 0xffff, ts + n * 160,
                                             ssrc) + self.payloads[n], self.to)
            while (left := start + (n + 1) * 0.02 - time.monotonic()) > 0:
                if select.select([self.sock], [], [], left)[0]:
                    self.take(self.sock.recv(2048), n)

    def take(self, packet, n):
        if packet[1] & 0x7f in range(64, 96):
            return  # RTCP
        self.types.add(packet[1] & 0x7f)
        ts = struct.unpack("!I", packet[4:8])[0]
        self.first = ts if self.first is None else self.first
        self.heard[(ts - self.first) // 160] = (packet[12:], n)

    def frames(self):
        """In order; what is missing is the frame before."""
        out, last = [], next(iter(self.heard.values()))[0]
        for i in range(max(self.heard) + 1):
            last = self.heard.get(i, (last, 0))[0]
            out.append(last)
        return b"".join(out)


def call(rig, bench, frames, kill=False):
    caller = Caller(rig.ports["caller"] + 4, ("127.0.0.1", rig.ports["sip"]))
    final = offered(caller, "030200", SDP.format(port=caller.port + 2, annexb="no"))
    check(status(final) == 200 and "annexb=no" in final, f"the answer is {final}")
    to, formats = media_of(final)
    check(formats == ["18"], f"formats {formats}")
    stream = Stream(caller.rtp, to, [frames[i:i + 20] for i in range(0, len(frames) - 19, 20)])
    worker = int(subprocess.run(["pgrep", "-P", str(rig.tandem.pid), "tandem-g729"],
                                capture_output=True, text=True, check=True).stdout)
    stream.run(150 if kill else None, lambda: os.kill(worker, signal.SIGKILL))
    check(rig.status()["g729_streams"] == 2, f"streams: {rig.status()}")
    check(stream.types == {18}, f"payload types {stream.types}")
    check(all(len(p) == 20 for p, _ in stream.heard.values()), "lengths")
    caller.bye()
    caller.close()
    wait_for("the end of the streams", 10, lambda: rig.status()["g729_streams"] == 0)
    return stream


def calls(build, bench, frames):
    with Rig(build, RULES) as rig:
        # what comes back is the echo itself: it must not be cancelled
        rig.plan.write_text(rig.plan.read_text().replace("codecs  pcma, pcmu",
                                                         "codecs  g729\n    echo-tail 0"))
        rig.start()
        check(rig.status()["g729"] == "running", f"{rig.status()}")
        echoed = call(rig, bench, frames)
        # coded and decoded twice, over the line in between
        m = bench.compare(bench.pcm, bench.their_decode(echoed.frames()))
        print(f"a call, echoed: {m['bark_db']} dB on the Bark scale, {m['delay_ms']} ms")
        # after two codings the waveform tells little ("found" is chance), the spectrum and where it
        # fits best do: speech reversed has 9.5 dB at -1269 ms, speech six seconds off 9.4
        check(0 < m["delay_ms"] < 400 and m["silent"] < 30 and m["cut"] < 30
              and m["bark_db"] < TWICE, f"echoed: {m}")
        went_on = call(rig, bench, frames, kill=True)
        after = [n for _, n in went_on.heard.values() if n >= 170]
        gap = len([n for n in range(150, 170) if n not in {n for _, n in went_on.heard.values()}])
        print(f"killed in a call: {gap * 20} ms without packets, then {len(after)} packets")
        check(len(after) > (len(frames) // 20 - 170) * 0.95, f"{len(after)} packets after it")
        now = rig.status()
        check(now["g729"] == "running" and now["g729_restarts"] == 1, f"{now}")
        worker = subprocess.run(["pgrep", "-P", str(rig.tandem.pid), "tandem-g729"],
                                capture_output=True, text=True, check=True).stdout.strip()
        rights = Path(f"/proc/{worker}/status").read_text()
        check("NoNewPrivs:\t1" in rights and "CapEff:\t0000000000000000" in rights, rights)
        rig.tandem.kill()
        wait_for("the end of the process", 5, lambda: not Path(f"/proc/{worker}/stat").exists() or
                 Path(f"/proc/{worker}/stat").read_text().split()[2] == "Z")


def g729(build):
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(build, folder)
        frames = packet_times(bench)
        decoders(bench, frames)
        losses(bench, frames)
        annex_b(bench)
        killed(bench)
        calls(build, bench, frames)


if __name__ == "__main__":
    sys.exit(main(g729))
