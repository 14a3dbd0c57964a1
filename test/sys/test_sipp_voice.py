#!/usr/bin/env python3
"""sipp speaks: files of payloads by its rtp_stream, in its own pace, in each codec that it has of
ours and that there is an encoder for. What the exchange hears is compared by its spectrum
(`bark_db` of audiocmp)."""
import sys
from collections import namedtuple

from payloads import Tool
from rig import SPAN, Rig, check, finish, main
from sipscript import PIECES

SECONDS = 4

# payload type and name in SDP, dB that are allowed: half above what was measured
Codec = namedtuple("Codec", "pt name limit")
CODECS = {
    "pcma": Codec(8, "PCMA/8000", 1.4),
    "pcmu": Codec(0, "PCMU/8000", 1.6),
    "g722": Codec(9, "G722/8000", 1.8),
}

RULES = SPAN + """
number 3012300x {{
    proceeding
    answer after 100ms
    record {dir}/pstn-%.wav
    wait 30s
}}
"""


def scenario(word, path):
    """A caller that plays a file once it is answered."""
    codec = CODECS[word]
    invite = PIECES["invite"].replace("[rtp_port]", "[rtpstream_audio_port]")
    invite = invite.replace("[pt]", str(codec.pt)).replace("[codec]/8000", codec.name)
    play = f'<nop><action><exec rtp_stream="{path},1,{codec.pt},{codec.name}"/></action></nop>\n'
    return (invite, "early", "answered", play, "pause", "bye")


def speaks(rig, n, word):
    """Starts one."""
    path = rig.dir / f"speech.{word}"
    path.write_bytes(b"".join(Tool(rig.build, rig.dir).encode(word, rig.dir / "sip.wav")))
    return rig.sipp(word, scenario(word, path), local=rig.ports["caller"] + 10 + n,
                    hold=SECONDS * 1000 + 500, number=f"03012300{n}",
                    options=("-mp", rig.ports["voice"] + 12 + 6 * n))


def each_speaks(rig, numbers):
    """All codecs at once; raises what is wrong."""
    peers = {n: (word, speaks(rig, n, word)) for word, n in zip(CODECS, numbers)}
    wrong = []
    for n, (word, peer) in peers.items():
        finish(peer, f"sipp in {word}", SECONDS + 20)
        call = rig.exchange.expect("released", called=f"3012300{n}", cause=16)["call"]
        rig.exchange.expect("recorded", call=call)
        m = rig.compare(rig.dir / "sip.wav", rig.dir / f"pstn-{call}.wav")
        text = f"{word}: {m['bark_db']:.2f} of {CODECS[word].limit} dB"
        print(f"{text}, {m['bark_bad_percent']:.1f} % bad")
        if m["bark_db"] > CODECS[word].limit:
            wrong.append(text)
    check(not wrong, "; ".join(wrong))


def test(build):
    with Rig(build, RULES) as rig:
        rig.plan.write_text(rig.plan.read_text().replace("codecs  pcma, pcmu",
                                                         "codecs  " + ", ".join(CODECS)))
        rig.speech("sip.wav", ("demo-instruct",), SECONDS)
        rig.start()
        numbers = iter(range(10))  # none twice: events are told apart by the number
        rig.unless_troubled(lambda: each_speaks(rig, numbers), 3)
        whole = rig.expect_records(len(CODECS), lambda r: r["attempt"] == "0")
        codecs = {r["codec_a"].lower() for r in whole}
        check(codecs == set(CODECS), f"the records have {codecs}")


if __name__ == "__main__":
    sys.exit(main(test))
