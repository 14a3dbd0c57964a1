#!/usr/bin/env python3
"""Registrations both ways: phones (sipp, and one made of a socket) with tandem, tandem with a peer."""
import hashlib
import re
import select
import socket
import sys
import time

from peer import header, status
from rig import Rig, check, finish, main, wait_for

PLAN = """version 1
sip {{ listen udp:127.0.0.1:{sip} }}
media {{ ports {rtp_low}-{rtp_high} }}
registrar {{
    realm example.com
    users file:{dir}/users
    expires 2s-1h
    state {dir}/state
}}
trunk phones {{ sip registered }}
trunk carrier {{
    sip sip:127.0.0.1:{peer}
    register user gw secret file:{dir}/secret domain carrier.example expires 10min
}}
admin socket {dir}/tandem.sock
overload {{ off }}
log info
"""

SIPP = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="register">
  <send><![CDATA[
{request}
]]></send>
  <recv response="401" auth="true"/>
  <send><![CDATA[
{again}
]]></send>
  <recv response="200"/>
</scenario>
"""
REQUEST = """
REGISTER sip:example.com SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
Max-Forwards: 70
From: <sip:sipp@example.com>;tag=[call_number]
To: <sip:sipp@example.com>
Call-ID: [call_id]
CSeq: {cseq} REGISTER
Contact: <sip:sipp@[local_ip]:[local_port]>
Expires: 60
{more}Content-Length: 0
"""


def digest(algorithm, *parts):
    return hashlib.new(algorithm, ":".join(parts).encode()).hexdigest()


def response(algorithm, user, realm, password, nonce, method, uri):
    """RFC 7616 3.4.1 with qop=auth, nc 1 and the cnonce "c"."""
    return digest(algorithm, digest(algorithm, user, realm, password), nonce, "00000001", "c",
                  "auth", digest(algorithm, method, uri))


def parameter(field, name):
    m = re.search(rf'{name}="?([^",]*)', field)
    return m and m.group(1)


class Socket:
    """One end of SIP over UDP."""

    def __init__(self, port, to):
        self.port, self.to = port, to
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", port))
        self.taken = set()

    def receive(self, seconds=5):
        """The next message; what is repeated because this end was slow counts once."""
        end = time.monotonic() + seconds
        while True:
            left = max(0, end - time.monotonic())
            check(select.select([self.sock], [], [], left)[0], f"nothing comes to port {self.port}")
            message = self.sock.recv(65536).decode()
            key = message.split("\r\n")[0], header(message, "Via"), header(message, "CSeq")
            if key not in self.taken:
                self.taken.add(key)
                return message

    def register(self, cseq, user, contact, more=""):
        self.sock.sendto((f"REGISTER sip:example.com SIP/2.0\r\n"
                          f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{time.time_ns()}\r\n"
                          f"Max-Forwards: 70\r\nFrom: <sip:{user}@example.com>;tag=p\r\n"
                          f"To: <sip:{user}@example.com>\r\nCall-ID: phone\r\n"
                          f"CSeq: {cseq} REGISTER\r\n{contact}{more}Content-Length: 0\r\n\r\n"
                          ).encode(), self.to)
        return self.receive()

    def answer(self, request, line, more=""):
        copied = "".join(f"{n}: {header(request, n)}\r\n"
                         for n in ("Via", "From", "To", "Call-ID", "CSeq"))
        self.sock.sendto(f"SIP/2.0 {line}\r\n{copied}{more}Content-Length: 0\r\n\r\n".encode(),
                         self.to)


def credentials(challenge, user, password, algorithm="sha256", name="SHA-256"):
    nonce = parameter(challenge, "nonce")
    r = response(algorithm, user, "example.com", password, nonce, "REGISTER", "sip:example.com")
    return (f'Authorization: Digest username="{user}", realm="example.com", nonce="{nonce}", '
            f'uri="sip:example.com", response="{r}", algorithm={name}, qop=auth, nc=00000001, '
            f'cnonce="c"\r\n')


def bindings(rig, user):
    return [o for o in rig.ask("show", "registrations")
            if o["type"] == "binding" and o["user"] == user]


def with_peer(rig, carrier):
    """tandem registers: it is challenged, answers, and is let in."""
    first = carrier.receive(10)
    check(first.startswith("REGISTER sip:carrier.example SIP/2.0\r\n"), first)
    check(header(first, "Contact") == f"<sip:gw@127.0.0.1:{rig.ports['sip']}>;expires=600", first)
    carrier.answer(first, "401 Unauthorized",
                   'WWW-Authenticate: Digest realm="c", nonce="abc", qop="auth", algorithm=MD5\r\n')
    second = carrier.receive()
    said = header(second, "Authorization")
    a1 = digest("md5", "gw", "c", "hunter2")
    expected = digest("md5", a1, "abc", "00000001", parameter(said, "cnonce"), "auth",
                      digest("md5", "REGISTER", "sip:carrier.example"))
    check(parameter(said, "response") == expected, f"wrong digest: {said}")
    carrier.answer(second, "200 OK", f"Contact: {header(second, 'Contact')}\r\n")
    wait_for("registered", 5, lambda: any(
        o["type"] == "registration" and o["state"] == "registered"
        for o in rig.ask("show", "registrations")))


def phone(rig):
    p = Socket(rig.ports["caller"], ("127.0.0.1", rig.ports["sip"]))
    contact = f"Contact: <sip:alice@127.0.0.1:{p.port}>;expires=60\r\n"
    asked = p.register(1, "alice", contact)
    check(status(asked) == 401, asked)
    challenge = header(asked, "WWW-Authenticate")
    check(parameter(challenge, "algorithm") == "SHA-256", challenge)
    said = credentials(challenge, "alice", "wonder")
    done = p.register(2, "alice", contact, said)
    check(status(done) == 200 and "expires=60" in header(done, "Contact"), done)
    check(len(bindings(rig, "alice")) == 1, "no binding")
    replay = p.register(3, "alice", contact, said)  # the same count again
    check(status(replay) == 401 and "stale=true" in replay, replay)
    wrong = p.register(4, "alice", contact, credentials(header(replay, "WWW-Authenticate"),
                                                        "alice", "wrong"))
    check(status(wrong) == 401 and "stale" not in wrong, wrong)
    done = p.register(5, "alice", contact.replace("=60", "=2"),
                      credentials(header(wrong, "WWW-Authenticate"), "alice", "wonder"))
    check(status(done) == 200 and "expires=2" in header(done, "Contact"), done)
    wait_for("the end of the binding", 10, lambda: not bindings(rig, "alice"))
    p.sock.close()


def sipp(rig):
    scenario = rig.dir / "register.xml"
    first = REQUEST.format(cseq=1, more="").strip("\n")
    again = REQUEST.format(cseq=2, more="[authentication username=sipp password=pots]\n").strip("\n")
    scenario.write_text(SIPP.format(request=first + "\n", again=again + "\n"))
    p = rig.spawn(["sipp", f"127.0.0.1:{rig.ports['sip']}", "-sf", scenario, "-i", "127.0.0.1",
                   "-p", rig.ports["voice"], "-m", 1, "-nostdin", "-auth_uri", "example.com"],
                  stdout=open(rig.dir / "sipp.screen", "w"),
                  stderr=open(rig.dir / "sipp.log", "w"))
    finish(p, "sipp", 30)
    check(len(bindings(rig, "sipp")) == 1, "sipp is not registered")


def leave(rig, carrier):
    """At the end tandem takes its registration back; the phones' are kept."""
    rig.tandem.terminate()
    bye = carrier.receive()
    check(header(bye, "Expires") == "0" and 'nonce="abc"' in bye, bye)
    carrier.answer(bye, "200 OK")
    check(rig.tandem.wait(10) == 0, "it did not stop in order")
    check("sipp" in (rig.dir / "state").read_text(), "the registrations are not kept")
    rig.start_tandem()
    carrier.receive(10)
    rig.wait_runs()
    check(len(bindings(rig, "sipp")) == 1, "the registrations are lost")


def register(build):
    with Rig(build) as rig:
        rig.plan.write_text(PLAN.format(**rig.ports, dir=rig.dir))
        (rig.dir / "secret").write_text("hunter2\n")
        (rig.dir / "users").write_text(
            f"alice:example.com:SHA-256:{digest('sha256', 'alice', 'example.com', 'wonder')}\n"
            f"sipp:{digest('md5', 'sipp', 'example.com', 'pots')}\n")
        carrier = Socket(rig.ports["peer"], ("127.0.0.1", rig.ports["sip"]))
        rig.start_tandem()
        with_peer(rig, carrier)
        phone(rig)
        sipp(rig)
        leave(rig, carrier)
        carrier.sock.close()


if __name__ == "__main__":
    sys.exit(main(register))
