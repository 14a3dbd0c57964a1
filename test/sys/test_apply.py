#!/usr/bin/env python3
"""Another plan in the running gateway, again and again while calls come and go: none is lost, and
nothing of the plans before is left. TANDEM_LONG=1 takes a minute over UDP in place of 10 s over TCP.
"""
import json
import os
import select
import socket
import struct
import threading
import time

import sipscript
from peer import Caller, status
from rig import SPAN, Rig, check, finish, listens, main, wait_for

PLAN = """version 1
sip {{ listen udp:127.0.0.1:{sip}, tcp:127.0.0.1:{sip} }}
media {{
    address 127.0.0.1
    ports   {rtp_low}-{rtp_high}
}}
site berlin {{ dialling de area 30 }}
trunk pbx {{
    sip     sip:127.0.0.2:{caller}
    site    berlin
    numbers e164
}}
trunk carrier {{
    sip     sip:127.0.0.3:{peer}{param}
    site    berlin
    numbers e164
}}
{more}
routes from pbx {{
    {pattern} -> {target}
}}
admin socket {dir}/tandem.sock
traces {{ ring 1 }}
overload {{ off }}
log warn
"""
RATE = 50
EVERY = 0.1
LONG = os.environ.get("TANDEM_LONG")
OK, INVALID = 0, 3


def variants(rig):
    """Two plans by which the calls of this test go the same way, and one that is wrong."""
    param = "" if LONG else ";transport=tcp"
    common = dict(rig.ports, dir=rig.dir, param=param)
    spare = "trunk spare {{ sip sip:127.0.0.4:{peer} }}".format(**common)
    return (PLAN.format(more="", pattern="*", target="carrier", **common),
            PLAN.format(more=spare, pattern="+49*", target="carrier, spare", **common),
            PLAN.format(more="trunk spare { }", pattern="+49*", target="nobody", **common))


class Operator:
    """One who applies plans in turn, every EVERY seconds, over one connection."""

    def __init__(self, rig, plans):
        self.rig, self.plans = rig, plans
        self.applied = self.refused = 0
        self.slowest = 0.0
        self.wrong = []
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(rig.dir / "tandem.sock"))
        self.lines = self.socket.makefile()
        self.on = True
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def ask(self, *argv):
        """The closing line of the answer."""
        self.socket.sendall(json.dumps({"argv": argv}).encode() + b"\n")
        for line in self.lines:
            answer = json.loads(line)
            if "exit" in answer:
                return answer
        return {"exit": None, "error": "the connection is closed"}

    def _work(self):
        due, n = time.monotonic(), 0
        while self.on:
            kind = 2 if n % 10 == 9 else n % 2
            n += 1
            self.rig.plan.write_text(self.plans[kind])
            began = time.monotonic()
            answer = self.ask("apply", "--reason", f"change {n}")
            self.slowest = max(self.slowest, time.monotonic() - began)
            if answer["exit"] != (INVALID if kind == 2 else OK):
                self.wrong.append(answer)
            elif kind == 2:
                self.refused += 1
            else:
                self.applied += 1
            due += EVERY
            time.sleep(max(0, due - time.monotonic()))

    def stop(self):
        self.on = False
        self.thread.join()
        self.socket.close()


