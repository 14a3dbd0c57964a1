#!/usr/bin/env python3
"""The HTTP side under attack, of the daemon as it runs: what strangers on SIP say of themselves on
every page, requests that can be read in two ways, guesses of passwords by the hundred, sessions
that outlive what they stood for, what roles may not, and bodies that nobody may send."""
import csv
import html.parser
import io
import json
import math
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as xml

from rig import SPAN, Rig, check, finish, main, wait_for
from test_http import cpu
from webclient import Client, Events

RULES = SPAN + """
number 30123001 {{
    proceeding
    alerting
    wait 300s
}}
"""

ACCOUNTS = {"vera": "viewer", "otto": "operator", "paul": "planner", "anna": "admin",
            "gone": "viewer", "moved": "viewer"}
PASSWORD = "a password for "
EVIL = "<script>alert(1)</script>"
FORMULA = "=HYPERLINK(1)"
CALL_ID = f"-HYPERLINK(1)\"]{EVIL}<!--'%0d%0a@evil"
USER = "=%3Cscript%3Ealert(1)%3C/script%3E"  # as a URI writes the two


class Page(html.parser.HTMLParser):
    """Tags and attributes that a browser would act on."""

    def __init__(self, text):
        super().__init__()
        self.wrong, self.inside = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if tag in ("script", "img", "iframe", "object", "embed", "base"):
            source = a.get("src") or ""
            if not source.startswith("/"):
                self.wrong.append((tag, a))
        self.wrong += [(tag, name) for name in a if name.startswith("on") or name == "style"]
        self.wrong += [(tag, a) for name in ("href", "action")
                       if not (a.get(name) or "/").startswith(("/", "#"))]


def write_accounts(rig, leave=()):
    lines = getattr(rig, "lines", {})
    for name, role in ACCOUNTS.items():
        if name not in lines:
            lines[name] = account(rig, name, role)
    rig.lines = lines
    (rig.dir / "users").write_text("".join(l for n, l in lines.items() if n not in leave))
    os.chmod(rig.dir / "users", 0o600)


def account(rig, name, role, password=None):
    p = subprocess.run([rig.build / "tandem", "passwd", "--admin", name, role], text=True,
                       input=(password or PASSWORD + name) + "\n", capture_output=True)
    check(p.returncode == 0, f"tandem passwd: {p.stderr}")
    return p.stdout


def client(rig, name=None):
    c = Client(rig.ports["http"])
    if name:
        answer = c.login(name, PASSWORD + name)
        check(answer.status == 200, f"{name} cannot log in: {answer}")
    return c


def expect(answer, status, what):
    check(answer.status == status, f"{what}: {answer.status}, not {status}: {answer.body[:300]}")
    return answer


def page(c, target, status=200):
    answer = expect(c.raw("GET", target, None, c.headers()), status, target)
    text = answer.body.decode()
    wrong = Page(text).wrong
    check(not wrong and EVIL not in text, f"{target}: {wrong}")
    return text


def raw(rig, octets, seconds=20, source=None):
    """All that is said to octets that no library would send, until the connection ends, or until it
    is plain that the server waits for more."""
    got = b""
    with socket.create_connection(("127.0.0.1", rig.ports["http"]), seconds, source) as s:
        s.sendall(octets)
        try:
            while piece := s.recv(65536):
                got += piece
        except (ConnectionResetError, TimeoutError):
            pass
    return got


# ---- what strangers on SIP say ----

class Stranger:
    """A caller whose every text is an attack."""

    def __init__(self, rig):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", rig.ports["caller"]))
        self.socket.settimeout(10)
        self.to = ("127.0.0.1", rig.ports["sip"])
        self.here = f"127.0.0.1:{rig.ports['caller']}"

    def send(self, method, more=""):
        sdp = (f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns={EVIL}\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
               "m=audio 9 RTP/AVP 8\r\n") if method == "INVITE" else ""
        text = (f"{method} sip:030123001@{self.to[0]}:{self.to[1]};user=phone SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {self.here};branch=z9hG4bKhostile\r\n"
                f'From: "{FORMULA}{EVIL}\\\x1b[2J&\\"\'" <sip:{USER}@127.0.0.1>;tag=1\r\n'
                f"To: <sip:030123001@{self.to[0]}>\r\nCall-ID: {CALL_ID}\r\n"
                f"CSeq: 1 {method}\r\nContact: <sip:x@{self.here}>\r\nMax-Forwards: 70\r\n"
                f"User-Agent: {EVIL}\r\nSubject: {EVIL}\r\n{more}"
                f"Content-Type: application/sdp\r\nContent-Length: {len(sdp)}\r\n\r\n{sdp}")
        self.socket.sendto(text.encode(), self.to)

    def until(self, wanted):
        while True:
            answer = self.socket.recv(65536).decode(errors="replace")
            status = int(answer.split()[1])
            if status == wanted:
                return
            check(status < 200 or "CANCEL" in answer, f"the stranger: {answer}")


