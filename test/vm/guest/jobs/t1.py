"""A T1: 24 timeslots, mu-law, the D channel in the last."""
from machine import run, test

SECONDS = 4
PCMU = 0


@test("t1-in-service")
def in_service(m):
    m.wait_up()


@test("t1-sip-to-line")
def sip_to_line(m):
    return m.clean_calls(23, SECONDS, payload_type=PCMU)


@test("t1-line-to-sip")
def line_to_sip(m):
    return m.clean_calls(5, SECONDS, payload_type=PCMU, place=lambda: m.exchange.say(
        f"call +493090182142 count 5 rate 20/s measure off echo for {SECONDS}s"))


run(kind="t1")
