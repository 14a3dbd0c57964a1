"""The bench with tandem as a service of systemd, which is the machine's first program."""
import json
import os
import subprocess
import time
from pathlib import Path

from machine import Machine
from rig import Failed, check, wait_for

UNIT = "tandem.service"
STATE = Path("/var/lib/tandem")
ETC = Path("/etc/tandem")
DROPINS = Path(f"/etc/systemd/system/{UNIT}.d")
DAHDI = 1001  # the group of guest's /etc/group that may open cards


def systemctl(*argv, fails=False):
    p = subprocess.run(["systemctl", *argv], capture_output=True, text=True, timeout=120)
    if (p.returncode != 0) != fails:
        raise Failed(f"systemctl {' '.join(argv)}: exit {p.returncode}: {p.stderr or p.stdout}")
    return p.stdout.strip()


def shown(name):
    """A property of the service."""
    return systemctl("show", "--value", "-p", name, UNIT)


def pid():
    return int(shown("MainPID"))


def threads():
    """What /proc says of each thread of the service's main process."""
    for task in Path(f"/proc/{pid()}/task").iterdir():
        try:
            text, stat = (task / "status").read_text(), (task / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            continue
        status = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
        # proc(5): after the name, in parentheses, fields 3 to 52
        fields = stat.rpartition(")")[2].split()
        yield status, {"priority": int(fields[37]), "policy": int(fields[38])}


def journal(**fields):
    """What the service has written, and what systemd has said of it, to this moment."""
    subprocess.run(["journalctl", "--sync"], timeout=60, check=True)
    p = subprocess.run(["journalctl", "-q", "-o", "json", "-u", UNIT], capture_output=True,
                       text=True, timeout=60, check=True)
    lines = [json.loads(line) for line in p.stdout.splitlines()]
    return [e for e in lines if all(e.get(k) == v for k, v in fields.items())]


def said(text):
    return [e for e in journal() if text in str(e["MESSAGE"])]


class Service(Machine):
    def __init__(self):
        super().__init__()
        for device in Path("/dev/dahdi").rglob("*"):
            if not device.is_dir():
                os.chown(device, 0, DAHDI)
                os.chmod(device, 0o660)
        for folder in (ETC / "secrets", DROPINS):
            folder.mkdir(parents=True)
        # where the bench looks for them
        (self.dir / "tandem.sock").symlink_to("/run/tandem/tandem.sock")
        (self.dir / "cdr.csv").symlink_to(STATE / "cdr.csv")

    def __exit__(self, kind, error, trace):
        subprocess.run(["systemctl", "kill", "-s", "KILL", UNIT], check=False)
        super().__exit__(kind, error, trace)

    def dropin(self, name, *lines):
        (DROPINS / f"{name}.conf").write_text("[Service]\n" + "".join(f"{x}\n" for x in lines))
        systemctl("daemon-reload")

    def write(self, change=lambda plan: plan):
        """The plan where the unit has it: nothing outside the service's own folders is written."""
        plan = self.plan.read_text().replace(
            f"admin socket {self.dir}/tandem.sock", "admin socket /run/tandem/tandem.sock")
        (ETC / "tandem.conf").write_text(change(plan.replace(str(self.dir), str(STATE))))

    def start_tandem(self):
        self.write()
        systemctl("start", UNIT)

    def restarted(self, what, before, seconds=60):
        """Waits until systemd has started another process than `before`, and calls can come in."""
        wait_for(what, seconds, lambda: shown("ActiveState") == "active" and
                 pid() not in (0, before), 0.2)
        self.wait_up()

    def show_logs(self):
        super().show_logs()
        for e in journal()[-40:]:
            print(e.get("PRIORITY"), e.get("SYSLOG_IDENTIFIER"), e["MESSAGE"], flush=True)
