#!/usr/bin/env python3
"""baresip registers with tandem and talks with the exchange: speech, hold, digits, transfer.

baresip 1.0 knows MD5 alone, so its user has an MD5 entry only. Its sndfile module keeps what it
says and hears; a recording ends at a hold.
"""
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from rig import DATA, SPAN, Failed, Rig, check, main, wait_for
from test_register import bindings, digest

PLAN = """version 1
sip {{ listen udp:127.0.0.1:{sip}, tcp:127.0.0.1:{sip} }}
media {{
    address 127.0.0.1
    ports   {rtp_low}-{rtp_high}
}}
registrar {{
    realm 127.0.0.1
    users file:{dir}/users
}}
span 1 {{
    pseudowire local 127.0.0.1:{pw} remote 127.0.0.1:{pw_far}
    e1
    isdn euroisdn user
}}
site berlin {{
    dialling de area 30
    ddi +4930901821[00..99] <-> 1[00..99]
}}
trunk pri {{ span 1 }}
trunk phones {{
    sip registered
    numbers as-dialled
}}
routes from phones {{ * -> pri }}
routes from pri {{
    +4930901821xx -> phones
    * -> reject 1
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
    record {dir}/pstn-%.wav
    play {dir}/pstn.wav
    wait 30s
}}
number 30123002 {{
    proceeding
    answer after 100ms
    tone 1004 level -10
    wait 30s
}}
number 30123003 {{
    proceeding
    alerting after 100ms
    answer after 300ms
    record {dir}/third-%.wav
    wait 30s
}}
number 30123004 {{ busy }}
"""

WORDS = {"pstn": ("demo-congrats", "demo-thanks"), "sip": ("demo-instruct",)}
SPEECH = 5 # seconds that are compared


def libraries():
    """Where baresip's modules are."""
    files = subprocess.run(["dpkg", "-L", "baresip-core"], capture_output=True, text=True,
                           check=True).stdout.split()
    return next(Path(f).parent for f in files if f.endswith("/menu.so"))


class Baresip:
    def __init__(self, rig, user, account, port, host="127.0.0.1", config=""):
        """account: the parameters of its address; config: more lines."""
        self.rig = rig
        self.port = port
        self.gateway = host if not host.startswith("127.") else "127.0.0.1"
        self.folder = rig.dir / user
        self.folder.mkdir()
        words = dict(HOST=host, PORT=port, RTP_LOW=port + 6, RTP_HIGH=port + 24, CONTROL=port + 2,
                     KEYS=port + 3, SAYS=rig.dir / "sip.wav", DIR=self.folder)
        config = ((DATA / "baresip.conf").read_text() + f"module_path {libraries()}\n" + config)
        for word, value in words.items():
            config = config.replace(f"@{word}@", str(value))
        (self.folder / "config").write_text(config)
        (self.folder / "accounts").write_text(
            f"<sip:{user}@{self.gateway}:{rig.ports['sip']}>;{account}\n")
        (self.folder / "contacts").write_text("")
        self.keys = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.process = rig.spawn(["baresip", "-f", self.folder, "-s"], stdin=subprocess.DEVNULL,
                                 stdout=open(rig.dir / f"baresip-{user}.log", "w"),
                                 stderr=subprocess.STDOUT)
        self.control = wait_for("baresip", 20, self._connect)
        self.unread, self.events = b"", []

    def _connect(self):
        try:
            return socket.create_connection(("127.0.0.1", self.port + 2))
        except OSError:
            return None

    def close(self):
        self.control.close()
        self.keys.close()

    def say(self, command, params=""):
        text = json.dumps({"command": command, "params": params, "token": "t"})
        self.control.sendall(f"{len(text)}:{text},".encode())

    def _read(self):
        """Takes in the netstrings that have come."""
        while select.select([self.control], [], [], 0)[0]:
            got = self.control.recv(65536)
            if not got:
                raise Failed("baresip is gone")
            self.unread += got
        while b":" in self.unread:
            length, rest = self.unread.split(b":", 1)
            if len(rest) < int(length) + 1:
                return
            message = json.loads(rest[:int(length)])
            self.unread = rest[int(length) + 1:]
            if message.get("event"):
                self.events.append(message)

    def expect(self, kind, seconds=10, **fields):
        """The first such event that was not yet asked for; those before it are forgotten."""
        def look():
            self._read()
            for i, e in enumerate(self.events):
                if e["type"] == kind and all(e.get(k) == v for k, v in fields.items()):
                    del self.events[:i + 1]
                    return e
            return None
        return wait_for(f"baresip: {kind}", seconds, look)

    def press(self, digits):
        """Presses keys as fingers do; NUL is their release."""
        for d in digits:
            for key, length in ((d, 0.12), ("\0", 0.12)):
                self.keys.sendto(key.encode(), ("127.0.0.1", self.port + 3))
                time.sleep(length)

    def call_soon(self, number):
        self.say("dial", f"sip:{number}@{self.gateway}:{self.rig.ports['sip']}")

    def call(self, number):
        self.call_soon(number)
        self.expect("CALL_ESTABLISHED")

    def heard(self):
        """Its last recording, copied to where the next one does not overwrite it."""
        newest = max(self.folder.glob("dump-*-dec.wav"), key=os.path.getmtime)
        number = len(list(self.folder.glob("heard*")))
        return shutil.copy(newest, self.folder / f"heard-{number}.wav")


def measure(rig, what, reference, recorded):
    m = rig.compare(rig.dir / reference, recorded, "--min-snr", "20", "--max-lost", "3")
    check(m["result"] == "ok", f"{what}: {m}")
    print(f"  {what}: signal to noise {m['snr_db']:.1f} dB, {m['lost_percent']:.1f} % lost")


