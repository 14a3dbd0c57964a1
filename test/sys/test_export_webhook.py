#!/usr/bin/env python3
"""Records over HTTPS: a server whose certificate an authority of our own has signed is believed when
the plan names that authority, and by nobody else. What waits is delivered once it is believed."""
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path

from export import Export, Hook
from rig import check, free_ports, main, wait_for

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def openssl(*argv):
    done = subprocess.run(["openssl", *argv], capture_output=True, text=True)
    check(done.returncode == 0, f"openssl {argv}: {done.stderr}")


def authority(folder, name):
    """The file of its certificate; NAME.key beside it."""
    path = folder / f"{name}.pem"
    openssl("req", "-x509", *KEY, "-days", "2", "-subj", f"/CN={name}", "-keyout",
            folder / f"{name}.key", "-out", path)
    return path


def server_context(folder, ca, address):
    """A server's, certified for that address."""
    key, request, certificate = (folder / f"server.{end}" for end in ("key", "csr", "pem"))
    more = folder / "more"
    more.write_text(f"subjectAltName = IP:{address}\n")
    openssl("req", *KEY, "-subj", "/CN=hook", "-keyout", key, "-out", request)
    openssl("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca.with_suffix(".key"),
            "-CAcreateserial", "-days", "2", "-extfile", more, "-out", certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def believed(build, folder):
    port = free_ports(2)
    ca, other = authority(folder, "ours"), authority(folder, "another")
    hook = Hook(port, server_context(folder, ca, "127.0.0.1"))
    with Export(build, f"webhook:https://127.0.0.1:{port}/cdr", f"webhook-ca {other}") as e:
        e.write_all(20)
        e.start()
        said = e.wait_error("webhook", "ertificate")
        check(said["delivered"] == 0 and not hook.seen, f"{said}, seen {hook.seen}")
        e.kill()
        e.plan.write_text(e.plan.read_text().replace(f"webhook-ca {other}", ""))
        e.start()
        e.wait_error("webhook", "ertificate")  # nor does the system know it
        check(not hook.seen, f"seen {hook.seen}")
        e.kill()
        e.plan.write_text(e.plan.read_text().replace(" {\n", f" {{\n    webhook-ca {ca}\n", 1))
        e.start()
        wait_for("the records", 30, lambda: len(hook.records()) == 40)
        check(len(set(hook.records())) == 40, "each record once")
        wait_for("no error", 10, lambda: e.status("webhook").get("error") == "")


def another_address(build, folder):
    """A certificate of the right authority for somebody else."""
    port = free_ports(2)
    ca = authority(folder, "third")
    hook = Hook(port, server_context(folder, ca, "127.0.0.2"))
    with Export(build, f"webhook:https://127.0.0.1:{port}/cdr", f"webhook-ca {ca}") as e:
        e.write_all(1)
        e.start()
        said = e.wait_error("webhook")
        check(said["delivered"] == 0 and not hook.seen, f"{said}, seen {hook.seen}")


def test(build):
    with tempfile.TemporaryDirectory(prefix="tandem-") as folder:
        believed(build, Path(folder))
        another_address(build, Path(folder))


if __name__ == "__main__":
    sys.exit(main(test))
