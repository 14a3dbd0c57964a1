#!/usr/bin/env python3
"""Records in SQLite: tandem-export is killed again and again while records flow and journals rotate,
its state file is taken away, and afterwards there is exactly one row per record. The gateway starts
it, starts it again, and tells how it is."""
import os
import random
import signal
import sqlite3
import sys
import time

from export import Export
from peer import Caller, status
from rig import SPAN, Rig, check, main, wait_for

RULES = SPAN + """
number 30123001 {{
    proceeding
    answer
    wait 300s
}}
"""


def rows(path, what="count(*), count(DISTINCT call_id || '/' || attempt)"):
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
            return db.execute(f"SELECT {what} FROM cdr").fetchall()
    except sqlite3.OperationalError:
        return [(0, 0)]


def killed_at_random(build):
    random.seed(7)
    with Export(build, "sqlite:{dir}/records.db") as e:
        writer = e.write(300, 60, 60000)
        kills = 0
        while writer.poll() is None:
            e.start()
            wait_for("the exporter", 20, e.works, 0.01)
            time.sleep(random.uniform(0, 0.4))
            e.kill()
            kills += 1
            if kills % 5 == 0:
                (e.journal / "export.state").unlink(missing_ok=True)
        check(writer.returncode == 0, "the writer failed")
        check(len(list(e.journal.glob("cdr.journal-*"))) > 5, "journals were not rotated")
        e.start()
        wait_for("all records", 30, lambda: rows(e.dir / "records.db")[0][0] >= e.written)
        time.sleep(0.5)
        check(rows(e.dir / "records.db") == [(600, 600)], f"rows {rows(e.dir / 'records.db')}")
        seqs = [r[0] for r in rows(e.dir / "records.db", "seq")]
        check(sorted(seqs) == list(range(1, 601)), "not each record")
        print(f"{kills} kills, {len(seqs)} rows")


def speed(build):
    with Export(build, "sqlite:{dir}/records.db") as e:
        e.write_all(10000)
        e.start()
        begun = time.monotonic()
        wait_for("20000 records", 300, lambda: rows(e.dir / "records.db")[0][0] == 20000)
        seconds = time.monotonic() - begun
        print(f"SQLite: {20000 / seconds:.0f} records/s, {e.cpu() / 20000 * 1e6:.0f} us of CPU each")


def from_the_gateway(build):
    with Rig(build, RULES, judged=False) as rig:
        db, lines = rig.dir / "records.db", rig.dir / "cdr.json"
        rig.plan.write_text(rig.plan.read_text().replace(
            f"csv {rig.dir}/cdr.csv", f"csv {rig.dir}/cdr.csv, json {lines}, sqlite:{db}"))
        rig.start()
        caller = Caller(rig.ports["caller"], ("127.0.0.1", rig.ports["sip"]))
        caller.invite("030123001")
        check(status(caller.final()) == 200, "not answered")
        caller.bye()
        caller.close()
        found = wait_for("the call's records", 20,
                         lambda: (r := rows(db, "call_id, attempt, called")) and len(r) == 2 and r)
        check(found[0][0] == found[1][0] and {r[1] for r in found} == {0, 1}, f"records {found}")
        # which a thread of the gateway writes, not the exporter
        wait_for("the file of JSON lines", 20, lambda: len(lines.read_text().splitlines()) == 2)
        child = wait_for("the exporter", 10, lambda: children(rig.tandem.pid))[0]
        os.kill(child, signal.SIGKILL)
        wait_for("another exporter", 20,
                 lambda: (c := children(rig.tandem.pid)) and c[0] != child)
        last = children(rig.tandem.pid)[0]
        rig.tandem.kill()
        rig.tandem.wait(10)
        wait_for("the exporter ends with the gateway", 10, lambda: not is_running(last))


def children(pid):
    return [int(p) for p in open(f"/proc/{pid}/task/{pid}/children").read().split()
            if is_running(p)]


def is_running(pid):
    try:
        return "tandem-export" in open(f"/proc/{pid}/cmdline").read()
    except OSError:  # it has just ended
        return False


def test(build):
    killed_at_random(build)
    speed(build)
    from_the_gateway(build)


if __name__ == "__main__":
    sys.exit(main(test))
