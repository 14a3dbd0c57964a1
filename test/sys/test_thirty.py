#!/usr/bin/env python3
"""Thirty calls at once, each way, for a minute: a tone goes through tandem to the SIP side and comes
back, and is measured. The thirty-first is refused with 503 and cause 34."""
import sys

import sipscript
from peer import Caller, header, status
from rig import SPAN, Rig, check, finish, main, wait_for

SECONDS = 60

RULES = SPAN + """
number 3012xxxxxx {{
    proceeding
    answer
    tone 1004 level -10
    wait 300s
}}
"""


def thirty_up(rig):
    wait_for("30 calls up", 20, lambda: sum(c["state"] == "connected"
                                            for c in rig.ask("show", "calls")) == 30, 0.3)


def one_more(rig):
    """The thirty-first."""
    caller = Caller(rig.ports["caller"] + 10, ("127.0.0.1", rig.ports["sip"]))
    caller.invite("03012000031")
    final = caller.final()
    caller.close()
    check(status(final) == 503, f"the 31st call gets {status(final)}")
    check("Q.850;cause=34;" in (header(final, "Reason") or ""), header(final, "Reason"))
    check(header(final, "Retry-After") is None, "503 with Retry-After takes the whole trunk away")


def check_media(rig, direction):
    """What every one of the thirty channels heard of its own tone, after the way there and back."""
    # tandem is done as soon as it has sent its RELEASE COMPLETE
    rig.exchange.expect("released", count=30, direction=direction, answered=True)
    ended = [e for e in rig.exchange.all("released", direction=direction) if e["answered"]]
    check(len(ended) == 30, f"{len(ended)} calls were released")
    for e in ended:
        heard = e["heard"]
        check(e["cause"] == 16, f"cause {e['cause']}")
        check(heard["seconds"] > SECONDS - 2, f"channel {e['channel']}: {heard}")
        check(abs(heard["tone_hz"] - 1004) < 2 and abs(heard["tone_dbm0"] + 10) < 0.5,
              f"channel {e['channel']}: {heard}")
        check(heard["tone_share"] > 0.95, f"channel {e['channel']}: {heard}")
    worst = min(e["heard"]["tone_snr_db"] for e in ended)
    gaps = sum(e["heard"]["gap_ms"] for e in ended)
    print(f"{direction}: 30 channels, tone level within 0.5 dB, signal to noise at least "
          f"{worst:.1f} dB; gaps of {gaps / len(ended):.0f} ms on average (the beginning)")


def check_records(rig, n):
    records = rig.expect_records(n, lambda r: r["attempt"] == "0" and r["answer_time"])
    for r in records[-30:]:
        check(r["rtp_lost"] == "0", f"rtp_lost {r['rtp_lost']}")
        received = int(r["rtp_rx_packets"])
        check(received > (SECONDS - 2) * 50, f"{received} packets received")
    late = sum(int(r["rtp_late"]) for r in records[-30:])
    print(f"records: 30, no packet lost, {late} late")


def check_line(rig):
    rig.wait_line_well()
    span = rig.ask("show", "span", "1")[0]
    print(f"line: lost {span['lost']}, slips {span['slips']}, underruns {span['underruns']}")


def thirty(build):
    with Rig(build, RULES) as rig:
        # what comes back from the SIP side is the tone that the line sends: no echo of the line
        rig.plan.write_text(rig.plan.read_text().replace(
            "trunk pri {\n    span 1\n", "trunk pri {\n    span 1\n    echo-cancel off\n"))
        rig.start()
        echo = ("-rtp_echo", "-mp", str(rig.ports["voice"]))
        caller = rig.sipp("callers", sipscript.CALLER, echo, calls=30, rate=15,
                          hold=SECONDS * 1000, number="03012000000")
        thirty_up(rig)
        one_more(rig)
        finish(caller, "sipp", SECONDS + 30)
        wait_for("all is clear", 10, rig.in_service)
        check_media(rig, "in")
        check_records(rig, 30)
        called = rig.sipp("called", sipscript.CALLED, echo, calls=30, local=rig.ports["peer"])
        rig.exchange.say(f"call +493090182142 count 30 rate 15/s tone 1004 level -10 "
                         f"for {SECONDS}s")
        thirty_up(rig)
        finish(called, "sipp", SECONDS + 30)
        wait_for("all is clear", 10, rig.in_service)
        check_media(rig, "out")
        check_records(rig, 60)
        check_line(rig)


if __name__ == "__main__":
    sys.exit(main(thirty))
