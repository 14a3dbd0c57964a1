#!/usr/bin/env python3
"""What tandem writes of RTCP and of voice quality reports, judged by others.

Packets with random figures go through tshark, which must find every figure in its field and nothing
malformed. Reports of the same figures are read by the grammar of RFC 6035 4.6.1, written here as
regular expressions, and must have the figures too.
"""
import random
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import traces
from rig import check, main

PORT = 5005
PACKETS = 300
UNKNOWN = 127

# The numbers of a packet, in rtcpwrite's order, each with the field of tshark and its range. A
# function takes the figure to what tshark shows.
REPORT = (
    ("ssrc", "rtcp.senderssrc", 1, 0xffffffff), ("sender", None, 0, 1),
    ("wall", None, 10**15, 2 * 10**15), ("ts", "rtcp.timestamp.rtp", 0, 0xffffffff),
    ("packets", "rtcp.sender.packetcount", 0, 0xffffffff),
    ("octets", "rtcp.sender.octetcount", 0, 0xffffffff),
)
BLOCK = (
    ("source", "rtcp.ssrc.identifier", 1, 0xffffffff), ("base", None, 0, 0xffff),
    ("highest", "rtcp.ssrc.ext_high", 0x10000, 0xffffffff), ("received", None, 0, 0),
    ("jitter", "rtcp.ssrc.jitter", 0, 0xfffffff), ("last_sr", "rtcp.ssrc.lsr", 0, 0xffffffff),
    ("since_sr", "rtcp.ssrc.dlsr", 0, 0xffffffff),
)
EXTENDED = (
    ("reference", None, 0, 1), ("dlrr_ssrc", None, 1, 0xffffffff),
    ("last_rr", "rtcp.xr.lrr", 0, 0xffffffff), ("since_rr", "rtcp.xr.dlrr", 0, 0xffffffff),
)
METRICS = "rtcp.xr.voipmetrics."
VOIP = (
    ("voip", None, 1, 0xffffffff), ("loss", "rtcp.ssrc.fraction", 0, 255),
    ("discard", "rtcp.ssrc.discarded", 0, 255), ("burst_density", METRICS + "burstdensity", 0, 255),
    ("gap_density", METRICS + "gapdensity", 0, 255),
    ("burst_ms", METRICS + "burstduration", 0, 65535),
    ("gap_ms", METRICS + "gapduration", 0, 65535), ("round_trip", METRICS + "rtdelay", 0, 65535),
    ("end_system", METRICS + "esdelay", 0, 65535), ("signal", METRICS + "signallevel", -128, 127),
    ("noise", METRICS + "noiselevel", -128, 127), ("rerl", METRICS + "rerl", 0, 127),
    ("gmin", METRICS + "gmin", 1, 255), ("r", METRICS + "rfactor", 0, 100),
    ("ext_r", METRICS + "extrfactor", 0, 100), ("mos_lq", METRICS + "moslq", 10, 50),
    ("mos_cq", METRICS + "moscq", 10, 50), ("plc", METRICS + "plc", 0, 3),
    ("jba", METRICS + "jba", 0, 3), ("jb_rate", METRICS + "jbrate", 0, 15),
    ("jb_nominal", METRICS + "jbnominal", 0, 65535), ("jb_max", METRICS + "jbmax", 0, 65535),
    ("jb_abs_max", METRICS + "jbabsmax", 0, 65535),
)
TABLE = REPORT + BLOCK + EXTENDED + VOIP
WORDS = "abcdefghijklmnopqrstuvwxyz0123456789@.-"


