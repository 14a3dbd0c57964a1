#!/usr/bin/env python3
"""Telephones behind a gateway, with a company's SIP peer on the other side: calls both ways with digits,
ringing, caller's name, a second caller; then tandem is killed, the gateway vanishes, and somebody
sends rubbish."""
import random
import re
import signal
import socket
import sys
import time

from iad import Iad
from mgcpwire import PATIENT
from peer import header, status
from phone import Call, Phone, tone_frame
from rig import Rig, check, main, wait_for

PLAN = """version 1
sip {{ listen udp:127.0.0.1:{sip} }}
media {{
    address 127.0.0.1
    ports   {rtp_low}-{rtp_high}
    codecs  pcma
}}
mgcp {{
    listen udp:127.0.0.1:{agent}
    gateway iad.test address 127.0.0.1:{iad} lines 1-3 audit 10s
    {timers}
}}
trunk house {{
    mgcp    iad.test lines 1-3
    line    1 number 101 name "Reception"
    line    2 number 102 ring 2
    line    3 number 103
    numbers as-dialled
}}
trunk pbx {{
    sip sip:127.0.0.1:{peer}
    accept from 127.0.0.1
    numbers as-dialled
}}
routes from house {{
    10x -> house
    2xx -> pbx
    0*  -> pbx
}}
routes from pbx {{
    10x -> house
    *   -> reject 1
}}
admin socket {dir}/tandem.sock
overload {{ off }}
cdr csv {dir}/cdr.csv
log info
"""
# a gateway is given up soon, but not because the machine was busy for a second or two
SOON = "timers first 300ms max 4s hist 6s\n    repeats 2 4"
DUPLICATES = 1000
EACH = 50
GARBAGE = 500
LINES = ("aaln/1", "aaln/2", "aaln/3")


class House:
    def __init__(self, rig, timers):
        self.rig = rig
        base = rig.ports["sip"]
        self.agent, self.port = ("127.0.0.1", base + 20), base + 21
        rig.plan.write_text(PLAN.format(**rig.ports, agent=base + 20, iad=base + 21, dir=rig.dir,
                                    timers=timers))
        self.iad = Iad(base + 21, self.agent, "iad.test", LINES, rig.dir / "iad.pcap")
        self.one, self.two, self.three = (self.iad.lines[n] for n in LINES)
        self.pbx = Phone(rig.ports["peer"], ("127.0.0.1", rig.ports["sip"]), "pbx")

    def start(self):
        self.rig.start_tandem()
        self.rig.wait_runs()
        for ln in self.iad.lines.values():
            ln.wants("L/hu" if ln.off_hook else "L/hd")

    def shown(self, name):
        return next(ln for ln in self.rig.ask("show", "lines") if ln["endpoint"] == name)

    def quiet(self):
        wait_for("all is over", 15, lambda: self.rig.status()["calls"] == 0)
        for ln in self.iad.lines.values():
            ln.disconnected()
            ln.wants("L/hd")
            check(not ln.off_hook and not ln.signals, f"{ln.name}: {ln.off_hook} {ln.signals}")

    def counter(self, name):
        m = re.search(rf"{name} +(\d+)", self.rig.print("show", "metrics"))
        return int(m.group(1)) if m else 0

    def close(self):
        self.iad.close()
        self.pbx.close()


def hears_both(ln_voice, call):
    """500 Hz of the line, 1000 Hz of the peer."""
    ln_voice.frame = tone_frame(500)
    call.voice.frame = tone_frame(1000)
    ln_voice.heard.clear()
    call.voice.heard.clear()
    wait_for("the peer hears the line", 10, lambda: call.voice.hears(500))
    wait_for("the line hears the peer", 10, lambda: ln_voice.hears(1000))


def talking(house, ln, number):
    """The line calls the peer; both talk."""
    ln.lift()
    ln.plays("L/dl")
    ln.dial(number)
    call = house.pbx.invited(number)
    call.pick_up()
    return call, ln.connected("sendrecv")


