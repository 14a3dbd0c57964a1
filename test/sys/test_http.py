#!/usr/bin/env python3
"""The HTTP side of the daemon from outside: what is answered and with which headers, over TCP and a
UNIX socket; who is let in; a thousand connections that wait while calls go on, and clients that
send an octet now and then."""
import gzip
import http.client
import json
import os
import re
import resource
import signal
import socket
import ssl
import stat
import subprocess
import sys
import threading
import time

import sipscript
from rig import SPAN, Rig, check, finish, main, wait_for

RULES = SPAN + """
number 301230xx {{
    proceeding
    alerting
    answer
    wait 20s
}}
"""

PAGES = ("/", "/calls", "/calls/1", "/routes", "/routes?number=030123001&from=pbx", "/trunks",
         "/rates?number=030123001", "/alarms", "/settings", "/login")

ALWAYS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
          "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin"}


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(str(self.path))


class Web:
    def __init__(self, rig, path, port):
        self.rig = rig
        self.path = path
        self.port = port
        self.context = None  # of TLS

    def connection(self, unix=False):
        if self.context:
            return http.client.HTTPSConnection("localhost", self.port, timeout=20,
                                               context=self.context)
        return Unix(self.path) if unix else http.client.HTTPConnection("127.0.0.1", self.port,
                                                                       timeout=20)

    def ask(self, target, method="GET", body=None, unix=False, **headers):
        """Status, headers, body."""
        c = self.connection(unix)
        c.request(method, target, body=body,
                  headers={name.replace("_", "-"): v for name, v in headers.items()})
        r = c.getresponse()
        answer = r.status, r.headers, r.read()
        c.close()
        for name, value in ALWAYS.items():
            check(r.headers.get_all(name) == [value], f"{method} {target}: {name} is "
                  f"{r.headers.get_all(name)}")
        policy = r.headers["Content-Security-Policy"] or ""
        check("default-src 'self'" in policy and "unsafe" not in policy,
              f"{method} {target}: {policy}")
        return answer

    def expect(self, status, target, method="GET", **more):
        got, headers, body = self.ask(target, method, **more)
        check(got == status, f"{method} {target}: {got}, not {status}: {body[:200]}")
        if status >= 400 and "html" not in headers["Content-Type"]:
            check(headers["Content-Type"].startswith("application/problem+json"),
                  f"{method} {target}: {headers['Content-Type']}")
            if method != "HEAD":
                check(json.loads(body)["status"] == status, f"{target}: {body}")
        return headers, body

    def raw(self, octets, seconds=20):
        """What a server says to octets that no library would send."""
        with socket.create_connection(("127.0.0.1", self.port), seconds) as s:
            s.sendall(octets)
            got = b""
            while piece := s.recv(65536):
                got += piece
            return got


def statuses(web):
    for target in ("/healthz", "/readyz"):
        headers, body = web.expect(200, target)
        check(headers["Cache-Control"] == "no-store", f"{target}: {headers['Cache-Control']}")
    headers, body = web.expect(200, "/metrics")
    check(headers["Content-Type"].startswith("text/plain; version=0.0.4"), headers["Content-Type"])
    check(b"\ntandem_" in body, f"/metrics: {body[:200]}")
    headers, body = web.expect(200, "/api/v1/status")
    check(json.loads(body)["items"][0]["state"] == "running", f"/api/v1/status: {body}")
    web.expect(404, "/nothing")
    web.expect(404, "/calls/1/2")
    web.expect(404, "/api/v1/nothing")
    web.expect(404, "/api/v1x")
    web.expect(405, "/js/main.js", "POST")
    web.expect(404, "/nothing", "DELETE")
    headers, body = web.expect(200, "/healthz", "HEAD")
    check(body == b"" and headers["Content-Length"] == "3", f"HEAD: {headers}")
    web.expect(404, "/nothing", "HEAD")


