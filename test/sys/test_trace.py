#!/usr/bin/env python3
"""Traces, read by tshark: what the D channel's say of calls both ways is what was asked for; and the
packets that `trace call`, `trace number` and `trace span` give to a client."""
import signal
import subprocess
import sys

import sipscript
import traces
from peer import Caller, status
from rig import SPAN, Rig, check, finish, main, wait_for

RULES = SPAN + """
number 30123001 {{ busy }}
number 301230xx {{
    proceeding
    alerting
    answer
    wait 30s
}}
"""

# Q.931 table 4-2
SETUP, CONNECT, DISCONNECT, RELEASE, RELEASE_COMPLETE = 0x05, 0x07, 0x45, 0x4d, 0x5a
NATIONAL = "0x02"  # Q.931 4.5.8

SETUP_FIELDS = ("q931.called_party_number.digits", "q931.calling_party_number.digits",
                "q931.number_type", "q931.information_transfer_capability", "q931.uil1",
                "q931.channel.number", "q931.call_ref", "frame.packet_flags_direction",
                "frame.number")
INBOUND, OUTBOUND = 1, 2  # epb_flags


def messages(path, *kinds):
    """The Q.931 messages of those types, with what tells calls apart."""
    return traces.fields(path, "q931.message_type", "q931.call_ref", "q931.cause_value",
                         "frame.number", only=" || ".join(f"q931.message_type == {k:#x}" for k in kinds))


def traced(path, enough):
    """What a condition makes of a trace, as soon as it makes something of it: files are written a
    little later."""
    def found():
        try:
            return path.exists() and enough(path)
        except ValueError:
            return None  # its last packet is being written
    return wait_for(f"{path.name}: what is traced", 20, found, 0.3)


def setup_to(path, number):
    return traced(path, lambda p: traces.fields(
        p, *SETUP_FIELDS, only=f'q931.message_type == {SETUP:#x} && '
        f'q931.called_party_number.digits == "{number}"'))[-1]


def check_setup(name, setup, want):
    """A SETUP's fields, each with all its values."""
    for field, values in want.items():
        check(setup[field] == values, f"{name}: {field} is {setup[field]}, not {values}")


def causes(path, setup):
    """The causes of what cleared that call: references are used again."""
    return [m["q931.cause_value"] for m in messages(path, DISCONNECT, RELEASE, RELEASE_COMPLETE)
            if m["q931.call_ref"] == setup["q931.call_ref"] and m["q931.cause_value"]
            and int(m["frame.number"][0]) > int(setup["frame.number"][0])]


def both(rig):
    """The D channel as tandem and as the exchange saw it."""
    return rig.dir / "tandem-1.pcapng", rig.dir / "exchange-1.pcapng"


def refused_call(rig, caller):
    caller.invite("030123001")
    check(status(caller.final()) == 486, "not busy")
    for path, direction in zip(both(rig), (OUTBOUND, INBOUND)):
        setup = setup_to(path, "30123001")
        check_setup(path.name, setup, {
            "q931.calling_party_number.digits": ["30901821"],
            "q931.number_type": [NATIONAL, NATIONAL],
            "q931.information_transfer_capability": ["0x10"],  # 3.1 kHz audio
            "q931.uil1": ["0x03"],  # G.711 A-law
            "q931.channel.number": ["31"],  # the first one, descending
            "frame.packet_flags_direction": [f"{direction:#010x}"]})
        got = traced(path, lambda p, s=setup: causes(p, s))
        check(got[0] == ["17"], f"{path.name}: causes {got}")


def answered_call(rig, caller):
    caller.invite("030123042")
    check(status(caller.final()) == 200, "not answered")
    number = next(c["call"] for c in rig.ask("show", "calls") if c["state"] == "connected")
    caller.bye()
    rig.exchange.expect("released", called="30123042")
    setup = setup_to(both(rig)[0], "30123042")
    got = traced(both(rig)[0], lambda p: causes(p, setup))
    check(got[0] == ["16"], f"causes {got}")
    wait_for("the end of the call", 20, lambda: rig.status()["calls"] == 0)
    return number


def call_from_the_line(rig):
    called = rig.sipp("called", sipscript.CALLED, local=rig.ports["peer"])
    rig.exchange.say("call +493090182142 from +4989123456 for 1s")
    rig.exchange.expect("released", 30, direction="out", cause=16)
    finish(called, "sipp")
    for path, direction in zip(both(rig), (INBOUND, OUTBOUND)):
        setup = traced(path, lambda p: traces.fields(
            p, *SETUP_FIELDS,
            only='q931.message_type == 0x05 && q931.calling_party_number.digits contains "89123456"'
        ))[0]
        check("3090182142".startswith(setup["q931.called_party_number.digits"][0][-10:]),
              f"{path.name}: called {setup['q931.called_party_number.digits']}")
        check_setup(path.name, setup, {
            "q931.information_transfer_capability": ["0x00"],
            "frame.packet_flags_direction": [f"{direction:#010x}"]})
        got = traced(path, lambda p, s=setup: causes(p, s))
        check(got[0] == ["16"], f"{path.name}: causes {got}")


def sip_of(path):
    return traces.fields(path, "sip.Method", "sip.r-uri.user", "ip.src", "udp.srcport", "udp.dstport",
                         "sip.Call-ID", "frame.comment", "_ws.malformed", only="sip")


