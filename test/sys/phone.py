"""A SIP peer for many calls at once, both ways: it does what a test tells it to, sends a tone on each
call, and knows what it hears.

No SIP stack and no codec of ours: what tandem says is read here for the first time.
"""
import collections
import math
import random
import re
import select
import socket
import struct
import threading
import time

from peer import header, status
from rig import check

SDP = ("v=0\r\no=- 1 {version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
       "m=audio {port} RTP/AVP {pt} 101\r\na=rtpmap:{pt} {codec}/8000\r\n"
       "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na={direction}\r\n")
TEXTS = {180: "Ringing", 183: "Session Progress", 200: "OK", 404: "Not Found", 486: "Busy Here",
         302: "Moved Temporarily", 484: "Address Incomplete"}
FRAME = 160  # 20 ms
KEPT = 100  # frames of what was heard


def alaw_levels():
    """G.711 table 1a: what each octet stands for, of 32768."""
    out = []
    for octet in range(256):
        a = octet ^ 0x55
        segment, step = a >> 4 & 7, a & 15
        level = (step * 2 + 1) * 8 if segment == 0 else (step * 2 + 33) * 8 << segment - 1
        out.append(level if a & 0x80 else -level)
    return out


ALAW = alaw_levels()


def tone_frame(hz, amplitude=8000):
    """20 ms of a tone; multiples of 50 Hz go on seamlessly in the next frame."""
    nearest = sorted((level, octet) for octet, level in enumerate(ALAW))
    out = bytearray()
    for n in range(FRAME):
        want = amplitude * math.sin(2 * math.pi * hz * n / 8000)
        out.append(min(nearest, key=lambda pair: abs(pair[0] - want))[1])
    return bytes(out)


def share(samples, hz):
    """How much of the power of some A-law is that tone: 0 to 1."""
    levels = [ALAW[octet] for octet in samples]
    power = sum(level * level for level in levels)
    if power < len(levels) * 100 * 100:
        return 0.0
    step = 2 * math.pi * hz / 8000
    real = sum(level * math.cos(step * n) for n, level in enumerate(levels))
    imaginary = sum(level * math.sin(step * n) for n, level in enumerate(levels))
    return 2 * (real * real + imaginary * imaginary) / (power * len(levels))


