#!/usr/bin/env python3
"""sipp as the peer: its own scenarios, and those of data/ for what real peers do now and then."""
import subprocess
import sys

from rig import SPAN, Rig, check, finish, main, wait_for

PLAN = """version 1
sip {{ listen udp:0.0.0.0:{sip}, tcp:127.0.0.1:{sip} }}
media {{
    address 127.0.0.1
    ports   {rtp_low}-{rtp_high}
}}
span 1 {{
    pseudowire local 127.0.0.1:{pw} remote 127.0.0.1:{pw_far}
    e1
    isdn euroisdn user
}}
site berlin {{ dialling de area 30 }}
trunk pri {{ span 1 }}
trunk pbx {{ sip sip:127.0.0.1:{peer} }}
trunk spare {{ sip sip:127.0.0.2:{peer} }}
trunk strict {{
    sip sip:127.0.0.3:{peer}
    100rel required
}}
trunk movable {{
    sip sip:127.0.0.4:{peer}
    redirects follow
}}
trunk updates {{ sip sip:127.0.0.5:{peer} }}
trunk reinvites {{ sip sip:127.0.0.6:{peer} }}
routes from pbx {{ * -> pri }}
routes from pri {{
    +4930901821xx -> pbx, spare
    +4930901822xx -> strict
    +4930901823xx -> movable
    +49309018240x -> updates
    +49309018241x -> reinvites
}}
cdr csv {dir}/cdr.csv
admin socket {dir}/tandem.sock
overload {{ off }}
log info
"""

RULES = SPAN + """
number 30123001 {{
    proceeding
    alerting after 100ms
    answer after 200ms
    tone 1004 level -10
    wait 30s
}}
number 30123002 {{
    proceeding
    progress pi 8 after 100ms
    answer after 1500ms
    wait 30s
}}
"""


# of the sessions that are refreshed while all else goes on
REFRESHED = ("+493090182401", "+493090182411")


def clear(rig, but=()):
    """No call is left, but perhaps those to these numbers."""
    def others():
        left = rig.ask("show", "calls")
        return rig.status()["calls"] != len(left) or [c for c in left if c["called"] not in but]
    wait_for("all is clear", 20, lambda: not others())


def repeated(rig):
    return rig.metric("sip_retransmits_total", 'direction="out"')


class Peers:
    """sipp in all its roles; every one has a name of its own."""

    def __init__(self, rig):
        self.rig = rig
        self.count = 0

    def start(self, scenario, host="127.0.0.1", port="peer", number="030123001", options=()):
        self.count += 1
        return self.rig.sipp(f"{scenario}-{self.count}", f"{scenario}.xml", host=host,
                             local=self.rig.ports[port], number=number, options=options)

    def builtin(self, name, port, calls):
        rig = self.rig
        p = rig.spawn(["sipp", f"127.0.0.1:{rig.ports['sip']}", "-sn", name, "-i", "127.0.0.1",
                       "-p", rig.ports[port], "-m", calls, "-r", "5", "-d", "300", "-nostdin",
                       "-s", "030123001", "-trace_err", "-error_file", rig.dir / f"{name}.log"],
                      stdout=open(rig.dir / f"{name}.screen", "w"), stderr=subprocess.STDOUT)
        rig.wait_listens(p, rig.ports[port])
        return p


def expect_released(rig, number, cause, answered=True, seconds=15):
    released = rig.exchange.expect("released", seconds=seconds, called=number)
    check((released["cause"], released["answered"]) == (cause, answered), f"{number}: {released}")
    return released


def own_scenarios(rig, peers):
    finish(peers.builtin("uac", "caller", 5), "sipp -sn uac", 20)
    clear(rig, REFRESHED)
    answering = peers.builtin("uas", "peer", 3)
    rig.exchange.say("call +493090182100 count 3 rate 10/s for 500ms")
    finish(answering, "sipp -sn uas", 20)
    for n in range(3):  # sipp is done before the exchange hears of the last one
        released = rig.exchange.expect("released", count=n + 1, called="+493090182100")
        check((released["cause"], released["answered"]) == (16, True), f"{released}")


