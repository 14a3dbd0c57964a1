#!/usr/bin/env python3
"""Calls by ENUM: a name server says where a number is reached, and the call goes there by its URI; what is not in
ENUM, not allowed, not answered in time or not reachable goes to the carriers."""
import sys
import time

import sipscript
from nameserver import NameServer
from peer import Caller, header, status
from rig import Rig, check, finish, main, wait_for

SUFFIX = "e164.ix.example"
PLAN = """version 1
sip {{
    listen   udp:127.0.0.1:{sip}
    resolver 127.0.0.1:{dns}
}}
media {{
    address 127.0.0.1
    ports   {rtp_low}-{rtp_high}
}}
site berlin {{ dialling de area 30 }}
trunk pbx {{
    sip    sip:127.0.0.1:{pbx}
    accept from 127.0.0.1
}}
trunk peers {{
    sip     enum
    numbers e164
    domains *.peer1.example
}}
trunk carrier {{ sip sip:127.0.0.3:{peer} }}
deck carrier {{ csv {dir}/deck.csv }}
lcr wholesale {{ offer carrier via carrier }}
enum private {{
    suffix  e164.ix.example
    service sip
    timeout {timeout}ms
    cache   1h, negative 5min
}}
routes from pbx {{
    * -> enum private, lcr wholesale
}}
cdr csv {dir}/cdr.csv
admin socket {dir}/tandem.sock
overload {{ off }}
log info
"""
TIMEOUT = 1.5  # s: a name server that is a thread of ours may be slow to answer
RINGS = 0.3    # the called side does


def name_of(number):
    return ".".join(reversed(number.lstrip("+"))) + "." + SUFFIX


def naptr(uri, preference=10):
    return f'10 {preference} "u" "E2U+sip" "!^.*$!{uri}!" .'


def zone(rig):
    port = rig.ports["peer"]
    return {
        (name_of("+493011"), "NAPTR"): [naptr(f"sip:alice@sbc.peer1.example:{port}")],
        (name_of("+493012"), "NAPTR"): [naptr("sip:bob@srv.peer1.example;user=phone")],
        (name_of("+493013"), "NAPTR"): [naptr(f"sip:eve@sbc.foreign.example:{port}")],
        (name_of("+493014"), "NAPTR"): [naptr(f"sip:eve@sbc.foreign.example:{port}"),
                                        naptr(f"sip:carol@sbc.peer1.example:{port}", 20)],
        (name_of("+493015"), "NAPTR"): [naptr("sip:nobody@gone.peer1.example")],
        (name_of("+493016"), "NAPTR"): [naptr(f"sip:dave@busy.peer1.example:{port}")],
        ("sbc.peer1.example", "A"): ["127.0.0.2"],
        ("busy.peer1.example", "A"): ["127.0.0.4"],
        ("sbc.foreign.example", "A"): ["127.0.0.4"],
        ("srv.peer1.example", "NAPTR"): ['10 10 "s" "SIP+D2U" "" _sip._udp.srv.peer1.example'],
        ("_sip._udp.srv.peer1.example", "SRV"): [f"0 0 {port} sbc.peer1.example"],
    }


def called_says(uri):
    """A sipp scenario's first piece: an INVITE to that URI, and no other."""
    return ('<recv request="INVITE" rrs="true"><action>'
            f'<ereg regexp="^INVITE {uri}" search_in="msg" check_it="true" assign_to="uri"/>'
            '</action></recv>\n<Reference variables="uri"/>\n')


def expect(rig, phone, number, uri, host="127.0.0.2"):
    """A call to the number reaches that host by that URI. How long the INVITE took to be answered."""
    name = f"{number}-{time.monotonic_ns()}"
    called = rig.sipp(name, (called_says(uri), *sipscript.CALLED[1:]), host=host, local=rig.ports["peer"])
    began = time.monotonic()
    phone.invite(number)
    final = phone.final()
    took = time.monotonic() - began
    check(status(final) == 200, f"{number}: {final.splitlines()[0]}")
    phone.bye()
    finish(called, f"{number} at {host}", 10)
    return took


def by_enum(rig, phone, dns):
    port = rig.ports["peer"]
    expect(rig, phone, "+493011", f"sip:alice@sbc.peer1.example:{port}")
    asked = len(dns.asked)
    expect(rig, phone, "+493011", f"sip:alice@sbc.peer1.example:{port}")
    check(name_of("+493011") not in [a[0] for a in dns.asked[asked:]], "asked again within its time")
    expect(rig, phone, "+493012", "sip:bob@srv.peer1.example;user=phone")
    expect(rig, phone, "+493014", f"sip:carol@sbc.peer1.example:{port}")
    said = rig.print("show", "enum", "+493011")
    check("alice@sbc.peer1.example" in said, said)
    check(rig.ask("show", "enum") and rig.ask("show", "enum", "+493011"), "no objects")


def by_carrier(rig, phone, dns):
    """Not there; there, but of a domain that is not ours to call; a name without an address; one that is down."""
    for number in ("+493099", "+493013", "+493015"):
        expect(rig, phone, number, rf"sip:\\{number}@127.0.0.3", "127.0.0.3")
    said = rig.print("show", "trunk", "peers")
    check("ENUM" in said and "null" not in said, said)
    log = (rig.dir / "tandem.log").read_text()
    check("trunk peers: " not in log, log)
    foreign = [a for a in dns.asked if a[0].endswith("foreign.example")]
    check(not foreign, f"a foreign domain was looked up: {foreign}")
    tried = rig.expect_records(1, lambda r: r["called"] == "+493099" and r["attempt"] == "1")
    check([r["deck"] for r in tried] == ["carrier"], f"{tried}")


def after_silence(rig, phone, dns):
    dns.silent.add(name_of("+493020"))
    took = expect(rig, phone, "+493020", r"sip:\\+493020@127.0.0.3", "127.0.0.3")
    # before a second such time would be over
    check(TIMEOUT + RINGS <= took < 2 * TIMEOUT + RINGS, f"answered after {took:.2f} s")


def refused_there(rig, phone, dns):
    """Busy is an answer: the carriers are not asked. The call is refused as the peer did."""
    del dns
    busy = rig.sipp("busy", (sipscript.PIECES["invited"], sipscript._send(sipscript._response("486 Busy Here")),
                             '<recv request="ACK"/>\n'), host="127.0.0.4", local=rig.ports["peer"])
    phone.invite("+493016")
    final = phone.final()
    check(status(final) == 486 and "cause=17" in header(final, "Reason"), final)
    finish(busy, "the busy one", 10)


PARTS = (by_enum, by_carrier, after_silence, refused_there)


def run(build):
    with Rig(build, judged=False) as rig:
        ports = dict(rig.ports, dns=rig.ports["sip"] + 10, pbx=rig.ports["caller"])
        (rig.dir / "deck.csv").write_text("prefix,rate\n49,0.1\n")
        rig.plan.write_text(PLAN.format(**ports, dir=rig.dir, timeout=round(TIMEOUT * 1000)))
        dns = NameServer(ports["dns"], zone(rig), ttl=60)
        rig.start_tandem()
        rig.wait_runs()
        phone = Caller(ports["pbx"], ("127.0.0.1", ports["sip"]))
        for part in PARTS:
            part(rig, phone, dns)
            wait_for("all calls over", 10, lambda: rig.status()["calls"] == 0)
            print(f"{part.__name__}: ok", flush=True)
        phone.close()


if __name__ == "__main__":
    sys.exit(main(run))