def calls_out(rig, phone):
    phone.call("030123001")
    time.sleep(SPEECH + 0.7)
    phone.say("hangup")
    phone.expect("CALL_CLOSED")  # its recording is whole then
    released = rig.exchange.expect("released", called="30123001")
    check(released["caller"] == "3090182101", f"the caller is {released['caller']}")
    check(released["cause"] == 16, f"cause {released['cause']}")
    rig.exchange.expect("recorded", call=released["call"])
    measure(rig, "the exchange heard", "sip-5s.wav", rig.dir / f"pstn-{released['call']}.wav")
    measure(rig, "the phone heard", "pstn-5s.wav", phone.heard())


def is_called(rig, phone):
    rig.exchange.say(f"call +493090182101 from +4989123456 record {rig.dir}/in.wav "
                     f"play {rig.dir}/pstn.wav for {SPEECH + 1}s")
    incoming = phone.expect("CALL_INCOMING")
    check(incoming["peeruri"].startswith("sip:089123456@127.0.0.1"),
          f"the caller is {incoming['peeruri']}")
    rig.exchange.expect("alerting", called="+493090182101")
    phone.say("accept")
    phone.expect("CALL_ESTABLISHED")
    phone.expect("CALL_CLOSED", SPEECH + 5)
    released = rig.exchange.expect("released", called="+493090182101")
    check(released["answered"] and released["cause"] == 16, f"{released}")
    rig.exchange.expect("recorded", call=released["call"])
    measure(rig, "the phone heard", "pstn-5s.wav", phone.heard())
    measure(rig, "the exchange heard", "sip-5s.wav", rig.dir / "in.wav")


def heard_again(rig, called, dbm0):
    """Waits until the exchange's call hears something louder than that; speech has pauses."""
    wait_for("sound after the hold", 10, lambda: rig.exchange.hearing()[called]["level_last_dbm0"] > dbm0)


def rejects(rig, phone):
    """Both ways: nobody is answered."""
    rig.exchange.say("call +493090182101 from +4989123457")
    phone.expect("CALL_INCOMING")
    phone.say("hangup")
    released = rig.exchange.expect("released", caller="+4989123457")
    check(released["cause"] == 17, f"cause {released['cause']}")
    phone.expect("CALL_CLOSED")
    phone.say("dial", f"sip:030123004@127.0.0.1:{rig.ports['sip']}")
    closed = phone.expect("CALL_CLOSED")
    check("486" in closed["param"], f"{closed}")


def holds(rig, phone):
    phone.call("030123002")
    time.sleep(1)
    began = time.monotonic()
    phone.say("hold")
    call = rig.exchange.expect("arrived", called="30123002")["call"]
    rig.exchange.expect("notify", call=call, notify=121) # Q.931 4.5.22: remote hold
    time.sleep(1)
    phone.say("resume")
    rig.exchange.expect("notify", call=call, notify=122) # remote retrieval
    held = (time.monotonic() - began) * 1000
    time.sleep(1)
    heard_again(rig, "30123002", -40)
    phone.say("hangup")
    heard = rig.exchange.expect("released", call=call)["heard"]
    check(500 < heard["gap_longest_ms"] < held + 1000, f"{held:.0f} ms on hold: {heard}")


def digits(rig, phone):
    phone.call("030123002")
    time.sleep(0.5)
    phone.press("159*#0")
    wait_for("all digits", 10, lambda: len("".join(
        e["digits"] for e in rig.exchange.all("dtmf", called="30123002"))) >= 6)
    time.sleep(0.3)  # what would come twice
    phone.say("hangup")
    released = rig.exchange.expect("released", count=2, called="30123002")
    check(released["heard"]["dtmf"] == "159*#0", f"heard: {released['heard']['dtmf']!r}")


def transfers(rig, phone):
    """The phone gives its call away: the two numbers speak with each other, the phone is out."""
    phone.call("030123001")
    time.sleep(0.5)
    phone.say("transfer", f"sip:030123003@127.0.0.1:{rig.ports['sip']}")
    phone.expect("CALL_CLOSED")
    rig.exchange.expect("answered", called="30123003")
    time.sleep(3)
    check(not rig.exchange.all("released", called="30123003"), "the new call is gone")
    rig.exchange.say("release all")
    heard = rig.exchange.expect("released", called="30123003")["heard"]
    check(heard["level_dbm0"] > -30, f"the new one heard {heard}")


def register_again(rig, phone):
    phone.process.terminate()
    phone.process.wait(8)
    wait_for("the end of the binding", 5, lambda: not bindings(rig, "101"))
    rig.exchange.say("call +493090182101 from +4989123458")
    released = rig.exchange.expect("released", caller="+4989123458")
    check(released["cause"] == 20, f"nobody is registered: cause {released['cause']}")


def with_phone(build):
    with Rig(build, RULES) as rig:
        rig.plan.write_text(PLAN.format(**rig.ports, dir=rig.dir))
        (rig.dir / "users").write_text(f"101:{digest('md5', '101', '127.0.0.1', 'wonder')}\n")
        for who, sounds in WORDS.items():
            rig.speech(f"{who}.wav", sounds, 20)
            rig.speech(f"{who}-5s.wav", sounds, SPEECH)
        rig.start()
        phone = Baresip(rig, "101", "auth_pass=wonder;regint=60", rig.ports["caller"] + 10)
        wait_for("the registration", 10, lambda: bindings(rig, "101"))
        for part in (calls_out, is_called, rejects, holds, digits, transfers, register_again):
            part(rig, phone)
            wait_for(f"{part.__name__}: all is clear", 10,
                     lambda: rig.status()["calls"] == 0 and rig.in_service())
            print(f"{part.__name__}: ok")
        phone.close()


if __name__ == "__main__":
    sys.exit(main(with_phone))