def memory(rig):
    """Resident KiB of the gateway."""
    with open(f"/proc/{rig.tandem.pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))


def alone(rig):
    """All calls are over, and so are their transactions: the present plan is the only one."""
    wait_for("one plan left", 60, lambda: rig.metric("plans") == 1 and
             rig.status()["calls"] == 0, 0.5)


def calls_come_and_go(rig, name, n):
    """So many, all of them; tells how many plans were alive at most."""
    transport = "u1" if LONG else "t1"
    called = rig.sipp(f"{name}-called", sipscript.CALLED, calls=n, host="127.0.0.3",
                      local=rig.ports["peer"], transport=transport)
    if not LONG:
        wait_for("the called side", 20, lambda: listens(rig.ports["peer"], "127.0.0.3", "tcp"))
    caller = rig.sipp(f"{name}-caller", sipscript.CALLER, calls=n, rate=RATE, hold=1000,
                      host="127.0.0.2", transport=transport)
    most = 0
    while caller.poll() is None:
        most = max(most, rig.metric("plans"))
        time.sleep(0.5)
    finish(caller, "callers", 5)
    finish(called, "called side", 30)
    return most


def a_round(rig, name, seconds, plans):
    """Calls for so long, and plans meanwhile; the account. On a slow machine more calls, until there
    were enough plans."""
    n = most = 0
    answered = rig.metric("call_answers_total", 'direction="in"')
    loads = rig.metric("plan_loads_total")
    operator = Operator(rig, plans)
    while operator.applied < seconds / EVERY / 2 and n < 5 * RATE * seconds:
        most = max(most, calls_come_and_go(rig, f"{name}-{n}", RATE * seconds))
        n += RATE * seconds
    operator.stop()
    check(not operator.wrong, f"answers that should be others: {operator.wrong[:3]}")
    answered = rig.metric("call_answers_total", 'direction="in"') - answered
    check(answered == n, f"{answered} of {n} calls were answered")
    loads = rig.metric("plan_loads_total") - loads
    check(loads == operator.applied, f"{loads} plans came into force, {operator.applied} asked for")
    check(loads >= seconds / EVERY / 2, f"only {loads} plans during {n} calls")
    alone(rig)
    rss = memory(rig)
    print(f"{name}: {n} calls, all answered; {loads} plans applied, {operator.refused} refused, "
          f"the slowest answer {operator.slowest * 1000:.0f} ms; at most {most} plans alive, 1 left; "
          f"{rss} KiB")
    return rss


def under_load(build):
    with Rig(build, judged=False) as rig:
        plans = variants(rig)
        rig.plan.write_text(plans[0])
        rig.start_tandem()
        rig.wait_runs()
        first = a_round(rig, "first", 35 if LONG else 4, plans)
        second = a_round(rig, "second", 60 if LONG else 10, plans)
        check(second - first < 8192, f"{second - first} KiB more after the second round")
        rig.plan.write_text(plans[0])
        generation = rig.status()["generation"]
        rig.tandem.send_signal(1)
        wait_for("SIGHUP applies it", 20, lambda: rig.status()["generation"] == generation + 1)


RULES = SPAN + """
number 3012xxxxxx {{
    answer
    tone 1004 level -10
    wait 300s
}}
"""
APPLIES = 32
SO_TIMESTAMPNS = 35  # socket(7); the kernel's time: this program's own pauses do not count


def connected(rig):
    """Waits for the only call, and tells the channel that it left by."""
    return wait_for("a call", 10, lambda: [c["to_channel"] for c in rig.ask("show", "calls")
                                           if c["state"] == "connected"])[0]


def on_a_line(build):
    """Calls over a span go on while its trunk changes, and one that has lost its trunk too."""
    with Rig(build, RULES) as rig:
        rig.start()
        caller = rig.sipp("caller", sipscript.CALLER_RELEASED, calls=1, local=rig.ports["peer"],
                          number="+493012345678")
        channel = connected(rig)
        check(channel == "1/31", f"channel {channel}: the plan hunts from 31 down")
        text = rig.plan.read_text()
        rig.plan.write_text(text.replace("channels 1-15,17-31 descending", "channels 1-15"))
        rig.ask("apply")
        check(rig.metric("plans") == 2, "the call's plan is not there")
        rig.plan.write_text(text.replace("isdn euroisdn user", "isdn euroisdn network"))
        refused = rig.print("apply")
        check('"span" cannot change while the gateway runs: restart it' in refused, refused)
        rig.plan.write_text(text.replace("    overlap\n", ""))
        refused = rig.print("apply")
        check('"overlap" on trunks of span 1 cannot change' in refused, refused)
        rig.exchange.say("release all")
        finish(caller, "the caller")
        wait_for("one plan left", 60, lambda: rig.metric("plans") == 1, 0.5)
        second = rig.sipp("second", sipscript.CALLER_RELEASED, calls=1, local=rig.ports["peer"],
                          number="+493012345678")
        channel = connected(rig)
        check(channel == "1/1", f"channel {channel}: the new plan hunts from 1 on")
        rig.exchange.say("release all")
        finish(second, "a call by the new plan")


def connections(rig):
    return sum(c["state"] == "connected" for c in rig.ask("show", "calls"))


class Ear:
    """Listens to a call's RTP: what is missing, and the longest time without a packet."""

    def __init__(self, sock):
        self.socket, self.heard = sock, []
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)

    def listen(self, seconds):
        """For so long, and until there is something."""
        end, known = time.monotonic() + seconds, len(self.heard)

        def patience():
            return max(0 if len(self.heard) > known else 10, end - time.monotonic())

        while select.select([self.socket], [], [], patience())[0]:
            packet, extra, _, _ = self.socket.recvmsg(2048, 128)
            sec, ns = struct.unpack("qq", extra[0][2][:16])
            seq, stamp = struct.unpack("!HI", packet[2:8])
            self.heard.append((sec * 1000 + ns / 1e6, seq, stamp))

    def account(self):
        """Milliseconds of the longest pause, packets that are missing; and it forgets all but the
        last."""
        pairs = list(zip(self.heard, self.heard[1:]))
        missing = sum((b[1] - a[1] - 1) % 65536 for a, b in pairs)
        check(all(b[2] - a[2] == 160 for a, b in pairs), "the RTP clock jumps")
        self.heard = self.heard[-1:]
        return max(b[0] - a[0] for a, b in pairs), missing


