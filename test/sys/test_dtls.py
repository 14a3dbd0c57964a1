#!/usr/bin/env python3
"""DTLS-SRTP against openssl, both roles, every profile that openssl has: the same keys on both sides,
and a wrong fingerprint is refused."""
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rig import check, free_ports, main, wait_for

# openssl's name, ours, octets of key and salt
PROFILES = (("SRTP_AES128_CM_SHA1_80", "AES_CM_128_HMAC_SHA1_80", 16, 14),
            ("SRTP_AES128_CM_SHA1_32", "AES_CM_128_HMAC_SHA1_32", 16, 14),
            ("SRTP_AEAD_AES_128_GCM", "AEAD_AES_128_GCM", 16, 12),
            ("SRTP_AEAD_AES_256_GCM", "AEAD_AES_256_GCM", 32, 12))


class Certificate:
    """A self-signed one, RSA or ECDSA, and its fingerprint as SDP writes it."""

    def __init__(self, folder, name, *key):
        self.crt, self.key = folder / f"{name}.crt", folder / f"{name}.key"
        subprocess.run(["openssl", "req", "-x509", *key, "-nodes", "-days", "30", "-subj",
                        f"/CN={name}", "-keyout", self.key, "-out", self.crt], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        text = subprocess.run(["openssl", "x509", "-in", self.crt, "-noout", "-fingerprint",
                               "-sha256"], check=True, capture_output=True, text=True).stdout
        self.fingerprint = "sha-256 " + text.split("=")[1].strip()


def openssl(role, port, profile, certificate, octets, log):
    """s_server or s_client, with its keying material on standard output."""
    where = ["-accept", port] if role == "s_server" else ["-connect", f"127.0.0.1:{port}"]
    more = ["-verify", "1"] if role == "s_server" else []
    argv = ["openssl", role, "-dtls1_2", *where, *more, "-cert", certificate.crt, "-key",
            certificate.key, "-use_srtp", profile, "-keymatexport", "EXTRACTOR-dtls_srtp",
            "-keymatexportlen", octets]
    return subprocess.Popen([str(a) for a in argv], stdin=subprocess.PIPE, stdout=log,
                            stderr=subprocess.STDOUT)


def peer(build, *argv):
    return subprocess.Popen([str(a) for a in (Path(build) / "test/tools/dtlspeer", *argv)],
                            stdout=subprocess.PIPE, text=True)


def finish(process):
    try:
        out, _ = process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        out, _ = process.communicate()
    return json.loads(out.strip().split("\n")[-1])


def keying_material(text):
    found = re.search(r"Keying material: ([0-9A-F]+)", text)
    return found and found.group(1)


def handshake(build, folder, ours_active, profile, far, told, mine=()):
    """Our side's report, and what openssl said."""
    port = free_ports(2)
    log = folder / "openssl.log"
    octets = 2 * (profile[2] + profile[3])
    with open(log, "w", encoding="utf-8") as out:
        if ours_active:
            other = openssl("s_server", port, profile[0], far, octets, out)
            wait_for("s_server", 20, lambda: "ACCEPT" in log.read_text())
            ours = peer(build, "active", f"127.0.0.1:{port + 1}", f"127.0.0.1:{port}", told, *mine)
        else:
            ours = peer(build, "passive", f"127.0.0.1:{port}", "-", told, *mine)
            check(ours.stdout.readline().startswith("sha-256 "), "our side says no fingerprint")
            other = openssl("s_client", port, profile[0], far, octets, out)
        try:
            report = finish(ours)
            if report["up"]:
                wait_for("openssl's word", 10, lambda: keying_material(log.read_text(errors="replace")))
        finally:
            other.kill()
            other.wait(5)
            other.stdin.close()
    return report, log.read_text(errors="replace")


def same_keys(report, said, profile, ours_active, what):
    check(report["up"], f"{what}: {report['failure']}\n{said}")
    check(report["suite"] == profile[1], f"{what}: suite {report['suite']}")
    client, server = ("tx", "rx") if ours_active else ("rx", "tx")
    material = "".join(report[f"{side}_{part}"] for part in ("key", "salt")
                       for side in (client, server))
    theirs = keying_material(said)
    check(theirs == material, f"{what}: keys differ:\n{theirs}\n{material}\n{said}")


def test(build):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ec = Certificate(folder, "ec", "-newkey", "ec", "-pkeyopt",
                         "ec_paramgen_curve:prime256v1")
        rsa = Certificate(folder, "rsa", "-newkey", "rsa:2048")
        for ours_active in (True, False):
            for profile in PROFILES:
                what = f"{'active' if ours_active else 'passive'} {profile[1]}"
                same_keys(*handshake(build, folder, ours_active, profile, ec, ec.fingerprint),
                          profile, ours_active, what)
            what = f"{'active' if ours_active else 'passive'}, RSA on both sides"
            same_keys(*handshake(build, folder, ours_active, PROFILES[0], rsa, rsa.fingerprint,
                                 (rsa.crt, rsa.key)), PROFILES[0], ours_active, what)
            report, _ = handshake(build, folder, ours_active, PROFILES[0], ec, rsa.fingerprint)
            check(not report["up"] and "fingerprint" in report["failure"],
                  f"a wrong fingerprint: {report}")


sys.exit(main(test))
