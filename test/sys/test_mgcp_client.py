#!/usr/bin/env python3
"""libosmo-mgcp-client as the agent of our gateway: it connects RTP with a channel of an E1, and tone
passes both ways; it deletes, and is told what passed."""
import json
import subprocess
import sys
import threading
import time

from mgcpwire import Wire, statistics
from phone import FRAME, Voice, tone_frame
from rig import Failed, Rig, check, main, wait_for

PLAN = """version 1
sip {{ listen udp:127.0.0.1:{sip} }}
media {{
    address 127.0.0.1
    ports   {rtp_low}-{rtp_high}
    codecs  pcma
}}
span 1 {{
    pseudowire local 127.0.0.1:{pw} remote 127.0.0.1:{pw_far} frames 40 jitter 40ms
    isdn euroisdn user
}}
mgcp {{
    listen udp:127.0.0.1:{gateway}
    domain gw.test
    agent 127.0.0.1:{far} exports span 1 as ds/e1-1 profile osmo
}}
admin socket {dir}/tandem.sock
overload {{ off }}
log info
"""
RULES = """
span 1 {{
    pseudowire local 127.0.0.1:{pw_far} remote 127.0.0.1:{pw} frames 40 jitter 40ms
    isdn euroisdn network
}}
"""
CHANNEL = 5
SPOKEN = 100  # packets at the least
QUIET = -50   # dBm0; the tone has -9
ENDPOINT = f"ds/e1-1/{CHANNEL}@gw.test"


class Client:
    def __init__(self, rig, local, gateway, endpoint):
        self.process = rig.spawn([rig.build / "test/tools/osmo_client", local, gateway, endpoint],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
                                 stderr=open(rig.dir / "client.log", "w"))

    def say(self, words):
        self.process.stdin.write(words + "\n")

    def ask(self, words, wanted=200):
        self.say(words)
        answer = self.process.stdout.readline()
        if not answer:
            raise Failed(f"{words}: osmo_client ended")
        answer = json.loads(answer)
        check(answer["code"] == wanted, f"{words}: {answer}")
        return answer


class Speaker(Voice):
    """A voice that speaks all the time: what it says late, as on a busy machine, has the timestamps of
    its time."""

    def __init__(self):
        super().__init__()
        self.sent = 0
        self.latest = 0  # s; so late was a packet
        self.speaking = True
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        due = time.monotonic()
        while self.speaking:
            self.latest = max(self.latest, time.monotonic() - due)
            self.tick()
            self.sent += 1
            due += 0.02
            time.sleep(max(0, due - time.monotonic()))

    def speak_to(self, port):
        self.to = ("127.0.0.1", port)
        self.thread.start()

    def fall_silent(self):
        self.speaking = False
        self.thread.join()

    def listen(self):
        """Takes in what has come since."""
        self.to = None
        self.tick()


def endpoints(rig):
    return [e for e in rig.ask("show", "endpoints", check_exit=False) if "endpoint" in e]


def in_service(rig):
    return len([e for e in endpoints(rig) if e["service"] == "in service"])


def circuit(rig, client, voice):
    """The exchange calls on the channel, and is connected with what the agent has there: at once, for
    this agent knows no signals. Its tone is heard, and what is said arrives."""
    made = client.ask(f"crcx recvonly {voice.port}")
    check(made["port"] and made["port"] % 2 == 0 and made["codec"] == 8 and made["ptime"] == 20, f"{made}")
    voice.speak_to(made["port"])
    rig.exchange.say(f"call 4711 channel {CHANNEL} tone 1000")
    rig.exchange.expect("proceeding")
    check(not rig.exchange.all("answered"), "answered before both directions are there")
    changed = client.ask(f"mdcx sendrecv {voice.port}")
    check(changed["port"] in (0, made["port"]), f"{made}, then {changed}")
    rig.exchange.expect("answered")
    wait_for("the exchange's tone", 10, lambda: voice.hears(1000))
    wait_for("the agent's tone", 10, lambda: not rig.exchange.deaf({"4711": 500}))
    wait_for(f"{SPOKEN} packets", 10, lambda: voice.came >= SPOKEN)
    voice.fall_silent()
    # then all that was said has come there, and been counted on the way
    wait_for("the end of the agent's tone", 10, lambda: rig.exchange.hearing()["4711"]["level_last_dbm0"] < QUIET)


def over(rig):
    """The agent's deletion released the call."""
    released = rig.exchange.expect("released")
    heard = released["heard"]
    check(released["cause"] == 16 and released["by"] == "them", f"{released}")
    check(abs(heard["tone_hz"] - 500) < 2, f"the exchange heard {heard}")


def again(rig, client):
    """The connection is there before the call, and after it."""
    wait_for("the channels in service", 15, lambda: in_service(rig) == 30)  # they leave with an alarm
    client.ask("crcx sendrecv 40000")
    rig.exchange.say(f"call 4712 channel {CHANNEL} wait 200ms hangup")
    rig.exchange.expect("answered", called="4712")
    rig.exchange.expect("released", called="4712", by="us")
    wait_for("the channel is free", 10, lambda: [e for e in endpoints(rig) if e["endpoint"].startswith(
        f"ds/e1-1/{CHANNEL}") and e["state"] == "idle" and e["connections"] == 1])
    client.ask("dlcx", 250)


def deleted(client, wire, voice):
    """What the gateway counted is what went and came here."""
    client.ask("dlcx", 250)
    voice.listen()
    stats = statistics(wire.responses(wire.commands("DLCX")[-1])[0])
    check(stats["PR"] == voice.sent and stats["OR"] == voice.sent * FRAME, f"{voice.sent} sent: {stats}")
    check(stats["PS"] == voice.came and stats["OS"] == voice.came * FRAME, f"{voice.came} came: {stats}")
    check(stats["PL"] == 0, f"{stats}")
    check(stats["JI"] < 40 or voice.latest > 0.05, f"{stats}, and none was late by more than {voice.latest} s")
    return stats


def refused(client):
    """A channel that is not there: 16 is the D channel."""
    client.say("other ds/e1-1/16@gw.test")
    client.ask("crcx recvonly", 500)


def run(build):
    with Rig(build, RULES) as rig:
        base = rig.ports["sip"]
        p = dict(gateway=base + 20, near=base + 21, far=base + 22, agent=base + 23)
        rig.plan.write_text(PLAN.format(**rig.ports, gateway=p["gateway"], far=p["far"], dir=rig.dir))
        wire = Wire(rig.dir / "client.pcap", p["near"], p["gateway"], p["far"], p["agent"])
        rig.start()
        wait_for("the channels in service", 15, lambda: in_service(rig) == 30)
        client = Client(rig, p["agent"], p["near"], ENDPOINT)
        voice = Speaker()
        voice.frame = tone_frame(500)
        circuit(rig, client, voice)
        print(f"circuit: ok, {deleted(client, wire, voice)}", flush=True)
        over(rig)
        again(rig, client)
        print("again: ok", flush=True)
        refused(client)
        print("refused: ok", flush=True)
        wire.close()
        wire.judge()
        check(not wire.commands("RSIP", False), "an agent that answers nothing was told something")


if __name__ == "__main__":
    sys.exit(main(run))
