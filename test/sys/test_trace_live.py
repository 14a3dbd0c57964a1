#!/usr/bin/env python3
"""Traces of calls that go on: SIP, Q.931, MGCP and RTP of a number's calls in one file; one call until it
is over, read by tshark; and the copies that a Homer server gets, read by Kamailio."""
import re
import socket
import struct
import subprocess
import sys
import time

import traces
from iad import Iad
from peer import Caller, status
from rig import DATA, SPAN, Rig, check, main, wait_for
from test_trace import RELEASE_COMPLETE, follow, leave

MORE = """
mgcp {{
    listen udp:127.0.0.1:{agent}
    gateway iad.test address 127.0.0.1:{iad} lines 1 audit 10s
    timers first 100ms max 1s hist 2s
    repeats 2 4
}}
trunk house {{
    mgcp    iad.test lines 1
    line    1 number +4930901829
    site    berlin
    numbers as-dialled
}}
routes from house {{
    +49* -> pri
    *    -> reject 1
}}
traces {{
    ring  2
    homer udp:127.0.0.1:{homer} id 77 key {dir}/homer.key
}}
"""
RULES = SPAN + """
number 301230xx {{
    proceeding
    alerting
    answer
    tone 1000
    wait 60s
}}
"""
LINE = "aaln/1"
KEY = "not a password"
SIP, MGCP = "1", "6"  # HEP3: protocol types
CHUNKS = ("version", "family", "ip", "from", "to", "from_port", "to_port", "seconds", "microseconds",
          "type", "agent", "key", "correlation", "word", "length")


def by_hand():
    """A HEP3 datagram of nobody's: Kamailio is there when it has read it."""
    values = {1: b"\2", 2: b"\x11", 3: b"\x7f\0\0\1", 4: b"\x7f\0\0\1", 7: b"\0\1", 8: b"\0\1", 9: bytes(4),
              10: bytes(4), 11: b"\6", 12: b"\0\0\0\1", 15: b"RQNT 1"}
    chunks = b"".join(struct.pack("!HHH", 0, n, 6 + len(v)) + v for n, v in values.items())
    return b"HEP3" + struct.pack("!H", 6 + len(chunks)) + chunks


class Homer:
    """Kamailio listens instead of a Homer server, and its log says what it read."""

    def __init__(self, rig, port):
        path = rig.dir / "homer.cfg"
        path.write_text((DATA / "homer.cfg").read_text().replace("@PORT@", str(port))
                        .replace("@DIR@", str(rig.dir)))
        (rig.dir / "db").mkdir()
        (rig.dir / "db" / "version").write_text("table_name(string) table_version(int)\n")
        self.log = rig.dir / "homer-kamailio.log"
        rig.spawn(["kamailio", "-DD", "-E", "-f", path, "-Y", rig.dir, "-m", "32"],
                  stdout=subprocess.DEVNULL, stderr=open(self.log, "w"))
        probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        wait_for("Kamailio", 60, lambda: probe.sendto(by_hand(), ("127.0.0.1", port)) and self.got())
        probe.close()

    def got(self):
        """Each message as a dictionary of its chunks."""
        lines = re.findall(r"HEP (3\|.*\|)$", self.log.read_text(errors="replace"), re.M)
        return [dict(zip(CHUNKS, line.split("|"))) for line in lines if line.count("|") == len(CHUNKS)]

    def copies(self):
        return [m for m in self.got() if m["agent"] == "77"]


class Bench:
    def __init__(self, rig):
        self.rig = rig
        base = rig.ports["sip"]
        self.agent, self.gateway, port = base + 20, base + 21, base + 22
        text = rig.plan.read_text() + MORE.format(agent=self.agent, iad=self.gateway, homer=port,
                                                  dir=rig.dir)
        rig.plan.write_text(text)
        (rig.dir / "homer.key").write_text(KEY + "\n")
        self.homer = Homer(rig, port)
        self.iad = Iad(self.gateway, ("127.0.0.1", self.agent), "iad.test", [LINE],
                       rig.dir / "iad.pcap")
        self.line = self.iad.lines[LINE]
        self.caller = Caller(rig.ports["caller"] + 4, ("127.0.0.1", rig.ports["sip"]))

    def options(self):
        """Our ports are not those that tshark knows."""
        return ("-d", f"udp.port=={self.agent},mgcp", "-d", f"udp.port=={self.rig.ports['sip']},sip",
                "-o", "rtp.heuristic_rtp:TRUE", *traces.NO_QSIG)

    def close(self):
        self.iad.close()
        self.caller.close()


