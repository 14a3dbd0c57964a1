#!/usr/bin/env python3
"""The torture messages of RFC 4475 and RFC 5118, through the ports of a running gateway.

Each is sent as it stands over UDP, then over TCP whole, octet by octet, and all in one stream. What has
to come back is in the table below: one of some statuses, or nothing. Then ten rounds more, and the
process has neither grown nor stopped.
"""
import re
import select
import socket
import sys
import time
from pathlib import Path

from peer import Caller, header, status
from rig import ROOT, SPAN, Rig, check, main

MESSAGES = ROOT / "test/unit/data/sip/torture"  # of both RFCs
RULES = SPAN + """
number 3012xxxxxx {{
    answer
    wait 300s
}}
"""
SOURCE = "127.0.0.77"  # its port 5060 is where many of the messages want their answers
DROPPED = ()           # the RFC says so, or nobody can be answered
CALLED = (404, 484)    # understood, and there is nobody of that name here
NO_REGISTRAR = (405,)

# What RFC 4475 (3.1.1 valid, 3.1.2 invalid, 3.2 ff.) and RFC 5118 (4) ask of a UAS.
EXPECTED = {
    "rfc4475/wsinv.dat": (481,),  # its To has a tag: no dialog of ours
    "rfc4475/intmeth.dat": (501,),
    "rfc4475/esc01.dat": CALLED,
    "rfc4475/escnull.dat": NO_REGISTRAR,
    "rfc4475/esc02.dat": (501,),  # the method is not REGISTER
    "rfc4475/lwsdisp.dat": (200,),
    "rfc4475/longreq.dat": CALLED,
    "rfc4475/dblreq.dat": NO_REGISTRAR,
    "rfc4475/semiuri.dat": (200,),
    "rfc4475/transports.dat": (200,),
    "rfc4475/mpart01.dat": (405,),
    "rfc4475/unreason.dat": DROPPED,
    "rfc4475/noreason.dat": DROPPED,
    "rfc4475/badinv01.dat": (400,),
    "rfc4475/clerr.dat": (400,),
    "rfc4475/ncl.dat": (400,),
    "rfc4475/scalar02.dat": (400,),
    "rfc4475/scalarlg.dat": DROPPED,
    "rfc4475/quotbal.dat": (400,),
    "rfc4475/ltgtruri.dat": (400,),
    "rfc4475/lwsruri.dat": (400,),
    "rfc4475/lwsstart.dat": (400,),
    "rfc4475/trws.dat": (400,),
    "rfc4475/escruri.dat": (400,) + CALLED,  # refused, or the header components ignored
    "rfc4475/baddate.dat": (400,) + CALLED,  # refused, or the Date ignored
    "rfc4475/regbadct.dat": (400,),
    "rfc4475/badaspec.dat": (400,),
    "rfc4475/baddn.dat": DROPPED,  # the archive's file lacks the empty line
    "rfc4475/baddn.terminated.dat": (400,),
    "rfc4475/badvers.dat": (505,),
    "rfc4475/mismatch01.dat": (400,),
    "rfc4475/mismatch02.dat": (501,),
    "rfc4475/bigcode.dat": DROPPED,
    "rfc4475/badbranch.dat": (200,),
    "rfc4475/insuf.dat": DROPPED,
    "rfc4475/unkscm.dat": (416,),
    "rfc4475/novelsc.dat": (416,),
    "rfc4475/unksm2.dat": NO_REGISTRAR,
    "rfc4475/bext01.dat": (420,),
    "rfc4475/invut.dat": (415,),
    "rfc4475/regaut01.dat": NO_REGISTRAR,
    "rfc4475/multi01.dat": (400,),
    "rfc4475/mcl01.dat": (400,),
    "rfc4475/bcast.dat": DROPPED,
    "rfc4475/zeromf.dat": (200,),
    "rfc4475/cparam01.dat": NO_REGISTRAR,
    "rfc4475/cparam02.dat": NO_REGISTRAR,
    "rfc4475/regescrt.dat": NO_REGISTRAR,
    "rfc4475/sdp01.dat": (406,),
    "rfc4475/inv2543.dat": CALLED,
    "rfc5118/ipv6-good.sip": NO_REGISTRAR,
    "rfc5118/ipv6-bad.sip": (400,),
    "rfc5118/port-ambiguous.sip": NO_REGISTRAR,
    "rfc5118/port-unambiguous.sip": NO_REGISTRAR,
    "rfc5118/via-received-param-with-delim.sip": (481,),
    "rfc5118/via-received-param-no-delim.sip": (200,),
    "rfc5118/ipv6-in-sdp.sip": CALLED,
    "rfc5118/mult-ip-in-header.sip": (481,),
    "rfc5118/mult-ip-in-sdp.sip": CALLED,
    "rfc5118/ipv4-mapped-ipv6.sip": CALLED,
    "rfc5118/ipv6-bug-abnf-3-colons.sip": (200,),
    "rfc5118/ipv6-correct-abnf-2-colons.sip": (200,),
}


