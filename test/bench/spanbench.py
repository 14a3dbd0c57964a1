"""Spans by the dozen: one tandem and one exchange with a pseudowire each, and a share of the
channels in calls from one channel to another of the same span. The CPU time is tandem's: all its
threads."""
import re
import time
from pathlib import Path

from rig import Exchange, wait_for

PLAN = """version 1
sip {{ listen udp:127.0.0.1:{sip} }}
media {{
    address 127.0.0.1
    ports   {rtp_low}-{rtp_high}
    codecs  pcma
    threads 1
}}
{spans}
cdr journal {dir}/cdr
admin socket {dir}/tandem.sock
log warn
"""

SPAN = """span {i} {{
    pseudowire local 127.0.0.1:{near} remote 127.0.0.1:{far} frames {frames} jitter {jitter}ms
    e1
    isdn euroisdn user
}}
trunk pri{i} {{
    span {i}
    channels 1-15,17-31 ascending
    numbers isdn
}}
routes from pri{i} {{
    * -> pri{i}
}}
"""

FAR = """span {i} {{
    pseudowire local 127.0.0.1:{far} remote 127.0.0.1:{near} frames {frames} jitter {jitter}ms
    isdn euroisdn network
}}
"""

RULES = """
number * {{
    proceeding
    alerting
    answer
    wait 1h
}}
"""


def write(rig, spans, frames):
    """The plan and the rules for so many spans."""
    base = rig.ports["pw"] + 100
    each = [{"i": i, "frames": frames, "jitter": max(4, frames // 4), "near": base + 2 * i,
             "far": base + 2 * i + 1}
            for i in range(1, spans + 1)]
    rig.plan.write_text(PLAN.format(**rig.ports, dir=rig.dir,
                                    spans="".join(SPAN.format(**e) for e in each)))
    rig.rules = "".join(FAR.format(**e) for e in each).replace("{", "{{").replace("}", "}}") + RULES


def start(rig):
    rig.exchange = Exchange(rig, rig.rules)
    rig.start_tandem()
    wait_for("the lines in service", 60, lambda: rig.in_service(), 0.5)


def busy(rig, spans, share):
    """Calls on this share of the channels."""
    calls = round(15 * share)
    for i in range(1, spans + 1):
        rig.exchange.say(f"call 030{i:02}123 span {i} from 089123 count {calls} rate 10/s for 1h")
    wait_for("calls up", 120, lambda: rig.status()["calls"] == calls * spans, 0.5)


def threads(pid):
    """CPU time in microseconds, and wake-ups, by thread."""
    used, woken = {}, {}
    for t in Path(f"/proc/{pid}/task").glob("*"):
        name = (t / "comm").read_text().strip()
        used[name] = used.get(name, 0) + int((t / "schedstat").read_text().split()[0]) / 1000
        switches = re.search(r"^voluntary_ctxt_switches:\s+(\d+)", (t / "status").read_text(), re.M)
        woken[name] = woken.get(name, 0) + int(switches.group(1))
    return used, woken


def rate(pid, seconds):
    """Microseconds of CPU a second, wake-ups of the media thread a second."""
    begin, (used, woken) = time.monotonic(), threads(pid)
    time.sleep(seconds)
    now_used, now_woken = threads(pid)
    passed = time.monotonic() - begin
    media = [n for n in used if n.startswith("media")]
    return (sum(now_used.values()) - sum(used.values())) / passed, \
        sum(now_woken[n] - woken[n] for n in media) / passed
