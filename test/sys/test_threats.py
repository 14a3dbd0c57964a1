#!/usr/bin/env python3
"""Attacks of docs/threat-model.md that need a real program: old TLS and weak ciphers, handshakes in
a handshake, redirections out of TLS, other people's calls over another connection, datagrams in
other people's names, and who may speak to the control socket."""
import os
import re
import select
import socket
import ssl
import stat
import struct
import subprocess
import sys
import time

from rig import Rig, check, main

PLAN = """version 1
sip {{
    listen udp:127.0.0.1:{sip}, tcp:127.0.0.1:{sip}, tls:127.0.0.1:{tls}
    tls cert both.crt key both.key ca both.crt verify off
}}
media {{
    address 127.0.0.1
    ports {rtp_low}-{rtp_high}
}}
trunk phones {{
    sip sip:127.0.0.2:{peer}
    accept from 127.0.0.2
}}
trunk others {{
    sip sip:127.0.0.3:{peer}
    accept from 127.0.0.3
}}
trunk secure {{
    sip sip:127.0.0.5:{far};transport=tls
    redirects follow
}}
routes from phones {{
    1* -> secure
    * -> echo
}}
routes from others {{ * -> reject 21 }}
admin socket {dir}/tandem.sock
overload {{ off }}
log info
"""
SDP = ("v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n"
       "m=audio 4000 RTP/AVP 8\r\n")


def request(host, port, method, call, transport="UDP", uri="1234", more="", to="", cseq=1, body=""):
    kind = "Content-Type: application/sdp\r\n" if body else ""
    return (f"{method} sip:{uri}@127.0.0.1 SIP/2.0\r\n"
            f"Via: SIP/2.0/{transport} {host}:{port};branch=z9hG4bK{call}{method}{cseq};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:100@{host}>;tag=f\r\nTo: <sip:{uri}@127.0.0.1>{to}\r\n"
            f"Call-ID: {call}\r\nCSeq: {cseq} {method}\r\nContact: <sip:100@{host}:{port}>\r\n"
            f"{more}{kind}Content-Length: {len(body)}\r\n\r\n{body}").encode()


def field(text, name):
    found = re.search(rf"(?mi)^{name}: (.*)\r$", text)
    return found.group(1) if found else ""


def final(s, seconds=5):
    """The next final answer on a UDP socket."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if select.select([s], [], [], 0.1)[0]:
            text = s.recv(65536).decode()
            if text.startswith("SIP/2.0 ") and not text.startswith("SIP/2.0 1"):
                return text
    check(False, "no final answer")


def udp(host, port=0):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((host, port))
    return s


# ---- TLS ----

GOOD = (0xC02B, 0xC02C, 0xC009)  # ECDHE-ECDSA with AES
WEAK = {"NULL": (0xC006, 0x0001, 0x0002), "RC4": (0xC007, 0x0004, 0x0005),
        "export": (0x0003, 0x0008), "DES": (0x0009, 0x000A, 0xC008),
        "anonymous": (0xC018, 0x0034, 0x001B)}


def hello(version, suites):
    def ext(kind, data):
        return struct.pack("!HH", kind, len(data)) + data
    body = version + os.urandom(32) + b"\0" + struct.pack("!H", 2 * len(suites))
    body += b"".join(struct.pack("!H", s) for s in suites) + b"\1\0"
    if version != b"\3\0":
        extensions = (ext(10, b"\0\2\0\x17") + ext(11, b"\1\0") + ext(13, b"\0\4\4\3\2\3") +
                      ext(0xFF01, b"\0"))
        body += struct.pack("!H", len(extensions)) + extensions
    message = b"\1" + struct.pack("!I", len(body))[1:] + body
    return b"\x16\3\1" + struct.pack("!H", len(message)) + message


def server_says(rig, version, suites):
    """The first octets of a server's answer: (16, 2) is a ServerHello, (15, ..) an alert."""
    with socket.create_connection(("127.0.0.1", rig.ports["tls"]), 5) as s:
        s.settimeout(5)
        s.sendall(hello(version, suites))
        got = b""
        try:
            while len(got) < 6:
                more = s.recv(100)
                if not more:
                    break
                got += more
        except ConnectionResetError:
            pass
    return (got[0], got[5]) if len(got) > 5 else None


