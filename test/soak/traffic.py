"""The traffic of the soak test: a gateway with all its kinds of peers, and calls among them.

| who calls whom | by | sound |
|---|---|---|
| SIP to ISDN | sipp, evenly | the exchange's tone goes to sipp and comes back, and is measured |
| ISDN to SIP | the exchange, so many that 80 % of the channels are in use | the same |
| SIP to SIP, relayed | two phones made of sockets | a tone each way, packets counted |
| a line of an MGCP gateway to ISDN, and back | the exchange and iad.py | a tone each way |
| phones register and go | a socket | |

Every kind is a thread of its own. What goes wrong is kept in `problems`; nothing stops for it.
"""
import collections
import json
import random
import signal
import struct
import subprocess
import threading
import time

import sipscript
from iad import Iad
from phone import Phone, Voice, tone_frame
from rig import Exchange, Failed, check, wait_for
from test_register import Socket, credentials, digest
from peer import header, status

CHANNELS = 30
GOAL = 24  # 80 %
SHORTEST, LONGEST = 20, 60  # s
PAIRS = 2  # SIP to SIP
USERS = 5
TONE = "tone 1004 level -10"

PLAN = """version 1
sip {{ listen udp:127.0.0.1:{sip} }}
media {{
    address 127.0.0.1
    ports   {rtp_low}-{rtp_high}
    codecs  pcma
    threads 1
}}
traces {{ ring 1 }}
registrar {{
    realm example.com
    users file:{dir}/users
    expires 2s-1h
    state {dir}/state
}}
mgcp {{
    listen  udp:127.0.0.1:{agent}
    gateway iad.test address 127.0.0.1:{iad} lines 1-2 audit 1min
}}
span 1 {{
    pseudowire local 127.0.0.1:{pw} remote 127.0.0.1:{pw_far} frames 40 jitter 40ms
    e1
    isdn euroisdn user
}}
site berlin {{ dialling de area 30 }}
trunk pri {{
    span        1
    channels    1-15,17-31 descending
    numbers     isdn
    echo-cancel off
}}
trunk pbx {{
    sip     sip:127.0.0.1:{peer}
    accept  from 127.0.0.1
    numbers e164
}}
trunk phone {{
    sip     sip:127.0.0.2:{callee}
    numbers e164
}}
trunk house {{
    mgcp    iad.test lines 1-2
    line    1 number +49309018281
    line    2 number +49309018282
    numbers e164
}}
trunk users {{ sip registered }}
routes from pbx {{
    +4930555* -> phone
    +493012*  -> pri
}}
routes from pri {{
    +4930901828x   -> house
    +4930901821xx  -> pbx
    {spare}
}}
routes from house {{ +493012xxxxx -> pri }}
cdr journal {dir}/cdr, csv {dir}/cdr.csv
admin socket {dir}/tandem.sock
log warn
"""

RULES = """
span 1 {{
    pseudowire local 127.0.0.1:{pw_far} remote 127.0.0.1:{pw} frames 40 jitter 40ms
    isdn euroisdn network
}}
number * {{
    proceeding
    alerting after 100ms
    answer after 500ms
    %s
    wait 1h
}}
""" % TONE

HOLD = f'<pause distribution="uniform" min="{SHORTEST * 1000}" max="{LONGEST * 1000}"/>\n'
CALLER = ("invite", "early", "answered", HOLD, "bye")


def plan(rig, n):
    """The plan; each n another one by which the calls go the same way."""
    return PLAN.format(**rig.ports, dir=rig.dir, spare=f"+4930901829{n % 100:02} -> reject 1")


class Far(Exchange):
    """The exchange. It keeps only its last events, and counts."""

    def __init__(self, rig, records):
        self.events = collections.deque(maxlen=3000)
        self.rig, self.records = rig, records
        self.live = set()
        path = rig.dir / "exchange.rules"
        path.write_text(RULES.format(**rig.ports))
        self.process = rig.spawn([rig.build / "exchange", "-c", path], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=open(rig.dir / "exchange.log", "w"),
                                 text=True, bufsize=1)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for text in self.process.stdout:
            event = json.loads(text)
            self.events.append(event)
            if event["event"] in ("placed", "arrived"):
                self.live.add(event["call"])
                self.records.begun(event)
            elif event["event"] in ("released", "failed"):
                self.live.discard(event.get("call"))
                self.records.ended(event)
            elif event["event"] == "status":
                self.records.line("exchange", event)