def called(rig, peers, scenario, number, cause=16, host="127.0.0.1", answered=True, length="2s"):
    """The exchange calls; `scenario` is what it meets."""
    peer = peers.start(scenario, host)
    rig.exchange.say(f"call {number} from +4989123456 for {length}")
    released = expect_released(rig, number, cause, answered)
    finish(peer, scenario, 15)
    return released


def caller(rig, peers, scenario, number="030123001"):
    before = len(rig.exchange.all("released", called=number[1:]))
    finish(peers.start(scenario, port="caller", number=number), scenario, 20)
    return rig.exchange.expect("released", count=before + 1, called=number[1:], cause=16)


def reliable(rig, peers):
    caller(rig, peers, "prack_calls", "030123002")
    sent = repeated(rig)
    called(rig, peers, "prack_called", "+493090182201", host="127.0.0.3", length="4s")
    check(repeated(rig) > sent, "the PRACK was not repeated")


def updates(rig, peers):
    call = caller(rig, peers, "update_calls")["call"]
    for what in (121, 122): # Q.931 4.5.22: remote hold, remote retrieval
        check(len(rig.exchange.all("notify", call=call, notify=what)) == 1, f"no NOTIFY {what}")


def out_of_order(rig, peers):
    sent = repeated(rig)
    caller(rig, peers, "slow_ack_calls")
    check(repeated(rig) > sent, "200 was not repeated")
    caller(rig, peers, "bye_first_calls")
    sent = repeated(rig)
    called(rig, peers, "slow_called", "+493090182101", length="20s")
    check(repeated(rig) > sent, "INVITE was not repeated")


def intervals(rig, peers):
    caller(rig, peers, "short_timer_calls")
    called(rig, peers, "short_timer_called", "+493090182102")
    refused = called(rig, peers, "short_timer_always", "+493090182103", 31, answered=False)
    check(refused["ms"] < 5000, f"refused after {refused['ms']} ms")


def elsewhere(rig, peers):
    """503: the next trunk. 302: where its best contact leads."""
    first = peers.start("overloaded")
    called(rig, peers, "slow_called", "+493090182104", host="127.0.0.2", length="20s")
    finish(first, "the first", 10)
    tried = rig.expect_records(
        2, lambda r: r["called"] == "+493090182104" and r["attempt"] != "0")
    check([(r["to_trunk"], r["sip_status"]) for r in tried] == [("pbx", "503"), ("spare", "")],
          f"{tried}")
    first = peers.start("moved", "127.0.0.4", options=("-key", "elsewhere", rig.ports["peer"]))
    called(rig, peers, "slow_called", "+493090182301", host="127.0.0.7", length="20s")
    finish(first, "the first", 10)


def peers_of_all_kinds(build):
    with Rig(build, RULES) as rig:
        rig.plan.write_text(PLAN.format(**rig.ports, dir=rig.dir))
        rig.start()
        peers = Peers(rig)
        refreshed = [peers.start("refreshed_by_update", "127.0.0.5"),
                     peers.start("refreshed_by_reinvite", "127.0.0.6")]
        for number in REFRESHED:
            rig.exchange.say(f"call {number} from +4989123456")
            rig.exchange.expect("answered", called=number)
        for part in (own_scenarios, reliable, updates, out_of_order, intervals, elsewhere):
            part(rig, peers)
            clear(rig, REFRESHED)
            print(f"{part.__name__}: ok")
        for p in refreshed:
            finish(p, "a session that is refreshed", 50)
        for number in REFRESHED:
            expect_released(rig, number, 16)
        clear(rig)
        print("refreshes: ok")


if __name__ == "__main__":
    sys.exit(main(peers_of_all_kinds))
