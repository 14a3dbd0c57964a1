#!/usr/bin/env python3
"""Recordings on a real disk: the wav that a call leaves, read by Python; what a killed
tandem leaves; a directory that cannot be written to; Opus, read by ffmpeg. And a route that
plays one of Asterisk's voices to a SIP caller."""
import array
import subprocess
import sys
import time
import wave

from peer import Caller, status
from rig import SOUNDS, SPAN, Rig, check, main, wait_for

UNWRITTEN = 1  # s of a call that a killed gateway has not yet written
TONE, LEVEL = 1000, -10
# 0 dBm0 is 3.14 dB below a sine at the full scale of A-law (G.711 table 5)
RMS = 32768 / 2 ** 0.5 * 10 ** ((LEVEL - 3.14) / 20)

RULES = SPAN + """
number 3012xxxxxx {{
    proceeding
    answer
    tone %d level %d
    wait 300s
}}
""" % (TONE, LEVEL)

EXTRA = """
recordings {{
    directory {dir}/rec
    name      "{{trunk}}/{{called}}-{{call}}"
}}
"""


def amend(rig):
    text = rig.plan.read_text()
    text = text.replace("numbers e164", "numbers e164\n    record both", 1)
    text = text.replace("+49* -> pri", f"+49800* -> play {SOUNDS}/vm-goodbye.wav\n    +49* -> pri", 1)
    rig.plan.write_text(text + EXTRA.format(dir=rig.dir))


def call(rig, port, number="03012000031"):
    caller = Caller(rig.ports["caller"] + port, ("127.0.0.1", rig.ports["sip"]))
    caller.invited = time.monotonic()
    caller.invite(number)
    check(status(caller.final()) == 200, f"{number} is not answered")
    caller.answered = time.monotonic()
    return caller


def lasted(caller, end):
    """A call's length in s, at least and at most, when it is over now and was asked to end at `end`: as
    this program sees it, which a busy machine delays. 0.2 s: until the media begins, and blocks."""
    return end - caller.answered - 0.2, time.monotonic() - caller.invited + 0.2


def talked(caller, seconds):
    """Lasts so long and is over; its length as lasted() says."""
    time.sleep(seconds)
    end = time.monotonic()
    caller.bye()
    caller.close()
    return lasted(caller, end)


def recorded(rig):
    return [r for r in rig.records() if r["attempt"] == "0" and r["recording"]]


def rms(samples):
    return (sum(s * s for s in samples) / len(samples)) ** 0.5


def judge(path, least, most):
    with wave.open(str(path)) as w:
        check(w.getparams()[:3] == (2, 2, 8000), f"{path}: {w.getparams()}")
        seconds = w.getnframes() / 8000
        samples = array.array("h", w.readframes(w.getnframes()))
    check(least <= seconds <= most, f"{path}: {seconds} s, not {least} to {most}")
    heard = rms(samples[8001::2])  # half a second later the tone is there
    check(abs(heard - RMS) < RMS * 0.1, f"{path}: what the caller hears has {heard:.0f}, not {RMS:.0f}")
    said = rms(samples[0::2])
    check(said < 50, f"{path}: the caller says nothing, but {said:.0f} is recorded")
    return seconds


def whole_call(rig):
    length = talked(call(rig, 0), 3)
    path = wait_for("the record", 10, lambda: recorded(rig))[-1]["recording"]
    check(path.startswith(f"{rig.dir}/rec/pbx/+493012000031-"), f"it is {path}")
    seconds = judge(wait_for("the file", 5, lambda: list(rig.dir.glob("rec/pbx/*.wav")))[0], *length)
    check(not list(rig.dir.glob("rec/pbx/*.part")), "a part is left")
    print(f"a call of 3 s: {seconds:.2f} s in two channels")


def killed(rig):
    caller = call(rig, 4)
    time.sleep(4)
    end = time.monotonic()
    rig.tandem.kill()
    rig.tandem.wait()
    least, most = lasted(caller, end)
    caller.close()
    seconds = judge(next(rig.dir.glob("rec/pbx/*.part")), least - UNWRITTEN, most)
    print(f"killed after 4 s: {seconds:.2f} s can be played")
    rig.start_tandem()
    rig.wait_up()


def nowhere(rig):
    """A file stands where the folder is to be: root may write anywhere else."""
    before = len(recorded(rig))
    for part in rig.dir.glob("rec/pbx/*"):
        part.unlink()
    (rig.dir / "rec/pbx").rmdir()
    (rig.dir / "rec/pbx").write_text("")
    caller = call(rig, 8)
    time.sleep(1)
    check(len(rig.ask("show", "calls")) == 1, "the call is over")
    caller.bye()
    caller.close()
    wait_for("the record", 10, lambda: len(recorded(rig)) > before)
    check("recording" in (rig.dir / "tandem.log").read_text(), "nothing is logged")
    (rig.dir / "rec/pbx").unlink()


def as_opus(rig):
    rig.plan.write_text(rig.plan.read_text().replace("record both", "record both opus"))
    rig.tandem.terminate()
    rig.tandem.wait()
    rig.start_tandem()
    rig.wait_up()
    length = talked(call(rig, 12), 3)
    path = wait_for("the file", 5, lambda: list(rig.dir.glob("rec/pbx/*.opus")))[0]
    out = rig.dir / "opus.wav"
    subprocess.run(["ffmpeg", "-loglevel", "error", "-i", path, "-ar", "8000", out], check=True)
    print(f"as Opus: {judge(out, *length):.2f} s, {path.stat().st_size} octets")


def announced(rig):
    """A target that is a voice of Asterisk's: it lasts as long as the file, then the gateway releases."""
    with wave.open(f"{SOUNDS}/vm-goodbye.wav") as w:
        seconds = w.getnframes() / w.getframerate()
    caller = call(rig, 16, "08001234567")
    before = len(rig.records())
    end = time.monotonic()
    while rig.ask("show", "calls"):
        check(time.monotonic() - caller.answered < seconds + 20, "no release")
        end = time.monotonic()
        time.sleep(0.05)
    least, most = lasted(caller, end)
    check(least <= seconds <= most, f"played for {least:.2f} to {most:.2f} s, not {seconds:.2f}")
    caller.close()
    wait_for("its records", 40, lambda: len(rig.records()) > before)
    print(f"an announcement of {seconds:.2f} s: released after {least:.2f} to {most:.2f} s")


def test(build):
    with Rig(build, RULES) as rig:
        amend(rig)
        rig.start()
        whole_call(rig)
        killed(rig)
        nowhere(rig)
        as_opus(rig)
        announced(rig)


sys.exit(main(test))