# ---- calls ----

def outgoing(house):
    """Off-hook, dial tone, digits, ringing tone, answer, and the line hangs up."""
    one = house.one
    one.lift()
    one.plays("L/dl")
    check(house.shown("aaln/1")["state"] == "dialling", f"{house.shown('aaln/1')}")
    one.dial("201")
    call = house.pbx.invited("201")
    check('"Reception"' in header(call.invite, "From") and "sip:101@" in header(call.invite, "From"),
          header(call.invite, "From"))
    call.answer(call.invite, 180)
    one.plays("G/rt")
    call.pick_up()
    voice = one.connected("sendrecv")
    one.silent()
    hears_both(voice, call)
    check(house.shown("aaln/1")["state"] == "talking", f"{house.shown('aaln/1')}")
    one.hang_up()
    call.byed()


def number_by_timer(house):
    """What no pattern ends ends by the map's timer."""
    house.three.lift()
    house.three.plays("L/dl")
    house.three.dial("004930")
    call = house.pbx.invited("004930")
    call.answer(call.invite, 486)
    house.three.plays("L/bz")
    house.three.hang_up()


def incoming(house):
    """The peer calls: the line rings and shows by whom; it is answered, and the peer hangs up."""
    call = house.pbx.call("102", "2001", name="Anna")
    ring = house.two.plays("L/r2")
    shown = house.two.plays("L/ci")
    check(ring and re.fullmatch(r'(?i)L/ci\(\d\d/\d\d/\d\d/\d\d,2001,"Anna"\)', shown), shown)
    call.response(180)
    house.two.lift()
    check(status(call.final()) == 200, "not answered")
    hears_both(house.two.connected("sendrecv"), call)
    call.bye()
    house.two.plays("L/bz")
    house.two.hang_up()


def given_up(house):
    call = house.pbx.call("103", "2002")
    house.three.plays("L/rg")
    call.send("CANCEL", cseq=1, branch=call.invite_branch)
    check(status(call.final()) == 487, "CANCEL")
    house.three.silent()


def among_lines(house):
    one, two = house.one, house.two
    one.lift()
    one.plays("L/dl")
    one.dial("102")
    two.plays("L/r2")
    check("101" in two.plays("L/ci"), two.signals)
    one.plays("G/rt")
    two.lift()
    first, second = one.connected("sendrecv"), two.connected("sendrecv")
    first.frame, second.frame = tone_frame(500), tone_frame(1000)
    wait_for("they hear each other", 10, lambda: first.hears(1000) and second.hears(500))
    one.hang_up()
    two.plays("L/bz")
    two.hang_up()


def second_caller(house):
    """Call waiting: the flash takes the other, and once more goes back."""
    one = house.one
    first, voice = talking(house, one, "202")
    other = house.pbx.call("101", "2003")
    one.plays("L/wt")
    check("2003" in one.plays("L/ci"), one.signals)
    other.response(180)
    one.flash()
    check(status(other.final()) == 200, "the flash does not take the other caller")
    first.reinvited("sendonly")
    check(one.connected("inactive") is voice, "the first is not held")
    hears_both(one.connected("sendrecv"), other)
    one.wants("L/hf")
    one.flash()
    other.reinvited("sendonly")
    first.reinvited("sendrecv")
    wait_for("the first is heard again", 15, lambda: one.modes and one.connected("sendrecv") is voice)
    third = house.pbx.call("101", "2004").final()
    check(status(third) == 486, f"a third caller: {third.splitlines()[0]}")
    other.bye()
    one.hang_up()
    first.byed()


def busy(house):
    house.two.lift()
    house.two.plays("L/dl")
    check(status(house.pbx.call("102", "2001").final()) == 486, "off the hook, but not busy")
    house.two.hang_up()