def figures(rng):
    """A packet's figures. Parts that a packet may be without are left out by zeros."""
    f = {name: rng.choice((low, high, rng.randint(low, high))) for name, _, low, high in TABLE}
    f["received"] = max(f["highest"] - f["base"] + 1 - rng.choice((0, 1, 99, 2**24)), 0)
    for part in ("source", "voip", "last_rr"):
        if rng.random() < 0.25:
            f[part] = 0
    for name in ("r", "ext_r", "mos_lq", "mos_cq"):
        if rng.random() < 0.2:
            f[name] = UNKNOWN
    f["cname"] = "".join(rng.choice(WORDS) for _ in range(rng.choice((1, 2, 3, 4, 30, 255))))
    f["reason"] = rng.choice(("-", "".join(rng.choice(WORDS) for _ in range(rng.randint(1, 9)))))
    if f["reason"].startswith("-"):
        f["reason"] = "-"
    return f


def written(build, packets, *arguments):
    lines = "".join(" ".join(str(f[n]) for n, *_ in TABLE) + f" {f['cname']} {f['reason']}\n"
                    for f in packets)
    p = subprocess.run([Path(build) / "test/tools/rtcpwrite", *arguments], input=lines.encode(),
                       capture_output=True, timeout=60, check=True)
    return p.stdout.decode()  # line ends as they are


