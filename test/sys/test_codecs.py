#!/usr/bin/env python3
"""Every codec against programs that others wrote: recorded speech coded by ours and decoded by
theirs (ffmpeg, sox, opusdec), and the reverse.

The limits are segmental signal-to-noise ratios in dB (audiocmp), 1 to 3 dB under what was measured,
or octets that must be the same. Loss too is tried: with Opus' forward error correction a lost packet
must be nearer to what was said than without.
"""
import json
import struct
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

from rig import SOUNDS, check, main

SPEECH = ("agent-pass", "conf-adminmenu", "vm-intro", "demo-congrats")
SECONDS = 20


class Bench:
    def __init__(self, build, folder):
        self.build, self.dir = Path(build) / "test/tools", Path(folder)
        self.pcm = self.speech()
        self.path("speech.raw").write_bytes(self.pcm)
        self.wav("speech.wav", self.pcm)

    def path(self, name):
        return self.dir / name

    def speech(self):
        """Whole packets of 60 ms, so that nothing is left out at the end."""
        data = b""
        for name in SPEECH:
            with wave.open(str(SOUNDS / f"{name}.wav")) as w:
                data += w.readframes(w.getnframes())
        return data[:min(len(data), SECONDS * 16000) // 960 * 960]

    def wav(self, name, pcm):
        with wave.open(str(self.path(name)), "wb") as w:
            w.setnchannels(1)
            w.setsampwidth(2)
            w.setframerate(8000)
            w.writeframes(pcm)

    def run(self, *argv):
        done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, check=False)
        check(done.returncode == 0, f"{argv}: {done.returncode}: {done.stderr[-500:]}")
        return done.stdout

    def ffmpeg(self, *argv):
        self.run("ffmpeg", "-nostdin", "-v", "error", "-y", *argv)

    # ---- ours ----

    def encode(self, word, *options):
        self.run(self.build / "codec", "encode", word, self.path("speech.raw"), self.path("packets"),
                 *options)
        return split(self.path("packets").read_bytes())

    def decode(self, word, packets):
        """What ours makes of payloads; an empty one is a lost packet."""
        self.path("packets").write_bytes(join(packets))
        self.run(self.build / "codec", "decode", word, self.path("packets"), self.path("ours.raw"))
        return self.path("ours.raw").read_bytes()

    # ---- theirs ----

    def their_decode(self, data, *form, rate=8000, channels=1):
        self.path("coded").write_bytes(data)
        self.ffmpeg(*form, "-i", self.path("coded"), "-f", "s16le", self.path("wide.raw"))
        self.run("sox", *raw(rate, channels), self.path("wide.raw"), *raw(8000), self.path("a.raw"),
                 "remix", "-")
        return self.path("a.raw").read_bytes()

    def their_encode(self, *form):
        self.ffmpeg("-i", self.path("speech.wav"), *form, self.path("coded"))
        return self.path("coded").read_bytes()

    # ---- the verdict ----

    def compare(self, pcm):
        self.wav("got.wav", pcm)
        done = subprocess.run([self.build / "audiocmp", self.path("speech.wav"),
                               self.path("got.wav")], capture_output=True, text=True, check=False)
        return json.loads(done.stdout)

    def phases(self, pcm):
        """The sound later by none to five sixths of a sample: filters at other rates delay it by no
        whole number of samples, and a comparison must not take that for noise."""
        self.path("phase.raw").write_bytes(pcm)
        for sixth in range(6):
            self.run("sox", *raw(8000), self.path("phase.raw"), *raw(8000), self.path("a.raw"),
                     "rate", 48000, "trim", f"{sixth}s", "rate", 8000)
            yield self.path("a.raw").read_bytes()

    def judge(self, what, pcm, at_least, shift=False):
        m = {"snr_db": -100}
        for p in self.phases(pcm) if shift else [pcm]:
            m = max(m, self.compare(p), key=lambda m: m["snr_db"])
            if m["snr_db"] >= at_least:
                break
        print(f"{what}: {m['snr_db']} dB, {m['delay_ms']} ms, gain {m['gain_db']} dB")
        check(m["found"] and m["silent"] < 10 and m["cut"] < 10, f"{what}: {m}")
        check(m["snr_db"] >= at_least, f"{what}: under {at_least} dB: {m}")
        check(abs(m["gain_db"]) < 1.5, f"{what}: {m['gain_db']} dB louder")
        return m["snr_db"]


def raw(rate, channels=1):
    return "-t", "raw", "-e", "signed", "-b", "16", "-r", str(rate), "-c", str(channels)


