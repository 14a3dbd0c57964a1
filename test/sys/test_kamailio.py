#!/usr/bin/env python3
"""Kamailio as registrar and as record-routing proxy between tandem and a phone (sipp).

tandem registers with digest, refreshes in time, is called through the registration, answers 407 to
its own INVITE, and takes the registration back at its end. The requests that tandem sends inside a
dialog have to carry the route that Record-Route has made: Kamailio's log tells.
"""
import re
import subprocess
import sys
import time

from rig import DATA, SPAN, Rig, check, finish, main, wait_for

PLAN = """version 1
sip {{ listen udp:127.0.0.1:{sip}, tcp:127.0.0.1:{sip} }}
media {{
    address 127.0.0.1
    ports   {rtp_low}-{rtp_high}
}}
span 1 {{
    pseudowire local 127.0.0.1:{pw} remote 127.0.0.1:{pw_far}
    e1
    isdn euroisdn user
}}
site berlin {{ dialling de area 30 }}
trunk pri {{ span 1 }}
trunk pbx {{
    sip sip:127.0.0.1:{peer}{transport}
    accept from 127.0.0.1
    register user gw secret file:{dir}/secret domain kamailio.example expires 10s
    100rel supported
}}
routes from pbx {{ * -> pri }}
routes from pri {{ * -> pbx }}
cdr csv {dir}/cdr.csv
admin socket {dir}/tandem.sock
overload {{ off }}
log info
"""

RULES = SPAN + """
number 3012300x {{
    proceeding
    alerting after 100ms
    answer after 400ms
    wait 20s
}}
number 3012301x {{
    proceeding
    alerting after 100ms
    answer after 400ms
    wait 2500ms
    hangup
}}
"""

CONTACT = "sip:gw@127.0.0.1:{sip}"


class Kamailio:
    def __init__(self, rig, transport, **words):
        words = {"PORT": rig.ports["peer"], "PHONE": rig.ports["caller"], "DIR": rig.dir,
                 "GATEWAY": rig.ports["sip"], "EXPIRES": 10, **words}
        config = (DATA / "kamailio.cfg").read_text()
        for word, value in words.items():
            config = config.replace(f"@{word}@", str(value))
        path = rig.dir / "kamailio.cfg"
        path.write_text(config)
        self.rig = rig
        self.transport = transport
        self.log = rig.dir / "kamailio.log"
        self.process = rig.spawn(["kamailio", "-DD", "-E", "-f", path, "-Y", rig.dir, "-m", "32",
                                  "-M", "4", "-w", rig.dir], stderr=open(self.log, "w"),
                                 stdout=subprocess.DEVNULL)
        wait_for("Kamailio", 20, lambda: self.command("core.version") is not None)

    def command(self, *words):
        p = subprocess.run(["kamcmd", "-s", f"unix:{self.rig.dir}/kamailio.ctl", *words],
                           capture_output=True, text=True, timeout=10)
        return p.stdout if p.returncode == 0 else None

    def said(self, pattern):
        """The groups of every line of its log that fits."""
        return re.findall(pattern, self.log.read_text(errors="replace"))

    def contacts(self):
        return re.findall(r"Address: (\S+)", self.command("ul.dump") or "")


def registered(rig, kamailio, contact):
    wait_for("the registration", 20, lambda: kamailio.contacts() == [contact])
    check(kamailio.said("CHALLENGED REGISTER"), "Kamailio did not challenge")
    wait_for("tandem knows", 10, lambda: any(
        o["type"] == "registration" and o["state"] == "registered"
        for o in rig.ask("show", "registrations")))


def refreshed(kamailio, contact, since, seconds):
    """Looks all the time that the binding is there; two REGISTERs at least came in this
    time, the second at 5 to 9 s, and not more than one in 3 s."""
    end = since + seconds
    while time.monotonic() < end or len(kamailio.said(r"REGISTER gw contact")) < 2:
        check(kamailio.contacts() == [contact], "the registration ran out")
        time.sleep(0.25)
    saved, passed = len(kamailio.said(r"REGISTER gw contact")), time.monotonic() - since
    check(saved <= 1 + passed / 3, f"{saved} registrations in {passed:.0f} s of 10 s each")


# Record-Route as Kamailio writes it: once, or once for each transport (r2), nearest first
ROUTES = {"": r"<sip:127.0.0.1:{peer};lr=on[^>]*>",
          ";transport=tcp": r"<sip:127.0.0.1:{peer};transport=tcp;r2=on;lr=on[^>]*>, ?"
                            r"<sip:127.0.0.1:{peer};r2=on;lr=on[^>]*>"}


