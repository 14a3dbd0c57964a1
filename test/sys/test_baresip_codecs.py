#!/usr/bin/env python3
"""baresip talks with the exchange in every codec that it has of ours: it calls, and is called. Its
trunk has that codec alone. The coding and the playout at its end are another author's; what each
side heard is compared by its spectrum (`bark_db` of audiocmp).

Its G726-32 is not tried: baresip 1.0 packs it in the order of AAL2 (ITU-T I.366.2), which RFC 3551
4.5.4 has under another name."""
import os
import subprocess
import sys
import time
from collections import namedtuple

from rig import SPAN, Failed, Rig, check, free_ports, main, wait_for
from test_baresip import WORDS, Baresip

SPEECH = 4  # seconds that are compared
PORTS = 32  # of one baresip
RIG = 64    # and of the rig, before them: nobody has them yet

# how baresip names it, its module, and dB that are allowed: a third above what was measured
Codec = namedtuple("Codec", "account module limit")
CODECS = {
    "pcma": Codec("PCMA/8000/1", "g711", 1.8),
    "pcmu": Codec("PCMU/8000/1", "g711", 2.0),
    "g722": Codec("G722/16000/1", "g722", 4.0),
    "gsm": Codec("GSM/8000/1", "gsm", 5.6),
    "opus": Codec("opus/48000/2", "opus", 2.8),
    "l16": Codec("L16/8000/1", "l16", 1.8),
}

PLAN = """version 1
sip {{ listen udp:127.0.0.1:{sip} }}
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
trunk pri {{
    span 1
    echo-cancel off # both ends speak all the time: the codecs are judged here
}}
{trunks}
routes from {names} {{ * -> pri }}
routes from pri {{
{routes}
    * -> reject 1
}}
cdr csv {dir}/cdr.csv
admin socket {dir}/tandem.sock
overload {{ off }}
log info
"""

TRUNK = """trunk t-{word} {{
    sip sip:{host}:{port}
    accept from {host}
    codecs {word}
}}
"""

RULES = SPAN + """
number 3012300x {{
    proceeding
    answer after 200ms
    record {dir}/pstn-%.wav
    play {dir}/pstn.wav
    wait 30s
}}
"""


class Peer:
    """One baresip with one codec."""

    def __init__(self, n, word, first_port):
        self.n, self.word, self.codec = n, word, CODECS[word]
        self.host, self.port = f"127.0.2.{n + 1}", first_port + PORTS * n
        self.number = f"+49309018210{n}"
        self.phone = None

    def trunk(self):
        return TRUNK.format(word=self.word, host=self.host, port=self.port)

    def start(self, rig):
        module = f"module {self.codec.module}.so\n" if self.codec.module != "g711" else ""
        account = f"regint=0;audio_codecs={self.codec.account}"
        self.phone = Baresip(rig, self.number, account, self.port, self.host, module)

    def _recorded(self, rig, what, seconds):
        """Its last recording at our rate: it keeps the codec's."""
        newest = max(self.phone.folder.glob(f"dump-*-{what}.wav"), key=os.path.getmtime)
        out = rig.dir / f"{what}-{self.word}.wav"
        subprocess.run(["sox", newest, "-r", "8000", "-c", "1", "-b", "16", out, *seconds], check=True)
        return out

    def heard(self, rig):
        return self._recorded(rig, "dec", ())

    def said(self, rig):
        """What it gave to its codec: it has brought the file to that one's rate in its own way."""
        return self._recorded(rig, "enc", ("trim", "0", str(SPEECH)))


def compare(rig, peer, who, reference, recorded):
    """What is wrong with what somebody heard."""
    m = rig.compare(reference, recorded)
    text = f"{peer.word:8} {who} {m['bark_db']:.2f} of {peer.codec.limit} dB"
    print(f"  {text}, {m['bark_bad_percent']:.1f} % bad")
    return [] if m["bark_db"] <= peer.codec.limit else [text]


def both(rig, peer, recorded):
    return (compare(rig, peer, "the exchange heard", peer.said(rig), recorded)
            + compare(rig, peer, "the phone heard   ", rig.dir / "pstn-short.wav", peer.heard(rig)))


def in_use(rig, peers):
    """Each call had its peer's codec: the records say so."""
    names = {f"t-{p.word}": p.word for p in peers}
    rows = rig.expect_records(2 * len(peers), lambda r: r["attempt"] == "0")
    check(len(rows) == 2 * len(peers), f"{len(rows)} records")
    for row in rows:
        side = "a" if row["from_trunk"] in names else "b"
        word = names[row["from_trunk"] if side == "a" else row["to_trunk"]]
        check(row[f"codec_{side}"].lower() == word, f"{word}: {row}")


def call_out(rig, peers):
    for peer in peers:
        peer.phone.call_soon(f"03012300{peer.n}")
    for peer in peers:
        peer.phone.expect("CALL_ESTABLISHED")
    time.sleep(SPEECH + 0.7)
    wrong = []
    for peer in peers:
        peer.phone.say("hangup")
    for peer in peers:
        peer.phone.expect("CALL_CLOSED")  # its recordings are whole then
        call = rig.exchange.expect("released", called=f"3012300{peer.n}", cause=16)["call"]
        rig.exchange.expect("recorded", call=call)
        wrong += both(rig, peer, rig.dir / f"pstn-{call}.wav")
    return wrong


def call_in(rig, peers):
    for peer in peers:
        rig.exchange.say(f"call {peer.number} from +4989123456 record {rig.dir}/in-{peer.word}.wav "
                         f"play {rig.dir}/pstn.wav for {SPEECH + 1}s")
    for peer in peers:
        peer.phone.expect("CALL_INCOMING")
        peer.phone.say("accept")
    for peer in peers:
        peer.phone.expect("CALL_ESTABLISHED")
    wrong = []
    for peer in peers:
        peer.phone.expect("CALL_CLOSED", SPEECH + 6)
        call = rig.exchange.expect("released", called=peer.number, cause=16)["call"]
        rig.exchange.expect("recorded", call=call)
    for peer in peers:
        wrong += both(rig, peer, rig.dir / f"in-{peer.word}.wav")
    return wrong


def test(build):
    with Rig(build, RULES) as rig:
        first = free_ports(RIG + PORTS * len(CODECS)) + RIG
        peers = [Peer(n, word, first) for n, word in enumerate(CODECS)]
        rig.plan.write_text(PLAN.format(
            **rig.ports, dir=rig.dir, trunks="".join(p.trunk() for p in peers),
            names=", ".join(f"t-{p.word}" for p in peers),
            routes="\n".join(f"    {p.number} -> t-{p.word}" for p in peers)))
        for who, sounds in WORDS.items():
            rig.speech(f"{who}.wav", sounds, 20)
        rig.speech("pstn-short.wav", WORDS["pstn"], SPEECH)
        rig.start()
        for peer in peers:
            peer.start(rig)
        wrong = []
        for part in (call_out, call_in):
            print(f"{part.__name__}:")
            wrong += [f"{part.__name__}: {w}" for w in part(rig, peers)]
            wait_for("all is clear", 10, lambda: rig.status()["calls"] == 0 and rig.in_service())
        in_use(rig, peers)
        for peer in peers:
            peer.phone.close()
        if wrong:
            raise Failed("\n".join(wrong))


if __name__ == "__main__":
    sys.exit(main(test))
