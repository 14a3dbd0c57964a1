#!/usr/bin/env python3
"""ENUM over a real name server on loopback: what it says, what it denies, what it cannot, its silence."""
import subprocess
import sys
import time
from pathlib import Path

from nameserver import NameServer, name_bytes
from rig import Rig, check, main

SUFFIX = "e164.ix.example"
TIMEOUT = 1000  # ms: a name server that is a thread of ours may be slow to answer
KEPT = 3        # s: of answers and denials; what is asked for again before must come sooner


def name_of(number):
    return ".".join(reversed(number.lstrip("+"))) + "." + SUFFIX


class EnumServer(NameServer):
    """Numbers of one tree; denials have the SOA of the tree, names in `broken` are SERVFAIL."""

    def __init__(self, port, zone, ttl=KEPT, minimum=KEPT):
        self.broken, self.minimum = set(), minimum
        super().__init__(port, zone, ttl)

    def soa(self):
        data = name_bytes("ns.example") + name_bytes("admin.example")
        data += b"".join(n.to_bytes(4, "big") for n in (1, 2, 3, 4, self.minimum))
        head = (6).to_bytes(2, "big") + (1).to_bytes(2, "big") + (3600).to_bytes(4, "big")
        return name_bytes(SUFFIX) + head + len(data).to_bytes(2, "big") + data

    def answer(self, query, over):
        reply = super().answer(query, over)
        name = self.asked[-1][0]
        if name in self.broken:
            return reply[:3] + b"\x82" + reply[4:6] + bytes(6) + query[12:]
        if reply and reply[3] & 15 == 3:
            question = reply[:8] + (1).to_bytes(2, "big") + reply[10:]
            return question + self.soa()
        return reply


class Asker:
    """test/tools/enumask: one number in, one answer out."""

    def __init__(self, build, port, *services):
        argv = [Path(build) / "test/tools/enumask", f"127.0.0.1:{port}", SUFFIX, TIMEOUT, *services]
        self.process = subprocess.Popen([str(a) for a in argv], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        check(self.process.wait(10) == 0, f"enumask ended with {self.process.returncode}")

    def ask(self, number):
        self.process.stdin.write(number + "\n")
        fields = self.process.stdout.readline().rstrip("\n").split("\t")
        return fields[0], int(fields[1]), fields[2], fields[3], fields[4:]

    def expect(self, number, result, uris=(), how="asked", age="new"):
        got = self.ask(number)
        check((got[0], got[2], got[3], got[4]) == (result, how, age, list(uris)),
              f"{number}: {got}")
        return got[1]


def zone():
    sip = r'100 50 "u" "E2U+sip" "!^(\+441632960083)$!sip:\1@example.com!" .'
    return {
        (name_of("+441632960083"), "NAPTR"): [
            '100 52 "u" "E2U+email:mailto" "!^.*$!mailto:info@example.com!" .',
            r'100 51 "u" "E2U+h323" "!^\+441632960083$!h323:operator@example.com!" .', sip],
        (name_of("+4930111"), "NAPTR"): ['10 10 "" "" "" hosted.example'],
        ("hosted.example", "NAPTR"): [r'10 10 "u" "E2U+pstn:sip+sip" "!^\+49(.*)$!sip:0\1@de!i" .'],
        (name_of("+4930112"), "CNAME"): [name_of("+4930111")],
        (name_of("+4930113"), "NAPTR"): ['10 10 "" "" "" ' + name_of("+4930113")],
        (name_of("+4930114"), "NAPTR"): [
            rf'10 {i} "u" "E2U+sip" "!^.*$!sip:{i:03}@a-rather-long-name.example!" .'
            for i in range(30)],
        (name_of("+4930115"), "NAPTR"): [
            '10 1 "u" "E2U+sip" "!((a{0,100}){0,100}){0,100}!sip:a@b!" .',
            '10 2 "u" "E2U+sip" "!^(.*)*(.*)*(.*)*=$!sip:a@b!" .', '10 3 "u" "E2U+sip" "!a!b" .',
            '10 4 "u" "E2U+sip" "!^.*$!sip:good@b!" .'],
        (name_of("+4930116"), "NAPTR"): ['10 4 "u" "E2U+sip" "!^.*$!sip:x@b!" .'],
        (name_of("+4930117"), "NAPTR"): ['10 4 "u" "E2U+sip" "!^.*$!sip:late@b!" .'],
    }


def answers(asker, dns):
    asker.expect("+44-1632-960083", "found", ["sip:+441632960083@example.com"])
    asker.expect("+441632960083", "found", ["sip:+441632960083@example.com"], how="cached")
    asker.expect("+4930111", "found", ["sip:030111@de"])
    asker.expect("+4930112", "found", ["sip:030112@de"])  # the number asked for, not the alias
    asker.expect("+4930113", "not in ENUM")
    check(len([a for a in dns.asked if a[0] == name_of("+4930113")]) == 1, "a loop was entered")
    asker.expect("+4930114", "found", [f"sip:{i:03}@a-rather-long-name.example" for i in range(8)])
    asker.expect("+4930115", "found", ["sip:good@b"])
    asker.expect("911", "not in ENUM")
    check(not [a for a in dns.asked if a[0].startswith("1.1.9.")], "a dialled string was asked for")
    check(all(kind == "NAPTR" for _, kind, _ in dns.asked), f"asked: {dns.asked}")


def denials(asker, dns):
    """The SOA says KEPT; the plan five minutes, which is more."""
    name = name_of("+4930999")
    asker.expect("+4930999", "not in ENUM")
    asker.expect("+4930999", "not in ENUM", how="cached")
    dns.zone[name, "NAPTR"] = ['10 10 "u" "E2U+sip" "!^.*$!sip:new@b!" .']
    time.sleep(KEPT + 0.1)
    asker.expect("+4930999", "found", ["sip:new@b"])


def in_silence(asker, *expected, **more):
    """No sooner than the time that was given, and before a second such time would be over."""
    took = asker.expect(*expected, **more)
    check(TIMEOUT <= took < 2 * TIMEOUT, f"silence was noticed after {took} ms")


def failures(asker, dns):
    """SERVFAIL and silence are no denials, and give way to an old answer where there is one."""
    dns.broken.add(name_of("+4930200"))
    asker.expect("+4930200", "unknown")
    dns.silent.add(name_of("+4930201"))
    in_silence(asker, "+4930201", "unknown")
    asker.expect("+4930116", "found", ["sip:x@b"])
    asker.expect("+4930117", "found", ["sip:late@b"])
    dns.broken.add(name_of("+4930116"))
    dns.silent.add(name_of("+4930117"))
    time.sleep(KEPT + 0.1)
    asker.expect("+4930116", "found", ["sip:x@b"], age="stale")
    in_silence(asker, "+4930117", "found", ["sip:late@b"], age="stale")
    asker.expect("+4930117", "found", ["sip:late@b"], how="cached", age="stale")


def enum_test(build):
    with Rig(build) as rig:
        dns = EnumServer(rig.ports["voice"], zone())
        with Asker(build, rig.ports["voice"]) as asker:
            answers(asker, dns)
            print("answers: ok")
            denials(asker, dns)
            print("denials: ok")
            failures(asker, dns)
            print("failures: ok")
        with Asker(build, rig.ports["voice"], "pstn:sip") as asker:
            asker.expect("+4930111", "found", ["sip:030111@de"])
            asker.expect("+441632960083", "not in ENUM")
            print("services: ok")


if __name__ == "__main__":
    sys.exit(main(enum_test))
