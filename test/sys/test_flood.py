#!/usr/bin/env python3
"""Floods, mimicry, slow streams and guesses, against a running gateway that has calls to serve.

127.0.0.1 is the trunk whose calls must go on; 127.0.0.3 is another trunk that has gone mad; 127.0.0.9
is nobody's address. What each kind of message costs is measured and printed.
"""
import os
import re
import select
import socket
import sys
import time
from pathlib import Path

from peer import SDP, Caller, header, status
from rig import SPAN, Rig, check, main, wait_for

RULES = SPAN + """
number 3012xxxxxx {{
    answer
    wait 300s
}}
"""
MAD, STRANGER = "127.0.0.3", "127.0.0.9"
EACH = 150  # transactions of one source: its INVITEs leave RTP ports for the calls of others

LIMITS = """
    limits {{
        transactions 5000 per-source {each}
        rate         100000 per-source 100000
        refusals     {refusals}
        message      8000
        patience     2s
        ban          {ban}
    }}
}}"""

MORE = """
trunk mad {{
    sip sip:{mad}:{hole}
    accept from {mad}
    numbers e164
}}
trunk hole {{
    sip sip:127.0.0.4:{hole}
    numbers e164
}}
routes from mad {{ * -> hole }}
"""


def make_plan(rig, refusals, ban="off"):
    hole = rig.ports["voice"] + 8
    text = rig.plan.read_text()
    first, rest = text.split("\nmedia {", 1)
    first = first.rsplit("}", 1)[0] + LIMITS.format(refusals=refusals, ban=ban, each=EACH)
    rig.plan.write_text(first + "\nmedia {" + rest + MORE.format(mad=MAD, hole=hole))
    sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sink.bind(("127.0.0.4", hole))  # takes every INVITE and says nothing
    return sink


def metrics(rig):
    return {m["name"][len("tandem_"):]: m["value"] for m in rig.ask("show", "metrics")}


def moved(rig, before, name, by=1):
    now = wait_for(f"{name} by {by}", 5,
                   lambda: (lambda m: m if m[name] - before[name] >= by else None)(metrics(rig)))
    return now[name] - before[name]


