#!/usr/bin/env python3
"""The delay that tandem adds, one way each, from the line to RTP and from RTP to the line.

Markers (bursts of noise) go both ways once a second. The exchange tells when its line took or gave
the first sample of one, by the clock that this program has too; what comes here has the kernel's
time of arrival. Both are brought to the first octet of a packet, which waits longest.

  to RTP        until the datagram is here: packet time + 2 ms are allowed
  to the line   from the datagram's departure: the most that `show call` says that we add to it (the
                jitter buffer, and the block of 10 ms that all channels of a span share) + 2 ms, and
                never more than 60 ms + packet time on this network, which delays nothing, and what
                the departures themselves were irregular by, which the buffer has to bear

The pseudowire is between the exchange's clock and tandem's media: one receive buffer of 4 ms each
way, a packet of 1 ms, and two more that the buffer bears after the machine was late. It is another
stage, allowed for besides, and not subtracted.

The median of a call's markers is judged: a busy machine delays some of them, not most. Where it stood
still for so long that the line lost some, it is measured again.
"""
import sys
import time

from payloads import Sender, Stream, median, sdp
from phone import ALAW, Call, Phone
from rig import SPAN, Rig, check, main, wait_for

SECONDS = 12
SETTLED = 4  # s until the jitter buffer has found its depth
PSEUDOWIRE = 4 + 1 + 2  # ms
SLACK = 2
MOST = 60  # ms over the packet time
PACKETS = (10, 20, 30)  # ms

MARKER = 256  # samples
LOUD = 1000  # of 32768: less is no marker

RULES = SPAN + """
number 3012300x {{
    proceeding
    answer after 100ms
    marker
    wait 60s
}}
"""


def marker():
    """The exchange's noise (test/exchange/gen.c) as A-law."""
    reg, out = 0x4a35, bytearray()
    high = min(range(256), key=lambda octet: abs(ALAW[octet] - 6000))
    for _ in range(MARKER):
        bit = (reg ^ reg >> 1) & 1
        reg = reg >> 1 | bit << 14
        out.append(high if bit else high ^ 0x80)
    return bytes(out)


def markers_in(stream):
    """(number of samples before it in its packet, arrival) of each marker that came, and the
    packet's length in ms."""
    out, last = [], 0
    for at, _, payload in sorted(stream.got, key=lambda packet: packet[1]):
        first = next((i for i, octet in enumerate(payload) if abs(ALAW[octet]) > LOUD), None)
        if first is not None and at - last > 0.5:
            out.append((first, at, len(payload) // 8))
            last = at
    return out


class Measured:
    """One call with packets of `ms`."""

    def __init__(self, rig, phone, ms, number):
        self.rig, self.ms, self.number = rig, ms, number
        self.stream = Stream("pcma", ms)
        self.call = Call(phone, f"{number}@{phone.name}")
        phone.voices.remove(self.call.voice)  # it is the stream that speaks
        phone.calls[self.call.call_id] = self.call
        self.call.uri = f"sip:0{number}@127.0.0.1:{phone.to[1]};user=phone"
        self.call.local = f"<sip:+4930901821@127.0.0.1;user=phone>;tag={self.call.tag}"
        self.call.remote = f"<{self.call.uri}>"
        self.call.send("INVITE", sdp("pcma", self.stream.port, ms))
        check(self.call.final().startswith("SIP/2.0 200"), "not answered")
        self.stream.to = self.call.voice.to
        self.first = wait_for("the exchange's marker", 5, lambda: self.events("sent"))[0]

    def events(self, way):
        return [e["line_us"] / 1e6 for e in
                self.rig.exchange.all("marker", called=str(self.number), way=way)]

    def payloads(self, begin):
        """Silence, with a marker at the begin of a packet half a second after each of theirs."""
        n, each = self.ms * 8, 1000 // self.ms
        samples = bytearray(b"\xd5" * (SECONDS * 8000))
        self.marked = [k for k in range(SECONDS * each)
                       if k % each == round((self.first + 0.5 - begin) * each) % each]
        for k in self.marked:
            samples[k * n:k * n + MARKER] = marker()
        return [bytes(samples[at:at + n]) for at in range(0, len(samples) - n + 1, n)]

    def to_rtp(self, after):
        """ms of the first octet of each packet that brought a marker."""
        out, sent = [], self.events("sent")
        for first, arrival, ms in markers_in(self.stream):
            check(ms == self.ms, f"packets of {ms} ms, not {self.ms}")
            line = max((t for t in sent if t < arrival), default=None)
            if line and arrival > after:
                out.append((arrival - line) * 1000 + first / 8)
        return out

    def to_line(self, after):
        out, departed = [], [self.stream.sent[k] for k in self.marked]
        for heard in self.events("heard"):
            sent = max((t for t in departed if t < heard), default=None)
            if sent and sent > after:
                out.append((heard - sent) * 1000)
        return out

    def irregular(self):
        """ms between the earliest and the latest departure, each by its own time."""
        off = [at - number * self.ms / 1000 for number, at in self.stream.sent.items()]
        return (max(off) - min(off)) * 1000

    def said(self):
        """What `show call` says that is added on the way to the line."""
        call = next(c["call"] for c in self.rig.ask("show", "calls")
                    if c["called"].endswith(str(self.number)))
        return next(o["delay_ms"] for o in self.rig.ask("show", "call", str(call))
                    if o["type"] == "sound" and o["direction"] == "from")


def judge(what, delays, limit):
    """What is wrong."""
    check(len(delays) > SECONDS // 3, f"{what}: {len(delays)} markers alone came through")
    text = (f"{what}: {median(delays):.1f} of {limit} ms ({min(delays):.1f} to {max(delays):.1f}, "
            f"{len(delays)} markers)")
    print("  " + text)
    return [] if median(delays) <= limit else [text]


def measure(rig, phone, numbers):
    """Calls to these numbers, one of each length of packets; raises what is wrong."""
    calls = [Measured(rig, phone, ms, next(numbers)) for ms in PACKETS]
    sender = Sender()
    for call in calls:
        sender.add(call.stream, call.payloads(sender.begin))
    sender.start()
    said = [0] * len(calls)
    for left in (6, 4, 2):
        sender.join(max(0, sender.begin + SECONDS - left - time.monotonic()))
        said = [max(before, call.said()) for before, call in zip(said, calls)]
    sender.join()
    time.sleep(1.2)  # the exchange looks for a marker once a second
    wrong = []
    for call, added in zip(calls, said):
        call.stream.drain()
        settled = sender.begin + SETTLED
        print(f"packets of {call.ms} ms, pseudowire included:")
        wrong += judge("to RTP", call.to_rtp(settled), call.ms + SLACK + PSEUDOWIRE)
        most = min(added, MOST + call.ms + round(call.irregular()))
        wrong += judge("to the line", call.to_line(settled), most + SLACK + PSEUDOWIRE)
        call.call.bye()
    check(not wrong, "; ".join(wrong))


def latency(build):
    with Rig(build, RULES) as rig:
        rig.start()
        phone = Phone(rig.ports["peer"], ("127.0.0.1", rig.ports["sip"]))
        numbers = iter(range(30123000, 30123010))  # no number twice: events are told apart by it
        rig.unless_troubled(lambda: measure(rig, phone, numbers), 3)
        phone.close()


if __name__ == "__main__":
    sys.exit(main(latency))