def notify(house, number, waiting):
    """NOTIFY without a subscription, as a mail box sends it (RFC 3842)."""
    call = Call(house.pbx, f"{random.getrandbits(60):x}@mail")
    house.pbx.calls[call.call_id] = call
    call.uri = f"sip:{number}@127.0.0.1:{house.rig.ports['sip']}"
    call.local, call.remote = f"<sip:mail@127.0.0.1>;tag={call.tag}", f"<{call.uri}>"
    call.send("NOTIFY", f"Messages-Waiting: {waiting}\r\n", "application/simple-message-summary",
              "Event: message-summary\r\nSubscription-State: terminated\r\n")
    call.response(200, "NOTIFY")


def messages(house):
    """The lamp, and the dial tone that stutters."""
    three = house.three
    notify(house, "103", "yes")
    three.shines(True)
    check(not house.one.lamp and not house.two.lamp, "the lamps of others")
    three.lift()
    three.plays("L/sl")
    three.hang_up()
    three.wants("L/hd")
    notify(house, "103", "no")
    three.shines(False)
    three.lift()
    three.plays("L/dl")
    three.hang_up()


# ---- trouble ----

def killed(house):
    """tandem is killed while a line talks and another is put down and lifted: it comes back and finds
    the hooks as they are."""
    call, _ = talking(house, house.one, "203")
    house.rig.tandem.send_signal(signal.SIGKILL)
    house.rig.tandem.wait()
    call.voice.to = None
    house.two.off_hook = True
    with house.iad.news:
        for ln in house.iad.lines.values():
            ln.events, ln.signals = [], []  # what the next one wants is to be seen
    house.start()
    wait_for("the hooks are known", 15, lambda: [house.shown(n)["hook"] for n in LINES] == ["off", "off", "on"])
    house.one.disconnected()
    house.one.plays("L/dl")
    house.one.hang_up()
    house.two.hang_up()
    call, _ = talking(house, house.three, "204")
    house.three.hang_up()
    call.byed()


def restarted(house):
    """The gateway restarts with a call on it: RSIP ends it."""
    one = house.one
    call, _ = talking(house, one, "205")
    with house.iad.news:
        for v in one.connections.values():
            v.to = None
        one.connections.clear()
        one.modes.clear()
        one.events, one.signals, one.off_hook = [], [], False
    house.iad.command("RSIP", "*", "RM: restart\r\n")
    call.byed()
    one.wants("L/hd")


def vanished(house):
    """The gateway vanishes: calls to it are refused when it is given up, and it is found again."""
    call, _ = talking(house, house.one, "206")
    house.iad.dead = True
    refused = house.pbx.call("102", "2001").final()
    check(status(refused) in (500, 502, 503, 504), refused.splitlines()[0])
    call.byed()
    wait_for("that it is lost", 15, lambda: house.shown("aaln/2")["service"] == "lost")
    with house.iad.news:
        house.one.off_hook = False
        house.one.connections.clear()
        house.one.modes.clear()
    house.iad.dead = False
    house.iad.command("RSIP", "*", "RM: restart\r\n")
    wait_for("the lines", 15, lambda: all(house.shown(n)["service"] == "in service" for n in LINES))


def duplicates(house):
    """The same NTFY a thousand times is one call, with one answer said a thousand times."""
    iad, one = house.iad, house.one
    one.lift()
    one.plays("L/dl")
    iad.tid += 1
    text = f"NTFY {iad.tid} aaln/1@iad.test MGCP 1.0\r\nX: {one.request}\r\nO: D/2,D/0,D/7\r\n"
    one.events = []
    before = len(house.pbx.calls)

    def answers():
        return [t for to, t in list(iad.capture.texts) if to and re.match(rf"\d{{3}} {iad.tid}\b", t)]

    for sent in range(EACH, DUPLICATES + 1, EACH):  # no more at a time than a socket holds
        for _ in range(EACH):
            iad.sock.sendto(text.encode(), iad.agent)
        wait_for(f"{sent} answers", 15, lambda: len(answers()) >= sent, 0.005)
    call = house.pbx.invited("207")
    call.pick_up()
    one.connected("sendrecv")
    check(len(set(answers())) == 1, f"not one answer: {set(answers())}")
    check(len(house.pbx.calls) == before + 1, "more than one call")
    one.hang_up()
    call.byed()