def strangers(rig):
    c = client(rig, "vera")
    listening = Events(c)
    stranger = Stranger(rig)
    stranger.send("INVITE")
    stranger.until(180)
    call = wait_for("the stranger's call", 20, lambda: rig.ask("show", "calls"))[0]["call_id"]
    said = [page(c, t) for t in ("/", "/calls", f"/calls/{call}", "/alarms", "/trunks")]
    check(any("&#60;script&#62;" in text for text in said), "the stranger's text is on no page at all")
    for target in ("/calls", f"/calls/{call}", f"/calls/{call}/explain", "/log", "/alarms"):
        expect(c.get(target), 200, target)
        check(not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", c.get(target).body), f"{target}: controls")
    drawing = expect(c.get(f"/calls/{call}/ladder.svg"), 200, "the ladder")
    tags = {e.tag.rpartition("}")[2] for e in xml.fromstring(drawing.body).iter()}
    check(not tags & {"script", "foreignObject", "a", "image", "use"}, f"the ladder has {tags}")
    check("default-src 'self'" in drawing.headers["content-security-policy"], "the ladder's policy")
    stranger.send("CANCEL", f'Reason: SIP;cause=200;text="{EVIL}\\\x1b[31m"\r\n')
    stranger.until(487)
    seen = []  # every event is one line of JSON, or this raises
    listening.until(lambda kind, event: call in json.dumps(event), seen)
    listening.close()
    for query in ("", "?q=%3Cscript%3E", f"?q=%22{EVIL}", "?q=%00"):
        page(c, f"/calls{query}", 400 if query == "?q=%00" else 200)
    rows = wait_for("the record", 20, lambda: list(csv.DictReader(io.StringIO(
        expect(c.get("/records.csv"), 200, "/records.csv").body.decode()))))
    cells = [cell for row in rows for cell in row.values()]
    check("'" + CALL_ID in cells, f"what a stranger called his call: {cells}")
    check(not any(re.match(r"[=@\t\r]|[-+].*[^0-9.]", cell) for cell in cells), f"a formula: {cells}")
    page(c, f"/calls/{call}")


# ---- requests ----

def twofold(rig):
    """What a proxy before us might read in another way is refused, and nothing follows it."""
    post = b"POST /login HTTP/1.1\r\nHost: localhost\r\n"
    second = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    for head in (b"Content-Length: 0\r\nContent-Length: 5\r\n",
                 b"Content-Length: 5\r\nContent-Length: 5\r\n",
                 b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
                 b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                 b"Transfer-Encoding: xchunked\r\n", b"Transfer-Encoding: chunked, identity\r\n",
                 b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n",
                 b"Content-Length: +5\r\n", b"Content-Length: 0x5\r\n", b"Content-Length: 5, 5\r\n",
                 b"Content-Length: -1\r\n", b"Content-Length: 18446744073709551616\r\n",
                 b"Host: evil.example\r\n"):
        got = raw(rig, post + head + b"\r\n" + b"0\r\n\r\n" + second)
        check(re.match(rb"HTTP/1.1 (400|413) ", got) and b"ok\n" not in got and b" 200 " not in got,
              f"{head}: {got[:400]}")
    for head in (b"Content-Length : 5\r\n", b"X: y\r\n Content-Length: 5\r\n",
                 b"Transfer-Encoding\r\n : chunked\r\n", b"Content-Length:\r\n 5\r\n"):
        got = raw(rig, post + head + b"Connection: close\r\n\r\n" + second, 2)
        check(b"\r\n\r\nok\n" not in got, f"{head}: a second request was read: {got[:400]}")


def targets(rig):
    end = b"Host: localhost\r\nConnection: close\r\n\r\n"
    for target, status in ((b"/%2e%2e/%2e%2e/etc/passwd", 400), (b"/..%2f..%2fetc/passwd", 400),
                           (b"/api/v1/calls/..%2f..%2faccounts", 400), (b"/%c0%ae%c0%ae/", 400),
                           (b"/calls/%00", 400), (b"/%zz", 400), (b"/?a=%", 400),
                           (b"/api/v1%2faccounts", 401), (b"/API/v1/accounts", 404),
                           (b"//api/v1/accounts", 404), (b"http://evil.example/api/v1/status", 401),
                           (b"/login?to=//evil.example", 200), (b"/" + b"a" * 60000, 431),
                           (b"/?" + b"a=b&" * 100, 400), (b"/healthz?%0d%0aX-Evil:%20y", 200)):
        got = raw(rig, b"GET " + target + b" HTTP/1.1\r\n" + end)
        check(re.match(rb"HTTP/1.1 (%d|414) " % status, got), f"{target[:60]}: {got[:200]}")
        check(b"evil" not in got.lower(), f"{target[:60]} comes back: {got[:300]}")
    for method, target in ((b"TRACE", b"/"), (b"OPTIONS", b"*"), (b"OPTIONS", b"/api/v1/status"),
                           (b"CONNECT", b"evil.example:80"), (b"PROPFIND", b"/"), (b"get", b"/")):
        got = raw(rig, method + b" " + target + b" HTTP/1.1\r\nX-Secret: 1\r\n" + end)
        check(re.match(rb"HTTP/1.1 4\d\d |$", got) and b"X-Secret" not in got, f"{method}: {got[:200]}")
    got = raw(rig, b"GET /healthz HTTP/1.0\r\n\r\n")
    check(b" 200 " in got[:20], f"HTTP/1.0 without a host: {got[:200]}")
    check(b" 400 " in raw(rig, b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n")[:20],
          "HTTP/1.1 without a host")
    check(b" 431 " in raw(rig, b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20000 + end)[:20], "many headers")


# ---- logging in ----

def guess(rig, name, password, source):
    body = json.dumps(dict(name=name, password=password)).encode()
    return raw(rig, b"POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
               b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body,
               300, (source, 0))[:12]


def limited(what, one):
    """Five are heard at once; the next ones 1, 3, 7 s later, which a slow machine may see."""
    began = time.monotonic()
    same = [one(i) for i in range(12)]
    most = 5 + int(math.log2(time.monotonic() - began + 1))
    check(same.count(b"HTTP/1.1 401") <= most and b"HTTP/1.1 429" in same, f"{what}: {same}")


def guesses(rig):
    """Three hundred at once, each from another place with another name: 50 ms of hashing each."""
    answers = []
    threads = [threading.Thread(target=lambda i=i: answers.append(
        guess(rig, f"name{i}", "a wrong password", f"127.1.{i // 200}.{i % 200 + 1}")), daemon=True)
        for i in range(300)]
    c, slowest, most = client(rig, "vera"), 0, 0
    for t in threads:
        t.start()
    while any(t.is_alive() for t in threads):
        began, used = time.monotonic(), cpu(rig)
        expect(c.get("/status"), 200, "a page while others guess")
        slowest, most = max(slowest, time.monotonic() - began), max(most, cpu(rig) - used)
        time.sleep(0.02)
    statuses = {s: answers.count(s) for s in set(answers)}
    check(set(statuses) <= {b"HTTP/1.1 401", b"HTTP/1.1 503"} and len(answers) == 300 and
          statuses.get(b"HTTP/1.1 401", 0) >= 30, f"300 guesses: {statuses}")
    # of the daemon's time: this program has it to share with 300 guesses
    check(most < 2.5, f"others guessed for {most:.1f} s while a page was waited for")
    limited("one source", lambda i: guess(rig, f"other{i}", "a wrong password", "127.2.0.1"))
    limited("one name", lambda i: guess(rig, "victim", "a wrong password", f"127.3.0.{i + 1}"))
    client(rig, "otto")
    return slowest


# ---- sessions ----

def form(rig, target, body, **headers):
    c = Client(rig.ports["http"])
    return c.raw("POST", target, body, {"Content-Type": "application/x-www-form-urlencoded",
                                        **{k.replace("_", "-"): v for k, v in headers.items()}})


def closed(events):
    """The stream ends by itself."""
    events.socket.settimeout(20)
    try:
        while events.response.readline():
            pass
    except OSError as e:
        check(False, f"the stream goes on: {e}")


def sessions(rig):
    chosen = "0" * 64
    body = f"name=vera&password={PASSWORD}vera&to=/".replace(" ", "+")
    answer = expect(form(rig, "/login", body, Cookie=f"tandem={chosen}"), 303, "the form")
    cookie = answer.headers["set-cookie"]
    check(chosen not in cookie and "HttpOnly" in cookie and "SameSite=Strict" in cookie and
          "Domain" not in cookie, cookie)
    first = cookie.split(";")[0]
    again = expect(form(rig, "/login", body, Cookie=first), 303, "the form again")
    check(again.headers["set-cookie"].split(";")[0] != first, "the same session again")
    c = Client(rig.ports["http"])
    expect(c.raw("GET", "/api/v1/status", None, {"Cookie": f"tandem={chosen}"}), 401, "a chosen one")
    expect(c.raw("GET", "/api/v1/status", None, {"Cookie": first}), 401, "one that was replaced")
    for headers in (dict(Origin="http://evil.example"), dict(Origin="null"),
                    dict(Sec_Fetch_Site="cross-site"), dict(Sec_Fetch_Site="same-site")):
        expect(form(rig, "/login", body, **headers), 403, f"/login, {headers}")
        expect(form(rig, "/logout", "csrf=x", Cookie=first, **headers), 403, f"/logout, {headers}")
    expect(form(rig, "/login", body, Host="evil.example"), 421, "another host")
    for to in ("//evil.example", "/%5cevil.example", "https://evil", "/a%0d%0aX:y", "/%09/evil"):
        answer = expect(form(rig, "/login", body[:-1] + to), 303, to)
        check(answer.headers["location"] == "/", f"to {to}: {answer.headers['location']}")
    leaver = client(rig, "vera")
    listening = Events(leaver)
    expect(form(rig, "/logout", "csrf=wrong", Cookie=f"tandem={leaver.cookie}"), 403, "no token")
    expect(form(rig, "/logout", f"csrf={leaver.csrf}", Cookie=f"tandem={leaver.cookie}"), 303,
           "logging out")
    closed(listening)
    expect(leaver.get("/status"), 401, "after logging out")


def accounts_change(rig):
    """Sessions and streams end with what they stood for, by the page and by the file."""
    anna, gone, moved = (client(rig, n) for n in ("anna", "gone", "moved"))
    listening = Events(gone), Events(moved)
    expect(anna.ask("DELETE", "/accounts/gone"), 200, "removing an account")
    closed(listening[0])
    expect(gone.get("/status"), 401, "an account that was removed")
    rig.lines["moved"] = account(rig, "moved", "viewer", "another password")
    write_accounts(rig, leave=("gone",))
    rig.tandem.send_signal(signal.SIGHUP)
    closed(listening[1])
    expect(moved.get("/status"), 401, "an account with another password")
    otto = client(rig, "otto")
    expect(anna.ask("PUT", "/accounts/otto", dict(role="viewer")), 200, "a lower role")
    expect(otto.ask("POST", "/trunks/pbx/block", {}), 401, "an operator that was")
    expect(anna.ask("PUT", "/accounts/otto", dict(role="operator")), 200, "the role again")


# ---- roles, words, files ----

def roles(rig):
    vera, nobody = client(rig, "vera"), client(rig)
    for method, path in (("GET", "/calls/1/trace.pcapng"), ("GET", "/audit"), ("GET", "/tables/x"),
                         ("GET", "/accounts"), ("PUT", "/accounts/vera"), ("POST", "/stop"),
                         ("POST", "/trunks/pbx/block"), ("DELETE", "/calls/1"),
                         ("POST", "/plan/apply"), ("PUT", "/tables/x")):
        expect(vera.ask(method, path, None if method == "GET" else {}), 403, f"vera, {path}")
        expect(nobody.ask(method, path, None if method == "GET" else {}), 401, f"nobody, {path}")
    expect(vera.ask("HEAD", "/audit"), 403, "HEAD is no way around")
    for path in ("/calls/--all", "/calls?trunk=--all", "/routes/explain?number=--file&from=pbx"):
        expect(vera.get(path), 400, path)
    page(vera, "/calls/--all", 404)
    text = page(vera, "/routes?number=--from&from=--socket%3D/etc/passwd")
    check("passwd" not in text and "usage" not in text, "an option by the query")
    paul = client(rig, "paul")
    outside, link = rig.dir / "outside.conf", rig.dir / "link.conf"
    link.symlink_to(outside)
    for path in (outside, link, "../outside.conf", "/etc/passwd", f"{rig.plan}/../outside.conf",
                 f"{rig.dir}/./plan.conf", "", "plan.conf\n"):
        answer = paul.ask("POST", "/plan/apply", dict(files=[dict(path=str(path), text="version 1\n")]))
        check(answer.status in (400, 403, 409, 422) and not outside.exists(), f"{path!r}: {answer}")
    for table in ("..%2f..%2fetc%2fpasswd", "list:x:..", "%2fetc%2fpasswd", "list::plan.conf"):
        answer = paul.ask("GET", f"/tables/{table}")
        check(answer.status in (400, 404), f"{table}: {answer}")


def forgeries(rig):
    """Lines that somebody would like to see in a log stand in one line of it, as text."""
    otto, evil = client(rig, "otto"), "x\n2026-01-01T00:00:00.000Z notice admin forged\x1b[2J"
    expect(otto.ask("POST", "/trunks/pbx/block", dict(reason=evil)), 200, "blocking")
    expect(otto.ask("POST", "/trunks/pbx/unblock", dict(reason=evil)), 200, "unblocking")
    expect(otto.ask("POST", "/trunks/a%0aforged/block", dict(reason=evil)), 404, "a forged trunk")
    guess(rig, "anna\nforged", "a wrong password", "127.4.0.1")
    audit = rig.dir / "audit.log"
    wait_for("the audit log", 20, lambda: "anna\\u000aforged" in audit.read_text())
    lines = [json.loads(line) for line in audit.read_text().splitlines()]
    check(sum(evil == line["why"] for line in lines) >= 2, "the reason is kept as it was")
    log = (rig.dir / "tandem.log").read_bytes()
    forged = [line for line in log.split(b"\n") if b"forged" in line]
    check(len(forged) >= 3 and b"\x1b" not in log, f"the log says {forged}")
    for line in forged:
        check(re.match(rb"\d{4}-\d\d-\d\dT[^ ]+ notice admin audit: ", line), f"the log has {line}")


# ---- memory ----

def resident(rig):
    with open(f"/proc/{rig.tandem.pid}/status") as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read())[1]) << 10


