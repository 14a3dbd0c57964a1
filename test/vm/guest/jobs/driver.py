"""The machine itself, without tandem: libpri at both ends of a DAHDI line. When this fails nothing
that the other jobs say counts."""
import time

from machine import Peer, check, run, test, wait_for

SECONDS = 5


def libpri_both_ends(m):
    m.network = Peer(m, m.far, "network", "echo", "network")
    m.user = Peer(m, m.near, "user", "pattern", "user")


@test("driver-dchannel")
def dchannel(m):
    wait_for("the D channel", 10, lambda: m.network.in_service() and m.user.in_service())


@test("driver-thirty-calls")
def thirty_calls(m):
    slots = [n for n in range(1, 32) if n != m.near.dchannel]
    for slot in slots:
        m.user.say(f"call 493012000001 {slot}")
    m.user.expect("answered", count=30)
    m.network.expect("answered", count=30)
    time.sleep(SECONDS)
    for slot in slots:
        m.user.say(f"hangup {slot}")
    m.user.expect("released", count=30)
    m.network.expect("released", count=30)
    for e in m.user.all("released"):
        check(e["fit"] >= (SECONDS - 1) * 50, f"too little came back: {e}")
        check(e["damaged"] == 0 and e["slips"] == 0, f"not as it was sent: {e}")
    return f"{sum(e['fit'] for e in m.user.all('released'))} blocks, each as it was sent"


run(start=libpri_both_ends)