def old_tls(rig):
    check(server_says(rig, b"\3\3", GOOD) == (0x16, 2), "TLS 1.2 is not spoken")
    for name, version in (("SSL 3.0", b"\3\0"), ("TLS 1.0", b"\3\1"), ("TLS 1.1", b"\3\2")):
        said = server_says(rig, version, GOOD)
        check(said != (0x16, 2), f"{name} is spoken: {said}")
    for name, suites in WEAK.items():
        said = server_says(rig, b"\3\3", suites)
        check(said != (0x16, 2), f"{name} is spoken: {said}")


def no_second_handshake(rig):
    """A client that asks for one handshake after the other costs us one alone."""
    p = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{rig.ports['tls']}",
                          "-tls1_2", "-legacy_renegotiation"], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=rig.dir)
    said = b""
    # the letter only once the handshake is over, or it would be data of its own
    for mark, letter in ((b"Extended master secret", b"R\n"), (b"no renegotiation", b"")):
        while mark not in said and select.select([p.stdout], [], [], 10)[0]:
            more = os.read(p.stdout.fileno(), 4096)
            if not more:
                break
            said += more
        p.stdin.write(letter)
        p.stdin.flush()
    p.kill()
    said += p.communicate()[0]
    first, asked, after = said.decode(errors="replace").partition("RENEGOTIATING")
    check(asked, first[-500:])
    check("no renegotiation" in after, f"not refused: {after}")
    check("verify return" not in after and "depth=" not in after, f"a second handshake: {after}")


