#!/usr/bin/env python3
"""64 kbit/s calls (RFC 4040) between an ISDN and a SIP peer that is no code of ours: octets that no
converter, concealment or tone would leave as they are go there and back, and every one is right."""
import random
import re
import select
import socket
import struct
import sys
import time

from peer import Caller, header, status
from rig import SPAN, Rig, check, main, wait_for

# a line that waits longer than its default: what is measured is octets, not the bench's load
JITTER = "jitter 60ms"

RULES = SPAN.replace("{pw}\n", "{pw} " + JITTER + "\n") + """
number 30200 {{
    answer
    echo
    wait 60s
}}
"""

SDP = ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
       "m=audio {port} RTP/AVP {pt}\r\n{rtpmap}a=ptime:20\r\n")
PT = 125
CLEAR = f"a=rtpmap:{PT} CLEARMODE/8000\r\n"
SECONDS = 5
LATE = 0.03     # a sender later than this has lost the octets itself
ATTEMPTS = 8
DATA64 = 2      # enum isdn_bearer


class Stream:
    """RTP over a socket: pseudo-random octets out, whatever comes in by its timestamps."""

    def __init__(self, sock, to, pt):
        self.sock, self.to, self.pt = sock, to, pt
        self.sent = random.randbytes(SECONDS * 8000)
        self.heard = {}
        self.types = set()
        self.late = 0

    def run(self):
        seq, ts, ssrc = random.getrandbits(16), random.getrandbits(32), random.getrandbits(32)
        start = time.monotonic()
        for n in range(SECONDS * 50 + 50):
            if n < SECONDS * 50:
                head = struct.pack("!BBHII", 0x80, self.pt, (seq + n) & 0xffff,
                                   (ts + n * 160) & 0xffffffff, ssrc)
                self.late = max(self.late, time.monotonic() - start - n * 0.02)
                self.sock.sendto(head + self.sent[n * 160:n * 160 + 160], self.to)
            while (left := start + (n + 1) * 0.02 - time.monotonic()) > 0:
                if select.select([self.sock], [], [], left)[0]:
                    self.take(self.sock.recv(2048))

    def take(self, packet):
        self.types.add(packet[1] & 0x7f)
        self.heard[struct.unpack("!I", packet[4:8])[0]] = packet[12:]

    def wrong(self):
        """What is wrong with the octets that came back, or None."""
        first = min(self.heard)
        if max(self.heard) - first > 0x80000000:
            first = min(t for t in self.heard if t > 0x80000000)
        at = {(t - first) & 0xffffffff: p for t, p in self.heard.items()}
        back = bytearray(max(at) + 160)
        for t, p in at.items():
            back[t:t + len(p)] = p
        begins = back.find(self.sent[:64])
        if begins < 0:
            return "the first octets did not come back"
        got = bytes(back[begins:begins + len(self.sent)])
        if got == self.sent:
            return None
        bad = [i for i, (a, b) in enumerate(zip(got, self.sent)) if a != b]
        return f"{len(bad)} octets are wrong, {len(self.sent) - len(got)} missing, first {bad[:1]}"


def exact(rig, make):
    """Runs a stream; again when the bench itself was too late to send, or lost a piece of its
    line."""
    for _ in range(ATTEMPTS):
        before = rig.line_troubles()
        stream = make()
        stream.run()
        wrong = stream.wrong()
        if not wrong:
            check(stream.types == {stream.pt}, f"payload types {stream.types}")
            return
        if stream.late < LATE and rig.line_troubles() == before:
            break
    check(False, f"{wrong}; the sender was {stream.late * 1000:.0f} ms late")


class Called:
    """A SIP peer that answers one INVITE."""

    def __init__(self, port, media):
        self.sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sip.bind(("127.0.0.1", port))
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.bind(("127.0.0.1", media))
        self.port, self.media = port, media

    def close(self):
        self.sip.close()
        self.rtp.close()

    def request(self, method, seconds=10):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.sip], [], [], left)[0]:
                break
            data, self.peer = self.sip.recvfrom(65536)
            message = data.decode()
            if message.startswith(method):
                return message
        check(False, f"no {method} within {seconds} s")

    def answer(self, request, line, body=""):
        kept = "".join(m + "\r\n" for m in re.findall(r"^(?:Via|From|Call-ID|CSeq):[^\r]*",
                                                      request, re.M | re.I))
        to = header(request, "To")
        if "tag=" not in to:
            to += ";tag=called"
        text = (f"SIP/2.0 {line}\r\n{kept}To: {to}\r\n"
                f"Contact: <sip:called@127.0.0.1:{self.port}>\r\n")
        if body:
            text += "Content-Type: application/sdp\r\n"
        self.sip.sendto(f"{text}Content-Length: {len(body)}\r\n\r\n{body}".encode(), self.peer)

    def take(self, pt, rtpmap):
        """Answers the next INVITE with that description; returns its own."""
        invite = self.request("INVITE")
        self.answer(invite, "200 OK", SDP.format(port=self.media, pt=pt, rtpmap=rtpmap))
        self.request("ACK")
        return invite


