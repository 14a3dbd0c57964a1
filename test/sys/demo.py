#!/usr/bin/env python3
"""The demo: three calls from SIP through the PRI and three back, with speech both ways.

For each: the ladder of both protocols, the causes, and what arrived of the speech in each direction.
usage: test/sys/demo.py BUILD      exit status 1 when anything is not as it should be
With KEEP=1 in the environment everything goes on after the calls, until Enter, so that the page can be
looked at.
"""
import os
import shutil
import sys
import urllib.request

import sipscript
from rig import SPAN, Rig, check, finish, main, wait_for

RULES = SPAN + """
number 3012300x {{
    proceeding
    alerting after 200ms
    answer after 300ms
    record {dir}/pstn-%.wav
    play {dir}/pstn.wav
    wait 60s
}}
number 3012301x {{
    proceeding
    alerting after 200ms
    answer after 300ms
    record {dir}/pstn-%.wav
    play {dir}/pstn.wav
    wait played
    hangup after 1s
}}
"""

PSTN_SAYS = ("demo-congrats", "demo-thanks")
SIP_SAYS = ("demo-instruct",)
SPEECH = 8 # seconds of it that are played

CALLS = (
    # direction, what is special, who releases, law of the SIP side, transport
    ("out", "A-law, the caller releases", "caller", "pcma", "u1"),
    ("out", "mu-law on the SIP side, the called side releases", "called", "pcmu", "u1"),
    ("out", "SIP over TCP", "caller", "pcma", "t1"),
    ("in", "A-law, the caller releases", "caller", "pcma", "u1"),
    ("in", "mu-law on the SIP side, the called side releases", "called", "pcmu", "u1"),
    ("in", "the caller withholds its number", "caller", "pcma", "u1"),
)


def outgoing(rig, n, released_by, law, transport):
    number = f"03012301{n}" if released_by == "called" else f"03012300{n}"
    pieces = sipscript.CALLER if released_by == "caller" else sipscript.CALLER_RELEASED
    voice = rig.voice("sip.wav", f"sip-{n}.wav", SPEECH + 3, law)
    sipp = rig.sipp(f"caller-{n}", pieces, number=number, hold=int((SPEECH + 1) * 1000), law=law,
                    transport=transport)
    finish(sipp, "sipp")
    finish(voice, "rtpspeak")
    arrived = rig.exchange.expect("arrived", called=number[1:])
    return rig.exchange.expect("released", call=arrived["call"])


def incoming(rig, n, released_by, law, withheld):
    pieces = sipscript.CALLED if released_by == "caller" else sipscript.CALLED_RELEASES
    called = rig.sipp(f"called-{n}", pieces, local=rig.ports["peer"], law=law,
                      hold=int((SPEECH + 1) * 1000))
    voice = rig.voice("sip.wav", f"sip-{n}.wav", SPEECH + 3, law)
    caller = "" if withheld else " from +4989123456"
    length = SPEECH + 1 if released_by == "caller" else 60
    rig.exchange.say(f"call +4930901821{n:02} {caller} record {rig.dir}/pstn-in-{n}.wav "
                     f"play {rig.dir}/pstn.wav for {length}s")
    placed = rig.exchange.expect("placed", called=f"+4930901821{n:02}")
    released = rig.exchange.expect("released", seconds=60, call=placed["call"])
    finish(called, "sipp")
    finish(voice, "rtpspeak")
    return released


def measure(rig, title, reference, recorded, most):
    """`most`: % of the blocks of 20 ms that may be lost."""
    wait_for(f"{recorded}", 5, (rig.dir / recorded).exists)
    m = rig.compare(rig.dir / reference, rig.dir / recorded, "--min-snr", "20", "--max-lost",
                    str(most))
    print(f"  {title}: {m['result']}; signal to noise {m['snr_db']:.1f} dB, level "
          f"{m['gain_db']:+.1f} dB, {m['lost_percent']:.1f} % of {m['blocks']} blocks lost")
    check(m["result"] == "ok", f"{title}: {m['result']}")


def one_call(rig, n, direction, title, released_by, law, transport):
    way, before = "SIP to PRI" if direction == "out" else "PRI to SIP", rig.line_troubles()
    print(f"\n==== call {n}: {way}; {title}\n")
    if direction == "out":
        released = outgoing(rig, n, released_by, law, transport)
        recorded = f"pstn-{released['call']}.wav"
    else:
        released = incoming(rig, n, released_by, law, "withholds" in title)
        recorded = f"pstn-in-{n}.wav"
    sys.stdout.write(rig.print("show", "call", str(n)))
    call = rig.ask("show", "call", str(n))[0]
    print(f"\n  cause at the exchange: {released['cause']}; in the record: {call['cause_q850']}, "
          f"released by {call['released_by']}")
    check(released["cause"] == 16, f"the exchange saw cause {released['cause']}")
    check(call["cause_q850"] == 16, f"the record has cause {call['cause_q850']}")
    check(call["released_by"] == released_by, f"released by {call['released_by']}")
    troubles = rig.line_troubles() - before
    if troubles:
        print(f"  this machine let the line wait: {troubles} of its packets came late or were missed")
    most = 10 if troubles else 1
    measure(rig, "SIP heard the PSTN", "pstn.wav", f"sip-{n}.wav", most)
    measure(rig, "the PSTN heard SIP", "sip.wav", recorded, most)


def with_page(rig):
    """The plan with the web page on a port of its own: nobody needs an account to look."""
    address = f"127.0.0.1:{rig.ports['rtp_low'] - 1}"
    text = rig.plan.read_text()
    rig.plan.write_text(text.replace("admin socket", f"admin http {address}, socket", 1)
                        .replace("cdr journal", f"cdr sqlite:{rig.dir}/cdr.db, journal", 1))
    return f"http://{address}/"


def demo(build):
    with Rig(build, RULES, judged=bool(shutil.which("tshark"))) as rig:
        for name, sounds in (("pstn.wav", PSTN_SAYS), ("sip.wav", SIP_SAYS)):
            rig.speech(name, sounds, SPEECH)
        print("tandem and the exchange start, joined by a pseudowire (E1 over UDP, RFC 5086) ...")
        page = with_page(rig)
        rig.start()
        print(f"its page, as long as it runs: {page}")
        for n, call in enumerate(CALLS, 1):
            one_call(rig, n, *call)
        print("\n==== the records\n")
        for r in rig.records():
            if r["attempt"] == "0":
                print(f"  {r['from_trunk']:>3} -> {r['to_trunk']:<3}  {r['caller']:<14} "
                      f"{r['called']:<14} {r['talk_ms']:>6} ms  cause {r['cause_q850']} "
                      f"{r['released_by']}")
        status = rig.status()
        print("\nsix calls, speech in both directions.")
        check(status["calls"] == 0, f"{status['calls']} calls are still up")
        with urllib.request.urlopen(f"{page}calls", timeout=10) as answer:
            check(b"+4930123" in answer.read(), "the page does not show the calls")
        print(f"the page shows them: {page}calls" +
              ("" if os.environ.get("KEEP") else "   (KEEP=1 make demo leaves it running)"))
        if os.environ.get("KEEP"):
            input("Enter ends it. ")


if __name__ == "__main__":
    sys.exit(main(demo))