def no_way_out_of_tls(rig):
    """A peer called over TLS cannot send us on in the clear; over TLS it can."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(rig.dir / "both.crt", rig.dir / "both.key")
    listener = socket.create_server(("127.0.0.5", rig.ports["far"]))
    listener.settimeout(10)
    caller, hole = udp("127.0.0.2"), udp("127.0.0.6", rig.ports["far"])
    port, to = caller.getsockname()[1], ("127.0.0.1", rig.ports["sip"])
    caller.sendto(request("127.0.0.2", port, "INVITE", "out", body=SDP), to)
    stream, text = None, ""

    def next_request(method):
        nonlocal stream, text
        while True:
            if select.select([listener], [], [], 0 if stream else 10)[0]:
                stream = context.wrap_socket(listener.accept()[0], server_side=True)
                stream.settimeout(1)
                text = ""
            head, found, rest = text.partition("\r\n\r\n")
            length = int(field(head + "\r\n", "Content-Length") or 0) if found else 0
            if found and len(rest) >= length:
                text = rest[length:]
                if head.startswith(method):
                    return head + "\r\n"
            else:
                try:
                    text += stream.recv(65536).decode()
                except TimeoutError:
                    check(select.select([listener], [], [], 5)[0], f"no {method}")

    def answer(invite, status, more=""):
        lines = "".join(f"{n}: {field(invite, n)}{';tag=x' if n == 'To' else ''}\r\n"
                        for n in ("Via", "From", "To", "Call-ID", "CSeq"))
        stream.sendall(f"SIP/2.0 {status}\r\n{lines}{more}Content-Length: 0\r\n\r\n".encode())

    answer(next_request("INVITE"), "302 Moved",
           f"Contact: <sip:next@127.0.0.5:{rig.ports['far']};transport=tls>\r\n")
    invite = next_request("INVITE")
    check("next@" in invite.split("\r\n")[0], f"not followed over TLS: {invite}")
    answer(invite, "302 Moved", f"Contact: <sip:clear@127.0.0.6:{rig.ports['far']}>\r\n")
    said = final(caller)
    check(not said.startswith("SIP/2.0 2"), said)
    check(not select.select([hole], [], [], 0.5)[0], "the call left in the clear")
    tag = ";" + field(said, "To").split(";", 1)[1]
    caller.sendto(request("127.0.0.2", port, "ACK", "out", to=tag), to)
    for s in (stream, listener, caller, hole):
        s.close()


# ---- somebody else's call ----

def no_taking_over(rig):
    """All tags of a call are known to another trunk, which comes over TCP and TLS: it gets 481, and
    the call goes on."""
    to = ("127.0.0.1", rig.ports["sip"])
    caller = udp("127.0.0.2")
    port = caller.getsockname()[1]
    caller.sendto(request("127.0.0.2", port, "INVITE", "mine", uri="2000", body=SDP), to)
    said = final(caller)
    check(said.startswith("SIP/2.0 200"), said)
    tag = ";" + field(said, "To").split(";", 1)[1]
    caller.sendto(request("127.0.0.2", port, "ACK", "mine", uri="2000", to=tag), to)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    for kind, where in (("TCP", "sip"), ("TLS", "tls")):
        s = socket.create_connection(("127.0.0.1", rig.ports[where]), 5, ("127.0.0.3", 0))
        s = context.wrap_socket(s) if kind == "TLS" else s
        s.settimeout(5)
        for n, method in enumerate(("BYE", "INVITE", "UPDATE", "REFER", "INFO")):
            s.sendall(request("127.0.0.3", 5060, method, "mine", kind, "2000", to=tag, cseq=n + 2))
            got = ""
            while not (said := re.findall(r"(?m)^SIP/2.0 ([2-6]\d\d) ", got)):
                more = s.recv(65536).decode()
                check(more, f"{method} over {kind}: closed after {got}")
                got += more
            check(said == ["481"], f"{method} over {kind}: {got}")
            if method == "INVITE":
                s.sendall(request("127.0.0.3", 5060, "ACK", "mine", kind, "2000", to=tag,
                                  cseq=n + 2))
        s.close()
    check(rig.status()["calls"] == 1, "the call is gone")
    caller.sendto(request("127.0.0.2", port, "BYE", "mine", uri="2000", to=tag, cseq=9), to)
    check(final(caller).startswith("SIP/2.0 200"), "its own BYE")
    caller.close()


# ---- in somebody else's name ----

def forged_datagrams(rig):
    """Datagrams that bear an address have it banned over UDP, not over TCP, where it has proved to
    be there."""
    to = ("127.0.0.1", rig.ports["sip"])
    forged, caller = udp("127.0.0.9"), udp("127.0.0.2")
    end = time.monotonic() + 20
    while not rig.ask("show", "bans"):
        check(time.monotonic() < end, "datagrams of a stranger end in no ban")
        for _ in range(200):
            forged.sendto(b"noise\r\n\r\n", to)
    forged.sendto(request("127.0.0.9", forged.getsockname()[1], "OPTIONS", "unheard"), to)
    with socket.create_connection(to, 5, ("127.0.0.9", 0)) as s:
        s.settimeout(10)
        s.sendall(request("127.0.0.9", 5060, "OPTIONS", "heard", "TCP"))
        got = s.recv(65536).decode()
        check(got.startswith("SIP/2.0 403"), f"over TCP: {got}")
    check(not select.select([forged], [], [], 0)[0], "heard over UDP")
    check(rig.ask("show", "bans"), "the ban is over")
    caller.sendto(request("127.0.0.2", caller.getsockname()[1], "OPTIONS", "others"), to)
    check(final(caller).startswith("SIP/2.0 200"), "a peer is not heard")
    rig.ask("unban", "127.0.0.9")
    forged.close()
    caller.close()


def local_users(rig):
    mode = stat.S_IMODE(os.stat(rig.dir / "tandem.sock").st_mode)
    check(mode & 0o007 == 0, f"anybody may speak to the control socket: {mode:o}")


def test(build):
    with Rig(build, judged=False) as rig:
        rig.ports.update(tls=rig.ports["sip"] + 20, far=rig.ports["sip"] + 21)
        rig.plan.write_text(PLAN.format(**rig.ports, dir=rig.dir))
        subprocess.run(["openssl", "req", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-x509", "-days", "30",
                        "-keyout", "both.key", "-out", "both.crt",
                        "-subj", "/CN=both", "-addext", "subjectAltName=IP:127.0.0.5,IP:127.0.0.1"],
                       cwd=rig.dir, check=True, capture_output=True)
        rig.start_tandem()
        rig.wait_runs()
        for attack in (old_tls, no_second_handshake, no_way_out_of_tls, no_taking_over,
                       forged_datagrams, local_users):
            attack(rig)
            print(f"{attack.__name__}: ok")
        rig.tandem.terminate()
        check(rig.tandem.wait(10) == 0, "tandem did not stop well")


sys.exit(main(test))
