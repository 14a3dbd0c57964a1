#!/usr/bin/env python3
"""Digits between the line and peers of every kind: as events (RFC 4733), as sound, and by INFO in
both forms. The exchange makes and hears tones; the peer here knows RTP and SIP alone. Each digit
comes once, in order, and where it is not to be sound none is heard."""
import math
import re
import sys
import time

from payloads import sdp
from phone import ALAW, FRAME, Phone, Voice, share
from rig import SPAN, Rig, check, main, wait_for

TRUNKS = ("rfc4733", "inband", "info", "info-dtmf")
FROM_LINE, TO_LINE = "159D", "4680*#A"
KEYS = "123A456B789C*0#D"
LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)  # Hz (ITU-T Q.23)
EVENTS = "0123456789*#ABCD"  # RFC 4733 table 3
ON, OFF = 5, 5  # frames of 20 ms

PLAN = """version 1
sip {{ listen udp:127.0.0.1:{sip} }}
media {{
    address 127.0.0.1
    ports   {rtp_low}-{rtp_high}
    codecs  pcma
}}
span 1 {{
    pseudowire local 127.0.0.1:{pw} remote 127.0.0.1:{pw_far}
    e1
    isdn euroisdn user
}}
site berlin {{ dialling de area 30 }}
trunk pri {{ span 1 }}
{trunks}
routes from pri {{
{routes}
    * -> reject 1
}}
admin socket {dir}/tandem.sock
overload {{ off }}
log info
"""


TRUNK = """trunk {way} {{
    sip sip:127.0.0.1:{peer}
    accept from 127.0.3.{n} # nobody: calls go out alone
    dtmf {way}
}}
"""


def octet(level):
    return min(range(256), key=lambda o: abs(ALAW[o] - level))


