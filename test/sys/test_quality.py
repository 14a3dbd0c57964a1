#!/usr/bin/env python3
"""How a call sounds, told in all places where it can be read: RTCP XR to the peer (RFC 3611), `show
call`, the record, and a PUBLISH to a collector that is no code of ours (sipp) in the grammar of
RFC 6035. The peer loses each 20th packet on purpose."""
import random
import re
import select
import socket
import struct
import sys
import time

from peer import Caller, SDP
from rig import SPAN, Rig, check, finish, main, wait_for
from test_rtcp_wire import parsed

RULES = SPAN + """
number 30200 {{
    answer
    echo
    wait 60s
}}
"""

COLLECTOR = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="collector">
  <recv request="PUBLISH"/>
  <send><![CDATA[
SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
SIP-ETag: e[call_number]
Expires: 60
Content-Length: 0

]]></send>
</scenario>
"""

SECONDS = 14
LOST = 20   # one packet of so many


class Listener(Caller):
    """A caller that offers reports on quality, and looks at RTCP."""

    def __init__(self, port, to):
        super().__init__(port, to)
        self.rtcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtcp.bind(("127.0.0.1", port + 3))
        self.reports = []

    def invite(self, number, formats="8 101"):
        self.calls += 1
        self.responses = []
        self.call_id = f"{random.getrandbits(60):x}@caller"
        self.uri = f"sip:{number}@127.0.0.1:{self.to[1]};user=phone"
        self.remote = f"<{self.uri}>"
        body = SDP.format(port=self.port + 2, formats=formats)
        self.send("INVITE", 1, body=body + "a=rtcp-xr:rcvr-rtt=all voip-metrics\r\n")
        self.invite_branch = self.branch

    def hear_reports(self):
        while select.select([self.rtcp], [], [], 0)[0]:
            self.reports.append(self.rtcp.recv(2048))

    def talk_with_losses(self):
        seq, ts, ssrc = random.getrandbits(15), random.getrandbits(31), random.getrandbits(31)
        start = time.monotonic()
        for n in range(SECONDS * 50):
            head = struct.pack("!BBHII", 0x80, 8, (seq + n) & 0xffff,
                               (ts + n * 160) & 0xffffffff, ssrc)
            if n % LOST != LOST - 1:
                self.rtp.sendto(head + b"\xd5" * 160, self.media)
            self.packets()
            self.hear_reports()
            while (left := start + (n + 1) * 0.02 - time.monotonic()) > 0:
                time.sleep(left)


def blocks(packet):
    """The XR blocks of a compound packet: type and content."""
    while len(packet) >= 4:
        kind, words = packet[1], struct.unpack("!H", packet[2:4])[0]
        body, packet = packet[8:4 + words * 4], packet[4 + words * 4:]
        while kind == 207 and len(body) >= 4:
            size = 4 + struct.unpack("!H", body[2:4])[0] * 4
            yield body[0], body[4:size]
            body = body[size:]


def reported(caller):
    """The last VoIP metrics block: what tandem says it hears."""
    metrics = [c for p in caller.reports for t, c in blocks(p) if t == 7]
    check(metrics, f"no VoIP metrics in {len(caller.reports)} packets of RTCP")
    check(any(t == 4 for p in caller.reports for t, _ in blocks(p)), "no receiver reference time")
    loss, r, mos_lq = metrics[-1][4], metrics[-1][20], metrics[-1][22]
    check(9 <= loss <= 17, f"loss rate {loss}/256")   # 12.8
    check(50 <= r <= 90, f"R {r}")
    check(20 <= mos_lq <= 43, f"MOS-LQ {mos_lq}")
    return mos_lq


def shown(rig):
    """The line of `show call` about what comes from the SIP side."""
    call = str(rig.ask("show", "calls")[0]["call"])
    lines = [o for o in rig.ask("show", "call", call) if o.get("type") == "sound"]
    check([o["direction"] for o in lines] == ["from", "to"], f"show call: {lines}")
    line = lines[0]
    check(line["codec"] == "PCMA" and 4 <= line["loss_percent"] <= 6, f"show call: {line}")
    check(line["mos_worst"] <= line["mos_average"] <= 4.3, f"show call: {line}")
    check(30 <= line["delay_ms"] <= 200 and lines[1]["delay_ms"] == 30, f"delays: {lines}")
    check("from" in rig.print("show", "call", call), "show call for people has no sound")
    return line


def published(path):
    """The report that sipp received."""
    text = path.read_bytes().decode()
    head, _, body = text[text.find("PUBLISH sip:quality@"):].partition("\r\n\r\n")
    check("Event: vq-rtcpxr" in head and "application/vq-rtcpxr" in head, f"it got {text}")
    return body[:int(re.search(r"Content-Length: (\d+)", head).group(1))]


def quality(build):
    with Rig(build, RULES) as rig:
        scenario = rig.dir / "collector.xml"
        scenario.write_text(COLLECTOR)
        port = rig.ports["caller"] + 20
        messages = rig.dir / "published.txt"
        plan = rig.plan.read_text()
        listen = "accept from 127.0.0.1\n"
        check(listen in plan, "the plan has another trunk")
        rig.plan.write_text(plan.replace(
            listen, f"{listen}    quality-reports sip:quality@127.0.0.1:{port}\n"))
        rig.start()
        collector = rig.spawn(["sipp", "-sf", scenario, "-i", "127.0.0.1", "-p", port, "-m", 1,
                               "-nostdin", "-trace_msg", "-message_file", messages],
                              stdout=open(rig.dir / "collector.screen", "w"))
        rig.wait_listens(collector, port)
        caller = Listener(rig.ports["caller"] + 4, ("127.0.0.1", rig.ports["sip"]))
        caller.invite("030200")
        final = caller.final()
        check("a=rtcp-xr:" in final, f"the answer has no rtcp-xr: {final}")
        caller.talk_with_losses()
        line = shown(rig)
        said = reported(caller)
        caller.bye()
        finish(collector, "the collector", 20)
        report = published(messages)
        row = wait_for("the record", 10, lambda: next(
            (r for r in rig.records() if r["attempt"] == "0"), None))
        check(row["mos_a"] == "" and 1 < float(row["mos_b"]) <= 4.3, f"MOS {row['mos_b']}")
        check(abs(float(row["mos_b"]) - line["mos_average"]) < 0.4, f"record: {row['mos_b']}")
        figures = parsed(report)[0]
        check(abs(float(figures["MOSLQ"]) - said / 10) < 0.6, f"the report: {report}")
        check(4 <= float(figures["NLR"]) <= 6, f"the report: {report}")
        check(f"LocalAddr: IP=127.0.0.1 PORT={caller.media[1]} " in report, report)
        wait_for("all is clear", 10, lambda: rig.status()["calls"] == 0)
        metrics = {o["name"]: o["value"] for o in rig.ask("show", "metrics")}
        check(metrics["tandem_quality_reports_total"] == 1, "reports are not counted")
        check(metrics["tandem_quality_reports_refused_total"] == 0, "the report was refused")
        caller.close()


if __name__ == "__main__":
    sys.exit(main(quality))