def guards(web):
    """DNS rebinding, other sites' forms, and targets that mean no good."""
    for host, status in ((f"127.0.0.1:{web.port}", 200), ("localhost", 200), ("[::1]:80", 200),
                         ("gw.example:8443", 200), ("evil.example", 421), ("localhost.evil", 421)):
        web.expect(status, "/healthz", Host=host)
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"},
                    {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}):
        web.expect(403, "/login", "POST", body="name=a&password=b", **headers)
    for target in (b"/a%00b", b"/..", b"/js/../index.html", b"/%2e%2e/etc/passwd", b"/%ff", b"*"):
        got = web.raw(b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        check(got.startswith(b"HTTP/1.1 400 "), f"{target}: {got[:200]}")
    for target in (b"//js/main.js", b"/js", b"/js/", b"/etc/passwd", b"/index.html%20", b"/js/./main.js"):
        got = web.raw(b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        check(got.startswith(b"HTTP/1.1 404 "), f"{target}: {got[:200]}")
    check(b" 431 " in web.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 40000 +
                              b"\r\n\r\n")[:20], "a head of 40000 octets")
    check(b" 413 " in web.raw(b"POST /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                              b"Content-Length: 999999999\r\n\r\n")[:20], "a body of 1 GB")
    for garbage in (b"\r\n\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20 + b"\r\n\r\n",
                    b"GET\r\n\r\n", b"\x00" * 100 + b"\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", web.port), 20) as s:
            s.sendall(garbage)
    web.expect(200, "/healthz")


def files(web):
    """What the page is made of: small, kept by browsers, and the same compressed or not."""
    total = 0
    _, shell = web.expect(200, "/")
    wanted = set(re.findall(r'(?:href|src)="(/[^"?]+\.(?:js|css|svg))', shell.decode()))
    check(len(wanted) >= 4, f"the page loads {wanted}")
    seen = set()
    while wanted - seen:
        path = (wanted - seen).pop()
        seen.add(path)
        headers, packed = web.expect(200, path, Accept_Encoding="br, gzip")
        check(headers["Content-Encoding"] == "gzip", f"{path}: {headers}")
        plain_headers, plain = web.expect(200, path)
        check(plain_headers["Content-Encoding"] is None and gzip.decompress(packed) == plain, path)
        web.expect(200, path, Accept_Encoding="gzip;q=0")
        tag = headers["ETag"]
        web.expect(304, path, If_None_Match=tag)
        web.expect(200, path, If_None_Match='"other"')
        kept, _ = web.expect(200, f"{path}?v={tag.strip(chr(34))}")
        check("immutable" in kept["Cache-Control"], f"{path}: {kept['Cache-Control']}")
        check("immutable" not in headers["Cache-Control"], f"{path}: {headers['Cache-Control']}")
        total += len(packed)
        if path.endswith(".js"):
            wanted |= {os.path.normpath(os.path.join(os.path.dirname(path), found)) for found in
                       re.findall(rb'''(?:from|import)\s*\(?["'](\.[^"']+\.js)''', plain)
                       for found in [found.decode()]}
    check(total < 150_000, f"the page's files are {total} octets")
    return len(seen), total


def pages(web, unix=False):
    """The content is there without a script."""
    for target in PAGES:
        headers, body = web.expect(200, target, unix=unix)
        text = body.decode()
        check("<h1>" in text and "<!--content-->" not in text, f"{target}: {text}")
        check(headers["Cache-Control"] == "no-store", f"{target}: {headers['Cache-Control']}")
        check(not re.search(r"<script(?![^>]* src=)|\sstyle=|\son\w+=", text),
              f"{target}: a script or a style inside")
    _, body = web.expect(200, "/trunks", unix=unix)
    check(b"pbx" in body and b"<td>" in body, f"/trunks: {body}")
    _, body = web.expect(200, "/routes?number=%3Cb%3E&from=%22x", unix=unix)
    check(b"<b>" not in body and b'"x"' not in body, f"not escaped: {body}")


def over_unix(web):
    mode = os.stat(web.path).st_mode
    check(stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o660, f"{web.path}: {mode:o}")
    _, body = web.expect(200, "/api/v1/session", unix=True)
    check(b'"admin"' in body, f"/api/v1/session: {body}")
    web.expect(200, "/healthz", unix=True, Host="anything")
    pages(web, unix=True)
    _, body = web.expect(200, "/api/v1/session")
    check(b'"viewer"' in body, f"/api/v1/session: {body}")
    status, _, body = web.ask("/api/v1/drain", "POST")
    check(status in (401, 403), f"a viewer drains: {status} {body}")


def thousand(rig, web):
    """Connections that wait cost no time, and calls go on as if they were not there."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    caller = rig.sipp("during", sipscript.CALLER, calls=20, rate=10, hold=3000)
    waiting = []
    for _ in range(990):
        s = socket.create_connection(("127.0.0.1", web.port), 20)
        waiting.append(s)
    for s in waiting[::2]:
        s.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    for s in waiting[::2]:
        check(s.recv(4096).startswith(b"HTTP/1.1 200 "), "an answer to one of a thousand")
    finish(caller, "calls while a thousand connections wait")
    before = cpu(rig)
    time.sleep(2)
    used = cpu(rig) - before
    _, body = web.expect(200, "/healthz")
    check(body == b"ok\n", body)
    for s in waiting:
        s.close()
    return used


def cpu(rig):
    """Seconds that the daemon has used."""
    with open(f"/proc/{rig.tandem.pid}/stat") as f:
        words = f.read().rsplit(") ", 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


class Slow(threading.Thread):
    """Half a request, an octet at a time: it is not waited for, and disturbs nobody."""

    def __init__(self, web):
        super().__init__(daemon=True)
        self.web = web
        self.took = None
        self.start()

    def run(self):
        with socket.create_connection(("127.0.0.1", self.web.port), 20) as s:
            s.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ")
            began = time.monotonic()
            s.settimeout(0.25)
            while time.monotonic() - began < 90:
                try:
                    s.sendall(b"x")
                    if s.recv(100) == b"":
                        break
                except TimeoutError:
                    continue
                except OSError:
                    break
            self.took = time.monotonic() - began

    def judge(self):
        self.join()
        check(25 < self.took < 60, f"a slow client was let go after {self.took:.1f} s")


# ---- accounts and TLS ----

ACCOUNTS = """version 1
sip {{ listen udp:127.0.0.1:{sip} }}
media {{ ports {low}-{high} }}
trunk pbx {{
    sip sip:127.0.0.1:{peer}
    accept from 127.0.0.1
    numbers e164
}}
routes from pbx {{
    * -> reject 1
}}
admin socket {dir}/second.sock, http 127.0.0.1:{http} {{
    users {dir}/users
    tls cert {dir}/web.pem key {dir}/web.key
}}
"""


def certificate(rig, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "90", "-subj", f"/CN={name}",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", rig.dir / "web.key",
                    "-out", rig.dir / "web.pem"], check=True, capture_output=True)


def account(rig, name, role):
    p = subprocess.run([rig.build / "tandem", "passwd", "--admin", name, role], check=True,
                       input="correct horse\n", capture_output=True, text=True)
    return p.stdout


def shown(port):
    """The certificate that is shown."""
    return ssl.get_server_certificate(("127.0.0.1", port))


def accounts(rig):
    """Pages for those who are logged in, with forms alone; certificates and accounts read again."""
    port = rig.ports["sip"] + 31
    certificate(rig, "first")
    (rig.dir / "users").write_text(account(rig, "vera", "viewer"))
    (rig.dir / "users").chmod(0o600)
    plan = rig.dir / "second.conf"
    plan.write_text(ACCOUNTS.format(sip=port + 1, peer=port + 2, http=port, dir=rig.dir,
                                    low=rig.ports["rtp_low"], high=rig.ports["rtp_high"]))
    daemon = rig.spawn([rig.build / "tandem", "run", "-c", plan],
                       stderr=open(rig.dir / "second.log", "w"))
    web = Web(rig, None, port)
    web.context = ssl.create_default_context(cafile=rig.dir / "web.pem")
    wait_for("the page over TLS", 20, lambda: "runs" in (rig.dir / "second.log").read_text())
    form = {"Content_Type": "application/x-www-form-urlencoded", "Origin": f"https://localhost:{port}"}
    _, body = web.expect(401, "/trunks")
    check(b'name="password"' in body and b'value="/trunks"' in body and b"pbx" not in body, body)
    web.expect(401, "/metrics")
    web.expect(401, "/api/v1/status")
    web.expect(200, "/healthz")
    web.expect(200, "/js/main.js")
    web.expect(403, "/login", "POST", body="name=vera&password=wrong&to=/trunks", **form)
    for to, goes in (("/trunks", "/trunks"), ("//evil.example", "/"), ("/%5Cevil.example", "/"),
                     ("https://evil.example", "/"), ("/a%0D%0AX:y", "/")):
        headers, _ = web.expect(303, "/login", "POST", **form,
                                body=f"name=vera&password=correct+horse&to={to}")
        check(headers["Location"] == goes, f"to {to}: {headers['Location']}")
    cookie = headers["Set-Cookie"]
    check(all(word in cookie for word in ("HttpOnly", "Secure", "SameSite=Strict")), cookie)
    cookie = cookie.split(";")[0]
    _, body = web.expect(200, "/trunks", Cookie=cookie)
    check(b"pbx" in body and b"vera: viewer" in body, body)
    web.expect(200, "/metrics", Cookie=cookie)
    web.expect(403, "/logout", "POST", body="csrf=wrong", Cookie=cookie, **form)
    web.expect(200, "/trunks", Cookie=cookie)
    token = re.search(rb'name="csrf" value="(\w+)"', body)[1].decode()
    web.expect(303, "/logout", "POST", body=f"csrf={token}", Cookie=cookie, **form)
    web.expect(401, "/trunks", Cookie=cookie)
    read_again(rig, web, daemon, form)
    for _ in range(20):
        status, headers, _ = web.ask("/login", "POST", body="name=vera&password=guess", **form)
        if status == 429:
            break
    check(status == 429 and int(headers["Retry-After"]) >= 1, f"guesses: {status}")
    daemon.terminate()
    finish(daemon, "the second daemon")


def read_again(rig, web, daemon, form):
    headers, _ = web.expect(303, "/login", "POST", body="name=vera&password=correct+horse", **form)
    cookie = headers["Set-Cookie"].split(";")[0]
    first = shown(web.port)
    (rig.dir / "users").write_text("nonsense\n")
    (rig.dir / "web.pem").write_text("nonsense\n")
    daemon.send_signal(signal.SIGHUP)
    wait_for("two complaints", 10,
             lambda: (rig.dir / "second.log").read_text().count("as it was") +
             (rig.dir / "second.log").read_text().count("as they were") >= 2)
    web.expect(200, "/trunks", Cookie=cookie)
    check(shown(web.port) == first, "the certificate stays")
    (rig.dir / "users").write_text(account(rig, "olga", "operator"))
    certificate(rig, "second")
    daemon.send_signal(signal.SIGHUP)
    wait_for("the other certificate", 10, lambda: shown(web.port) != first)
    web.context = ssl.create_default_context(cafile=rig.dir / "web.pem")
    web.expect(401, "/trunks", Cookie=cookie)
    (rig.dir / "users").write_text(account(rig, "vera", "viewer"))


def test(build):
    with Rig(build, RULES) as rig:
        path = rig.dir / "run" / "http.sock"
        port = rig.ports["sip"] + 30
        plan = rig.plan.read_text()
        rig.plan.write_text(re.sub(
            r"^admin .*$", f"admin socket {rig.dir}/tandem.sock, http 127.0.0.1:{port} {{\n"
            f"    http unix:{path}\n    host gw.example\n}}", plan, count=1, flags=re.M))
        web = Web(rig, path, port)
        rig.start()
        wait_for("the page", 20, lambda: path.exists())
        slow = Slow(web)
        statuses(web)
        guards(web)
        n, total = files(web)
        pages(web)
        over_unix(web)
        used = thousand(rig, web)
        accounts(rig)
        slow.judge()
        print(f"{n} files, {total} octets; a thousand connections: {used:.2f} s of CPU in 2 s")


if __name__ == "__main__":
    sys.exit(main(test))
