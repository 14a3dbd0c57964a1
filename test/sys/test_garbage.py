#!/usr/bin/env python3
"""What strangers and broken peers send: counted, dropped, and no call notices."""
import random
import socket
import sys

from peer import Caller, status
from rig import SPAN, Rig, check, main, wait_for

RULES = SPAN + """
number 3012xxxxxx {{
    proceeding
    answer
    tone 1004 level -10
    wait 300s
}}
"""

HEADERS = ("Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKgarbage{n}\r\n"
           "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: garbage-{n}\r\nCSeq: 1 INVITE\r\n")


def metrics(rig):
    return {m["name"]: m["value"] for m in rig.ask("show", "metrics")}


def noise(n):
    return random.randbytes(n)


def sip_garbage():
    """Datagrams for the SIP port."""
    yield from (noise(random.randrange(1, 1400)) for _ in range(200))
    yield noise(65000)
    yield b"INVITE sip:x@y SIP/2.0\r\n" + b"X: y\r\n" * 9000 + b"\r\n"
    yield b"INVITE sip:x@y SIP/2.0\r\n" + b"A" * 60000
    for n, line in enumerate(("Content-Length: 4000\r\n", "Content-Length: -1\r\n",
                              "CSeq: 99999999999 INVITE\r\n", "Content-Length: x\r\n")):
        yield ("INVITE sip:x@y SIP/2.0\r\n" + HEADERS.format(n=n) + line + "\r\n").encode()
    yield b"SIP/2.0 200 OK\r\n" + HEADERS.format(n=77).encode() + b"Content-Length: 0\r\n\r\n"
    yield b"\0" * 100


def send_tcp(port, data):
    with socket.create_connection(("127.0.0.1", port)) as s:
        try:
            s.sendall(data)
        except OSError:
            pass  # it may close on us at any octet: that is the point


def talk_in_noise(rig, caller):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for data in sip_garbage():
        s.sendto(data, ("127.0.0.1", rig.ports["sip"]))
    send_tcp(rig.ports["sip"], noise(200000))
    send_tcp(rig.ports["sip"], b"INVITE sip:x@y SIP/2.0\r\n" + b"X: y\r\n" * 20000)
    for n in range(2000):
        s.sendto(noise(random.randrange(1, 400)), caller.media)
        s.sendto(noise(random.randrange(1, 400)), ("127.0.0.1", caller.media[1] + 1))
        s.sendto(noise(random.randrange(1, 400)), ("127.0.0.1", rig.ports["pw"]))
    heard = []
    caller.talk(2, heard=heard)
    check(len(heard) >= 95, f"{len(heard)} packets of 100 came through the noise")


def garbage(build):
    with Rig(build, RULES) as rig:
        rig.start()
        before = metrics(rig)
        caller = Caller(rig.ports["caller"], ("127.0.0.1", rig.ports["sip"]))
        caller.invite("03012000001")
        check(status(caller.final()) == 200, "not answered")
        caller.talk(0.5)
        rig.unless_troubled(lambda: talk_in_noise(rig, caller))
        counts = ("tandem_sip_malformed_total", "tandem_pseudowire_foreign_total",
                  "tandem_sip_unframed_total")
        wait_for(f"{counts} to move", 10, lambda: (
            lambda now: all(now[name] > before[name] for name in counts))(metrics(rig)))
        after = metrics(rig)
        for name in counts:
            print(f"{name}: {after[name] - before[name]}")
        print("rtp dropped:", sum(after[n] - before[n] for n in after if "rtp" in n or "rtcp" in n))
        caller.bye()
        rig.exchange.expect("released", cause=16)
        wait_for("all is clear", 10, lambda: rig.status()["calls"] == 0)
        left = rig.status()
        wait_for("no transaction left", 45, lambda: rig.status()["sip_server_transactions"] == 0)
        rig.wait_line_well()
        check(left["sip_sessions"] <= 1, f"{left}")
        caller.close()


if __name__ == "__main__":
    sys.exit(main(garbage))
