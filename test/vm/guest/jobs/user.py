"""tandem without privileges: a user who is in the group that may open DAHDI's devices."""
import os
import subprocess
from pathlib import Path

from machine import check, run, test

SECONDS = 3
USER, GROUP, DAHDI = 1000, 1000, 1001


def as_user(m):
    return {"user": USER, "group": GROUP, "extra_groups": [DAHDI]}


def start(m):
    os.chown(m.dir, USER, GROUP)
    m.start_exchange()


def let_in(group):
    for device in Path("/dev/dahdi").rglob("*"):
        if not device.is_dir():
            os.chown(device, 0, group)
            os.chmod(device, 0o660)


@test("user-refused")
def refused(m):
    """Outside that group it says what it may not do, and ends."""
    let_in(0)
    p = subprocess.run([m.build / "tandem", "run", "-c", m.plan], capture_output=True, text=True,
                       cwd=m.dir, timeout=20, **as_user(m))
    check(p.returncode == 1 and "may not be opened: run as a user of group dahdi" in p.stderr,
          f"exit {p.returncode}: {p.stderr[-300:]}")


@test("user-calls")
def calls(m):
    let_in(DAHDI)
    m.tandem = m.spawn([m.build / "tandem", "run", "-c", m.plan],
                       stderr=open(m.dir / "tandem.log", "a"), **as_user(m))
    m.wait_up()
    owner = Path(f"/proc/{m.tandem.pid}").stat().st_uid
    check(owner == USER, f"it runs as {owner}")
    return m.clean_calls(1, SECONDS)


run(start=start)
