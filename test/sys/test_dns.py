#!/usr/bin/env python3
"""Peers with names: found by a real name server, noticed when they die, and found elsewhere."""
import re
import socket
import sys
import threading

from nameserver import NameServer
from rig import Rig, check, main, wait_for

PLAN = """version 1
sip {{
    listen   udp:127.0.0.1:{sip}, tcp:127.0.0.1:{sip}
    resolver 127.0.0.1:{dns}
}}
media {{ ports {rtp_low}-{rtp_high} }}
trunk carrier {{
    sip    sip:carrier.example
    health every 1s down 2 up 2
}}
trunk alias {{ sip sip:alias.example:5070 }}
trunk large {{ sip sip:large.example;transport=tcp }}
trunk poisoned {{ sip sip:poisoned.example:5071 }}
trunk nobody {{ sip sip:nobody.example }}
trunk silent {{ sip sip:silent.example:5072 }}
admin socket {dir}/tandem.sock
overload {{ off }}
log info
"""


class Answerer:
    """A SIP server that answers OPTIONS, when it is alive."""

    def __init__(self, port):
        self.alive, self.requests = True, 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            text, source = self.socket.recvfrom(4096)
            self.requests += 1
            if not self.alive:
                continue
            fields = re.findall(rb"^(?:Via|From|To|Call-ID|CSeq):.*\r\n", text, re.M)
            fields = [f.replace(b"\r\n", b";tag=x\r\n") if f.startswith(b"To:") else f
                      for f in fields]
            self.socket.sendto(b"SIP/2.0 200 OK\r\n" + b"".join(fields) +
                               b"Content-Length: 0\r\n\r\n", source)


def zone(ports):
    return {
        ("carrier.example", "NAPTR"): ['10 10 "s" "SIP+D2U" "" _sip._udp.carrier.example',
                                       '20 10 "s" "SIP+D2T" "" _sip._tcp.carrier.example'],
        ("_sip._udp.carrier.example", "SRV"): [f"1 0 {ports['peer']} a.carrier.example",
                                               f"2 0 {ports['caller']} b.carrier.example"],
        ("a.carrier.example", "A"): ["127.0.0.1"],
        ("b.carrier.example", "A"): ["127.0.0.1"],
        ("alias.example", "CNAME"): ["real.example"],
        ("real.example", "A"): ["192.0.2.1"],
        ("_sip._tcp.large.example", "SRV"): [f"{i} 0 5060 h{i}.example" for i in range(1, 13)],
        **{(f"h{i}.example", "A"): [f"192.0.2.{i}"] for i in range(1, 13)},
        ("poisoned.example", "A"): ["192.0.2.1"],
    }


def trunk(rig, name):
    head, *servers = rig.ask("show", "trunk", name)
    return head, {s["server"]: s["state"] for s in servers}


def expect_servers(rig, name, *servers):
    wait_for(f"the servers of {name}", 10, lambda: list(trunk(rig, name)[1]) == list(servers))


def expect_states(rig, what, states):
    """Waits until the carrier's servers are so; the trunk as it was then."""
    def so():
        head, servers = trunk(rig, "carrier")
        return head if servers == states else None
    return wait_for(what, 10, so)


def names(rig, dns):
    expect_servers(rig, "carrier", f"udp:127.0.0.1:{rig.ports['peer']}",
                   f"udp:127.0.0.1:{rig.ports['caller']}")
    expect_servers(rig, "alias", "udp:192.0.2.1:5070")
    expect_servers(rig, "large", *[f"tcp:192.0.2.{i}:5060" for i in range(1, 13)])
    check(("_sip._tcp.large.example", "SRV", "tcp") in dns.asked, "the cut answer was believed")
    expect_servers(rig, "poisoned", "udp:192.0.2.1:5071")
    wait_for("nobody not found", 10, lambda: trunk(rig, "nobody")[0]["lookup"] == "not found")
    head, servers = trunk(rig, "nobody")
    check((head["state"], servers) == ("down", {}), f"nobody: {head}")
    wait_for("the silence noticed", 20, lambda: trunk(rig, "silent")[0]["state"] == "down")
    shown = rig.print("show", "trunk", "carrier")
    check("sip:carrier.example" in shown and "server" in shown and "priority" in shown, shown)
    check("no such trunk" in rig.print("show", "trunk", "x"), "an unknown trunk is shown")


def health(rig, first, second):
    a, b = (f"udp:127.0.0.1:{rig.ports[p]}" for p in ("peer", "caller"))
    wait_for("checks", 10, lambda: first.requests > 1 and second.requests > 1)
    first.alive = False
    head = expect_states(rig, "one server down", {a: "down", b: "up"})
    check(head["state"] == "up", "the trunk is down with one server left")
    second.alive = False
    wait_for("the trunk down", 10, lambda: trunk(rig, "carrier")[0]["state"] == "down")
    first.alive = second.alive = True
    head = expect_states(rig, "both up", {a: "up", b: "up"})
    check(head["state"] == "up", "the trunk stays down")
    log = (rig.dir / "tandem.log").read_text()
    for line in (f"trunk carrier: server {a}: down: 2 health checks failed",
                 "trunk carrier: down: no server answers", "trunk carrier: up"):
        check(line in log, f"the log lacks {line!r}")
    values = {m["name"]: m["value"] for m in rig.ask("show", "metrics") if "name" in m}
    check(any("peer_trunk_down" in n and v for n, v in values.items()), "no metric counts it")


def moved(rig, dns):
    """A second later the zone says something else; then the name servers fall silent."""
    dns.zone["real.example", "A"] = ["192.0.2.9"]
    expect_servers(rig, "alias", "udp:192.0.2.9:5070")
    dns.silent.add("alias.example")
    wait_for("an old answer given", 30, lambda: [
        m for m in rig.ask("show", "metrics")
        if "dns_stale" in m.get("name", "") and m["value"]])
    expect_servers(rig, "alias", "udp:192.0.2.9:5070")


def dns_test(build):
    with Rig(build) as rig:
        ports = dict(rig.ports, dns=rig.ports["voice"])
        rig.plan.write_text(PLAN.format(**ports, dir=rig.dir))
        dns = NameServer(ports["dns"], zone(ports))
        dns.truncate.add("_sip._tcp.large.example")
        dns.poison["poisoned.example", "A"] = ("other.example", "203.0.113.66")
        dns.silent.add("silent.example")
        first, second = Answerer(ports["peer"]), Answerer(ports["caller"])
        rig.start_tandem()
        rig.wait_runs()
        names(rig, dns)
        print("names: ok")
        health(rig, first, second)
        print("health: ok")
        moved(rig, dns)
        print("moved: ok")


if __name__ == "__main__":
    sys.exit(main(dns_test))
