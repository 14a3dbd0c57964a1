#!/usr/bin/env python3
"""Alarms of a real daemon: a line that goes and comes back, a peer that does not answer, a webhook, a
plan that is refused, a disk without room - and nothing is lost."""
import http.server
import json
import os
import pwd
import re
import resource
import signal
import socket
import subprocess
import sys
import threading
import time

from peer import Caller, header, status
from rig import SPAN, Rig, check, main, wait_for

RULES = SPAN + """
number 3012xxxxxx {{
    proceeding
    answer
    wait 300s
}}
"""
CALLS = 3


class Responder:
    """A SIP peer that answers OPTIONS, while it wants to."""

    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.lives = True
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            data, source = self.socket.recvfrom(65536)
            text = data.decode(errors="replace")
            if not self.lives or not text.startswith("OPTIONS "):
                continue
            lines = ["SIP/2.0 200 OK"]
            lines += [f"{name}: {header(text, name)}"
                      for name in ("Via", "From", "To", "Call-ID", "CSeq")]
            lines[3] += ";tag=x"
            self.socket.sendto("\r\n".join(lines + ["Content-Length: 0", "", ""]).encode(), source)


class Webhook(http.server.BaseHTTPRequestHandler):
    got = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Webhook.got.append((self.headers.get("Authorization"), json.loads(body)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args):
        pass


def listen():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def alarms(rig, kind, *options):
    return [a for a in rig.ask("show", "alarms", *options) if a["kind"] == kind]


def raised(rig, kind, thing, seconds=40):
    found = wait_for(f"alarm {kind}", seconds, lambda: alarms(rig, kind), 0.2)[0]
    check(found["object"] == thing, f"{kind} is of {found['object']}, not {thing}")
    check(found["means"] and found["remedy"] and found["raised_time"] and not found["cleared_time"],
          f"{kind}: {found}")
    return found


def cleared(rig, kind, number, seconds=40):
    wait_for(f"{kind} cleared", seconds, lambda: not alarms(rig, kind), 0.2)
    was = [a for a in alarms(rig, kind, "--all") if a["id"] == number]
    check(len(was) == 1 and was[0]["cleared_time"], f"{kind} was cleared: {was}")


def line_goes(rig):
    check(not alarms(rig, "span-down", "--all"), "the line was up, and there is an alarm")
    rig.exchange.process.kill()
    rig.exchange.process.wait()
    a = raised(rig, "span-down", "span 1")
    check("los" in a["text"], f"it says {a['text']}")
    rig.ask("acknowledge", str(a["id"]))
    check(alarms(rig, "span-down")[0]["acknowledged"], "nobody has seen it")
    me = pwd.getpwuid(os.getuid()).pw_name
    wait_for(f"that {me} has seen it", 20,
             lambda: alarms(rig, "span-down")[0]["acknowledged"] == me, 0.2)
    rig.start_exchange()
    rig.wait_up()
    cleared(rig, "span-down", a["id"])
    print("the exchange is gone: span-down; it is back: cleared")


def peer_goes(rig, peer):
    check(not alarms(rig, "trunk-down", "--all"), "the peer lived, and there is an alarm")
    peer.lives = False
    a = raised(rig, "trunk-down", "trunk pbx", 60)
    peer.lives = True
    cleared(rig, "trunk-down", a["id"], 60)
    print("the peer does not answer OPTIONS: trunk-down; it does again: cleared")


def plan_is_refused(rig):
    good = rig.plan.read_text()
    rig.plan.write_text(good + "nonsense\n")
    check("nonsense" in rig.print("apply"), "a plan with nonsense is not refused")
    a = raised(rig, "plan-refused", "plan")
    rig.plan.write_text(good)
    rig.ask("apply")
    cleared(rig, "plan-refused", a["id"])
    logged = [l["text"] for l in rig.ask("show", "log", "--level", "warn")]
    check(any("alarm plan-refused (minor) raised" in l for l in logged), f"the log has {logged}")
    print("a plan that is refused: plan-refused; the good one: cleared")


def webhook_has_it(rig):
    """Raised and cleared, of both, with the token."""
    if not (rig.build / "tandem-export").exists():
        print("no webhook: tandem-export was not built")
        return
    want = {("span-down", False), ("span-down", True), ("trunk-down", False), ("trunk-down", True)}
    wait_for("the webhook", 20, lambda: want <= {(b["kind"], bool(b["cleared_time"]))
                                                 for _, b in Webhook.got})
    check({a for a, _ in Webhook.got} == {"Bearer sesame"}, "its token is not there")
    shown = {(a["id"], a["object"], a["text"]) for a in rig.ask("show", "alarms", "--all")}
    check(all((b["id"], b["object"], b["text"]) in shown for _, b in Webhook.got
              if b["kind"] == "trunk-down"), "the webhook and the verb do not agree")
    print(f"the webhook got {len(Webhook.got)} changes")


def series_know_it(rig):
    seconds = rig.ask("show", "series")
    check(len(seconds) > 5, "there are no series")
    check(sum(s["answers"] for s in seconds) >= 1, "the answered call is in no second")


# ---- a disk without room ----

class Tmpfs:
    """A small file system in a namespace of its own, which is filled from outside."""

    def __init__(self, rig):
        self.rig = rig
        (rig.dir / "cdr").mkdir()
        script = (f"mount -t tmpfs -o size=256k none {rig.dir}/cdr && "
                  f"exec {rig.build}/tandem run -c {rig.plan}")
        rig.tandem = rig.spawn(["unshare", "-Urm", "sh", "-c", script],
                               stderr=open(rig.dir / "tandem.log", "a"))

    @staticmethod
    def possible():
        return subprocess.run(["unshare", "-Urm", "mount", "-t", "tmpfs", "none", "/mnt"],
                              capture_output=True, check=False).returncode == 0

    def folder(self):
        return f"/proc/{self.rig.tandem.pid}/root{self.rig.dir}/cdr"

    def fill(self):
        with open(f"{self.folder()}/filler", "wb", buffering=0) as f:
            try:
                while True:
                    f.write(b"x" * 1024)
            except OSError:
                pass
        # whatever the journal's last page had left is used up by the next lines

    def make_room(self):
        os.unlink(f"{self.folder()}/filler")


class Limit:
    """Files that may not grow: where there are no namespaces for us."""

    def __init__(self, rig):
        self.rig = rig
        rig.tandem = rig.spawn([rig.build / "tandem", "run", "-c", rig.plan],
                               stderr=open(rig.dir / "tandem.log", "a"),
                               preexec_fn=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN))

    def folder(self):
        return self.rig.dir / "cdr"

    def limit(self, size):
        most = resource.prlimit(self.rig.tandem.pid, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(self.rig.tandem.pid, resource.RLIMIT_FSIZE, (size, most))

    def fill(self):
        self.limit(os.stat(f"{self.folder()}/cdr.journal").st_size)

    def make_room(self):
        self.limit(resource.RLIM_INFINITY)


def call(rig, i):
    caller = Caller(rig.ports["caller"] + 10 + 2 * i, ("127.0.0.1", rig.ports["sip"]))
    caller.invite("03012000031")
    check(status(caller.final()) == 200, "a call is not answered")
    caller.bye()
    caller.close()


def journalled(disk):
    """The ids of the calls that are in the journal."""
    text = open(f"{disk.folder()}/cdr.journal").read()
    return set(re.findall(r'"call_id": ?"(\w+)"', text))


def disk_is_full(build):
    with Rig(build, RULES) as rig:
        text = rig.plan.read_text()
        rig.plan.write_text(re.sub(r"(?m)^cdr journal .*$", f"cdr journal {rig.dir}/cdr", text))
        disk = Tmpfs(rig) if Tmpfs.possible() else Limit(rig)
        rig.start_exchange()
        rig.wait_up()
        call(rig, 0)
        wait_for("its records", 20, lambda: len(journalled(disk)) == 1)
        disk.fill()
        n = 0
        while not alarms(rig, "records-waiting") and n < 12:
            n += 1
            call(rig, n)
            time.sleep(0.3)
        a = raised(rig, "records-waiting", "records")
        check("wait in memory" in a["text"], f"it says {a['text']}")
        for i in range(CALLS):
            call(rig, n + 1 + i)
        if isinstance(disk, Tmpfs):
            raised(rig, "disk-full", f"disk of {rig.dir}/cdr")
        check(alarms(rig, "records-waiting"), "the alarm is over while the disk is full")
        disk.make_room()
        cleared(rig, "records-waiting", a["id"])
        calls = wait_for(f"{n + 1 + CALLS} calls in the journal", 20, lambda: (
            lambda c: len(c) == n + 1 + CALLS and c)(journalled(disk)))
        print(f"no room ({type(disk).__name__}): {CALLS} more calls answered, records waited, then "
              f"all {len(calls)} calls are in the journal")


def test(build):
    port = listen()
    with Rig(build, RULES) as rig:
        (rig.dir / "token").write_text("sesame\n")
        text = rig.plan.read_text().replace("    numbers e164\n",
                                            "    numbers e164\n    health every 1s down 2 up 2\n")
        rig.plan.write_text(text + f"alarms {{\n webhook http://127.0.0.1:{port}/alarms "
                            f"token {rig.dir}/token\n disk off\n}}\n")
        peer = Responder(rig.ports["peer"])
        rig.start()
        call(rig, 0)
        # in the first seconds nothing is raised: they are over when the series are so long
        wait_for("the first seconds over", 30, lambda: len(rig.ask("show", "series")) > 12, 0.3)
        series_know_it(rig)
        line_goes(rig)
        peer_goes(rig, peer)
        plan_is_refused(rig)
        webhook_has_it(rig)
    disk_is_full(build)


if __name__ == "__main__":
    sys.exit(main(test))