def usual(pauses):
    """What a busy machine makes longer now and then; a plan that is heard does it each time."""
    return sorted(pauses)[len(pauses) // 4]


def all_talk(build):
    """Every channel is busy with a tone, and plans come and go: none of it is heard."""
    with Rig(build, RULES, judged=False) as rig:
        text = rig.plan.read_text()
        text = text.replace("    span 1\n", "    span 1\n    echo-cancel off\n", 1)
        other = text.replace("    +49* -> pri\n", "    +4912* -> reject 21\n    +49* -> pri\n")
        other = other.replace("trunk pbx {\n", "trunk pbx {\n    limit 40 calls\n")
        other += "trunk spare {{ sip sip:127.0.0.4:{peer} }}\n".format(**rig.ports)
        rig.plan.write_text(text)
        rig.start()
        callers = rig.sipp("callers", sipscript.CALLER_RELEASED,
                           ("-rtp_echo", "-mp", str(rig.ports["voice"])), calls=29, rate=29,
                           number="03012000000")
        last = Caller(rig.ports["caller"] + 20, ("127.0.0.1", rig.ports["sip"]))
        last.invite("03012000029")
        check(status(last.final()) == 200, "the last call is not answered")
        wait_for("30 calls", 20, lambda: connections(rig) == 30, 0.1)
        ear = Ear(last.rtp)
        ear.listen(0.2)
        pauses, missing = {"other": [], "first": [], "none": []}, 0
        for n in range(APPLIES):
            for kind in ("other" if n % 2 == 0 else "first", "none"):
                if kind != "none":
                    rig.plan.write_text((other, text)[n % 2])
                    rig.ask("apply")
                ear.listen(0.1)
                pause, lost = ear.account()
                pauses[kind].append(pause)
                missing += lost
        check(rig.status()["calls"] == 30, "a call did not outlive a plan")
        check(missing == 0, f"{missing} packets are missing")
        calm, busy = usual(pauses["none"]), max(usual(pauses["other"]), usual(pauses["first"]))
        # one packet late, or as late as on this machine without another plan
        check(busy <= max(40, calm + 20), f"{busy:.0f} ms without a packet, {calm:.0f} without a plan")
        last.bye()
        rig.exchange.say("release all")
        finish(callers, "the callers")
        print(f"30 channels talk: {APPLIES} plans applied, no packet missing; a pause of "
              f"{busy:.1f} ms with each, {calm:.1f} without")


def both(build):
    on_a_line(build)
    all_talk(build)
    under_load(build)


if __name__ == "__main__":
    raise SystemExit(main(both))
