#!/usr/bin/env python3
"""A disk that does not answer: journal, CSV, audit log, traces and recordings are on a file system
that is frozen. Calls go on, whoever asks is answered, an alarm names the file, and SIGTERM ends the
gateway in time, which says what is lost. What was written before is there afterwards."""
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

from peer import Caller, status
from rig import SPAN, Rig, check, main, wait_for

RULES = SPAN + """
number 3077xxxxxx {{
    proceeding
    answer
    wait 300s
}}
"""
FINISH = 4
# the calls have 5 s to clear; then three threads wait (records, audit, traces), the first for
# FINISH, the others for a second each; less than FINISH more for a machine that is busy
IN_TIME = 5 + FINISH + 2 + (FINISH - 1)


@contextlib.contextmanager
def disk(rig):
    """A file system of its own, which has to be thawed before anybody can let go of it."""
    image, folder = rig.dir / "disk.img", rig.dir / "disk"
    folder.mkdir()
    subprocess.run(["truncate", "-s", "32M", image], check=True)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["fsfreeze", "-u", folder], stderr=subprocess.DEVNULL)
        if rig.tandem and rig.tandem.poll() is None:
            rig.tandem.kill()
            rig.tandem.wait()
        subprocess.run(["umount", folder], check=True)


def move_to(rig, folder):
    """All that the plan writes, but the control socket."""
    text = rig.plan.read_text()
    for name in ("cdr.csv", "cdr", "tandem"):
        text = text.replace(f"{rig.dir}/{name}", f"{folder}/{name}")
    text = text.replace(f"{folder}/tandem.sock", f"{rig.dir}/tandem.sock")
    text = text.replace("tandem.sock\n", f"tandem.sock {{\n    audit {folder}/audit\n}}\n", 1)
    text += (f"process {{\n    finish {FINISH}s\n}}\n"
             f"recordings {{\n    directory {folder}/recordings\n}}\n")
    rig.plan.write_text(text)


def call(rig, port):
    caller = Caller(rig.ports["caller"] + port, ("127.0.0.1", rig.ports["sip"]))
    caller.invite("03077314159")
    check(status(caller.final()) == 200, "not answered")
    return caller


def waiting(rig):
    """The files that an alarm names."""
    return {a["object"]: a["text"] for a in rig.ask("show", "alarms") if a["kind"] == "disk-silent"}


def answers(rig, *argv):
    began = time.monotonic()
    answer = rig.ask(*argv)
    took = time.monotonic() - began
    # one that waits for the disk waits as long as it is frozen
    check(answer and took < 5, f"{argv}: {len(answer)} answers after {took:.1f} s")
    return answer


def calls_go_on(rig):
    for port in (12, 16, 20):
        call(rig, port)
    busy = [c for c in answers(rig, "show", "channels", "1") if "busy" in str(c)]
    check(len(busy) >= 3, f"channels: {busy}")
    for channel in (31, 30):
        answers(rig, "show", "channel", f"1/{channel}")
    answers(rig, "show", "calls")


def state(rig):
    """Z: it has ended, but for threads that the kernel does not let go."""
    try:
        with open(f"/proc/{rig.tandem.pid}/stat") as f:
            return f.read().rsplit(") ", 1)[1][0]
    except FileNotFoundError:
        return "Z"


def ends_in_time(rig):
    began = time.monotonic()
    rig.tandem.send_signal(signal.SIGTERM)
    wait_for("the end", IN_TIME + 5, lambda: state(rig) == "Z")
    took = time.monotonic() - began
    check(took <= IN_TIME, f"it took {took:.1f} s to end")
    log = (rig.dir / "tandem.log").read_text(errors="replace")
    for line in ("10 records could not be written: the disk of", "cdr.journal: no answer for",
                 "still wait for a disk"):
        check(line in log, f"the log does not say: {line}")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", rig.ports["sip"]))
    return took


def test(build):
    if os.geteuid() != 0 or not os.path.exists("/dev/loop-control"):
        print("needs root, and loop devices: left out")
        return
    with Rig(build, RULES, judged=False) as rig, disk(rig) as folder:
        move_to(rig, folder)
        rig.start()
        call(rig, 8)
        subprocess.run(["fsfreeze", "-f", folder], check=True)
        calls_go_on(rig)
        rig.by_client(["block", "pri"])  # a line of the audit log
        rig.by_client(["unblock", "pri"])
        wait_for("an alarm", 12, lambda: any("cdr.journal" in f for f in waiting(rig)))
        call(rig, 24)
        print(waiting(rig))
        took = ends_in_time(rig)
        subprocess.run(["fsfreeze", "-u", folder], check=True)
        code = rig.tandem.wait(5)
        check(code == 5, f"exit status {code}")
        print(f"ended after {took:.1f} s")
        rig.start_tandem()
        rig.wait_runs()


if __name__ == "__main__":
    sys.exit(main(test))