def memory(rig):
    text = Path(f"/proc/{rig.tandem.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text).group(1))


def cpu(rig):
    f = Path(f"/proc/{rig.tandem.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(f[11]) + int(f[12])) / os.sysconf("SC_CLK_TCK")


def udp(host):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    s.bind((host, 0))
    return s


def request(s, n, method="OPTIONS", body="", extra="", **changes):
    """A request of that socket's; `changes` replace whole lines."""
    host, port = s.getsockname()
    lines = {
        "line": f"{method} sip:03012000001@127.0.0.1 SIP/2.0",
        "via": f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{host}{n}",
        "from_": f"From: <sip:+4930901821@{host}>;tag=f{n}",
        "to": "To: <sip:03012000001@127.0.0.1>",
        "id": f"Call-ID: {n}@{host}",
        "cseq": f"CSeq: 1 {method}",
        "hops": "Max-Forwards: 70",
        "contact": f"Contact: <sip:a@{host}:{port}>",
        **changes}
    text = "".join(v + "\r\n" for v in lines.values() if v) + extra
    if body:
        text += "Content-Type: application/sdp\r\n"
    return (text + f"Content-Length: {len(body)}\r\n\r\n{body}").encode()


def answers(s, seconds, most=1 << 30):
    got, end = [], time.monotonic() + seconds
    while time.monotonic() < end and len(got) < most:
        if select.select([s], [], [], 0.05)[0]:
            got.append(s.recv(65536).decode())
    return got


def ask(s, to, data, expected, what):
    """One message, and the status of its first answer; None: nothing may come. Answers to others, late or
    said again because nobody acknowledged them, are passed over."""
    call_id = header(data.decode(), "Call-ID")
    s.sendto(data, to)
    got, end = [], time.monotonic() + (5 if expected else 0.3)
    while not got and (left := end - time.monotonic()) > 0:
        got = [status(a) for a in answers(s, left, 1) if header(a, "Call-ID") == call_id]
    check(got == ([expected] if expected else []), f"{what}: {got} instead of {expected}")


def unanswered(gateway, n, what, **changes):
    """Nothing comes for that message, though it was taken: the one after it has its answer. To a socket of
    its own, where no other's answer comes."""
    s = udp("127.0.0.1")
    s.sendto(request(s, n, **changes), gateway)
    s.sendto(request(s, f"after{n}"), gateway)
    got = answers(s, 5, 1)
    check(got and status(got[0]) == 200 and f"Call-ID: after{n}@" in got[0], f"{what}: {got}")
    s.close()


def call(rig, to, what):
    caller = Caller(rig.ports["caller"], to)
    caller.invite("03012000001")
    final = caller.final()
    check(status(final) == 200, f"no call {what}: {final}")
    caller.bye()
    caller.close()
    wait_for("the channel is idle", 10, lambda: rig.in_service())


# ---- floods ----

def pour(s, to, make, n, pace=100):
    for i in range(n):
        s.sendto(make(i), to)
        if i % pace == pace - 1:
            time.sleep(0.004)
            while select.select([s], [], [], 0)[0]:
                s.recv(65536)


def half_open(rig, to):
    """100,000 INVITEs of a trunk that never ends any: a part is served, the rest is told off."""
    s, before, size = udp(MAD), metrics(rig), memory(rig)
    body = SDP.format(port=9000, formats="8")
    ask(s, to, request(s, "one", "INVITE", body), 100, "the first INVITE")
    seen, start, used = [], time.monotonic(), cpu(rig)
    for part in range(10):
        pour(s, to, lambda i, p=part: request(s, f"{p}-{i}", "INVITE", body), 10000)
        s.sendto(request(s, f"probe{part}", "INVITE", body), to)
        seen += answers(s, 1, 1)
        if part in (2, 6):
            call(rig, to, "during the flood of INVITEs")
    refused = moved(rig, before, "sip_refused_transactions_source_total", 10000)
    # of those that were let in some may have ended meanwhile, on a busy machine
    over = [a for a in seen if status(a) == 503]
    check(over and all(header(a, "Retry-After") for a in over), f"over the limit: {seen[-1:]}")
    now = rig.status()
    check(now["sip_server_transactions"] <= EACH + 20, f"{now}")
    grown = memory(rig) - size
    print(f"half-open: {refused} refused, {now['sip_server_transactions']} kept, "
          f"{grown} KiB more, {(cpu(rig) - used) / 100e3 * 1e6:.0f} us each "
          f"in {time.monotonic() - start:.1f} s")
    check(grown < 60000, f"grown by {grown} KiB")
    s.close()


def strangers(rig, to, refusals):
    s, before = udp(STRANGER), metrics(rig)
    data = request(s, 0)
    start = time.monotonic()
    for n in range(5000):
        s.sendto(request(s, n), to)
        if n % 50 == 49:
            time.sleep(0.01)
    got = answers(s, 0.5)
    seconds = int(time.monotonic() - start) + 2
    check(0 < len(got) <= refusals * seconds, f"{len(got)} answers to a stranger in {seconds} s")
    check(all(status(a) == 403 and len(a) <= len(data) + 8 for a in got), f"{got[0]}")
    print(f"stranger: {len(got)} of 5000 answered, "
          f"{moved(rig, before, 'sip_unread_total', 1000)} dropped unread")
    before = metrics(rig)
    for n in range(2000):
        s.sendto(request(s, n, "ACK"), to)
    time.sleep(1.2)
    ask(s, to, request(s, "x" * 40, "ACK"), None, "an ACK")
    call(rig, to, "after the floods of strangers")
    s.close()


# ---- mimicry ----

def mimicry(rig, to):
    s, before = udp("127.0.0.1"), metrics(rig)
    host, port = s.getsockname()
    via = f"SIP/2.0/UDP {host}:{port};branch=z9hG4bKhonest"
    honest = (
        dict(via=f"Via  : {via}1"), dict(via=f"v:\r\n {via}2"),
        dict(from_=f"FROM :\tAl\r\n <sip:a@{host}>\r\n ;tag=x"),
        dict(from_=f"f: \"W, Al\" <sip:a@{host}>;tag=x"), dict(contact=f"m:sip:a@{host}"))
    refused = (
        dict(extra="Conta ct: <sip:evil@192.0.2.66>\r\n"),
        dict(extra="Subject: x\nContact: <sip:evil@192.0.2.66>\r\n"),
        dict(extra="Con\0tact: <sip:evil@192.0.2.66>\r\n"),
        dict(extra="Contact\u00e4: <sip:evil@192.0.2.66>\r\n"),
        dict(extra="Contact\x0b: <sip:evil@192.0.2.66>\r\n"),
        dict(extra=f"Vi a: {via}\r\n"),
        dict(from_=f"From: Alice W,<sip:a@{host}>;tag=x"),
        dict(to="To: Bob , <sip:03012000001@127.0.0.1>"),
        dict(contact=f"Contact\r\n : <sip:a@{host}>"),
        dict(hops="Max-Forwards: 999"), dict(extra="Max-Forwards: 70\r\n"))
    other = (dict(cseq="CSeq: 2147483648 OPTIONS"), dict(cseq="CSeq: 1 INVITE"), dict(cseq=None),
             dict(extra="To: <sip:b@c>\r\n"), dict(extra="f: <sip:b@c>;tag=z\r\n"),
             dict(extra="l: 0\r\n"), dict(extra="Content-Length: -1\r\n"),
             dict(extra="Content-Length: 70000\r\n"))
    dropped = (dict(via=f"Vi a: {via}"), dict(from_=f"Fro m: <sip:a@{host}>;tag=x"),
               dict(to=None), dict(id=None), dict(from_=None))
    n = 0
    for kind, expected in ((honest, 200), (refused, 400), (other, 400)):
        for change in kind:
            n += 1
            ask(s, to, request(s, f"m{n}", **change), expected, f"{change}")
    for i, change in enumerate(dropped):
        unanswered(to, f"d{i}", f"{change}", **change)
    ask(s, to, request(s, "e", extra="Expires: 99999999999\r\n"), 200, "Expires")
    ask(s, to, request(s, "size", extra="Subject: " + "x" * 9000 + "\r\n"), 513, "a large head")
    ask(s, to, request(s, "body", "INVITE", "x" * 9000), 413, "a large body")
    unanswered(to, "via", "1,000 Vias", extra="Via: SIP/2.0/UDP a\r\n" * 1000)
    ask(s, to, request(s, "params", extra="X: y" + ";a=b" * 10000 + "\r\n"), 400, "10,000 parameters")
    ask(s, to, request(s, "list", extra="Route: " + "<sip:a@b>," * 5000 + "<sip:a@b>\r\n"), 400,
        "a list of 5,000")
    print("mimicry:", moved(rig, before, "sip_mimicry_total", len(refused)), "told apart")
    s.close()


# ---- streams ----

def until_closed(s, drip):
    """When the far end closes, to which an octet is said now and then."""
    end = time.monotonic() + 12
    try:
        while not select.select([s], [], [], 0.1)[0] and time.monotonic() < end:
            s.sendall(drip)
    except OSError:
        pass  # closed on us
    return time.monotonic()


def slow_streams(rig, to):
    """A message that does not end is given up after the plan's patience (2 s)."""
    before = metrics(rig)
    pieces = {"a head that stops": (b"OPTIONS sip:a@b SIP/2.0\r\nVia: x", b""),
              "a head that drips": (b"OPTIONS sip:a@b SIP/2.0\r\n", b"X"),
              "a body that never comes": (b"OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 9\r\n\r\n",
                                          b"")}
    for what, (first, drip) in pieces.items():
        start = time.monotonic()
        s = socket.create_connection(to)
        s.sendall(first)
        took = until_closed(s, drip) - start
        check(1.5 < took < 10, f"{what}: closed after {took} s, not 2")
        s.close()
    print("slow streams closed:", moved(rig, before, "sip_connections_slow_total", 3))
    before = metrics(rig)
    s = socket.create_connection(to)
    try:
        for _ in range(200):
            s.sendall(b"X: y\r\n" * 200)
    except OSError:
        pass
    s.close()
    moved(rig, before, "sip_unframed_total")


# ---- guesses ----

def guesses(rig, to):
    """Whoever knows every tag and branch of a call still needs to be its peer."""
    mad, stranger, before = udp(MAD), udp(STRANGER), metrics(rig)
    caller = Caller(rig.ports["caller"], to)
    caller.invite("03012000001")
    check(status(caller.final()) == 200, "no call")
    fields = dict(from_=f"From: <sip:+4930901821@127.0.0.1>;tag=t{caller.calls}",
                  to=f"To: {caller.remote}", id=f"Call-ID: {caller.call_id}")
    for n, method in enumerate(("BYE", "INVITE", "UPDATE", "REFER", "INFO")):
        data = request(mad, f"g{n}", method, **{**fields, "cseq": f"CSeq: {n + 5} {method}"})
        ask(mad, to, data, 481, f"{method} of another trunk")
    time.sleep(1.1)
    ask(stranger, to, request(stranger, "g", "BYE", **{**fields, "cseq": "CSeq: 9 BYE"}), 481,
        "BYE of a stranger")
    via = f"Via: SIP/2.0/UDP 127.0.0.1:{caller.port};branch={caller.invite_branch}"
    cancel = request(mad, "c", "CANCEL", **{**fields, "via": via, "to": f"To: <{caller.uri}>"})
    mad.sendto(cancel, to)
    for n in range(500):
        if n % 100 == 99:  # no more at a time than a socket holds
            moved(rig, before, "sip_stray_total", n - 99)
        stranger.sendto(f"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK{n:016x}\r\n"
                        f"From: <sip:a@b>;tag=a\r\nTo: <sip:a@b>;tag=b\r\nCall-ID: {caller.call_id}"
                        f"\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n".encode(), to)
    print("guesses:", moved(rig, before, "sip_foreign_total", 5), "requests,",
          moved(rig, before, "sip_stray_total", 500), "answers of others")
    check(rig.status()["calls"] == 1, "the call is gone")
    caller.bye()
    caller.close()
    mad.close()
    stranger.close()


# ---- bans ----

def bans(rig, to):
    """Who sends noise is not listened to, until the operator says so or the time is over."""
    s, before = udp(STRANGER), metrics(rig)
    pour(s, to, lambda i: b"noise\r\n\r\n", 300)
    ban = wait_for("a ban", 5, lambda: rig.ask("show", "bans"))[0]
    check(ban["address"] == STRANGER and 0 < ban["left_ms"] <= 60000, f"{ban}")
    ask(s, to, request(s, "banned"), None, "a request of a banned address")
    moved(rig, before, "sip_kernel_dropped_total")
    call(rig, to, "while somebody is banned")
    rig.ask("unban", STRANGER)
    check(not rig.ask("show", "bans"), "still banned")
    ask(s, to, request(s, "free"), 403, "a request after the ban")
    s.close()


# ---- what it costs ----

def taken(rig):
    """Messages that were received, or dropped by the kernel, as of strangers who speak too fast."""
    now = metrics(rig)
    return now["sip_received_messages_total"] + now["sip_kernel_dropped_total"]


def cost(rig, to, what, host, make, n=20000):
    s = udp(host)
    known, used = taken(rig), cpu(rig)
    pour(s, to, make if callable(make) else lambda i: make, n)
    time.sleep(0.2)
    used = cpu(rig) - used
    received = taken(rig) - known
    print(f"cost: {what}: {used / received * 1e6:.1f} us each of {received}")
    check(used / received < 200e-6, f"{what} costs {used / received * 1e6:.0f} us")
    s.close()


def costs(rig, to):
    s = udp(STRANGER)
    idle = cpu(rig)
    time.sleep(2)
    print(f"idle: {(cpu(rig) - idle) / 2 * 100:.1f} % of a processor")
    cost(rig, to, "refused with 403", STRANGER, lambda i: request(s, i))
    cost(rig, to, "noise", STRANGER, os.urandom(400))
    cost(rig, to, "a head without end", STRANGER, b"INVITE sip:a@b SIP/2.0\r\n" + b"X" * 1300)
    cost(rig, to, "mimicry of a trunk, 400", "127.0.0.1",
         lambda i: request(s, i, extra="Conta ct: <sip:a@b>\r\n"))
    cost(rig, to, "OPTIONS of a trunk, 200", "127.0.0.1", lambda i: request(s, i))
    s.close()


def floods(build):
    with Rig(build, RULES) as rig:
        sink = make_plan(rig, 5)
        rig.start()
        to = ("127.0.0.1", rig.ports["sip"])
        mimicry(rig, to)
        slow_streams(rig, to)
        guesses(rig, to)
        strangers(rig, to, 5)
        cost(rig, to, "a stranger's, dropped unread", STRANGER, request(udp(STRANGER), 1))
        half_open(rig, to)
        check(rig.tandem.poll() is None, "tandem has stopped")
        sink.close()
    with Rig(build, RULES) as rig:
        sink = make_plan(rig, 5, "after 100 for 1min")
        rig.start()
        bans(rig, ("127.0.0.1", rig.ports["sip"]))
        sink.close()
    with Rig(build, RULES) as rig:
        sink = make_plan(rig, 100000)
        rig.start()
        costs(rig, ("127.0.0.1", rig.ports["sip"]))
        sink.close()


if __name__ == "__main__":
    sys.exit(main(floods))