class Voice:
    """RTP of one call, A-law."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.sock.setblocking(False)
        self.port = self.sock.getsockname()[1]
        self.to = None
        self.frame = b"\xd5" * FRAME
        self.heard = collections.deque(maxlen=KEPT)
        self.came = 0  # packets of sound
        self.seq, self.ts, self.ssrc = (random.getrandbits(bits) for bits in (15, 31, 31))

    def tick(self):
        to = self.to  # another thread ends the call
        if to:
            self.sock.sendto(struct.pack("!BBHII", 0x80, 8, self.seq & 0xffff, self.ts & 0xffffffff,
                                         self.ssrc) + self.frame, to)
        self.seq += 1
        self.ts += FRAME
        try:
            while True:
                packet = self.sock.recv(2048)
                if packet[1] & 0x7f == 8:
                    self.heard.append(packet[12:])
                    self.came += 1
        except (BlockingIOError, ConnectionError):
            pass

    def hears(self, hz):
        """One tenth of a second of the last two in which there is that tone and nothing else."""
        heard = b"".join(list(self.heard))
        return any(share(heard[at:at + 800], hz) > 0.95 for at in range(0, len(heard) - 799, 800))


class Call:
    """One dialog, from either side. What it receives is kept until a test takes it."""

    def __init__(self, phone, call_id):
        self.phone, self.call_id = phone, call_id
        self.tag = f"t{random.getrandbits(48):x}"
        self.cseq = 0
        self.version = 0
        self.got = []
        self.all = []
        self.acks = {}
        self.invite = None  # the one it came by
        self.voice = Voice()
        phone.voices.append(self.voice)

    # ---- what comes ----

    def take(self, what, matches, seconds=15):
        """The first message not yet taken that fits."""
        with self.phone.news:
            end = time.monotonic() + seconds
            while True:
                for message in self.got:
                    if matches(message):
                        self.got.remove(message)
                        return message
                left = end - time.monotonic()
                if left <= 0 or not self.phone.news.wait(left):
                    break
        check(False, f"{self.phone.name}: no {what} within {seconds} s; "
                     f"got {[m.splitlines()[0] for m in self.all]}")

    def request(self, method, seconds=15):
        return self.take(method, lambda m: m.startswith(method + " "), seconds)

    def response(self, wanted, method="INVITE", seconds=15):
        """A response of that status (or one of several) to that method."""
        some = wanted if isinstance(wanted, tuple) else (wanted,)
        return self.take(f"{wanted} to {method}", lambda m: m.startswith("SIP/2.0 ")
                         and status(m) in some and header(m, "CSeq").endswith(" " + method), seconds)

    def final(self, seconds=15):
        """The final response to the INVITE, acknowledged."""
        return self.response(tuple(range(200, 700)), seconds=seconds)

    def fall_silent(self):
        """The call is over: where its voice went is soon another call's port."""
        self.voice.to = None

    def media_from(self, message):
        m = re.search(r"^m=audio (\d+)", message, re.M)
        if m:
            self.voice.to = ("127.0.0.1", int(m.group(1)))

    # ---- what goes ----

    def sdp(self, direction="sendrecv"):
        self.version += 1
        return SDP.format(version=self.version, port=self.voice.port, direction=direction, pt=8,
                          codec="PCMA")

    def send(self, method, body="", kind="application/sdp", extra="", cseq=None, branch=None):
        if method == "BYE":
            self.fall_silent()
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        branch = branch or f"z9hG4bK{random.getrandbits(60):x}"
        text = (f"{method} {self.uri} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {self.phone.host}:{self.phone.port};branch={branch}\r\n"
                f"From: {self.local}\r\nTo: {self.remote}\r\nCall-ID: {self.call_id}\r\n"
                f"CSeq: {cseq} {method}\r\nMax-Forwards: 70\r\n"
                f"Contact: <sip:phone@{self.phone.host}:{self.phone.port}>\r\n{extra}")
        if body:
            text += f"Content-Type: {kind}\r\n"
        self.phone.write(f"{text}Content-Length: {len(body)}\r\n\r\n{body}")
        return branch

    def answer(self, request, code, body="", kind="application/sdp", extra=""):
        """Responds to a request."""
        kept = "".join(m + "\r\n" for m in re.findall(r"^(?:Via|From|Call-ID|CSeq):[^\r]*", request,
                                                      re.M | re.I))
        to = header(request, "To")
        if "tag=" not in to:
            to += f";tag={self.tag}"
        text = (f"SIP/2.0 {code} {TEXTS.get(code, 'x')}\r\n{kept}To: {to}\r\n"
                f"Contact: <sip:phone@{self.phone.host}:{self.phone.port}>\r\n"
                f"Allow: INVITE, ACK, BYE, CANCEL, UPDATE, INFO\r\n{extra}")
        if body:
            text += f"Content-Type: {kind}\r\n"
        text += f"Content-Length: {len(body)}\r\n\r\n{body}"
        self.phone.answers[self.phone.key(request)] = text
        self.phone.write(text)

    def pick_up(self, extra="", seconds=15):
        """Answers the INVITE that the call began with."""
        self.answer(self.invite, 200, self.sdp(), extra=extra)
        self.request("ACK", seconds)

    def bye(self, extra=""):
        self.send("BYE", extra=extra)
        return self.response(200, "BYE")

    def byed(self, seconds=15):
        bye = self.request("BYE", seconds)
        self.answer(bye, 200)
        return bye

    def reinvite(self, direction="sendrecv"):
        self.send("INVITE", self.sdp(direction))
        return self.response(200)

    def reinvited(self, direction, seconds=15):
        """tandem's re-INVITE with that direction, answered with its opposite."""
        asked = self.request("INVITE", seconds)
        check(f"a={direction}\r" in asked or direction == "sendrecv" and "a=send" not in asked
              and "a=inactive" not in asked, f"not {direction}: {asked}")
        opposite = {"sendonly": "recvonly", "recvonly": "sendonly"}.get(direction, direction)
        self.answer(asked, 200, self.sdp(opposite))
        self.request("ACK", seconds)
        return asked