class Talk(Voice):
    """RTP of one call, A-law, that counts what is missing."""

    def __init__(self):
        super().__init__()
        self.first = self.last = None
        self.got = 0

    def tick(self):
        if self.to:
            head = struct.pack("!BBHII", 0x80, 8, self.seq & 0xffff, self.ts & 0xffffffff, self.ssrc)
            self.sock.sendto(head + self.frame, self.to)
        self.seq += 1
        self.ts += len(self.frame)
        try:
            while True:
                packet = self.sock.recv(2048)
                if packet[1] & 0x7f == 8:
                    self._heard(struct.unpack_from("!H", packet, 2)[0])
                    self.heard.append(packet[12:])
        except (BlockingIOError, ConnectionError):
            pass

    def _heard(self, seq):
        if self.first is None:
            self.first = self.last = seq
        self.last += (seq - self.last + 0x8000) % 0x10000 - 0x8000
        self.got += 1

    def missing(self):
        return 0 if self.first is None else max(0, self.last - self.first + 1 - self.got)


class Traffic:
    def __init__(self, rig, records):
        base = rig.ports["sip"]
        rig.ports.update(callee=base + 20, pair=base + 21, agent=base + 22, iad=base + 23,
                         register=base + 24, echo=base + 26, echo_in=base + 30)
        self.rig = rig
        self.problems = []
        self.talks = collections.Counter()  # relayed calls: done, packets, missing, deaf
        self.registered = self.cseq = 0  # a registration's CSeq grows (RFC 3261 10.3)
        self.on = False
        self.threads = []
        (rig.dir / "users").write_text("".join(
            f"user{n}:example.com:SHA-256:{digest('sha256', f'user{n}', 'example.com', 'wonder')}\n"
            for n in range(USERS)))
        rig.plan.write_text(plan(rig, 0))
        self.far = rig.exchange = Far(rig, records)
        self.iad = Iad(rig.ports["iad"], ("127.0.0.1", rig.ports["agent"]), "iad.test",
                       ("aaln/1", "aaln/2"), "/dev/null")
        to = ("127.0.0.1", rig.ports["sip"])
        self.callers = Phone(rig.ports["pair"], to, "pair")
        self.callees = Phone(rig.ports["callee"], to, "callee", "127.0.0.2")

    # ---- the whole ----

    def start(self):
        self.on = True
        self.sipp = [self._sipp("called", sipscript.CALLED, "peer", "echo_in"),
                     self._sipp("callers", CALLER, "caller", "echo", "-r", 3, "-rp", 10000)]
        kinds = [self._isdn, self._lines, self._register] + [self._pair] * PAIRS
        for n, kind in enumerate(kinds):
            t = threading.Thread(target=self._guard, args=(kind, n), daemon=True)
            t.start()
            self.threads.append(t)

    def stop(self):
        """No new calls; those there end by themselves. True when all was well with sipp."""
        self.on = False
        self.sipp[1].send_signal(signal.SIGUSR1)
        try:
            code = self.sipp[1].wait(LONGEST + 30)
            if code != 0:
                self.problems.append(f"sipp ends with {code}: a call of its own failed")
        except subprocess.TimeoutExpired:
            self.problems.append("sipp does not end")
        for t in self.threads:
            t.join(LONGEST + 30)
        self.sipp[0].terminate()

    def close(self):
        self.iad.close()
        self.callers.close()
        self.callees.close()

    def _sipp(self, name, pieces, port, echo, *more):
        rig = self.rig
        path = rig.dir / f"{name}.xml"
        path.write_text(sipscript.scenario(name, *pieces))
        return rig.spawn(["sipp", f"127.0.0.1:{rig.ports['sip']}", "-sf", path, "-i", "127.0.0.1",
                          "-p", rig.ports[port], "-s", "0301200000", "-nostdin", "-f", 3600,
                          "-l", 40, "-rtp_echo", "-mp", rig.ports[echo], "-trace_err",
                          "-error_file", rig.dir / f"{name}-sipp.log", "-key", "caller",
                          "+4930901821", "-key", "rtp_port", rig.ports[echo], "-key", "pt", 8,
                          "-key", "codec", "PCMA", *more],
                         stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)

    def _guard(self, kind, n):
        """Again and again until the end."""
        while self.on:
            try:
                kind(n)
            except Failed as e:
                self.problems.append(f"{time.strftime('%T')} {kind.__name__}: {str(e)[:300]}")
                self._sleep(5)

    def _sleep(self, seconds):
        end = time.monotonic() + seconds
        while self.on and time.monotonic() < end:
            time.sleep(0.2)

    # ---- the kinds ----

    def _isdn(self, n):
        """Calls of the exchange: as many as are missing, one a second at most."""
        del n
        if len(self.far.live) < GOAL:
            self.far.say(f"call +49309018210{random.randrange(10)} from +4989123456 {TONE} "
                         f"for {random.randint(SHORTEST, LONGEST)}s")
        self._sleep(1)

    def _lines(self, n):
        """A telephone calls the exchange; then the exchange calls one."""
        del n
        one, two = (self.iad.lines[name] for name in ("aaln/1", "aaln/2"))
        one.lift()
        one.plays("L/dl")
        one.dial("0301200001")
        one.connected("sendrecv").frame = tone_frame(500)
        self._sleep(random.randint(SHORTEST, LONGEST))
        one.hang_up()
        one.disconnected()
        one.wants("L/hd")
        self.far.say(f"call +49309018282 from +4989123456 {TONE} for {SHORTEST}s")
        two.plays("L/r", 10)
        two.lift()
        two.connected("sendrecv").frame = tone_frame(500)
        two.disconnected(SHORTEST + 20)
        two.hang_up()
        two.wants("L/hd")
        with self.iad.news:
            self.iad.done.clear()
            self.iad.answers.clear()
        self._sleep(5)

    def _pair(self, n):
        """Two phones talk through the gateway."""
        number = f"+49305550{n}"
        near = self.callers.call(number, hz=500)
        self._counts(near.voice)
        far = self.callees.invited(number)
        self._counts(far.voice)
        far.voice.frame = tone_frame(1000)
        near.voice.frame = tone_frame(500)
        try:
            far.media_from(far.invite)
            far.pick_up()
            near.media_from(near.response(200))
            self._sleep(random.randint(SHORTEST, LONGEST))
            heard = near.voice.hears(1000) and far.voice.hears(500)
            near.send("BYE")
            far.byed()
            near.response(200, "BYE")
        finally:
            for phone, call in ((self.callers, near), (self.callees, far)):
                self._forget(phone, call)
        self.talks["done"] += 1
        self.talks["deaf"] += not heard
        for voice in (near.voice, far.voice):
            self.talks["packets"] += voice.got
            self.talks["missing"] += voice.missing()

    @staticmethod
    def _counts(voice):
        """It becomes one that counts; its port stays."""
        voice.__class__ = Talk
        voice.first = voice.last = None
        voice.got = 0

    @staticmethod
    def _forget(phone, call):
        with phone.news:
            phone.calls.pop(call.call_id, None)
            if call.voice in phone.voices:
                phone.voices.remove(call.voice)
            if len(phone.answers) > 200:
                phone.answers.clear()
        time.sleep(0.1)  # its thread may be in a tick
        call.voice.sock.close()

    def _register(self, n):
        """A user comes, another time goes."""
        del n
        user = f"user{random.randrange(USERS)}"
        p = Socket(self.rig.ports["register"], ("127.0.0.1", self.rig.ports["sip"]))
        try:
            contact = (f"Contact: <sip:{user}@127.0.0.1:{p.port}>;"
                       f"expires={random.choice((0, 30, 60))}\r\n")
            self.cseq += 2
            asked = p.register(self.cseq, user, contact)
            check(status(asked) == 401, asked)
            said = credentials(header(asked, "WWW-Authenticate"), user, "wonder")
            done = p.register(self.cseq + 1, user, contact, said)
            check(status(done) == 200, done)
            self.registered += 1
        finally:
            p.sock.close()
        self._sleep(15)


def wait_up(rig):
    """The line and the telephones in service."""
    rig.wait_up(30)
    wait_for("the telephones", 10, lambda: all(
        ln["service"] == "in service" for ln in rig.ask("show", "lines")))