def connected(bench):
    """The only call that is."""
    return wait_for("a call", 10, lambda: next(
        (c for c in bench.rig.ask("show", "calls") if c["state"] == "connected"), None))


def talk(bench, seconds):
    """The caller speaks for so long, and until it has heard as much: who speaks to it may be late."""
    heard = []
    bench.caller.packets()  # what came before does not count
    bench.caller.talk(seconds, heard=heard)
    wait_for("as much from the line", 20,
             lambda: heard.extend(bench.caller.packets()) or len(heard) >= seconds * 50)


def sip_call(bench, number, seconds):
    """From SIP to the line, with speech; returns its number and id."""
    bench.caller.invite(number)
    check(status(bench.caller.final()) == 200, "not answered")
    call = connected(bench)
    talk(bench, seconds)
    return call


def telephone_call(bench, number, seconds):
    """From a telephone behind MGCP to the line."""
    line = bench.line
    line.wants("L/hd")
    line.lift()
    line.plays("L/dl")
    line.dial(number)
    line.connected("sendrecv")
    call = connected(bench)
    voice = next(iter(line.connections.values()))
    enough = voice.seq + seconds * 50
    voice.heard.clear()
    wait_for("speech both ways", 20,
             lambda: voice.seq >= enough and len(voice.heard) >= seconds * 50)
    line.hang_up()
    wait_for("the telephone's call is over", 10, lambda: bench.rig.status()["calls"] == 0)
    return call


def sound(bench, path):
    """tshark takes all of it for what it is; returns what it has."""
    got = traces.fields(path, "frame.number", "_ws.malformed", "_ws.expert.severity",
                        "_ws.expert.message", "_ws.col.Protocol", "frame.comment", "rtp.ssrc",
                        "frame.packet_flags_direction", "udp.srcport", "udp.dstport",
                        "rtp.payload", options=bench.options())
    wrong = list(traces.complaints(path, got))
    check(not wrong, f"{wrong[:5]}")
    return got


def of(frames, protocol, comment=None):
    return [f for f in frames if f["_ws.col.Protocol"][0].startswith(protocol)
            and (comment is None or comment in f["frame.comment"])]


def check_rtp(frames, call, side, packets):
    """Both directions of a leg, each of one source."""
    rtp = of(frames, "RTP", f"call {call} {side}")
    rtp = [f for f in rtp if f["rtp.ssrc"]]
    for direction in ("0x00000001", "0x00000002"):
        way = [f for f in rtp if f["frame.packet_flags_direction"] == [direction]]
        check(len(way) >= packets, f"call {call} {side}, {direction}: {len(way)} packets of RTP")
        check(len({f["rtp.ssrc"][0] for f in way}) == 1, "sources of RTP")
        check(all(len(f["rtp.payload"][0]) == 320 for f in way), "20 ms of RTP")


def all_kinds(bench):
    """Calls of a number: one from SIP, one from MGCP, both to ISDN."""
    path = bench.rig.dir / "kinds.pcapng"
    client = follow(bench.rig, path, "number", "+4930123*")
    first = sip_call(bench, "030123042", 1.5)
    bench.caller.bye()
    bench.rig.exchange.expect("released", called="30123042")
    second = telephone_call(bench, "030123043", 1.5)
    last = f'q931.message_type == {RELEASE_COMPLETE:#x} && frame.comment contains "call {second["call"]} b"'
    leave(client, path, lambda p: traces.fields(p, "frame.number", only=last, options=bench.options()))
    frames = sound(bench, path)
    for protocol, call, side in (("SIP", first, "a"), ("Q.931", first, "b"), ("MGCP", second, "a"),
                                 ("Q.931", second, "b")):
        check(of(frames, protocol, f"call {call['call']} {side}"),
              f"no {protocol} of call {call['call']} {side}")
    for f in frames:
        check(f["frame.comment"], f"frame {f['frame.number']} names no call: {f}")
    check_rtp(frames, first["call"], "a", 50)
    check_rtp(frames, second["call"], "a", 40)
    return first, second


