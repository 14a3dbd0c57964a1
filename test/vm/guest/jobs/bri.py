"""A BRI, 2 B channels: to one terminal and as a bus, tandem at either side."""
from machine import run, test, wait_for

SECONDS = 3
EXTENSION = "+493090182142"


def both_ways(m, line, side):
    m.stop_all()
    m.use(160, line, side)
    m.start_exchange()
    m.start_tandem()
    wait_for("the line in service", 30, m.in_service, 0.2)
    m.exchange.say("wait up 30s")
    out = m.clean_calls(2, SECONDS)
    back = m.clean_calls(2, SECONDS, lambda: m.exchange.say(
        f"call {EXTENSION} count 2 rate 20/s measure off echo for {SECONDS}s"))
    return f"to the line: {out}; from it: {back}"


@test("bri-point-to-point-user")
def point_to_point_user(m):
    return both_ways(m, "bri point-to-point", "user")


@test("bri-point-to-point-network")
def point_to_point_network(m):
    return both_ways(m, "bri point-to-point", "network")


@test("bri-multipoint-user")
def multipoint_user(m):
    """tandem is a terminal on the bus."""
    return both_ways(m, "bri multipoint", "user")


@test("bri-multipoint-network")
def multipoint_network(m):
    return both_ways(m, "bri multipoint", "network")


run(start=lambda m: None, kind="bri")