def pcap(path, payloads):
    """A capture of raw IPv4 datagrams (link type 101)."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        for n, payload in enumerate(payloads):
            udp = struct.pack("!HHHH", 40001, PORT, 8 + len(payload), 0) + payload
            ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), n, 0, 64, 17, 0,
                             b"\x7f\0\0\1", b"\x7f\0\0\2")
            out.write(struct.pack("<IIII", n, 0, len(ip + udp), len(ip + udp)) + ip + udp)


def number(text):
    return float(text) if "." in text else int(text, 0)


def wanted(f, name):
    """What tshark has to show of a figure; None: its part is not there."""
    if name in ("ts", "packets", "octets") and not f["sender"]:
        return None
    if name in [n for n, *_ in BLOCK] and not f["source"]:
        return None
    if name in ("last_rr", "since_rr") and not f["last_rr"]:
        return None
    if name in [n for n, *_ in VOIP] and not f["voip"]:
        return None
    tenths = name.startswith("mos_") and f[name] != UNKNOWN
    return f[name] / 10 if tenths else f[name]


def compare(f, shown):
    # fields of several meanings have a value of each, in the order of the packet
    only_block = {"rtcp.ssrc.fraction": "loss", "rtcp.ssrc.identifier": "source"}
    for name, field, *_ in TABLE:
        want = wanted(f, name)
        if field is None or want is None:
            continue
        values = [number(v) for v in shown[field]]
        if field in only_block:
            check(want in values, f"{name} {want}: {field} is {values}")
        else:
            check(values and abs(values[0] - want) < 1e-6, f"{name} {want}: {field} is {values}")
    if f["source"]:
        lost = min(f["highest"] - f["base"] + 1 - f["received"], 0x7fffff)
        check(number(shown["rtcp.ssrc.cum_nr"][0]) == lost, f"lost {lost}: {shown}")
    texts = [f["cname"]] + ([f["reason"]] if f["reason"] != "-" else [])
    check(shown["rtcp.sdes.text"] == texts, f"{texts}: {shown['rtcp.sdes.text']}")


def types(f):
    want = ["200" if f["sender"] else "201", "202"]
    if f["reference"] or f["last_rr"] or f["voip"]:
        want.append("207")
    return want + (["203"] if f["reason"] != "-" else [])


def blocks(f):
    return (["4"] if f["reference"] else []) + (["5"] if f["last_rr"] else []) + \
        (["7"] if f["voip"] else [])


def packets_are_what_tshark_reads(build, packets):
    names = ["_ws.malformed", "_ws.expert.severity", "_ws.expert.message", "rtcp.pt", "rtcp.xr.bt",
             "rtcp.ssrc.cum_nr", "rtcp.sdes.text", "rtcp.length_check"]
    names += sorted({field for _, field, *_ in TABLE if field})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rtcp.pcap"
        pcap(path, [bytes.fromhex(line) for line in written(build, packets).split()])
        frames = traces.fields(path, *names, options=("-d", f"udp.port=={PORT},rtcp"))
    check(len(frames) == len(packets), f"{len(frames)} frames of {len(packets)}")
    for f, shown in zip(packets, frames):
        bad = [s for s in shown["_ws.expert.severity"] if int(s) >= traces.ERROR]
        check(not shown["_ws.malformed"] and not bad, f"tshark: {shown['_ws.expert.message']}")
        check(shown["rtcp.length_check"] in (["1"], ["True"]), f"length: {shown}")
        check(shown["rtcp.pt"] == types(f), f"{types(f)}: {shown['rtcp.pt']}")
        check(shown["rtcp.xr.bt"] == blocks(f), f"{blocks(f)}: {shown['rtcp.xr.bt']}")
        compare(f, shown)


# ---- RFC 6035 4.6.1; line by line, as in its examples ----

WORD = r"[-\w.!%*+`'~()<>:\\\"/\[\]?]+"
WORD_PLUS = r"[-\w.!%*+`'~()<>:\\/\[\]?{}= ]+"
TOKEN = r"[-\w.!%*+`'~]+"
ADDRESS = r"IP=([\d.]+|[\da-f:]+) PORT=\d+ SSRC=0x[\da-fA-F]{1,8}"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"
SIP = r'("([^"\\]|\\.)*" *<sip:[^<>\s]+>|<sip:[^<>\s]+>|sip:[^<>\s]+)'
PERCENT = r"\d{1,3}(\.\d{1,2})?"
HEX2 = r"[\da-f]{2}"
HEAD = (
    ("VQ(Session|Interval)Report(: CallTerm)?", False), (f"CallID: {WORD}(@{WORD})?", False),
    (f"LocalID: {SIP}", False), (f"RemoteID: {SIP}", False), (f"OrigID: {SIP}", False),
    (f"LocalAddr: {ADDRESS}", False), (f"RemoteAddr: {ADDRESS}", False),
    (f"LocalGroup: {WORD_PLUS}", False), (f"RemoteGroup: {WORD_PLUS}", False),
    (f"LocalMAC: {HEX2}(:{HEX2})*", True), (f"RemoteMAC: {HEX2}(:{HEX2})*", True),
)


def line(name, *values):
    """A line of optional values in their order."""
    return name + ":" + "".join(rf"({k}=(?P<{k}>{v})( |$))?" for k, v in values)


METRICS_LINES = (
    (f"Timestamps:START={TIME} STOP={TIME}", False),
    (line("SessionDesc", ("PT", r"\d{1,3}"), ("PD", WORD), ("SR", r"\d{1,6}"), ("PPS", r"\d{1,5}"),
          ("FD", r"\d{1,4}"), ("FO", r"\d{1,5}"), ("FPP", r"\d{1,2}"),
          ("FMTP", f'"{WORD_PLUS}"'), ("PLC", "[0-3]"), ("SSUP", "on|off")), True),
    (line("JitterBuffer", ("JBA", "[0-3]"), ("JBR", r"\d{1,2}"), ("JBN", r"\d{1,5}"),
          ("JBM", r"\d{1,5}"), ("JBX", r"\d{1,5}")), True),
    (line("PacketLoss", ("NLR", PERCENT), ("JDR", PERCENT)), True),
    (line("BurstGapLoss", ("BLD", PERCENT), ("BD", r"\d{1,7}"), ("GLD", PERCENT),
          ("GD", r"\d{1,7}"), ("GMIN", r"\d{1,3}")), True),
    (line("Delay", ("RTD", r"\d{1,5}"), ("ESD", r"\d{1,5}"), ("OWD", r"\d{1,5}"),
          ("SOWD", r"\d{1,5}"), ("IAJ", r"\d{1,5}"), ("MAJ", r"\d{1,5}")), True),
    (line("Signal", ("SL", r"-?\d{1,2}"), ("NL", r"-?\d{1,2}"), ("RERL", r"\d{1,3}")), True),
    (line("QualityEst", ("RLQ", r"\d{1,3}"), ("RLQEstAlg", WORD), ("RCQ", r"\d{1,3}"),
          ("RCQEstAlg", WORD), ("EXTRI", r"\d{1,3}"), ("ExtRIEstAlg", WORD), ("EXTRO", r"\d{1,3}"),
          ("ExtROEstAlg", WORD), ("MOSLQ", r"\d(\.\d{1,3})?"), ("MOSLQEstAlg", WORD),
          ("MOSCQ", r"\d(\.\d{1,3})?"), ("MOSCQEstAlg", WORD), ("QoEEstAlg", WORD)), True),
)
DIALOG = ((rf"DialogID:{WORD}(@{WORD})?(;to-tag={TOKEN})?(;from-tag={TOKEN})?", True),)


def take(lines, grammar):
    """Matches lines in the grammar's order, off the front; returns the values."""
    values = {}
    for pattern, optional in grammar:
        match = re.fullmatch(pattern, lines[0], re.ASCII) if lines else None
        if match:
            values.update((k, v) for k, v in match.groupdict().items() if v is not None)
            lines.pop(0)
        else:
            check(optional, f"{lines[:1]} is not {pattern}")
    return values