def media_of(message):
    m = re.search(r"m=audio (\d+) RTP/AVP ([\d ]+)\r", message)
    return ("127.0.0.1", int(m.group(1))), m.group(2).split()


def offered(caller, number, sdp):
    """The caller's INVITE with that offer; its final response."""
    caller.calls += 1
    caller.responses = []
    caller.call_id = f"{random.getrandbits(60):x}@caller"
    caller.uri = f"sip:{number}@127.0.0.1:{caller.to[1]};user=phone"
    caller.remote = f"<{caller.uri}>"
    caller.send("INVITE", 1, body=sdp)
    caller.invite_branch = caller.branch
    return caller.final()


def record_says(rig, count, **fields):
    rows = rig.expect_records(count, lambda r: r["attempt"] == "0")
    for name, value in fields.items():
        check(rows[-1][name] == value, f"record: {name} is {rows[-1][name]}")


def from_sip(rig, caller, called):
    final = offered(caller, "030200", SDP.format(port=caller.port + 2, pt=PT, rtpmap=CLEAR))
    check(status(final) == 200, f"{status(final)}")
    check(f"a=rtpmap:{PT} CLEARMODE/8000" in final, f"the answer is {final}")
    to, formats = media_of(final)
    check(formats == [str(PT)], f"formats {formats}")
    check(rig.exchange.expect("arrived", called="30200")["bearer"] == DATA64, "another bearer")
    shown = rig.ask("show", "calls")[0]
    call = rig.ask("show", "call", str(shown["call"]))[0]
    check(call["bearer"] == "data64", f"show call says {call['bearer']}")
    exact(rig, lambda: Stream(caller.rtp, to, PT))
    caller.bye()
    record_says(rig, 1, bearer="data64", codec_a="CLEARMODE", codec_b="CLEARMODE", rtp_lost="0")


def from_isdn(rig, caller, called):
    rig.exchange.say("call +493090182142 data echo")
    invite = called.take(97, CLEAR.replace(str(PT), "97"))
    to, formats = media_of(invite)
    check(formats == ["97"] and "a=rtpmap:97 CLEARMODE/8000" in invite, f"the offer is {invite}")
    rig.exchange.expect("answered", direction="out")
    exact(rig, lambda: Stream(called.rtp, to, 97))
    rig.exchange.say("release all")
    called.answer(called.request("BYE"), "200 OK")
    record_says(rig, 2, bearer="data64", codec_b="CLEARMODE")


def answered_without(rig, caller, called):
    """Sound is no answer to an offer of octets."""
    rig.exchange.say("call +493090182143 data echo")
    called.take(8, "a=rtpmap:8 PCMA/8000\r\n")
    called.answer(called.request("BYE"), "200 OK")
    released = rig.exchange.expect("released", called="+493090182143")
    check(released["cause"] == 65, f"cause {released['cause']}")


def refused(rig, caller, called):
    rig.exchange.say("call +493090182144 data echo")
    called.answer(called.request("INVITE"), "488 Not Acceptable Here")
    called.request("ACK")
    released = rig.exchange.expect("released", called="+493090182144")
    check(released["cause"] == 65, f"cause {released['cause']}")


def clearmode(build):
    with Rig(build, RULES) as rig:
        plan = rig.plan.read_text()
        far = f"remote 127.0.0.1:{rig.ports['pw_far']}"
        check(far in plan, "the plan has another line")
        rig.plan.write_text(plan.replace(far, f"{far} {JITTER}"))
        rig.start()
        said = rig.print("route", "explain", "030200", "--from", "pbx", "--bearer", "data64")
        check("bearer data64" in said, f"route explain: {said}")
        caller = Caller(rig.ports["caller"] + 4, ("127.0.0.1", rig.ports["sip"]))
        called = Called(rig.ports["peer"], rig.ports["caller"] + 12)
        for part in (from_sip, from_isdn, answered_without, refused):
            part(rig, caller, called)
            wait_for(f"{part.__name__}: all is clear", 10,
                     lambda: rig.status()["calls"] == 0 and rig.in_service())
            print(f"{part.__name__}: ok")
        caller.close()
        called.close()


if __name__ == "__main__":
    sys.exit(main(clearmode))