def tone_frames(digit):
    """100 ms of a digit, -9 dBm0 each frequency or so."""
    at = KEYS.index(digit)
    low, high = LOW[at // 4], HIGH[at % 4]
    nearest = {}
    out = bytearray()
    for n in range(ON * FRAME):
        level = round(8000 * (math.sin(2 * math.pi * low * n / 8000)
                              + math.sin(2 * math.pi * high * n / 8000)) / 16) * 16
        out.append(nearest.setdefault(level, octet(level)))
    return [bytes(out[at:at + FRAME]) for at in range(0, len(out), FRAME)]


def tones_in(frames):
    """The digits in what was heard, each at least 40 ms long."""
    out, last, same = "", None, 0
    for frame in frames + [b"\xd5" * FRAME]:
        found = [k for k in KEYS if share(frame, LOW[KEYS.index(k) // 4]) > 0.3
                 and share(frame, HIGH[KEYS.index(k) % 4]) > 0.3]
        now = found[0] if found else None
        if now != last:
            out += last if last and same >= 2 else ""
            last, same = now, 0
        same += 1
    return out


class Keypad(Voice):
    """The RTP of a call that sends digits as sound or as events, and keeps all that comes."""

    def __init__(self, to):
        super().__init__()
        self.to = to
        self.began = 0  # timestamp of the present event
        self.queue = []  # (payload type, ticks since the event began, payload)
        self.frames, self.events = [], {}

    def press_tone(self, digit):
        self.queue += [(8, 0, f) for f in tone_frames(digit)] + [(8, 0, self.frame)] * OFF

    def press_event(self, digit):
        event = EVENTS.index(digit)
        self.queue += [(101, n, bytes((event, 10)) + ((n + 1) * FRAME).to_bytes(2, "big"))
                       for n in range(ON)]
        end = bytes((event, 0x80 | 10)) + (ON * FRAME).to_bytes(2, "big")
        self.queue += [(101, ON + n, end) for n in range(3)] + [(8, 0, self.frame)] * OFF

    def tick(self):
        to = self.to  # None: the call is over
        pt, since, payload = self.queue.pop(0) if self.queue else (8, 0, self.frame)
        mark = 0x80 if pt == 101 and since == 0 else 0
        if since == 0:
            self.began = self.ts
        if to:
            self.sock.sendto(bytes((0x80, pt | mark)) + (self.seq & 0xffff).to_bytes(2, "big")
                             + (self.began & 0xffffffff).to_bytes(4, "big")
                             + self.ssrc.to_bytes(4, "big") + payload, to)
        self.seq += 1
        self.ts += FRAME
        try:
            while True:
                packet = self.sock.recv(2048)
                if packet[1] & 0x7f == 8:
                    self.frames.append(packet[12:])
                elif packet[1] & 0x7f == 101:
                    self.events[packet[4:8]] = EVENTS[packet[12]]
        except (BlockingIOError, ConnectionError):
            pass


def answer(phone, way, number):
    """Takes the call to a trunk as such a peer does."""
    call = phone.invited(number)
    check(("telephone-event" in call.invite) == (way == "rfc4733"), f"{way}: {call.invite}")
    phone.voices.remove(call.voice)
    call.voice = Keypad(call.voice.to)
    body = call.sdp() if way == "rfc4733" else sdp("pcma", call.voice.port)
    call.answer(call.invite, 200, body)
    call.request("ACK")
    phone.voices.append(call.voice)
    return call


def digit_of(info, way):
    if way == "info-dtmf":
        check("application/dtmf\r\n" in info, f"{way}: {info}")
        return info.split("\r\n\r\n")[1].strip()
    check("application/dtmf-relay" in info, f"{way}: {info}")
    return re.search(r"Signal\s*=\s*(\S)", info).group(1)


def tones_at(call):
    return tones_in(list(call.voice.frames))


def events_at(call):
    return "".join(list(call.voice.events.values()))


def from_line(call, way):
    """What comes of the exchange's tones: exactly these digits, one way only."""
    got = ""
    if way.startswith("info"):
        for _ in FROM_LINE:
            info = call.request("INFO")
            got += digit_of(info, way)
            call.answer(info, 200)
    else:
        come = tones_at if way == "inband" else events_at
        wait_for(f"{way}: all digits", 15, lambda: len(come(call)) >= len(FROM_LINE), 0.3)
    time.sleep(0.3)  # what would come beside them
    sound, events = tones_at(call), events_at(call)
    wanted = {"inband": (FROM_LINE, "", ""), "rfc4733": ("", FROM_LINE, "")}.get(way, ("", "", FROM_LINE))
    check((sound, events, got) == wanted, f"{way}: sound {sound!r}, events {events!r}, INFO {got!r}")


def to_line(call, way):
    for digit in TO_LINE:
        if way == "inband":
            call.voice.press_tone(digit)
        elif way == "rfc4733":
            call.voice.press_event(digit)
        else:
            kind = "application/dtmf" if way == "info-dtmf" else "application/dtmf-relay"
            call.send("INFO", digit if way == "info-dtmf" else f"Signal={digit}\r\nDuration=100\r\n",
                      kind=kind)
            call.response(200, "INFO")


def digits_at(exchange, end):
    return "".join(e["digits"] for e in exchange.all("dtmf", call=end))


def place(rig, phone, way, number):
    """A call of the exchange's: the peer's end of it, and its number at the exchange."""
    known = len(rig.exchange.all("placed", called=number))
    rig.exchange.say(f"call {number} from +4989123456 wait 1s dtmf {FROM_LINE} wait 30s")
    return (answer(phone, way, number),
            rig.exchange.expect("placed", count=known + 1, called=number)["call"])


def both_ways(rig, phone, numbers):
    calls, ends = {}, {}
    try:
        for way, number in numbers.items():
            calls[way], ends[way] = place(rig, phone, way, number)
        for way, call in calls.items():
            from_line(call, way)
        for way, call in calls.items():
            to_line(call, way)
        wait_for("all digits at the exchange", 20, lambda: all(
            len(digits_at(rig.exchange, end)) >= len(TO_LINE) for end in ends.values()))
        time.sleep(0.5)  # what would come twice
    finally:
        for call in calls.values():
            call.bye()
    for way, end in ends.items():
        heard = rig.exchange.expect("released", call=end)["heard"]["dtmf"]
        check(heard == TO_LINE, f"{way}: the exchange heard {heard!r}")
        print(f"{way}: ok")


def test(build):
    numbers = {way: f"+49309018210{i}" for i, way in enumerate(TRUNKS)}
    with Rig(build, SPAN) as rig:
        rig.plan.write_text(PLAN.format(
            **rig.ports, dir=rig.dir,
            trunks="".join(TRUNK.format(way=w, n=n + 1, peer=rig.ports["peer"])
                           for n, w in enumerate(TRUNKS)),
            routes="\n".join(f"    {n} -> {w}" for w, n in numbers.items())))
        rig.start()
        phone = Phone(rig.ports["peer"], ("127.0.0.1", rig.ports["sip"]))
        # a pause of either program tears the sound on the line
        rig.unless_troubled(lambda: both_ways(rig, phone, numbers))
        phone.close()


if __name__ == "__main__":
    sys.exit(main(test))
