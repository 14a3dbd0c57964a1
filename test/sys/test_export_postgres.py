#!/usr/bin/env python3
"""Records in PostgreSQL, a server of our own: it is away at first, tandem-export and the server are
killed in the middle, two gateways write into one table, and every record is there once. In the end
the speed of it."""
import contextlib
import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from export import Export
from rig import Failed, check, main, wait_for


class Server:
    """PostgreSQL on a UNIX socket alone. It refuses to be root, so it is somebody else then."""

    def __init__(self):
        bins = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        if not bins:
            raise Failed("PostgreSQL is not installed")
        self.bin = Path(bins[-1])
        self.dir = Path(tempfile.mkdtemp(prefix="tandem-pg-"))
        self.dir.chmod(0o755)
        self.data = self.dir / "data"
        self.user = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"] \
            if os.getuid() == 0 else []
        if self.user:
            shutil.chown(self.dir, "nobody", "nogroup")
        self.process = None
        self.log = open(self.dir / "server.log", "a")
        self.run("initdb", "-D", self.data, "-U", "tandem", "-A", "trust", "--no-sync", "-E", "UTF8",
                 "--locale=C")

    def run(self, program, *argv):
        done = subprocess.run([*self.user, self.bin / program, *argv], capture_output=True, text=True,
                              cwd=self.dir, timeout=120)
        check(done.returncode == 0, f"{program}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self):
        self.process = subprocess.Popen(
            [*self.user, self.bin / "postgres", "-D", self.data, "-k", self.dir, "-c",
             "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB"],
            cwd=self.dir, stdout=self.log, stderr=self.log)
        wait_for("PostgreSQL", 60, lambda: self.ask("SELECT 1", False) == "1")

    def crash(self):
        """All at once, as SIGQUIT has it: nothing is finished."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(60)

    def ask(self, sql, must=True):
        done = subprocess.run([*self.user, self.bin / "psql", "-h", self.dir, "-U", "tandem", "-XAtq",
                               "postgres", "-c", sql], capture_output=True, text=True, cwd=self.dir,
                              timeout=60)
        check(done.returncode == 0 or not must, done.stderr)
        return done.stdout.strip()

    def target(self):
        return f'"postgres:host={self.dir} user=tandem dbname=postgres"'

    def close(self):
        if self.process and self.process.poll() is None:
            self.crash()
        self.log.close()
        shutil.rmtree(self.dir, ignore_errors=True)


def counts(server, table="cdr"):
    text = server.ask(f"SELECT count(*), count(DISTINCT (call_id, attempt)) FROM {table}", False)
    return tuple(int(n) for n in text.split("|")) if text else (0, 0)


def away_and_killed(build, server):
    with Export(build, server.target()) as e:
        writer = e.write(300, 60, 100000)
        e.start()
        said = e.wait_error("postgres")
        check(said["delivered"] == 0 and said["failures"] > 0, f"status {said}")
        wait_for("records wait", 20, lambda: e.status("postgres").get("oldest_ms", 0) > 0)
        server.start()
        wait_for("the first records", 90, lambda: counts(server)[0] > 0)
        e.kill()  # somewhere in a batch
        check(writer.wait(60) == 0, "the writer failed")
        (e.journal / "export.state").unlink(missing_ok=True)
        e.start()
        wait_for("all records", 60, lambda: counts(server)[0] >= 600)
        check(counts(server) == (600, 600), f"rows {counts(server)}")
        row = server.ask("SELECT talk_ms, mos_a, rtp_rx_packets, sip_call_id, json->>'called' = called,"
                         " end_time - answer_time, malicious IS NULL FROM cdr WHERE seq = 1")
        check(row == '60000|4.41|3000|b\'"\\ä@example.com|t|00:01:00|t', f"row {row}")
        wait_for("no error", 10, lambda: e.status("postgres").get("error") == "")


def killed_in_the_middle(build, server):
    server.ask("TRUNCATE cdr, cdr_position")
    with Export(build, server.target()) as e:
        e.write_all(8000, 3 << 20)
        for part in (2000, 6000, 10000):
            e.start()
            wait_for(f"{part} records", 60, lambda: counts(server)[0] >= part, 0.01)
            e.kill()
        e.start()
        wait_for("12000 records", 60, lambda: counts(server)[0] >= 12000, 0.01)
        server.crash()
        time.sleep(0.5)
        server.start()
        wait_for("all records", 90, lambda: counts(server)[0] >= 16000)
        check(counts(server) == (16000, 16000), f"rows {counts(server)}")


def two_gateways(build, server):
    """A table in a schema of its own, which both write into."""
    with contextlib.ExitStack() as stack:
        one, two = (stack.enter_context(Export(build, server.target(), "table billing.calls"))
                    for _ in range(2))
        server.ask("CREATE SCHEMA billing")
        for e in (one, two):
            e.write_all(50)
            e.start()
        wait_for("the records of both", 60, lambda: counts(server, "billing.calls")[0] >= 200)
        places = server.ask("SELECT count(*) FROM billing.calls_position")
        check(places == "2", f"{places} positions")


def speed(build, server):
    server.ask("TRUNCATE cdr, cdr_position")
    with Export(build, server.target()) as e:
        e.write_all(10000)
        e.start()
        begun = time.monotonic()
        wait_for("20000 records", 300, lambda: counts(server)[0] == 20000)
        seconds = time.monotonic() - begun
        print(f"PostgreSQL: {20000 / seconds:.0f} records/s, {e.cpu() / 20000 * 1e6:.0f} us of CPU "
              "each")


def test(build):
    server = Server()
    try:
        away_and_killed(build, server)
        killed_in_the_middle(build, server)
        two_gateways(build, server)
        speed(build, server)
    finally:
        server.close()


if __name__ == "__main__":
    sys.exit(main(test))