def split(data):
    """Payloads, each after its length."""
    packets, at = [], 0
    while at < len(data):
        n = struct.unpack_from(">H", data, at)[0]
        packets.append(data[at + 2:at + 2 + n])
        at += 2 + n
    return packets


def join(packets):
    return b"".join(struct.pack(">H", len(p)) + p for p in packets)


def cut(data, n):
    """Payloads of n octets; what is left over is dropped."""
    return [data[i:i + n] for i in range(0, len(data) - n + 1, n)]


# ---- codecs without containers ----

def waveform(bench):
    """G.711 and L16 decoded: the same samples. Encoded: at G.711's decision values programs differ."""
    for word, form, size in (("pcma", "alaw", 160), ("pcmu", "mulaw", 160), ("l16", "s16be", 320)):
        theirs = bench.their_encode("-f", form)
        check(bench.decode(word, cut(theirs, size)) ==
              bench.their_decode(theirs, "-f", form, "-ar", 8000), f"{word}: decoded differently")
        ours = bench.their_decode(b"".join(bench.encode(word)), "-f", form, "-ar", 8000)
        bench.judge(f"{word} to ffmpeg", ours, 25)


def gsm(bench):
    """The same octets as libgsm's, and the same samples."""
    ours, theirs = b"".join(bench.encode("gsm")), bench.their_encode("-c:a", "libgsm", "-f", "gsm")
    check(ours == theirs, "gsm: not libgsm's octets")
    mine = bench.decode("gsm", cut(theirs, 33))
    check(mine == bench.their_decode(ours, "-c:a", "libgsm", "-f", "gsm"),
          "gsm: not libgsm's samples")
    bench.judge("gsm", mine, 14)


def g722(bench):
    """Theirs is wide band: sox brings it to 8 kHz, and from there."""
    coded = b"".join(bench.encode("g722"))
    check(len(coded) == len(bench.pcm) // 2, "g722: not 160 octets for 20 ms")
    bench.judge("g722 to ffmpeg", bench.their_decode(coded, "-f", "g722", rate=16000), 27, shift=True)
    bench.run("sox", bench.path("speech.wav"), "-r", 16000, bench.path("wide.wav"))
    bench.ffmpeg("-i", bench.path("wide.wav"), "-f", "g722", bench.path("coded"))
    bench.judge("g722 from ffmpeg",
                bench.decode("g722", cut(bench.path("coded").read_bytes(), 160)), 27, shift=True)


def other_order(bits, coded):
    """Groups of eight codes from the low bits first (RFC 3551 4.5.4) to the high bits first."""
    out = b""
    for group in cut(coded, bits):
        low_first, high_first = int.from_bytes(group, "little"), 0
        for i in range(8):
            high_first = high_first << bits | low_first >> bits * i & (1 << bits) - 1
        out += high_first.to_bytes(bits, "big")
    return out


def g726(bench):
    """All rates, both orders of bits. ffmpeg's 40 kbit/s agrees with nobody else's, and not with the
    ITU's vectors: sox has that one, in AU's G.723."""
    for bits, at_least in ((5, 30), (4, 25), (3, 20), (2, 15)):
        word = f"g726-{8 * bits}"
        coded = b"".join(bench.encode(word))
        check(other_order(bits, coded) == b"".join(bench.encode("aal2-" + word)),
              f"aal2-{word}: not the same codes in the other order")
        if bits == 5:
            bench.path("x.au").write_bytes(
                struct.pack(">4s6I", b".snd", 28, len(coded), 26, 8000, 1, 0) + coded)
            bench.run("sox", bench.path("x.au"), *raw(8000), bench.path("x.raw"))
            bench.judge(f"{word} to sox", bench.path("x.raw").read_bytes(), at_least)
            continue
        for prefix, form in (("", "g726le"), ("aal2-", "g726")):
            coded = b"".join(bench.encode(prefix + word))
            theirs = bench.their_decode(coded, "-f", form, "-code_size", bits, "-ar", 8000)
            bench.judge(f"{prefix}{word} to ffmpeg", theirs, at_least)
            back = bench.their_encode("-c:a", form, "-b:a", 8000 * bits, "-f", form)
            ours = bench.decode(prefix + word, cut(back, 20 * bits))
            bench.judge(f"{prefix}{word} from ffmpeg", ours, at_least)


# ---- Opus in Ogg (RFC 3533, RFC 7845) ----

def ogg_crc(data):
    crc = 0
    for octet in data:
        crc ^= octet << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04c11db7 if crc & 0x80000000 else 0)) & 0xffffffff
    return crc