def within(rig, kamailio, begin, methods):
    """What tandem sent inside the dialogs since line `begin`: to the phone, by Kamailio's route."""
    wanted = ROUTES[kamailio.transport].format(**rig.ports)
    sent = kamailio.said(r"WITHIN (\S+) by (\S*) to (\S+) route (.*)")[begin:]
    ours = [s for s in sent if f":{rig.ports['caller']}" in s[2]]
    for method in methods:
        check(method in [s[0] for s in ours], f"no {method} of ours: {sent}")
    for method, _, to, route in ours:
        check(to == f"sip:phone@127.0.0.1:{rig.ports['caller']}", f"{method} to {to}")
        check(re.fullmatch(wanted, route), f"{method} with route {route}")
    check(not kamailio.said("STRAY"), "a request without its route")


def settled(rig, n):
    """The n-th call's record, once everything of it is over."""
    def over():
        records = [r for r in rig.records() if r["attempt"] == "0"]
        done = len(records) == n and rig.status()["calls"] == 0 and rig.in_service()
        return records[-1] if done else None
    return wait_for("all is clear", 10, over)


def call_to_phone(rig, kamailio, n, isdn_leaves):
    begin = len(kamailio.said("WITHIN "))
    phone = rig.sipp(f"called-{n}", "phone_called.xml", local=rig.ports["caller"])
    length = "2500ms" if isdn_leaves else "20s"
    rig.exchange.say(f"call +4930901821{n:02} from +4989123456 for {length}")
    released = rig.exchange.expect("released", seconds=30, called=f"+4930901821{n:02}")
    check(released["answered"] and released["cause"] == 16, f"the exchange saw {released}")
    finish(phone, "phone", 30)
    record = settled(rig, n)
    check(record["released_by"] == ("caller" if isdn_leaves else "called"), f"{record}")
    within(rig, kamailio, begin, ("PRACK", "ACK") + (("BYE",) if isdn_leaves else ()))


def call_from_phone(rig, kamailio, n, isdn_leaves):
    begin = len(kamailio.said("WITHIN "))
    number = f"03012301{n}" if isdn_leaves else f"03012300{n}"
    phone = rig.sipp(f"calls-{n}", "phone_calls.xml", local=rig.ports["caller"],
                     target=rig.ports["peer"], number=number)
    released = rig.exchange.expect("released", seconds=30, called=number[1:])
    check(released["answered"] and released["cause"] == 16, f"the exchange saw {released}")
    finish(phone, "phone", 30)
    record = settled(rig, n)
    check(record["released_by"] == ("called" if isdn_leaves else "caller"), f"{record}")
    within(rig, kamailio, begin, ("BYE",) if isdn_leaves else ())


def one(build, transport, **words):
    with Rig(build, RULES) as rig:
        (rig.dir / "secret").write_text("hunter2\n")
        rig.plan.write_text(PLAN.format(**rig.ports, dir=rig.dir, transport=transport))
        kamailio = Kamailio(rig, transport, **words)
        contact = CONTACT.format(**rig.ports) + transport
        rig.start()
        registered(rig, kamailio, contact)
        since = time.monotonic()
        call_to_phone(rig, kamailio, 1, True)
        call_to_phone(rig, kamailio, 2, False)
        # one that was said again before its transaction began has two lines
        check(kamailio.said("CHALLENGED INVITE") and len(set(kamailio.said(r"INVITE (\S+) by gw"))) == 2,
              "no INVITE with the credentials that 407 asked for")
        call_from_phone(rig, kamailio, 3, False)
        call_from_phone(rig, kamailio, 4, True)
        if not transport:
            check(kamailio.said("CHALLENGED BYE") and kamailio.said("PROVED PRACK"),
                  "nothing inside a dialog was challenged")
            refreshed(kamailio, contact, since, 15)
        rig.tandem.terminate()
        check(rig.tandem.wait(10) == 0, "tandem did not stop in order")
        check(kamailio.contacts() == [], "the registration is still there")
        check(kamailio.said(r"REGISTER gw contact \S+ expires 0"), "no REGISTER at the end")


def kamailio(build):
    one(build, "", ALGORITHM="SHA-256", STRICT=1)
    print("UDP, SHA-256, every request challenged: ok")
    one(build, ";transport=tcp", ALGORITHM="MD5", STRICT=0)
    print("TCP to the proxy, UDP behind it, MD5: ok")


if __name__ == "__main__":
    sys.exit(main(kamailio))
