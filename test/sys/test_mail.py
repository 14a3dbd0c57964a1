#!/usr/bin/env python3
"""Mail: what an emergency call tells by the plan's program, here a script that keeps what it got; and
what becomes of it when the program fails."""
import email
import email.utils
import sys
import time

from peer import Caller, status
from rig import SPAN, Rig, check, main, wait_for

RULES = SPAN + """
number 112 {{
    proceeding
    answer
    wait 300s
}}
"""

# the code is read before the mail is there: it is another one for the next
SCRIPT = """#!/bin/sh
code=$(cat {dir}/code)
echo "$@" > {dir}/arguments
cat > {dir}/part
mv {dir}/part {dir}/mail-$(date +%s%N)
exit $code
"""

EXTRA = """
mail {dir}/sendmail
emergency {{
    numbers 112
    send pri
    notify mail:ops@example.com
}}
"""


def prepare(rig):
    rig.plan.write_text(rig.plan.read_text() + EXTRA.format(dir=rig.dir))
    script = rig.dir / "sendmail"
    script.write_text(SCRIPT.format(dir=rig.dir))
    script.chmod(0o755)
    (rig.dir / "code").write_text("0\n")


def call(rig, port):
    caller = Caller(rig.ports["caller"] + port, ("127.0.0.1", rig.ports["sip"]))
    caller.invite("112")
    check(status(caller.final()) == 200, "112 is not answered")
    caller.bye()
    caller.close()


def mails(rig):
    return sorted(rig.dir.glob("mail-*"))


def counted(rig, name):
    return next(m["value"] for m in rig.ask("show", "metrics") if m.get("name") == f"tandem_{name}")


def sent(rig):
    began = int(time.time())  # a date has whole seconds
    call(rig, 0)
    path = wait_for("the mail", 20, lambda: mails(rig))[0]
    message = email.message_from_bytes(path.read_bytes())
    check((rig.dir / "arguments").read_text() == "-t -oi\n", "other arguments")
    check(message["To"] == "ops@example.com", f"it goes to {message['To']}")
    check(message["Subject"].startswith("tandem: "), f"the subject is {message['Subject']}")
    date = email.utils.parsedate_to_datetime(message["Date"])
    check(began <= date.timestamp() <= time.time(), f"it is of {date}, and the call of {began}")
    check("112" in message.get_payload(), f"it says {message.get_payload()}")
    wait_for("that it is counted", 10, lambda: counted(rig, "notify_mailed_total") == 1)
    print(f"mail: {message['Subject']}")


def refused(rig):
    (rig.dir / "code").write_text("75\n")
    call(rig, 4)
    wait_for("the mail", 20, lambda: len(mails(rig)) == 2)
    wait_for("its failure", 20, lambda: counted(rig, "notify_failed_total") == 1)
    wait_for("a word in the log", 10, lambda:
             "itself with code 75" in (rig.dir / "tandem.log").read_text())


def test(build):
    with Rig(build, RULES) as rig:
        prepare(rig)
        rig.start()
        sent(rig)
        refused(rig)


sys.exit(main(test))
