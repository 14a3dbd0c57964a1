#!/usr/bin/env python3
"""Two tandems and one circuit: A is the call agent and has SIP, B is the gateway and has the line. What
MGCP carries between them (package MS) is a call from end to end: its answer, its tone, its causes. Then
each is killed under the other."""
import datetime
import json
import signal
import subprocess
import sys
import time

from mgcpwire import PATIENT, REPEATED, Wire
from peer import header, status
from phone import Phone, tone_frame
from rig import Failed, Rig, check, main, wait_for

AGENT = """version 1
sip {{ listen udp:127.0.0.1:{sip} }}
media {{
    address 127.0.0.1
    ports   {rtp_low}-{rtp_middle}
    codecs  pcma
}}
mgcp {{
    listen udp:127.0.0.1:{agent}
    gateway gw.test address 127.0.0.1:{near} channels 1-15 as ds/e1-1 audit 10s
    {patient}
}}
trunk tgw {{
    mgcp gw.test
    caller-id on
    numbers as-dialled
}}
trunk pbx {{
    sip sip:127.0.0.1:{peer}
    accept from 127.0.0.1
    numbers as-dialled
}}
routes from pbx {{ * -> tgw }}
routes from tgw {{ * -> pbx }}
admin socket {dir}/tandem.sock
overload {{ off }}
cdr csv {dir}/cdr.csv
log info
"""
GATEWAY = """version 1
sip {{ listen udp:127.0.0.1:{second} }}
media {{
    address 127.0.0.1
    ports   {rtp_second}-{rtp_high}
    codecs  pcma
}}
span 1 {{
    pseudowire local 127.0.0.1:{pw} remote 127.0.0.1:{pw_far} frames 40 jitter 40ms
    isdn euroisdn user
}}
mgcp {{
    listen udp:127.0.0.1:{gateway}
    domain gw.test
    agent 127.0.0.1:{far} exports span 1 as ds/e1-1 restart-delay 1ms
    {patient}
}}
admin socket {dir}/b.sock
overload {{ off }}
log info
"""
RULES = """
span 1 {{
    pseudowire local 127.0.0.1:{pw_far} remote 127.0.0.1:{pw} frames 40 jitter 40ms
    isdn euroisdn network
}}
number 100 {{ busy }}
number 101 {{ cause 1 }}
number 102 {{ cause 27 }}
number 21x {{
    proceeding
    alerting
    wait 60s
}}
number 2xx {{
    proceeding
    alerting
    answer after 200ms
    tone 1000
    wait 60s
}}
"""
# of the exchange: number, status, Reason's cause (RFC 3398 7.2.4.1)
REFUSALS = (("100", 486, 17), ("101", 404, 1), ("102", 502, 27))
TRIES = 5
LOOK = 3  # s: B looks at its spans each second, and tells A


