"""A SIP caller made of two sockets: it says what a test tells it to, and keeps every answer.

No SIP stack: only what a caller needs to place one call at a time, with RTP to look at.
"""
import random
import re
import select
import socket
import struct
import time

from rig import check

SDP = ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
       "m=audio {port} RTP/AVP {formats}\r\na=rtpmap:8 PCMA/8000\r\n"
       "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n")


def header(message, name):
    m = re.search(rf"^{name}: *(.*?)\r$", message, re.M | re.I)
    return m.group(1) if m else None


def status(message):
    return int(message.split()[1])


class Caller:
    def __init__(self, port, to=("127.0.0.1", 5060)):
        self.to = to
        self.sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sip.bind(("127.0.0.1", port))
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.bind(("127.0.0.1", port + 2))
        self.rtp.setblocking(False)
        self.port = port
        self.calls = 0
        self.responses = []

    def close(self):
        self.sip.close()
        self.rtp.close()

    # ---- signalling ----

    def send(self, method, cseq, uri=None, body="", branch=None, extra=""):
        self.branch = branch or f"z9hG4bK{random.getrandbits(60):x}"
        text = (f"{method} {uri or self.uri} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch={self.branch}\r\n"
                f"From: <sip:+4930901821@127.0.0.1>;tag=t{self.calls}\r\nTo: {self.remote}\r\n"
                f"Call-ID: {self.call_id}\r\nCSeq: {cseq} {method}\r\nMax-Forwards: 70\r\n"
                f"Contact: <sip:caller@127.0.0.1:{self.port}>\r\n{extra}")
        if body:
            text += "Content-Type: application/sdp\r\n"
        text += f"Content-Length: {len(body)}\r\n\r\n{body}"
        self.sip.sendto(text.encode(), self.to)

    def receive(self, seconds):
        """The next response, or None."""
        if not select.select([self.sip], [], [], max(0, seconds))[0]:
            return None
        message = self.sip.recv(65536).decode()
        self.responses.append(message)
        return message

    def invite(self, number, formats="8 101"):
        self.calls += 1
        self.responses = []
        self.call_id = f"{random.getrandbits(60):x}@caller"
        self.uri = f"sip:{number}@127.0.0.1:{self.to[1]};user=phone"
        self.remote = f"<{self.uri}>"
        self.send("INVITE", 1, body=SDP.format(port=self.port + 2, formats=formats))
        self.invite_branch = self.branch

    def final(self, seconds=10):
        """Waits for the final response to the INVITE, acknowledges it and returns it."""
        message = self.next("final response", lambda m: header(m, "CSeq").endswith(" INVITE")
                            and m.startswith("SIP/2.0 ") and status(m) >= 200, seconds)
        self.remote = header(message, "To")
        if status(message) < 300:
            self.uri = header(message, "Contact").strip("<>")
            self.media = self.answer(message)
        self.send("ACK", 1, branch=None if status(message) < 300 else self.invite_branch)
        return message

    def provisional(self, wanted, seconds=10):
        return self.next(wanted, lambda m: m.startswith(f"SIP/2.0 {wanted} "), seconds)

    def next(self, what, fits, seconds=10):
        """The next message that fits. Others, answers that were sent again for one, are passed over."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            message = self.receive(end - time.monotonic())
            if message and fits(message):
                return message
        check(False, f"no {what} within {seconds} s; got {self.statuses()}")

    def cancel(self):
        self.send("CANCEL", 1, branch=self.invite_branch)

    def bye(self):
        self.send("BYE", 2)
        self.next("200 to BYE", lambda m: m.startswith("SIP/2.0 200 ")
                  and header(m, "CSeq").endswith(" BYE"))

    def byed(self, seconds=10):
        """The far end's BYE."""
        return self.next("BYE", lambda m: m.startswith("BYE "), seconds)

    def statuses(self):
        return [m.splitlines()[0] for m in self.responses]

    @staticmethod
    def answer(message):
        m = re.search(r"m=audio (\d+)", message)
        return ("127.0.0.1", int(m.group(1)))

    # ---- media ----

    def talk(self, seconds, digits="", heard=None):
        """Sends A-law silence, or telephone events for `digits` (100 ms each, 100 ms apart), and
        collects what comes: returns the digits received as events."""
        seq, ts, ssrc = random.getrandbits(15), random.getrandbits(31), random.getrandbits(31)
        got, last = "", None
        plan = self.events(digits)
        start = time.monotonic()
        for n in range(int(seconds * 50)):
            payload, pt, stamp, marker = plan[n] if n < len(plan) else (b"\xd5" * 160, 8, n, False)
            packet = struct.pack("!BBHII", 0x80, pt | (0x80 if marker else 0), (seq + n) & 0xffff,
                                 (ts + stamp * 160) & 0xffffffff, ssrc) + payload
            self.rtp.sendto(packet, self.media)
            while time.monotonic() < start + (n + 1) * 0.02:
                time.sleep(0.002)
            for p in self.packets():
                if heard is not None:
                    heard.append(p)
                if p[1] & 0x7f == 101 and p[4:8] != last:
                    last = p[4:8]
                    got += "0123456789*#ABCD"[p[12]]
        return got

    @staticmethod
    def events(digits):
        """RFC 4733: for each 20 ms the payload, its type, its timestamp in frames, the marker."""
        plan = []
        for d in digits:
            begin = len(plan)
            for i in range(5):
                last = i == 4
                payload = struct.pack("!BBH", "0123456789*#ABCD".index(d), 10 | (0x80 * last),
                                      (i + 1) * 160)
                plan.append((payload, 101, begin, i == 0))
            plan += [(b"\xd5" * 160, 8, begin + 5 + i, False) for i in range(5)]
        return plan

    def packets(self):
        out = []
        while True:
            try:
                out.append(self.rtp.recv(2048))
            except BlockingIOError:
                return out
