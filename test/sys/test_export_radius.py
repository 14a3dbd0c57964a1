#!/usr/bin/env python3
"""Records for a RADIUS server (FreeRADIUS, told by its detail file) and for a webhook, at the same
time: each fails in its own way and neither waits for the other. Then a post of one's own."""
import collections
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from export import Export, Hook
from rig import check, free_ports, main, wait_for

CONF = """
prefix = /usr
libdir = /usr/lib/freeradius
raddbdir = {dir}
logdir = {dir}
run_dir = {dir}
pidfile = {dir}/radius.pid
max_requests = 4096
security {{
    max_attributes = 200
}}
client gateway {{
    ipaddr = 127.0.0.1
    secret = {secret}
}}
modules {{
    detail {{
        filename = {dir}/detail
    }}
}}
server accounting {{
    listen {{
        type = acct
        ipaddr = 127.0.0.1
        port = {port}
    }}
    preacct {{
    }}
    accounting {{
        detail
    }}
}}
"""


class Radius:
    def __init__(self, folder, port, secret):
        self.dir = folder / "raddb"
        self.dir.mkdir()
        (self.dir / "radiusd.conf").write_text(CONF.format(dir=self.dir, port=port, secret=secret))
        (self.dir / "dictionary").write_text("$INCLUDE /usr/share/freeradius/dictionary\n")
        self.process = None

    def start(self):
        self.process = subprocess.Popen(["freeradius", "-f", "-d", self.dir, "-l", "stdout"],
                                        stdout=open(self.dir / "radius.log", "a"),
                                        stderr=subprocess.STDOUT)

    def close(self):
        if self.process:
            self.process.kill()
            self.process.wait(20)

    def requests(self):
        """What came, as dictionaries of lists."""
        path = self.dir / "detail"
        found = []
        # after the last empty line it is being written
        for part in path.read_text().split("\n\n")[:-1] if path.exists() else []:
            request = collections.defaultdict(list)
            for name, value in re.findall(r'^\t(\S+) = "?(.*?)"?$', part, re.M):
                request[name].append(value)
            if request:
                found.append(request)
        return found

    def sessions(self):
        return [r["Acct-Session-Id"][0] for r in self.requests()]


def check_attributes(radius):
    stops = {r["Acct-Session-Id"][0][-1]: r for r in radius.requests()}
    call, attempt = stops["0"], stops["1"]
    expected = {"Acct-Status-Type": "Stop", "NAS-Identifier": "gw1", "Acct-Session-Time": "60",
                "Calling-Station-Id": "+4930901821", "Acct-Terminate-Cause": "User-Request",
                "NAS-Port-Id": "carrier 1/17", "Acct-Input-Packets": "3000"}
    for name, value in expected.items():
        check(call[name] == [value], f"{name} is {call[name]}")
    check(attempt["NAS-Port-Id"] == ["office"], f"port {attempt['NAS-Port-Id']}")
    cisco = {name: value[0] for name, value in call.items() if name.lower().startswith("h323")}
    check(len(cisco) == 8, f"Cisco's attributes: {cisco}")
    text = " ".join(cisco.values())
    for part in ("h323-call-origin=answer", "h323-call-type=Telephony", "h323-disconnect-cause=10"):
        check(part in text, f"{part} is not in {text}")
    check(re.search(r"h323-setup-time=\d\d:\d\d:\d\d\.\d{3} UTC \w{3} \w{3} \d\d \d{4}", text),
          f"no time in {text}")


def radius_and_webhook(build):
    base = free_ports(4)
    token = Path(tempfile.mkdtemp(prefix="tandem-")) / "token"
    token.write_text("s3cret-token\n")
    secret = token.with_name("secret")
    secret.write_text("testing123\n")
    hook = Hook(base + 1)
    with Export(build, f"radius:127.0.0.1:{base}, webhook:http://127.0.0.1:{base + 1}/cdr",
                f"radius-secret {secret}\nradius-nas gw1\nwebhook-token {token}") as e:
        radius = Radius(e.dir, base, "testing123")
        try:
            hook.answers.extend([503, "close", 404, "taken500"])
            e.write_all(20)
            e.start()
            said = e.wait_error("webhook", "404")
            check(said["oldest_ms"] > 0, f"status {said}")
            wait_for("the webhook's records", 60, lambda: e.status("webhook")["delivered"] == 40)
            check(len(set(hook.records())) == len(hook.records()) == 40, "each record once")
            check(len({k for k, _ in hook.seen}) == 1, "the same key for the same records")
            check(all(h["Authorization"] == "Bearer s3cret-token" for h in hook.headers), "no token")
            check(e.status("radius")["delivered"] == 0, "RADIUS has no server yet")
            e.wait_error("radius", "no answer", 40)

            radius.start()
            wait_for("RADIUS has them", 60, lambda: e.status("radius")["delivered"] == 40)
            check(len(set(radius.sessions())) == 40, "each record")
            check_attributes(radius)

            hook.answers.append("hang")  # taken, and never answered
            e.write_all(10)
            wait_for("the webhook hangs", 30, lambda: len(hook.taken) > 1)
            wait_for("RADIUS does not wait", 30, lambda: len(set(radius.sessions())) == 60)
            e.write_all(5)
            e.kill()
            before = len(radius.sessions())
            e.start()
            wait_for("all of the webhook's", 30, lambda: len(hook.records()) == 70)
            check(len(set(hook.records())) == 70, "each record once")
            keys = [k for k, _ in hook.seen]
            again = [k for k in set(keys[5:]) if keys.count(k) > 1]
            check(len(again) == 1 and len({b for k, b in hook.seen if k == again[0]}) == 1,
                  "after the crash the same array came with the same key")

            wait_for("RADIUS too", 30, lambda: len(set(radius.sessions())) == 70)
            check(len(radius.sessions()) <= before + 70, "more than once again")
            radius.process.send_signal(signal.SIGSTOP)  # silent
            e.write_all(5)
            time.sleep(2.5)
            check(len(set(radius.sessions())) == 70, "it should be silent")
            radius.process.send_signal(signal.SIGCONT)
            wait_for("it is back", 30, lambda: len(set(radius.sessions())) == 80)
        except BaseException:
            if (radius.dir / "radius.log").exists():
                print((radius.dir / "radius.log").read_text()[-2000:])
            raise
        finally:
            radius.close()


def post(build):
    port = free_ports(2)
    hook = Hook(port)
    argv = [Path(build) / "tandem-export", "--post", f"http://127.0.0.1:{port}/alarm"]
    hook.answers.extend([503, 200])
    done = subprocess.run(argv, input='{"alarm":"x"}', text=True, timeout=60, capture_output=True)
    check(done.returncode == 0, f"exit {done.returncode}: {done.stderr}")
    check(list(hook.taken.values()) == [b'{"alarm":"x"}'] and len(hook.seen) == 2, f"{hook.seen}")
    hook.answers.append(400)
    done = subprocess.run(argv, input="{}", text=True, timeout=60, capture_output=True)
    check(done.returncode == 1 and "400" in done.stderr, f"exit {done.returncode}: {done.stderr}")


def test(build):
    radius_and_webhook(build)
    post(build)


if __name__ == "__main__":
    sys.exit(main(test))