def bodies(rig):
    """A stranger's bodies are not kept: 40 of 4 MB at once, each but for its last octet."""
    before, open_now = resident(rig), []
    size = 4 << 20
    for _ in range(40):
        s = socket.create_connection(("127.0.0.1", rig.ports["http"]), 20)
        s.sendall(b"POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n"
                  % size)
        open_now.append(s)
    for s in open_now:
        try:
            s.sendall(b"x" * (size - 1))
        except OSError:
            pass  # it was told so before
    expect(client(rig).get("/openapi.json"), 200, "a page meanwhile")
    grown = resident(rig) - before
    for s in open_now:
        s.close()
    check(grown < 64 << 20, f"bodies of strangers: {grown >> 20} MB more")
    body = b"{" + b" " * (1 << 20) + b"}"
    got = raw(rig, b"POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n"
              b"Expect: 100-continue\r\n\r\n" % len(body))
    check(got.startswith(b"HTTP/1.1 413 "), f"a large body: {got[:100]}")
    return grown


def streams(rig):
    """Those who listen and do not read are let go; there are no more than two hundred."""
    c = client(rig, "vera")
    head = (f"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nCookie: tandem={c.cookie}\r\n\r\n"
            ).encode()
    sockets, statuses = [], []
    for _ in range(230):
        s = socket.create_connection(("127.0.0.1", rig.ports["http"]), 20)
        s.sendall(head)
        sockets.append(s)
    for s in sockets:
        statuses.append(s.recv(12))
    check(statuses.count(b"HTTP/1.1 200") <= 200 and statuses.count(b"HTTP/1.1 503") >= 30,
          f"listeners: { {s: statuses.count(s) for s in set(statuses)} }")
    for s in sockets:
        s.close()
    got = raw(rig, head.replace(b"GET", b"HEAD", 1).replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
    check(got.startswith(b"HTTP/1.1 ") and got.endswith(b"\r\n\r\n"), f"HEAD of events: {got[:300]}")

    def again():
        answer = Events(c)
        answer.close()
        return answer.status == 200
    wait_for("room for listeners again", 20, again, 0.3)


# ---- TLS ----

def old_tls(rig):
    """A daemon with a certificate takes TLS 1.2 and 1.3 alone, and its cookie is Secure."""
    port = rig.ports["sip"] + 31
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "9", "-subj", "/CN=localhost",
                    "-keyout", rig.dir / "web.key", "-out", rig.dir / "web.pem"], check=True,
                   capture_output=True)
    plan = rig.dir / "second.conf"
    plan.write_text(f"version 1\nsip {{ listen udp:127.0.0.1:{port + 1} }}\n"
                    f"media {{ ports {rig.ports['rtp_low']}-{rig.ports['rtp_high']} }}\n"
                    f"trunk pbx {{\n    sip sip:127.0.0.1:{port + 2}\n    numbers e164\n}}\n"
                    f"routes from pbx {{\n    * -> reject 1\n}}\n"
                    f"admin socket {rig.dir}/second.sock, http 127.0.0.1:{port} {{\n"
                    f"    users {rig.dir}/users\n    tls cert {rig.dir}/web.pem key {rig.dir}/web.key\n"
                    f"}}\n")
    daemon = rig.spawn([rig.build / "tandem", "run", "-c", plan],
                       stderr=open(rig.dir / "second.log", "w"))
    wait_for("the second daemon", 20, lambda: "runs" in (rig.dir / "second.log").read_text())
    for version, good in ((ssl.TLSVersion.TLSv1, False), (ssl.TLSVersion.TLSv1_1, False),
                          (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        try:
            with socket.create_connection(("127.0.0.1", port), 20) as s, \
                    context.wrap_socket(s) as tls:
                tls.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
                works = tls.recv(100).startswith(b"HTTP/1.")
        except (ssl.SSLError, ConnectionError):
            works = False
        check(works == good, f"{version.name}: {'taken' if works else 'refused'}")
    with socket.create_connection(("127.0.0.1", port), 20) as s:
        s.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        try:
            check(b"ok" not in s.recv(100), "plain HTTP at the port of TLS")
        except ConnectionError:
            pass
    daemon.terminate()
    finish(daemon, "the second daemon")


def test(build):
    with Rig(build, RULES) as rig:
        rig.ports["http"] = rig.ports["sip"] + 30
        write_accounts(rig)
        text = rig.plan.read_text().replace("cdr.csv\n", f"cdr.csv, sqlite:{rig.dir}/cdr.db\n")
        rig.plan.write_text(re.sub(
            r"^admin .*$", f"admin socket {rig.dir}/tandem.sock, http 127.0.0.1:{rig.ports['http']} "
            f"{{\n    users {rig.dir}/users\n    audit {rig.dir}/audit.log\n}}", text, count=1,
            flags=re.M))
        rig.start()
        strangers(rig)
        twofold(rig)
        targets(rig)
        sessions(rig)
        roles(rig)
        forgeries(rig)
        streams(rig)
        grown = bodies(rig)
        accounts_change(rig)
        slowest = guesses(rig)
        old_tls(rig)
        expect(client(rig, "vera").get("/status"), 200, "at the end")
        print(f"{grown >> 10} kB more for 160 MB of bodies; a page within {slowest * 1000:.0f} ms "
              "while 300 guess")


if __name__ == "__main__":
    sys.exit(main(test))
