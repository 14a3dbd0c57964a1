#!/usr/bin/env python3
"""Speech through tandem both ways in every codec: from RTP to the line over networks that lose
packets in bursts or delay them, and from the line to RTP, alone and while the other end speaks too.

The peer moves payloads alone; test/tools/codec, which other authors' programs judge in
test_codecs.py, makes them and decodes what comes. What is judged is audiocmp's distance of the
spectra (`bark_db`): codecs keep no waveform, and playout stretches time. All codecs talk at once,
one round for each network, once more where the line itself lost some. G.729 is decoded by ffmpeg,
and what tandem coded in the first round is what it gets to hear in the others.
"""
import subprocess
import sys
import time
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from payloads import FORMATS, Sender, Stream, Tool, gilbert, jitter, sdp
from phone import Call, Phone
from rig import SPAN, Failed, Rig, check, main, wait_for

SECONDS = 4

# Distances in dB that are allowed where nothing is lost: a quarter to a half above the measured ones.
CLEAN = {"pcma": 1.2, "pcmu": 1.5, "g722": 1.6, "gsm": 5.0, "opus": 1.8, "g726-32": 3.2, "l16": 1.4,
         "g729": 6.0}

# What a round may add to it on the way to the line, and to RTP; None: not judged. The line echoes
# nothing: when both ends speak the echo canceller may take nothing off either.
Round = namedtuple("Round", "name speaks share delayed to_line to_rtp")
ROUNDS = (
    Round("the line alone speaks", False, 0, False, None, 0),
    Round("both speak", True, 0, False, 0, 0),
    Round("1 % lost", True, 0.01, False, 0.5, None),
    Round("5 % lost", True, 0.05, False, 1.2, None),
    Round("10 % lost", True, 0.10, False, 1.8, None),
    Round("delays up to 80 ms", True, 0, True, 0.5, None),
)
WORDS = {"pstn": ("demo-congrats", "demo-thanks"), "sip": ("demo-instruct",)}

RULES = SPAN + """
number 30123xxx {{
    proceeding
    answer after 100ms
    record {dir}/pstn-%.wav
    play {dir}/pstn.wav
    wait 30s
}}
"""


class Talk:
    """One call in one codec."""

    def __init__(self, phone, word, number):
        self.word, self.number = word, number
        self.stream = Stream(word)
        self.call = Call(phone, f"{word}-{number}@{phone.name}")
        phone.voices.remove(self.call.voice)  # it is the stream that speaks
        phone.calls[self.call.call_id] = self.call
        self.call.uri = f"sip:0{number}@127.0.0.1:{phone.to[1]};user=phone"
        self.call.local = f"<sip:+4930901821@127.0.0.1;user=phone>;tag={self.call.tag}"
        self.call.remote = f"<{self.call.uri}>"
        self.call.send("INVITE", sdp(word, self.stream.port))

    def answered(self):
        answer = self.call.final()
        name = FORMATS[self.word][1]
        check(answer.startswith("SIP/2.0 200") and name.split("/")[0] in answer,
              f"{self.word}: {answer}")
        self.stream.to = self.call.voice.to

    def heard(self, rig):
        """Where the exchange keeps what it heard, once the call is over."""
        self.call.response(200, "BYE")
        self.stream.drain()
        self.stream.close()
        call = rig.exchange.expect("released", called=str(self.number))["call"]
        rig.exchange.expect("recorded", call=call)
        return rig.dir / f"pstn-{call}.wav"


class Speech:
    """What is said in each codec, and its judgement."""

    def __init__(self, rig, words):
        self.rig, self.words = rig, words
        self.tool = Tool(rig.build, rig.dir)
        subprocess.run(["sox", "-n", "-r", "8000", "-c", "1", "-b", "16", rig.dir / "silence.wav", "trim",
                        "0", str(SECONDS)], check=True)
        own = [w for w in words if w != "g729"]
        self.silence = {w: self.tool.encode(w, rig.dir / "silence.wav") for w in own}
        self.said = {w: self.tool.encode(w, rig.dir / "sip.wav") for w in own}
        self.reference = dict.fromkeys(own, "sip.wav")

    def decode(self, talk, kind):
        """What the peer heard."""
        out, payloads = self.rig.dir / f"{talk.number}.wav", talk.stream.payloads()
        if talk.word != "g729":
            self.tool.decode(talk.word, payloads, out)
            return out
        coded = self.rig.dir / "coded.g729"
        coded.write_bytes(b"".join(payloads))
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "g729", "-i", coded, out],
                       check=True)
        if not kind.speaks:
            self.said["g729"], self.reference["g729"] = payloads, "pstn.wav"
        return out

    def distance(self, talk, way, reference, recorded, added):
        m = self.rig.compare(self.rig.dir / reference, recorded)
        limit = CLEAN[talk.word] + added
        return (f"{talk.word:8} {way:11} {m['bark_db']:5.2f} of {limit:4.1f} dB, "
                f"{m['bark_bad_percent']:4.1f} % bad", m["bark_db"] <= limit)

    def judge(self, talk, kind, heard):
        """Texts, and whether they are good news."""
        found = []
        if kind.to_line is not None:
            found.append(self.distance(talk, "to the line", self.reference[talk.word], heard,
                                       kind.to_line))
        if kind.to_rtp is not None:
            found.append(self.distance(talk, "to RTP", "pstn.wav", self.decode(talk, kind), kind.to_rtp))
        return found


def have_round(rig, phone, speech, kind, numbers):
    """Every codec over one network; raises what is wrong."""
    talks = [Talk(phone, word, next(numbers)) for word in speech.words]
    for talk in talks:
        talk.answered()
    sender = Sender()
    for talk in talks:
        payloads = (speech.said if kind.speaks else speech.silence).get(talk.word, [])
        sender.add(talk.stream, payloads, gilbert(len(payloads), kind.share),
                   jitter(len(payloads)) if kind.delayed else None)
    sender.start()
    sender.join(SECONDS + 10)
    time.sleep(0.5)  # of playout
    for talk in talks:
        talk.call.send("BYE")
    heard = [talk.heard(rig) for talk in talks]
    print(f"{kind.name}:")
    with ThreadPoolExecutor(2) as pool:
        found = sum(pool.map(lambda pair: speech.judge(pair[0], kind, pair[1]),
                             zip(talks, heard)), [])
    for text, _ in found:
        print("  " + text)
    wait_for("all is clear", 10, lambda: rig.status()["calls"] == 0)
    check(all(good for _, good in found),
          "\n".join(f"{kind.name}: {text}" for text, good in found if not good))


def test(build):
    with Rig(build, RULES) as rig:
        words = [w for w in FORMATS if w != "g729" or (rig.build / "tandem-g729").exists()]
        rig.plan.write_text(rig.plan.read_text().replace("codecs  pcma, pcmu",
                                                         "codecs  " + ", ".join(words)))
        for who, sounds in WORDS.items():
            rig.speech(f"{who}.wav", sounds, SECONDS)
        speech = Speech(rig, words)
        rig.start()
        phone = Phone(rig.ports["peer"], ("127.0.0.1", rig.ports["sip"]))
        numbers = iter(range(30123000, 30124000))  # no number twice: events are told apart by it
        wrong = []
        for kind in ROUNDS:
            try:
                rig.unless_troubled(partial(have_round, rig, phone, speech, kind, numbers), 3)
            except Failed as e:
                wrong.append(str(e))
        phone.close()
        if wrong:
            raise Failed("\n".join(wrong))


if __name__ == "__main__":
    sys.exit(main(test))