def field(data, name, compact):
    m = re.search(rb"^(?:%s|%s)[ \t]*:\s*(\S[^\r]*)" % (name, compact), data, re.M | re.I)
    return m.group(1).strip() if m else b""


def once_more(messages, n):
    """The same with branches and Call-IDs of their own: else they are repetitions, or merged
    requests."""
    def other(data, mark):
        data = re.sub(rb"z9hG4bK(?=\w)", b"z9hG4bK" + mark, data)
        return re.sub(rb"^((?:call-id|i)[ \t]*:\s*)", rb"\g<1>" + mark, data, flags=re.M | re.I)
    return {name: other(data, b"%d" % (n * 1000 + i))
            for i, (name, data) in enumerate(messages.items())}


def answer_port(data):
    """Where the answer goes: the port in the first Via, or 5060."""
    m = re.search(rb"^(?:via|v)[ \t]*:.*?SIP\s*/\s*2\.0\s*/\s*\S+\s+(\[[^\]]*\]|[^\s:;,]+)"
                  rb"(?:\s*:\s*(\d+))?", data, re.M | re.I | re.S)
    return int(m.group(2)) if m and m.group(2) else 5060


def framing(data):
    """What a stream makes of it: "message", "endless" (it waits for more), "broken" (closed)."""
    head, end, body = data.partition(b"\r\n\r\n")
    lengths = re.findall(rb"^(?:content-length|l)[ \t]*:\s*([^\r]*)", head, re.M | re.I)
    if not end:
        return "endless"
    if len(lengths) != 1 or not re.fullmatch(rb"\d+", lengths[0].strip()):
        return "broken"
    return "message" if int(lengths[0]) <= len(body) else "endless"


class Sockets:
    """UDP sockets of one source, each on a port that answers are wanted on."""

    def __init__(self):
        self.all = {}

    def on(self, port):
        if port not in self.all:
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.bind((SOURCE, port))
            self.all[port] = s
        return self.all[port]

    def drain(self):
        while ready := select.select(list(self.all.values()), [], [], 0)[0]:
            for s in ready:
                s.recv(65536)

    def close(self):
        for s in self.all.values():
            s.close()


def statuses(text, call_id):
    """The final statuses of the answers to that call in what came."""
    got = []
    for m in re.finditer(rb"^SIP/2\.0 (\d{3}) .*?\r\n\r\n", text, re.M | re.S):
        if int(m.group(1)) >= 200 and field(m.group(0), b"call-id", b"i") == call_id:
            got.append(int(m.group(1)))
    return got


def collect_until(s, enough):
    """What comes to a UDP socket until it is enough, or 10 s have passed."""
    end, text = time.monotonic() + 10, b""
    while not enough(text) and (left := end - time.monotonic()) > 0:
        if select.select([s], [], [], left)[0]:
            text += s.recv(65536)
    return text


def reached(s, to):
    """Asks, and is answered: all that was sent before has been read. Twice, for the loop may have
    looked at this socket first. What else came to the socket meanwhile."""
    text = b""
    for _ in range(2):
        call = b"reached%d" % time.monotonic_ns()
        s.sendto(b"OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP %b:%d;branch=z9hG4bK%b\r\n"
                 b"Max-Forwards: 70\r\nFrom: <sip:far@127.0.0.1>;tag=1\r\nTo: <sip:127.0.0.1>\r\n"
                 b"Call-ID: %b\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
                 % (SOURCE.encode(), s.getsockname()[1], call, call), to)
        text += collect_until(s, lambda t, call=call: statuses(t, call))
        check(statuses(text, call), "the gateway is not reached")
    return text


def udp_answer(s, data, to, expected):
    """The statuses of the final answers that come to one message."""
    call = field(data, b"call-id", b"i")
    s.sendto(data, to)
    return statuses(collect_until(s, lambda text: statuses(text, call)) if expected else reached(s, to), call)


