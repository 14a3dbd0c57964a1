#!/usr/bin/env python3
"""The web page in a real browser (Chromium, playwright-core): every screen, every action, every role,
a telephone's width, no JavaScript, keys alone. Pictures: BUILD/web/shots.

usage: test/sys/test_web.py BUILD
"""
import contextlib
import json
import os
import shutil
import subprocess
import sys

import sipscript
from rig import ROOT, SPAN, Failed, Rig, check, main, wait_for

MANY = 1000
ACCOUNTS = {"anna": "admin", "paul": "planner", "otto": "operator", "vera": "viewer"}
PASSWORD = "a password for "

PLAN = """version 1
sip {{ listen udp:127.0.0.1:{sip} }}
media {{
    address 127.0.0.1
    ports   {rtp_low}-{rtp_high}
    codecs  pcma, pcmu
}}
span 1 {{
    pseudowire local 127.0.0.1:{pw} remote 127.0.0.1:{pw_far}
    e1
    isdn euroisdn user
}}
site berlin {{
    dialling de area 30
}}
trunk pri {{
    span 1
    channels 1-15,17-31 descending
    numbers isdn
}}
trunk pbx {{
    sip sip:127.0.0.1:{peer}
    accept from 127.0.0.1
    numbers e164
}}
trunk far {{
    sip sip:127.0.0.2:{peer}
    accept from 127.0.0.2
    numbers e164
}}
trunk spare {{
    sip sip:127.0.0.3:{peer}
    accept from 127.0.0.3
    numbers e164
    health every 1s
}}
deck alpha {{
    csv alpha.csv
    currency EUR
}}
list vip {{ csv vip.csv }}
routes from pbx {{
    +49* -> pri
    +43* -> far
    * -> reject 1
}}
routes from pri {{
    * -> pbx
}}
test "a Berlin number" {{
    call    from pbx called 030123001
    expect  trunk pri
}}
cdr journal {dir}/cdr, csv {dir}/cdr.csv, sqlite:{dir}/cdr.db
history {dir}/history
overload {{ off }}
admin socket {dir}/tandem.sock, http 127.0.0.1:{http} {{
    users {dir}/users
    audit {dir}/audit.log
}}
log info
"""

RULES = SPAN + """
number 30123001 {{
    proceeding
    alerting after 100ms
    answer after 200ms
    wait 3000s
}}
number 30123002 {{
    proceeding
    alerting
}}
number 30123003 {{
    proceeding
    alerting
}}
"""


def chromium():
    """Debian's program itself: its wrapper asks questions that a test has no answer to."""
    for path in ("/usr/lib/chromium/chromium", shutil.which("chromium"),
                 shutil.which("chromium-browser")):
        if path and os.path.exists(path):
            return path
    return None


def prepare(rig):
    """The plan and the files that it names."""
    rig.ports["http"] = rig.ports["sip"] + 30
    rig.plan.write_text(PLAN.format(**rig.ports, dir=rig.dir))
    (rig.dir / "alpha.csv").write_text("prefix,rate\n49,0.0100\n4930,0.0090\n44,0.0180\n")
    (rig.dir / "vip.csv").write_text("+4930123001\n")
    lines = []
    for name, role in ACCOUNTS.items():
        p = subprocess.run([rig.build / "tandem", "passwd", "--admin", name, role], text=True,
                           input=PASSWORD + name, capture_output=True, check=False)
        check(p.returncode == 0, f"tandem passwd: {p.stderr}")
        lines.append(p.stdout)
    (rig.dir / "users").write_text("".join(lines))
    os.chmod(rig.dir / "users", 0o600)


def browse(rig, *parts, **more):
    """Runs parts of the browser test against the gateway."""
    config = dict(base=f"http://127.0.0.1:{rig.ports['http']}", dir=str(rig.dir), many=MANY,
                  accounts={name: PASSWORD + name for name in ACCOUNTS}, chromium=chromium(),
                  modules=str(rig.build / "web/node_modules"), shots=str(rig.build / "web/shots"),
                  **more)
    path = rig.dir / "web.json"
    path.write_text(json.dumps(config))
    p = subprocess.run(["node", ROOT / "test/web/run.mjs", path, *parts], timeout=1200, check=False)
    check(p.returncode == 0, f"the browser test's part {' '.join(parts)}")


def one_call(rig, number, state, port):
    """One that talks, for as long as the test goes on, or one that rings, until T301 at most."""
    rig.sipp(f"caller-{port}", sipscript.CALLER, number=number, hold=3000000,
             local=rig.ports["caller"] + port)
    return wait_for(f"a call that is {state}", 20, lambda: next(
        (c for c in rig.ask("show", "calls") if c["state"] == state), None))


@contextlib.contextmanager
def browsed(build, **ports):
    """A gateway in service that has a page, for browse(); ports: others than the rig's."""
    check(chromium() and shutil.which("node"), "Chromium and Node are needed (test/packages.txt)")
    if subprocess.run([ROOT / "test/web/fetch", build, "playwright-core"], check=False).returncode:
        raise Failed("playwright-core cannot be had")
    with Rig(build, RULES, judged=False) as rig:
        rig.ports.update(ports)
        prepare(rig)
        rig.start()
        yield rig


def alerting(rig):
    return [c for c in rig.ask("show", "calls") if c["state"] == "alerting"]


def page(build):
    with browsed(build) as rig:
        shutil.rmtree(rig.build / "web/shots", ignore_errors=True)
        call = one_call(rig, "030123001", "connected", 10)
        one_call(rig, "030123002", "alerting", 12)
        browse(rig, "screens", "roles", call=call["call"], answered="+4930123001")
        for ringing in alerting(rig):
            rig.ask("release", "call", str(ringing["call"]))
        wait_for("no call that rings", 20, lambda: not alerting(rig))
        # anew, since a busy machine needs all of T301 until here; of another number, for one record
        one_call(rig, "030123003", "alerting", 14)
        browse(rig, "actions", call=call["call"], released="+4930123003")


if __name__ == "__main__":
    sys.exit(main(page))
