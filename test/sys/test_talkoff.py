#!/usr/bin/env python3
"""Talk-off: an hour of speech of several voices (espeak-ng, recorded prompts) in which the ear must
find no digit, no modem, no fax and no call-progress tone; spandsp's DTMF receiver hears the same.
Digits made by other means show that both were listening."""
import json
import math
import random
import subprocess
import sys
import tempfile
import wave
from array import array
from pathlib import Path

from rig import ROOT, check, main

HOUR = 3600
PROMPTS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
VOICES = ("en", "en-us+f3", "de+m3", "fr+f2", "es+m5", "it+f4", "pl+m1", "ru+f1", "en+croak", "de+f5",
          "nl", "sv+f2", "en+whisper")
CHARACTERS = 3500  # of text for one recording: some four minutes
TONES = ("answer", "reversals", "am", "cng", "dial", "ringback", "busy", "congestion", "sit")


def text():
    """The project's own documents, without their marks."""
    words = " ".join(p.read_text() for p in sorted((ROOT / "docs").glob("*.md")))
    return "".join(c if c.isalnum() or c in " .,?" else " " for c in words)


def speak(out, voice, words, pitch, speed):
    said = subprocess.run(["espeak-ng", "-v", voice, "-p", str(pitch), "-s", str(speed), "--stdout"],
                          input=words.encode(), capture_output=True, check=True).stdout
    subprocess.run(["sox", "-t", "wav", "-", "-r", "8000", "-b", "16", "-c", "1", str(out), "gain",
                    "-n", "-3"], input=said, stderr=subprocess.DEVNULL, check=True)


def seconds(path):
    with wave.open(str(path)) as w:
        return w.getnframes() / w.getframerate()


def hour_of_speech(folder):
    """Files with an hour of speech: the prompts, and as much as is missing by espeak-ng."""
    files = sorted(PROMPTS.glob("*.wav"))
    if not files:
        print(f"no recorded prompts in {PROMPTS}")
    length, words, at, chance = sum(map(seconds, files)), text(), 0, random.Random(1)
    while length < HOUR:
        out = folder / f"{len(files)}.wav"
        speak(out, VOICES[len(files) % len(VOICES)], words[at:at + CHARACTERS],
              chance.randrange(20, 90), chance.randrange(130, 220))
        at = (at + CHARACTERS) % max(1, len(words) - CHARACTERS)
        length += seconds(out)
        files.append(out)
    return files


def digits(path):
    """The sixteen digits (Q.23), 50 ms each, at -10 dBm0 a frequency."""
    pcm, peak = array("h", [0] * 800), 32767 * 10 ** ((-10 - 3.14) / 20)
    for low in (697, 770, 852, 941):
        for high in (1209, 1336, 1477, 1633):
            pcm.extend(round(peak * (math.sin(2 * math.pi * low * i / 8000) +
                                     math.sin(2 * math.pi * high * i / 8000))) for i in range(400))
            pcm.extend([0] * 400)
    with wave.open(str(path), "wb") as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(8000)
        w.writeframes(pcm.tobytes())


def ear(build, country, files):
    done = subprocess.run([f"{build}/test/tools/ear", "-v", "-c", country, *map(str, files)],
                          capture_output=True, text=True, check=False)
    check(done.returncode == 0, f"ear: {done.stderr}")
    return json.loads(done.stdout), done.stderr


def test(build):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        digits(folder / "digits.wav")
        heard, said = ear(build, "de", [folder / "digits.wav"])
        check(heard["digits"] == 16 and heard["spandsp_digits"] == 16, f"sixteen digits: {said}")
        files = hour_of_speech(folder)
        for country in ("de", "us"):
            heard, said = ear(build, country, files)
            print(f"{country}: {json.dumps(heard)}")
            check(heard["seconds"] >= HOUR, "less than an hour of speech")
            check(heard["digits"] <= heard["spandsp_digits"], f"more digits than spandsp: {said}")
            check(heard["digits"] == 0, f"digits in speech: {said}")
            check(not any(heard[t] for t in TONES), f"tones in speech: {said}")
            check(heard["hush"] < heard["seconds"] / 2000, f"{heard['hush']} s of speech muted")


if __name__ == "__main__":
    sys.exit(main(test))