def until_its_end(bench):
    """trace call --follow: what there was, then what comes, and it ends with the call."""
    rig, path = bench.rig, bench.rig.dir / "one.pcapng"
    call = sip_call(bench, "030123044", 0.2)
    client = rig.spawn([rig.build / "tandem", "trace", "call", str(call["call"]), "--pcap", path,
                        "--follow", "--socket", rig.dir / "tandem.sock"],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for("the file begins", 10, lambda: path.exists() and path.stat().st_size > 1000)
    talk(bench, 1)
    check(client.poll() is None, "it ended before the call")
    bench.caller.bye()
    out, err = client.communicate(timeout=20)
    check(client.returncode == 0, f"exit {client.returncode}: {err}")
    check("INVITE" in out, f"no ladder: {out}")
    frames = sound(bench, path)
    check({f["frame.comment"][0] for f in frames} ==
          {f"call {call['call']} a", f"call {call['call']} b"}, "comments")
    check_rtp(frames, call["call"], "a", 40)
    check(any("rtcp" in p.lower() for f in frames for p in f["_ws.col.Protocol"]), "no RTCP")
    words = traces.fields(path, "sip.Method", only="sip.Method", options=bench.options())
    check([w["sip.Method"] for w in words] == [["INVITE"], ["ACK"], ["BYE"]], f"requests: {words}")
    refused = subprocess.run([rig.build / "tandem", "trace", "call", str(call["call"]), "--follow",
                              "--socket", rig.dir / "tandem.sock"], capture_output=True, text=True,
                             timeout=20)
    check(refused.returncode == 2, f"--follow without a file: exit {refused.returncode}")
    again = rig.ask("trace", "call", str(call["call"]), "--pcap", str(path), "--follow")
    check(again is not None, "a call that is over is not followed")


def copies(bench, first, second):
    """Homer has each SIP and MGCP message, both legs of a call under its id."""
    def of_call(call):
        return [m for m in bench.homer.copies() if m["correlation"] == call["call_id"]]

    for call, word in ((first, "BYE"), (second, "MDCX")):
        wait_for(f"the copy of {word}", 20, lambda: any(m["word"] == word for m in of_call(call)))
    got = bench.homer.copies()
    for what, want in (("family", {"2"}), ("ip", {"17"}), ("key", {KEY}), ("type", {SIP, MGCP}),
                       ("from", {"127.0.0.1"}), ("to", {"127.0.0.1"})):
        check({m[what] for m in got} == want, f"{what}: { {m[what] for m in got} }")
    check(all(abs(time.time() - int(m["seconds"])) < 600 for m in got), "time")
    sip = of_call(first)
    requests = [m["word"] for m in sip if not m["word"].startswith("SIP/2.0")]
    check(requests == ["INVITE", "ACK", "BYE"], f"of the SIP call: {requests}")
    ports = [str(bench.caller.port), str(bench.rig.ports["sip"])]
    check([sip[0]["from_port"], sip[0]["to_port"]] == ports, f"ports of INVITE: {sip[0]}")
    answer = next(m for m in sip if m["word"] == "SIP/2.0")
    check([answer["to_port"], answer["from_port"]] == ports, f"ports of an answer: {answer}")
    mgcp = of_call(second)
    check({m["type"] for m in mgcp} == {MGCP}, f"of the telephone: {mgcp}")
    check("MDCX" in {m["word"] for m in mgcp}, f"{ {m['word'] for m in mgcp} }")
    check("homer_sent_total" in bench.rig.print("show", "metrics"), "no counter of copies")


def live(build):
    with Rig(build, RULES, judged=False) as rig:
        bench = Bench(rig)
        try:
            rig.start()
            first, second = all_kinds(bench)
            print("all kinds in one file: ok")
            until_its_end(bench)
            print("one call until its end: ok")
            copies(bench, first, second)
            ring = rig.status()
            check(ring["trace_ring_mib"] == 2 and ring["trace_ring_s"] >= 1, f"{ring}")
        finally:
            bench.close()


if __name__ == "__main__":
    sys.exit(main(live))
