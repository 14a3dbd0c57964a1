"""64 kbit/s unrestricted: every octet through tandem as it is, on the SIP side CLEARMODE (RFC
4040)."""
import sipscript
from machine import check, run, test

SECONDS = 5
PAYLOAD_TYPE = 97
DATA64 = 2  # the exchange's number of the bearer


def clear(pieces):
    """A scenario with CLEARMODE for the voice codec."""
    return [sipscript.PIECES.get(p, p).replace("[pt]", str(PAYLOAD_TYPE))
            .replace("[codec]", "CLEARMODE") for p in pieces]


@test("data-sip-to-line")
def sip_to_line(m):
    m.wait_up()
    detail = m.clean_calls(3, SECONDS, payload_type=PAYLOAD_TYPE, pieces=clear(sipscript.CALLER))
    check(m.exchange.expect("arrived")["bearer"] == DATA64, "SETUP asks for another bearer")
    return detail


@test("data-line-to-sip")
def line_to_sip(m):
    m.wait_up()
    return m.clean_calls(3, SECONDS, payload_type=PAYLOAD_TYPE, pieces=clear(sipscript.CALLED),
                         place=lambda: m.exchange.say(
                             f"call +493090182142 count 3 data measure off echo for {SECONDS}s"))


run()
