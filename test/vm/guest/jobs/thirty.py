"""Every channel of an E1 in use at once, each way; every block of 20 ms is looked at."""
from machine import run, test

SECONDS = 10


@test("thirty-up")
def up(m):
    m.wait_up()


@test("thirty-sip-to-line")
def sip_to_line(m):
    return m.clean_calls(30, SECONDS)


@test("thirty-line-to-sip")
def line_to_sip(m):
    return m.clean_calls(30, SECONDS, lambda: m.exchange.say(
        f"call +493090182142 count 30 rate 20/s measure off echo for {SECONDS}s"))


run()
