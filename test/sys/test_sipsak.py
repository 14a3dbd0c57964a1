#!/usr/bin/env python3
"""sipsak: pings, a traceroute, registrations with a password, damaged requests and a flood."""
import os
import re
import socket
import subprocess
import sys
import time

from rig import Failed, Rig, check, main, wait_for
from test_register import bindings, digest

PLAN = """version 1
sip {{ listen udp:127.0.0.1:{sip}, tcp:127.0.0.1:{sip} }}
media {{ ports {rtp_low}-{rtp_high} }}
registrar {{
    realm 127.0.0.1
    users file:{dir}/users
    expires 2s-1h
}}
trunk phones {{ sip registered }}
trunk pbx {{
    sip    sip:127.0.0.1:{peer}
    accept from 127.0.0.1
}}
routes from phones, pbx {{ * -> reject 1 }}
admin socket {dir}/tandem.sock
log info
"""


def short_port():
    """sipsak 0.9.8 cuts ports in URIs down to four digits."""
    for port in range(6000 + os.getpid() % 3000, 10000):
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u, socket.socket() as t:
                u.bind(("127.0.0.1", port))
                t.bind(("127.0.0.1", port))
            return port
        except OSError:
            continue
    raise Failed("no free port")


def sipsak(rig, *options, user=None, seconds=15):
    """Exit status and all that was printed."""
    uri = f"sip:{user + '@' if user else ''}127.0.0.1:{rig.ports['sip']}"
    p = subprocess.run(["sipsak", *options, "-s", uri], capture_output=True, text=True,
                       errors="replace", timeout=seconds, cwd=rig.dir)
    return p.returncode, p.stdout + p.stderr


def pings(rig):
    for options in (("-vv",), ("-vv", "-E", "tcp"), ("-vv", "-i"), ("-vv", "-m", "0")):
        code, said = sipsak(rig, *options)
        check(code == 0 and "SIP/2.0 200 OK" in said, f"{options}: exit {code}: {said}")
        for field in ("Allow: ", "Accept: application/sdp", "Supported: "):
            check(field in said, f"{options}: no {field}in {said}")


def trace(rig):
    """Max-Forwards from 0 upwards: the first hop is the last one."""
    code, said = sipsak(rig, "-T", "-vv", user="alice")
    check(code == 0 and re.search(r"^0: .*200 OK", said, re.M) and not re.search("^1:", said, re.M),
          f"exit {code}: {said}")


def users(rig):
    known = ("-U", "-u", "alice", "-vvv")
    code, said = sipsak(rig, *known, "-a", "wrong", user="alice")
    check(code == 2 and "401 Unauthorized" in said, f"a wrong password: exit {code}: {said}")
    check(not bindings(rig, "alice"), "a wrong password is let in")
    code, said = sipsak(rig, *known, "-a", "wonder", "-x", "30", user="alice")
    check(code == 0 and "expires=30" in said, f"exit {code}: {said}")
    check(len(bindings(rig, "alice")) == 1, "no binding")
    code, said = sipsak(rig, *known, "-a", "wonder", "-x", "1", user="alice")
    check("423" in said and "Min-Expires: 2" in said, f"too short: exit {code}: {said}")
    code, said = sipsak(rig, *known, "-a", "wonder", "-C", "*", "-x", "0", user="alice")
    check(code == 0, f"exit {code}: {said}")
    check(not bindings(rig, "alice"), "the bindings are still there")


def damage(rig):
    """Each request has more octets changed than the last, until one is not answered (exit 3)."""
    uri = f"sip:127.0.0.1:{rig.ports['sip']}"
    running = [subprocess.Popen(["sipsak", "-R", "-t", str(n), "-s", uri], cwd=rig.dir,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
               for n in (3, 10, 40, 160)]
    codes = [p.wait(30) for p in running]
    check(set(codes) <= {0, 2, 3}, f"sipsak ends with {codes}")
    check(rig.metric("sip_malformed_total") > 0, "nothing was malformed")


def flood(rig):
    before = rig.metric("sip_received_messages_total")
    begin = time.monotonic()
    while time.monotonic() < begin + 1:
        code, said = sipsak(rig, "-F", "-e", "20000")
        check(code == 0 and "flood end reached" in said, f"exit {code}: {said}")
    wait_for("an answer after the flood", 5, lambda: sipsak(rig, "-v")[0] == 0)
    got = rig.metric("sip_received_messages_total") - before
    check(got > 1000, f"{got} messages received")
    status = rig.status()
    check(status["calls"] == 0, f"{status}")
    return got


def all_modes(build):
    with Rig(build) as rig:
        rig.ports["sip"] = short_port()
        rig.plan.write_text(PLAN.format(**rig.ports, dir=rig.dir))
        (rig.dir / "users").write_text(
            f"alice:127.0.0.1:MD5:{digest('md5', 'alice', '127.0.0.1', 'wonder')}\n")
        rig.start_tandem()
        rig.wait_runs()
        for part in (pings, trace, users, damage, flood):
            print(f"{part.__name__}: ok", part(rig) or "")
        pings(rig)
        check(rig.tandem.poll() is None, "tandem is gone")


if __name__ == "__main__":
    sys.exit(main(all_modes))