class Pair:
    """A and B; B's program is the rig's own kind with another plan and socket."""

    def __init__(self, rig):
        self.rig = rig
        base, low, high = rig.ports["sip"], rig.ports["rtp_low"], rig.ports["rtp_high"]
        middle = (low + high) // 4 * 2 + 1
        self.p = dict(gateway=base + 20, near=base + 21, far=base + 22, agent=base + 23, second=base + 24,
                      rtp_middle=middle, rtp_second=middle + 1)
        rig.plan.write_text(AGENT.format(**rig.ports, **self.p, dir=rig.dir, patient=PATIENT))
        self.plan = rig.dir / "b.conf"
        self.plan.write_text(GATEWAY.format(**rig.ports, **self.p, dir=rig.dir, patient=PATIENT))
        self.wire = Wire(rig.dir / "pair.pcap", self.p["near"], self.p["gateway"], self.p["far"],
                         self.p["agent"])
        self.phone = Phone(rig.ports["peer"], ("127.0.0.1", rig.ports["sip"]), "pbx")
        self.since = None  # of this time on alarms are none of the test's doing

    def start_gateway(self):
        self.gateway = self.rig.spawn([self.rig.build / "tandem", "run", "-c", self.plan],
                                      stderr=open(self.rig.dir / "b.log", "a"))

    def ask_gateway(self, *words):
        p = subprocess.run([self.rig.build / "tandem", *words, "--json", "--socket",
                            self.rig.dir / "b.sock"], capture_output=True, text=True, timeout=20)
        return [json.loads(line) for line in p.stdout.splitlines()] if p.returncode == 0 else []

    def served(self):
        """The channels that A may use, and whether B's line is up."""
        return len([e for e in self.rig.ask("show", "endpoints", check_exit=False)
                    if e.get("service") == "in service"])

    def wait_served(self):
        wait_for("15 channels in service", 30, lambda: self.served() == 15, 0.1)

    def disturbed(self):
        """Whether the line had an alarm, at B's end or the exchange's: it has when nothing comes for 100 ms,
        as when the machine gives a program no time."""
        logs = [(self.rig.dir / name).read_text() for name in ("b.log", "exchange.log")]
        since = datetime.datetime.fromtimestamp(self.since, datetime.timezone.utc).isoformat()
        return any(line.split()[0] >= since for log in logs for line in log.splitlines() if "span 1: alarm" in line)

    def undisturbed(self, part):
        """B's channels leave with an alarm of the line (docs/mgcp.md), and calls fail then: a part that fails
        while there was one is tried again."""
        for left in reversed(range(TRIES)):
            self.wait_served()
            self.since = time.time() - LOOK
            try:
                part(self)
                self.quiet()
                return
            except Failed as e:
                if left == 0 or self.since is None or not self.disturbed():
                    raise
                print(f"{part.__name__}: again, for the line had an alarm: {e}", flush=True)
            self.clear()

    def clear(self):
        """Ends what a failed part left, and forgets it."""
        self.rig.exchange.say("release all")
        for call in list(self.phone.calls.values()):
            call.fall_silent()
        wait_for("all is over", 60, lambda: self.rig.status()["calls"] == 0 and self.calls() == 0)
        self.rig.exchange.events.clear()

    def quiet(self):
        wait_for("all is over", 20, lambda: self.rig.status()["calls"] == 0 and self.calls() == 0
                 and self.rig.exchange.in_service())
        wait_for("no connection is left", 20, lambda: not [
            e for e in self.ask_gateway("show", "endpoints") if e.get("connections")])

    def calls(self):
        got = self.ask_gateway("show", "status")
        return got[0]["calls"] if got else None

    def close(self):
        self.phone.close()
        self.wire.close()


def heard(rig, called, hz, count=1):
    got = rig.exchange.expect("released", count=count, called=called)
    check(abs(got["heard"].get("tone_hz", 0) - hz) < 2, f"{called}: {got}")
    return got


def answered(call):
    final = call.final()
    check(status(final) == 200, f"not answered: {final.splitlines()[0]}")


def outgoing(pair):
    """SIP to the line: is answered, both hear each other, the caller hangs up. MS has no word for
    ringing: whoever waits hears the line."""
    known = len(pair.rig.exchange.all("released", called="201"))
    call = pair.phone.call("201", "123", hz=500)
    answered(call)
    wait_for("the exchange's tone", 10, lambda: call.voice.hears(1000))
    wait_for("the caller's tone", 10, lambda: not pair.rig.exchange.deaf({"201": 500}))
    call.bye()
    released = heard(pair.rig, "201", 500, known + 1)
    check(released["cause"] == 16 and released["by"] == "them", f"{released}")
    check(released["channel"] <= 15, f"{released}")
    arrived = pair.rig.exchange.expect("arrived", count=known + 1, called="201")
    check(arrived["caller"] == "123", f"{arrived}")


def refusals(pair):
    for number, want, cause in REFUSALS:
        final = pair.phone.call(number, "123").final()
        check(status(final) == want and f"cause={cause};" in header(final, "Reason") + ";",
              f"{number}: {final}")
        pair.quiet()


def hung_up_there(pair):
    """The called side hangs up, with a cause of its own."""
    call = pair.phone.call("202", "123")
    answered(call)
    pair.rig.exchange.say("release all cause 31")
    check("cause=31" in header(call.byed(), "Reason"), f"{call.all[-1]}")