class Phone:
    """The peer's socket, and a thread that reads it and moves the voice of all calls."""

    def __init__(self, port, to, name="phone", host="127.0.0.1"):
        self.port, self.to, self.name, self.host = port, to, name, host
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.sock.bind((host, port))
        self.calls = {}
        self.arrived = []
        self.voices = []
        self.answers = {}
        self.news = threading.Condition()
        self.running = True
        self.threads = [threading.Thread(target=f, daemon=True) for f in (self._read, self._speak)]
        for t in self.threads:
            t.start()

    def close(self):
        """The port is free then: a thread that waits for a socket keeps it."""
        self.running = False
        for t in self.threads:
            t.join()
        self.sock.close()

    def write(self, text):
        self.sock.sendto(text.encode(), self.to)

    @staticmethod
    def key(request):
        return re.search(r"branch=([^;\r]*)", request).group(1), request.split()[0]

    def _speak(self):
        due = time.monotonic()
        while self.running:
            for voice in list(self.voices):
                voice.tick()
            due += 0.02
            missed = int((time.monotonic() - 0.1 - due) / 0.02)
            if missed > 0:  # nothing was said, but the clocks of the voices went on
                due += missed * 0.02
                for voice in list(self.voices):
                    voice.ts += missed * FRAME
            time.sleep(max(0, due - time.monotonic()))

    def _read(self):
        while self.running:
            if not select.select([self.sock], [], [], 0.2)[0]:
                continue
            try:
                message = self.sock.recv(65536).decode()
            except OSError:
                return
            with self.news:
                self._take(message)
                self.news.notify_all()

    def _take(self, message):
        call = self.calls.get(header(message, "Call-ID"))
        if message.startswith("SIP/2.0 "):
            if call and status(message) != 100:
                self._response(call, message)
            return
        if message.split()[0] != "ACK" and self.key(message) in self.answers:
            self.write(self.answers[self.key(message)] or "")  # it was lost, or not sent yet
            return
        if not call:
            if not message.startswith("INVITE "):
                return
            call = self._invited(message)
        if message.startswith("CANCEL "):
            call.answer(message, 200)
            call.answer(call.invite, 487)
        if message.split()[0] != "ACK":
            self.answers.setdefault(self.key(message), "")
        if not (message is call.invite):
            call.got.append(message)
        call.all.append(message)
        if "m=audio" in message:
            call.media_from(message)
        if message.startswith("BYE "):
            call.fall_silent()

    def _invited(self, message):
        call = Call(self, header(message, "Call-ID"))
        call.invite = message
        call.local = header(message, "To") + f";tag={call.tag}"
        call.remote = header(message, "From")
        call.uri = re.search(r"<([^>]*)>", header(message, "Contact")).group(1)
        self.calls[call.call_id] = call
        self.arrived.append(call)
        return call

    def _response(self, call, message):
        number, method = header(message, "CSeq").split()
        if method == "INVITE" and status(message) >= 200:
            if number in call.acks:
                call.send("ACK", cseq=number, branch=call.acks[number])
                return
            call.remote = header(message, "To")
            if status(message) < 300:
                call.uri = re.search(r"<([^>]*)>", header(message, "Contact")).group(1)
            call.acks[number] = call.send("ACK", cseq=number, branch=None if status(message) < 300
                                          else self.key("x " + message)[0])
        if "m=audio" in message:
            call.media_from(message)
        if method == "INVITE" and status(message) >= 300 and not call.invite and int(number) == 1:
            call.fall_silent()
        call.got.append(message)
        call.all.append(message)

    # ---- calls ----

    def call(self, number, caller="+4930901821", name="", extra="", params=";user=phone", hz=0):
        """An INVITE; hz: what the callee is to hear."""
        call = Call(self, f"{random.getrandbits(60):x}@{self.name}")
        self.calls[call.call_id] = call
        if hz:
            call.voice.frame = tone_frame(hz)
        shown = f'"{name}" ' if name else ""
        call.uri = f"sip:{number}@127.0.0.1:{self.to[1]}{params}"
        call.local = f"{shown}<sip:{caller}@127.0.0.1;user=phone>;tag={call.tag}"
        call.remote = f"<{call.uri}>"
        call.invite_branch = call.send("INVITE", call.sdp(), extra=extra)
        return call

    def invited(self, number, seconds=15):
        """The first call not yet taken to that number."""
        def fits(call):
            return re.match(rf"INVITE sip:{re.escape(number)}[;@]", call.invite)
        with self.news:
            end = time.monotonic() + seconds
            while True:
                for call in self.arrived:
                    if fits(call):
                        self.arrived.remove(call)
                        return call
                left = end - time.monotonic()
                if left <= 0 or not self.news.wait(left):
                    break
        check(False, f"{self.name}: no INVITE to {number} within {seconds} s; got "
                     f"{[c.invite.splitlines()[0] for c in self.arrived]}")
