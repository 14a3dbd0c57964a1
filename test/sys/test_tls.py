#!/usr/bin/env python3
"""SIP over TLS against other people's implementations: openssl s_client and gnutls-cli send OPTIONS to
a running tandem. Versions, certificates both ways, new certificates under an open connection."""
import os
import select
import signal
import subprocess
import sys
import time

from rig import Rig, check, main, wait_for

OPTIONS = ("OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:5099;branch=z9hG4bK{n}\r\n"
           "Max-Forwards: 70\r\nFrom: <sip:far@127.0.0.1>;tag=1\r\nTo: <sip:127.0.0.1>\r\n"
           "Call-ID: {n}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")


class Client:
    """A program that speaks TLS between its standard streams and tandem."""

    def __init__(self, rig, argv):
        self.process = rig.spawn(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, bufsize=0)
        self.out = ""
        self.over = False

    def read_until(self, text, seconds=10):
        """True when it came; all that was said is in `out`."""
        end = time.monotonic() + seconds
        while text not in self.out:
            if not select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
                return False
            got = os.read(self.process.stdout.fileno(), 65536)
            if not got:
                self.over = True
                return False
            self.out += got.decode(errors="replace")
        return True

    def options(self, n, seconds=10):
        """Whether OPTIONS is answered."""
        try:
            self.process.stdin.write(OPTIONS.format(n=n).encode())
        except BrokenPipeError:
            pass  # it was refused already: what it said of that is still to be read
        return self.read_until(f"branch=z9hG4bK{n}", seconds) and "SIP/2.0 200 OK" in self.out

    def close(self):
        self.process.kill()
        self.process.wait(5)
        self.process.stdin.close()
        self.process.stdout.close()


