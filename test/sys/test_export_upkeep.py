#!/usr/bin/env python3
"""tandem-export's housekeeping: old rows and old journals go, but no journal that a target lacks; it
ends at once whatever a server keeps it waiting for; and under the gateway it goes by the plan in force,
whatever has become of the file meanwhile."""
import os
import signal
import socket
import sqlite3
import sys
import time

from export import Export, Hook
from rig import SPAN, Rig, check, free_ports, main, wait_for


def rows(path):
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            return db.execute("SELECT count(*) FROM cdr").fetchone()[0]
    except sqlite3.OperationalError:
        return -1


def old_things_go(build):
    """Records begin 65 s before they are written: rows are older than they are kept at once, journals
    when their last change is."""
    port = free_ports(2)
    with Export(build, f"sqlite:{{dir}}/records.db, webhook:http://127.0.0.1:{port}/cdr",
                "keep 60s") as e:
        db = e.dir / "records.db"
        for _ in range(4):
            e.write_all(50, 40000)
        archives = sorted(e.journal.glob("cdr.journal-*"))
        check(len(archives) > 3, f"archives {archives}")
        for path in archives:  # the last one stays young, however long this test takes
            changed = time.time() + (3600 if path == archives[-1] else -100)
            os.utime(path, (changed, changed))
        e.start()
        wait_for("SQLite has them", 30, lambda: e.status("sqlite").get("delivered") == 400)
        e.wait_error("webhook")
        e.kill(signal.SIGTERM)
        e.start()  # upkeep of the rows comes at the start, then hourly; of journals after 3 s
        wait_for("old rows are gone", 30, lambda: rows(db) == 0)
        time.sleep(5)
        check(sorted(e.journal.glob("cdr.journal-*")) == archives, "the webhook lacks them all")
        e.kill(signal.SIGTERM)

        hook = Hook(port)
        e.start()
        wait_for("the webhook has them", 60, lambda: len(hook.records()) == 400)
        e.kill(signal.SIGTERM)
        e.start()
        wait_for("old journals are gone", 60, lambda: len(
            list(e.journal.glob("cdr.journal-*"))) < len(archives))
        wait_for("only the young one stays", 10, lambda: sorted(
            e.journal.glob("cdr.journal-*")) == archives[-1:])
        check((e.journal / "cdr.journal").exists(), "the journal")
        e.write_all(5)
        wait_for("it goes on", 30, lambda: len(hook.records()) == 410)
        check(len(set(hook.records())) == 410, "each record once")
        wait_for("rows too", 30, lambda: rows(db) == 10)


def silent(port):
    """Takes connections and says nothing."""
    s = socket.create_server(("127.0.0.1", port))
    s.settimeout(30)
    return s


def ends_at_once(build, signo):
    port = free_ports(2)
    with silent(port) as database, silent(port + 1) as hook:
        with Export(build, f'"postgres:host=127.0.0.1 port={port} user=x dbname=x", '
                           f"webhook:http://127.0.0.1:{port + 1}/cdr") as e:
            e.write_all(5)
            e.start()
            held = [database.accept(), hook.accept()]
            check(held[1][0].recv(4), "nothing is posted")
            begun = time.monotonic()
            process = e.process
            e.kill(signo)
            took = time.monotonic() - begun
            check(took < 4, f"it took {took:.1f} s to end")
            check(process.returncode == 0, f"exit {process.returncode}")
            print(f"ended in {took:.1f} s")


def exporter_of(pid):
    for child in open(f"/proc/{pid}/task/{pid}/children").read().split():
        try:
            if "tandem-export" in open(f"/proc/{child}/cmdline").read():
                return int(child)
        except OSError:  # it has just ended
            pass
    return None


def plan_in_force(build):
    """The file changes and then breaks while the gateway runs: an exporter that starts again goes by
    what the gateway goes by."""
    with Rig(build, SPAN, judged=False) as rig:
        db, other = rig.dir / "records.db", rig.dir / "other.db"
        text = rig.plan.read_text().replace(f"csv {rig.dir}/cdr.csv",
                                            f"csv {rig.dir}/cdr.csv, sqlite:{db}")
        rig.plan.write_text(text)
        rig.start()
        wait_for("its file", 20, lambda: rows(db) == 0)
        for wrong in (text.replace(str(db), str(other)), "nonsense {"):
            rig.plan.write_text(wrong)
            child = wait_for("the exporter", 30, lambda: exporter_of(rig.tandem.pid))
            db.unlink()
            os.kill(child, signal.SIGKILL)
            wait_for("its file again", 30, lambda: rows(db) == 0)
        check(not other.exists(), "it went by the file")
        found = list(rig.dir.rglob("export.plan"))
        check(len(found) == 1 and found[0].stat().st_mode & 0o777 == 0o600, f"{found}")
        rig.plan.write_text(text)


def test(build):
    old_things_go(build)
    ends_at_once(build, signal.SIGTERM)
    ends_at_once(build, signal.SIGINT)
    plan_in_force(build)


if __name__ == "__main__":
    sys.exit(main(test))