def parsed(text):
    check(text.endswith("\r\n") and "\n" not in text.replace("\r\n", ""), f"line ends: {text!r}")
    lines = text.split("\r\n")[:-1]
    take(lines, HEAD)
    directions = []
    for name in ("LocalMetrics:", "RemoteMetrics:"):
        if lines and lines[0] == name:
            lines.pop(0)
            directions.append(take(lines, METRICS_LINES))
    take(lines, DIALOG)
    check(not lines, f"left over: {lines}")
    return directions


def report_has(f, values):
    """The figures of the block under RFC 6035's names."""
    for key, name in (("JBA", "jba"), ("JBR", "jb_rate"), ("JBN", "jb_nominal"), ("JBM", "jb_max"),
                      ("JBX", "jb_abs_max"), ("BD", "burst_ms"), ("GD", "gap_ms"),
                      ("GMIN", "gmin")):
        check(int(values[key]) == f[name], f"{key} {values[key]}: {f[name]}")
    for key, name in (("NLR", "loss"), ("JDR", "discard"), ("BLD", "burst_density"),
                      ("GLD", "gap_density")):
        check(abs(float(values[key]) - f[name] / 2.56) < 0.06, f"{key} {values[key]}: {f[name]}")
    for key, name in (("RTD", "round_trip"), ("ESD", "end_system")):
        check(int(values.get(key, 0)) == f[name], f"{key}: {f[name]}")
    for key, name in (("SL", "signal"), ("NL", "noise"), ("RERL", "rerl"), ("RCQ", "r"),
                      ("EXTRI", "ext_r")):
        limit = f[name] if name in ("rerl", "r", "ext_r") else max(-99, min(99, f[name]))
        check((int(values[key]) if key in values else UNKNOWN) ==
              (UNKNOWN if f[name] == UNKNOWN else limit), f"{key} {values.get(key)}: {f[name]}")
    for key, name in (("MOSLQ", "mos_lq"), ("MOSCQ", "mos_cq")):
        known = f[name] != UNKNOWN
        check((key in values) == known, f"{key}: {f[name]}")
        check(not known or float(values[key]) == min(f[name], 49) / 10, f"{key}: {f[name]}")


def reports_are_what_the_grammar_reads(build, packets):
    bodies = written(build, packets, "report").split("\r\n.\n")[:-1]
    check(len(bodies) == len(packets), f"{len(bodies)} reports of {len(packets)}")
    for f, body in zip(packets, bodies):
        directions = parsed(body + "\r\n")
        check(len(directions) == 1 + bool(f["voip"]), f"directions: {body}")
        for values in directions:
            report_has(f, values)


def test(build):
    rng = random.Random(20)
    packets = [figures(rng) for _ in range(PACKETS)]
    packets_are_what_tshark_reads(build, packets)
    reports_are_what_the_grammar_reads(build, packets)
    print(f"{PACKETS} packets and reports")


if __name__ == "__main__":
    sys.exit(main(test))