def verdict(name, got, expected):
    good = got[:1] == [] if not expected else len(got) > 0 and got[0] in expected
    check(good, f"{name}: {got or 'no answer'} instead of {expected or 'none'}")


def over_udp(messages, to, sockets):
    for name, data in messages.items():
        got = udp_answer(sockets.on(answer_port(data)), data, to, EXPECTED[name])
        verdict("udp " + name, got, EXPECTED[name])


def connect(to):
    s = socket.create_connection(to, source_address=(SOURCE, 0))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def collect(s, seconds, enough=lambda text: False):
    """What comes until the far end closes; and whether it has."""
    text, end = b"", time.monotonic() + seconds
    while time.monotonic() < end and not enough(text):
        if select.select([s], [], [], 0.05)[0]:
            try:
                piece = s.recv(65536)
            except ConnectionResetError:
                return text, True
            if not piece:
                return text, True
            text += piece
    return text, False


def send(s, data, step):
    try:
        for i in range(0, len(data), step):
            s.sendall(data[i:i + step])
    except OSError:
        pass  # closed on us: to be seen when reading


def over_tcp(messages, to, step, sockets):
    """Each over a connection of its own, in pieces of `step` octets."""
    for name, data in messages.items():
        call, expected, frame = field(data, b"call-id", b"i"), EXPECTED[name], framing(data)
        answered = frame == "message" and expected
        s = connect(to)
        send(s, data, step)
        awaited = answered or frame == "broken"
        if not awaited:
            reached(sockets.on(5060), to)
        text, closed = collect(s, 10 if awaited else 0.1, lambda t: answered and statuses(t, call))
        verdict("tcp " + name, statuses(text, call), expected if answered else DROPPED)
        check(closed == (frame == "broken"), f"tcp {name}: {frame}, closed: {closed}")
        s.close()


def in_one_stream(messages, to):
    """All that a stream can be divided at, back to back, then again octet by octet."""
    names = [n for n in messages if framing(messages[n]) == "message" and n != "rfc4475/dblreq.dat"]
    for n, step in ((3, 1 << 20), (4, 1)):
        fit = once_more({name: messages[name] for name in names}, n)
        s = connect(to)
        send(s, b"".join(fit.values()), step)
        text, closed = collect(s, 30, lambda t: all(
            statuses(t, field(d, b"call-id", b"i")) for n, d in fit.items() if EXPECTED[n]))
        check(not closed, "the stream was closed")
        for name, data in fit.items():
            verdict("stream " + name, statuses(text, field(data, b"call-id", b"i")),
                    EXPECTED[name])
        s.close()
    return len(names)


def memory(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1))


def flood(messages, to, sockets, rounds):
    for _ in range(rounds):
        for data in messages.values():
            sockets.on(answer_port(data)).sendto(data, to)
            for step in (len(data), 7):
                s = connect(to)
                send(s, data, step)
                s.close()
        reached(sockets.on(5060), to)
        sockets.drain()


def torture(build):
    messages = {n: (MESSAGES / Path(n).name).read_bytes() for n in EXPECTED}
    with Rig(build, RULES) as rig:
        rig.plan.write_text(rig.plan.read_text().replace("accept from 127.0.0.1",
                                                         "accept from 127.0.0.0/8"))
        rig.start()
        to, sockets = ("127.0.0.1", rig.ports["sip"]), Sockets()
        over_udp(messages, to, sockets)
        print(f"udp: {len(messages)} messages")
        over_tcp(once_more(messages, 1), to, 1 << 20, sockets)
        over_tcp(once_more(messages, 2), to, 1, sockets)
        print(f"tcp: {len(messages)} messages, whole and octet by octet")
        print(f"tcp: {in_one_stream(messages, to)} messages in one stream")
        flood(messages, to, sockets, 2)
        before = memory(rig.tandem.pid)
        flood(messages, to, sockets, 10)
        grown = memory(rig.tandem.pid) - before
        print(f"grown by {grown} KiB in 10 rounds")
        check(grown < 2048, f"{grown} KiB more")
        sockets.close()
        caller = Caller(rig.ports["caller"], to)
        caller.invite("03012000001")
        check(status(caller.final()) == 200, "no call any more")
        check(header(caller.responses[-1], "Contact"), "no Contact")
        caller.bye()
        caller.close()
        check(rig.tandem.poll() is None, "tandem has stopped")


if __name__ == "__main__":
    sys.exit(main(torture))
