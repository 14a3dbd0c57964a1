"""64 kbit/s unrestricted: every octet through tandem as it is, on the SIP side CLEARMODE (RFC
4040)."""
import subprocess

import sipscript
from machine import Skipped, check, run, test

SECONDS = 5
PAYLOAD_TYPE = 97
DATA64 = 2  # the exchange's number of the bearer


def clear(pieces):
    """A scenario with CLEARMODE for the voice codec."""
    return [sipscript.PIECES.get(p, p).replace("[pt]", str(PAYLOAD_TYPE))
            .replace("[codec]", "CLEARMODE") for p in pieces]


def need_data(m):
    plan = m.dir / "data.conf"
    plan.write_text(m.plan.read_text().replace("numbers isdn", "numbers isdn\n    bearer data"))
    p = subprocess.run([m.build / "tandem", "check", plan], capture_output=True, text=True)
    if p.returncode != 0:
        raise Skipped(f"tandem has no \"bearer data\": {(p.stderr + p.stdout)[:60]}")
    m.wait_up()


@test("data-sip-to-line")
def sip_to_line(m):
    need_data(m)
    detail = m.clean_calls(3, SECONDS, payload_type=PAYLOAD_TYPE, pieces=clear(sipscript.CALLER))
    check(m.exchange.expect("arrived")["bearer"] == DATA64, "SETUP asks for another bearer")
    return detail


@test("data-line-to-sip")
def line_to_sip(m):
    need_data(m)
    return m.clean_calls(3, SECONDS, payload_type=PAYLOAD_TYPE, pieces=clear(sipscript.CALLED),
                         place=lambda: m.exchange.say(
                             f"call +493090182142 count 3 data echo for {SECONDS}s"))


run()