def one_call(rig, number, caller):
    """`trace call`: the messages of that call, and of no other."""
    path = rig.dir / "call.pcapng"
    text = rig.print("trace", "call", str(number), "--pcap", str(path))
    check("SETUP" in text and "INVITE" in text, f"no ladder: {text}")
    sip = sip_of(path)
    check([m["sip.Method"] for m in sip if m["sip.Method"]] == [["INVITE"], ["ACK"], ["BYE"]],
          f"requests: {sip}")
    check(sip[0]["sip.r-uri.user"] == ["030123042"], f"{sip[0]}")
    check(sip[0]["ip.src"] == ["127.0.0.1"] and sip[0]["udp.srcport"] == [str(caller.port)] and
          sip[0]["udp.dstport"] == [str(rig.ports["sip"])], f"addresses: {sip[0]}")
    check(sip[1]["udp.dstport"] == [str(caller.port)], f"addresses: {sip[1]}")
    check({m["sip.Call-ID"][0] for m in sip} == {caller.call_id}, f"Call-IDs: {sip}")
    check({m["frame.comment"][0] for m in sip} == {f"call {number} a"}, f"comments: {sip}")
    check(not any(m["_ws.malformed"] for m in sip), f"malformed: {sip}")
    q931 = [int(m["q931.message_type"][0], 0) for m in messages(path, *range(1, 0x7e))]
    check(q931[0] == SETUP and CONNECT in q931 and q931[-1] == RELEASE_COMPLETE, f"Q.931: {q931}")
    check(f"{len(sip) + len(q931)} messages written" in text, text[-80:])


def call_that_came_in(rig):
    """Its SETUP is there, although it was no call yet when that came."""
    number = wait_for("the record", 20, lambda: [
        c for c in rig.records() if c["from_trunk"] == "pri"])[-1]["call_id"]
    path = rig.dir / "in.pcapng"
    rig.ask("trace", "call", number, "--pcap", str(path))
    q931 = messages(path, *range(1, 0x7e))
    check(q931[0]["q931.message_type"] == ["0x05"], f"Q.931: {q931}")
    check(len({m["q931.call_ref"][0] for m in q931}) == 1, f"other calls: {q931}")
    said = [m["sip.Method"][0] for m in sip_of(path) if m["sip.Method"]]
    once = [m for i, m in enumerate(said) if i == 0 or said[i - 1] != m]  # a slow peer is asked again
    check(once == ["INVITE", "ACK", "BYE"], f"SIP of the call from the line: {sip_of(path)}")


def follow(rig, path, *argv):
    """A client that traces; its file has begun."""
    client = rig.spawn([rig.build / "tandem", "trace", *argv, "--pcap", path, "--socket",
                        rig.dir / "tandem.sock"], stderr=subprocess.PIPE, text=True)
    wait_for(f"{path.name} begins", 15, lambda: path.exists() and path.stat().st_size > 0)
    return client


def leave(client, path, enough):
    """Ends a client once that condition on its file holds."""
    traced(path, enough)
    client.send_signal(signal.SIGINT)
    said = client.communicate(timeout=30)[1]
    check(client.returncode == 0, f"trace: exit {client.returncode}: {said}")
    got = len(traces.fields(path, "frame.number"))
    check(f"{got} packets" in said and got > 0, f"{got} in the file, and it says {said}")


def followed(rig, caller):
    by_number, by_span = rig.dir / "number.pcapng", rig.dir / "span.pcapng"
    clients = [follow(rig, by_number, "number", "+493012305*"), follow(rig, by_span, "span", "1")]
    for number in ("030123050", "030123060", "030123051"):
        caller.invite(number)
        check(status(caller.final()) == 200, "not answered")
        caller.bye()
        rig.exchange.expect("released", called=number[1:])
    leave(clients[0], by_number, lambda p: len(traces.fields(
        p, "frame.number", only='sip.CSeq.method == "BYE" && sip.Status-Code == 200')) >= 2)
    leave(clients[1], by_span, lambda p: len(messages(p, RELEASE_COMPLETE)) >= 3)
    invites = [m["sip.r-uri.user"][0] for m in sip_of(by_number) if m["sip.Method"] == ["INVITE"]]
    check(invites == ["030123050", "030123051"], f"INVITEs of the number: {invites}")
    setups = messages(by_number, SETUP)
    check(len(setups) == 2, f"{len(setups)} SETUPs of the number")
    check(len(messages(by_span, SETUP)) == 3, "SETUPs of the span")
    check(not sip_of(by_span), "SIP in the span's trace")
    check(traces.fields(by_span, "frame.number", only="lapd.control.s_ftype == 0"), "no RR")
    for path in (by_number, by_span):
        wrong = traces.judge(path)[1]
        check(not wrong, f"{wrong}")


def refused_verbs(rig):
    kept = rig.dir / "kept"
    kept.write_text("precious")
    for argv, code in ((("number", "+49*"), 2), (("span", "1"), 2),
                       (("number", "1y", "--pcap", kept), 2), (("span", "9", "--pcap", kept), 1), (("call", "4711", "--pcap", kept), 1),
                       (("span", "1", "--pcap", rig.dir / "kept" / "no"), 1)):
        p = subprocess.run([rig.build / "tandem", "trace", *argv, "--socket",
                            rig.dir / "tandem.sock"], capture_output=True, text=True, timeout=20)
        check(p.returncode == code, f"trace {argv}: exit {p.returncode}: {p.stderr}")
        check(p.stderr, f"trace {argv}: not a word")
    check(kept.read_text() == "precious", "a trace that was refused wrote its file")


def trace(build):
    with Rig(build, RULES) as rig:
        rig.start()
        caller = Caller(rig.ports["caller"] + 4, ("127.0.0.1", rig.ports["sip"]))
        refused_call(rig, caller)
        number = answered_call(rig, caller)
        one_call(rig, number, caller)
        call_from_the_line(rig)
        call_that_came_in(rig)
        print("calls: ok")
        followed(rig, caller)
        print("followed: ok")
        refused_verbs(rig)
        caller.close()


if __name__ == "__main__":
    sys.exit(main(trace))