def given_up(pair):
    """CANCEL while it rings."""
    call = pair.phone.call("211", "123")
    wait_for("it rings", 10, lambda: any(
        c.get("state") == "alerting" for c in pair.ask_gateway("show", "calls")))
    call.send("CANCEL", cseq=1, branch=call.invite_branch)
    check(status(call.final()) == 487, "CANCEL")
    released = pair.rig.exchange.expect("released", called="211")
    check(released["by"] == "them" and released["cause"] == 16, f"{released}")


def incoming(pair):
    """The line to SIP. MS tells the digits that were dialled, and not by whom."""
    pair.rig.exchange.say("call 301 from 4711 channel 7 tone 1000")
    call = pair.phone.invited("301")
    call.voice.frame = tone_frame(500)
    call.answer(call.invite, 180)
    pair.rig.exchange.expect("alerting", called="301")
    call.pick_up()
    pair.rig.exchange.expect("answered", called="301")
    wait_for("the caller's tone", 10, lambda: call.voice.hears(1000))
    wait_for("the peer's tone", 10, lambda: not pair.rig.exchange.deaf({"301": 500}))
    pair.rig.exchange.say("release all")
    call.byed()
    heard(pair.rig, "301", 500)


def incoming_refused(pair):
    for number, code, cause in (("302", 486, 17), ("303", 404, 1)):
        pair.rig.exchange.say(f"call {number} channel 8")
        call = pair.phone.invited(number)
        call.answer(call.invite, code)
        released = pair.rig.exchange.expect("released", called=number)
        check(released["cause"] == cause, f"{number}: {released}")
        pair.quiet()


def gateway_killed(pair):
    """B dies with a call on it and comes back: it says so, and A's call is over."""
    call = pair.phone.call("204", "123")
    answered(call)
    before = len(pair.wire.commands("RSIP", False))
    pair.since = None
    pair.gateway.send_signal(signal.SIGKILL)
    pair.gateway.wait()
    pair.start_gateway()
    call.byed(30)
    wait_for("RSIP", 10, lambda: len(pair.wire.commands("RSIP", False)) > before)
    wait_for("the line", 30, lambda: pair.rig.exchange.in_service(), 0.2)
    pair.wait_served()
    pair.quiet()
    pair.since = time.time()
    outgoing(pair)


def agent_killed(pair):
    """A dies; the call on the line survives it. A comes back and finds a connection that no call of
    its own has."""
    call = pair.phone.call("205", "123", hz=500)
    answered(call)
    pair.rig.tandem.send_signal(signal.SIGKILL)
    pair.rig.tandem.wait()
    for voice in pair.phone.voices:
        voice.to = None  # their ports will be another call's
    time.sleep(1)
    check(pair.calls() == 1 and not pair.rig.exchange.all("released", called="205"),
          "the call went with the agent")
    pair.rig.start_tandem()
    pair.rig.wait_runs()
    released = pair.rig.exchange.expect("released", 20, called="205")
    check(released["by"] == "them", f"{released}")
    pair.quiet()
    pair.wait_served()
    outgoing(pair)


PARTS = (outgoing, refusals, hung_up_there, given_up, incoming, incoming_refused, gateway_killed,
         agent_killed)


def run(build):
    with Rig(build, RULES) as rig:
        pair = Pair(rig)
        rig.start_exchange()
        pair.start_gateway()
        rig.start_tandem()
        wait_for("the line", 30, lambda: rig.exchange.in_service(), 0.2)
        pair.wait_served()
        # whoever started first spoke to nobody, and says it again
        wait_for("silence", 60, lambda: pair.wire.idle() > REPEATED + 1, 0.2)
        before = pair.wire.delays()
        for part in PARTS:
            if sys.argv[2:] and part.__name__ not in sys.argv[2:]:
                continue
            began = time.monotonic()
            if part is gateway_killed:
                pair.wire.judge(before=before)
            pair.undisturbed(part)
            print(f"{part.__name__}: ok, {time.monotonic() - began:.1f} s", flush=True)
        pair.close()
        pair.wire.judge(repeated=True)


if __name__ == "__main__":
    sys.exit(main(run))