class Authority:
    """A CA in the rig's folder."""

    def __init__(self, folder):
        self.dir = folder
        self.request("ca", "/CN=Test CA", "-x509", "-days", "3650")

    def run(self, *argv):
        subprocess.run(["openssl", *map(str, argv)], cwd=self.dir, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def request(self, name, subject, *options):
        self.run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-keyout", f"{name}.key", "-out", f"{name}.crt", "-subj", subject, *options)

    def issue(self, name, subject, san, key=None):
        """NAME.crt and NAME.key; over those of another name when `key` is given."""
        self.request("new", subject)
        (self.dir / "san").write_text(f"subjectAltName={san}\n")
        self.run("x509", "-req", "-in", "new.crt", "-CA", "ca.crt", "-CAkey", "ca.key", "-days",
                 "3650", "-CAcreateserial", "-extfile", "san", "-out", "signed.crt")
        os.replace(self.dir / "signed.crt", self.dir / f"{name}.crt")
        os.replace(self.dir / "new.key", self.dir / f"{name}.key")


def openssl(rig, *options):
    return Client(rig, ["openssl", "s_client", "-connect", f"127.0.0.1:{rig.ports['tls']}",
                        "-CAfile", "ca.crt", "-verify_hostname", "sip.example.com",
                        "-verify_return_error", "-servername", "sip.example.com", *options])


def gnutls(rig, *options):
    return Client(rig, ["gnutls-cli", "--port", rig.ports["tls"], "--x509cafile", "ca.crt",
                        "--verify-hostname", "sip.example.com", "--sni-hostname",
                        "sip.example.com", *options, "127.0.0.1"])


def answered(client, n, what):
    try:
        check(client.options(n), f"{what}: no answer to OPTIONS:\n{client.out}")
    finally:
        client.close()


def refused(client, n, what):
    try:
        check(not client.options(n), f"{what}: was let in")
        check(client.over, f"{what}: was neither let in nor refused:\n{client.out}")
        check("CONNECTED" in client.out, f"{what}: did not reach the gateway:\n{client.out}")
    finally:
        client.close()


def versions(rig):
    for n, version in enumerate(("-tls1_2", "-tls1_3")):
        answered(openssl(rig, version), f"v{n}", f"openssl {version}")
    old = openssl(rig, "-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0")
    refused(old, "old", "TLS 1.1")
    check("protocol version" in old.out, f"TLS 1.1: not for its version:\n{old.out}")
    answered(gnutls(rig), "g0", "gnutls-cli")
    answered(gnutls(rig, "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2"), "g1", "gnutls-cli 1.2")


def pings(rig):
    c = openssl(rig, "-quiet", "-nocommands")
    check(c.options("p1"), "no answer before the ping")
    before = len(c.out)
    c.process.stdin.write(b"\r\n\r\n")
    wait_for("a pong", 5, lambda: c.read_until("\0", 0.2) or c.out[before:].endswith("\r\n"))
    check(c.options("p2"), "no answer after the ping")
    c.close()


def new_certificates(rig, authority):
    """SIGHUP: the connection in use goes on, a new one sees the new certificate."""
    old = openssl(rig, "-nocommands")
    check(old.options("r1"), f"no answer before the reload:\n{old.out}")
    check("CN = first" in old.out or "CN=first" in old.out, "not the first certificate")
    authority.issue("server", "/CN=second", "DNS:sip.example.com")
    hang_up(rig, "certificates read again")
    check(old.options("r2"), "the open connection did not survive the reload")
    new = openssl(rig)
    answered(new, "r3", "after the reload")
    check("CN = second" in new.out or "CN=second" in new.out, "not the second certificate")
    good = (rig.dir / "server.key").read_bytes()
    (rig.dir / "server.key").write_text("no key\n")
    hang_up(rig, "certificates stay as they were")
    answered(openssl(rig), "r4", "after a reload that failed")
    (rig.dir / "server.key").write_bytes(good)
    check(old.options("r5"), "the open connection did not survive the failed reload")
    old.close()


def hang_up(rig, line):
    rig.tandem.send_signal(signal.SIGHUP)
    wait_for(f"log: {line}", 5, lambda: line in (rig.dir / "tandem.log").read_text())


def mutual(rig):
    mine = ("-cert", "client.crt", "-key", "client.key")
    refused(openssl(rig, "-tls1_3"), "m1", "no certificate, TLS 1.3")
    refused(openssl(rig, "-tls1_2"), "m2", "no certificate, TLS 1.2")
    refused(openssl(rig, "-cert", "self.crt", "-key", "self.key"), "m3", "somebody's certificate")
    answered(openssl(rig, "-tls1_3", *mine), "m4", "with a certificate, TLS 1.3")
    answered(openssl(rig, "-tls1_2", *mine), "m5", "with a certificate, TLS 1.2")
    answered(gnutls(rig, "--x509certfile", "client.crt", "--x509keyfile", "client.key"), "m6",
             "gnutls-cli with a certificate")
    log = (rig.dir / "tandem.log").read_text()
    check("handshake failed" in log, "no word in the log about those refused")


def wrong_key(rig):
    """A plan whose key is another one's is refused with its place."""
    wrong = rig.dir / "wrong.conf"
    wrong.write_text(rig.plan.read_text().replace("key server.key", "key client.key"))
    p = subprocess.run([rig.build / "tandem", "check", "-c", wrong], cwd=rig.dir, text=True,
                       capture_output=True)
    check(p.returncode != 0 and "wrong.conf:3:" in p.stderr + p.stdout and
          "client.key" in p.stderr + p.stdout, f"tandem check: {p.returncode} {p.stdout}{p.stderr}")


def start(rig, verify):
    rig.plan.write_text(rig.plan.read_text().replace(VERIFY, verify))
    rig.start_tandem()
    rig.wait_runs()


def stop(rig):
    rig.tandem.terminate()
    check(rig.tandem.wait(10) == 0, "tandem did not stop well")


VERIFY = "ca ca.crt verify off"


def test(build):
    with Rig(build) as rig:
        rig.ports["tls"] = rig.ports["sip"] + 20
        text = rig.plan.read_text()
        first = f"tcp:127.0.0.1:{rig.ports['sip']} }}"
        check(first in text, "the rig's plan has another sip block")
        rig.plan.write_text(text.replace(first, (
            f"tcp:127.0.0.1:{rig.ports['sip']}, tls:127.0.0.1:{rig.ports['tls']}; "
            f"tls cert server.crt key server.key {VERIFY} }}").replace("; ", "\n")))
        authority = Authority(rig.dir)
        authority.issue("server", "/CN=first", "DNS:sip.example.com")
        authority.issue("client", "/CN=client", "DNS:peer.example.net")
        authority.request("self", "/CN=self", "-x509")
        start(rig, VERIFY)
        versions(rig)
        pings(rig)
        new_certificates(rig, authority)
        stop(rig)
        (rig.dir / "trusted").mkdir()
        os.link(rig.dir / "ca.crt", rig.dir / "trusted" / "one.pem")
        start(rig, "ca trusted verify required")
        mutual(rig)
        stop(rig)
        wrong_key(rig)


sys.exit(main(test))