def rubbish(rng):
    good = (b"NTFY 77 aaln/1@iad.test MGCP 1.0\r\nX: 1\r\nO: L/hd\r\n", b"200 5 OK\r\n",
            b"RSIP 8 aaln/2@iad.test MGCP 1.0\r\nRM: graceful\r\n")
    kind = rng.randrange(4)
    if kind == 0:
        return rng.randbytes(rng.randrange(1, 1400))
    text = bytearray(rng.choice(good))
    if kind == 1:
        for _ in range(rng.randrange(1, 6)):
            text[rng.randrange(len(text))] = rng.randrange(256)
        return bytes(text)
    if kind == 2:
        return bytes(text[:rng.randrange(len(text))])
    return bytes(text) * rng.randrange(2, 40)


def garbage(house):
    """From the gateway's own address; then calls go on. So do datagrams as long as they can be."""
    rng = random.Random(3435)
    to = house.iad.agent
    for n in range(GARBAGE):
        house.iad.sock.sendto(rubbish(rng), to)
        if n % 25 == 24:
            time.sleep(0.01)
    head = b"NTFY 91 aaln/1@iad.test MGCP 1.0\r\nX: 1\r\nO: "
    house.iad.sock.sendto(head + b"D/1," * 16000, to)
    house.iad.sock.sendto(head + b"A" * (65507 - len(head)), to)
    house.iad.command("RSIP", "*", "RM: restart\r\n")
    check(house.rig.tandem.poll() is None, "tandem died")
    wait_for("the lines", 15, lambda: all(house.shown(n)["service"] == "in service" for n in LINES))
    for ln in house.iad.lines.values():
        ln.wants("L/hd")
    check(house.counter("mgcp_malformed_total") > 0, "nothing was malformed")


def strangers(house):
    """Whoever is no gateway of the plan gets no answer, whatever is asked."""
    before = house.counter("mgcp_foreign_total")
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.2", 0))
    s.settimeout(0.4)
    for text in ("AUEP 1 *@iad.test MGCP 1.0\r\n", "RSIP 2 *@iad.test MGCP 1.0\r\nRM: restart\r\n",
                 "NTFY 3 aaln/1@iad.test MGCP 1.0\r\nX: 1\r\nO: L/hd\r\n", "CRCX", ""):
        s.sendto(text.encode(), house.iad.agent)
    try:
        got = s.recv(4096)
        check(False, f"a stranger is told {got}")
    except TimeoutError:
        pass
    s.close()
    wait_for("they are counted", 10, lambda: house.counter("mgcp_foreign_total") >= before + 4)
    check(house.shown("aaln/1")["hook"] != "off", "a stranger lifted the line")


CALLS = (outgoing, number_by_timer, incoming, given_up, among_lines, second_caller, busy, messages)
TROUBLE = (killed, restarted, vanished, duplicates, garbage, strangers)


def together(build, parts, timers, judged):
    with Rig(build) as rig:
        house = House(rig, timers)
        house.start()
        for part in parts:
            began = time.monotonic()
            part(house)
            house.quiet()
            print(f"{part.__name__}: ok, {time.monotonic() - began:.1f} s", flush=True)
        if judged:
            house.iad.capture.judge()
        house.close()


def run(build):
    only = sys.argv[2:]
    for parts, timers, judged in ((CALLS, PATIENT, True), (TROUBLE, SOON, False)):
        parts = [part for part in parts if not only or part.__name__ in only]
        if parts:
            together(build, parts, timers, judged)


if __name__ == "__main__":
    sys.exit(main(run))