def ogg_page(kind, granule, number, packet):
    """One packet a page."""
    lacing = bytes([255] * (len(packet) // 255) + [len(packet) % 255])
    head = struct.pack("<4sBBqIII", b"OggS", 0, kind, granule, 1, number, 0)
    page = head + bytes([len(lacing)]) + lacing + packet
    return page[:22] + struct.pack("<I", ogg_crc(page)) + page[26:]


def ogg_write(packets, ms):
    out = ogg_page(2, 0, 0, struct.pack("<8sBBHIhB", b"OpusHead", 1, 1, 0, 8000, 0, 0))
    out += ogg_page(0, 0, 1, struct.pack("<8sI4sI", b"OpusTags", 4, b"test", 0))
    for i, packet in enumerate(packets):
        out += ogg_page(4 if i + 1 == len(packets) else 0, (i + 1) * ms * 48, i + 2, packet)
    return out


def ogg_read(data):
    """The packets after the two headers."""
    packets, at, part = [], 0, b""
    while at < len(data):
        count = data[at + 26]
        lacing = data[at + 27:at + 27 + count]
        at += 27 + count
        for n in lacing:
            part += data[at:at + n]
            at += n
            if n < 255:
                packets.append(part)
                part = b""
    return packets[2:]


def opus_out(bench):
    """Ours to opusdec and to ffmpeg's own decoder, at each packet time that we write."""
    for ms in (10, 20, 30, 40, 60):
        bench.path("x.opus").write_bytes(ogg_write(bench.encode("opus", f"ms={ms}"), ms))
        bench.run("opusdec", "--quiet", "--rate", 48000, "--no-dither", bench.path("x.opus"),
                  bench.path("o.wav"))
        bench.run("sox", bench.path("o.wav"), *raw(8000), bench.path("o.raw"))
        bench.judge(f"opus, {ms} ms, to opusdec", bench.path("o.raw").read_bytes(), 20,
                    shift=True)
    bench.judge("opus, 60 ms, to ffmpeg's own", bench.their_decode(
        bench.path("x.opus").read_bytes(), "-c:a", "opus", "-f", "ogg", rate=48000), 20, shift=True)


def opus_in(bench):
    """opusenc to ours: narrow band, and wide bands of one and two channels."""
    for kbit, channels, at_least in ((12, 1, 14), (48, 1, 25), (96, 2, 29)):
        bench.run("sox", bench.path("speech.wav"), "-r", 48000, "-c", channels, bench.path("o.wav"))
        bench.run("opusenc", "--quiet", "--bitrate", kbit, bench.path("o.wav"),
                  bench.path("x.opus"))
        packets = ogg_read(bench.path("x.opus").read_bytes())
        bench.judge(f"opus, {kbit} kbit/s, {channels} channels, from opusenc",
                    bench.decode("opus", packets), at_least, shift=True)


def opus_asked(bench):
    """What the far end asks for in its fmtp is done."""
    octets = {name: [len(p) for p in bench.encode("opus", *options)] for name, options in (
        ("ours", ()), ("6000", ("bitrate=6000",)), ("cbr", ("cbr=1",)), ("dtx", ("dtx=1",)))}
    rates = {name: sum(sizes) * 8 * 50 / len(sizes) for name, sizes in octets.items()}
    print("opus, bit/s:", {name: round(rate) for name, rate in rates.items()})
    check(16000 < rates["ours"] < 26000, "opus: not our bit rate")
    check(rates["6000"] < 8000, "opus: maxaveragebitrate is not kept")
    check(len(set(octets["cbr"])) == 1, "opus: cbr has packets of several lengths")
    check(0 in octets["dtx"] and 0 not in octets["ours"], "opus: usedtx is not kept")


def opus_loss(bench):
    """Every tenth packet is lost."""
    got = {}
    for fec in (0, 1):
        packets = bench.encode("opus", f"fec={fec}", f"loss={10 * fec}")
        lost = [b"" if i % 10 == 5 else p for i, p in enumerate(packets)]
        got[fec] = bench.judge(f"opus, 10 % lost, fec {fec}", bench.decode("opus", lost), 15)
    check(got[1] > got[0] + 1, f"opus: forward error correction gains nothing: {got}")


def codecs(build):
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(build, folder)
        for test in (waveform, gsm, g722, g726, opus_out, opus_in, opus_asked, opus_loss):
            test(bench)


if __name__ == "__main__":
    sys.exit(main(codecs))
