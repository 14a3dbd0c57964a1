#!/usr/bin/env python3
"""Three T1s with one D channel and its backup (ni2, NFAS): calls on each span with sound, the first D
channel cut: a call keeps its speech and new ones go over the backup; it comes back."""
import sys
import time

import traces
from peer import status
from phone import Phone
from rig import Exchange, Rig, check, main, traced, wait_for

T1S = (1, 2, 3)
CHANNELS = {1: 23, 2: 23, 3: 24}
PLAN = """version 1
sip {{ listen udp:127.0.0.1:{sip} }}
media {{
    address 127.0.0.1
    ports   {rtp_low}-{rtp_high}
}}
site newyork {{ dialling us area 212 }}
{spans}
trunk pbx {{
    sip sip:127.0.0.1:{peer}
    accept from 127.0.0.1
}}
trunk t1 {{ span 1 }}
trunk t2 {{ span 2 }}
trunk t3 {{ span 3 }}
routes from pbx {{
    +1212555010x -> t1
    +1212555020x -> t2
    +1212555030x -> t3
}}
routes from t1, t2, t3 {{ * -> pbx }}
cdr csv {dir}/cdr.csv
admin socket {dir}/tandem.sock
overload {{ off }}
log info
"""
SPAN = """span {n} {{
    pseudowire local 127.0.0.1:{local} remote 127.0.0.1:{remote} frames 40 jitter 40ms
    t1
    isdn ni2 {side}
{nfas}    timer t309 90s
}}
"""
NFAS = {1: "", 2: "    nfas 1 interface 1 backup\n", 3: "    nfas 1 interface 2\n"}
RULES = """
number 21255501xx {
    proceeding
    answer
    tone 950
    wait 120s
}
number 21255502xx {
    proceeding
    answer
    tone 1050
    wait 120s
}
number 21255503xx {
    proceeding
    answer
    tone 1150
    wait 120s
}
"""
FROM_LINE = {1: 950, 2: 1050, 3: 1150}
TO_LINE = {1: 450, 2: 550, 3: 650}


def spans(rig, far):
    out = ""
    for n in T1S:
        near, other = rig.ports["sip"] + 200 + 2 * n, rig.ports["sip"] + 201 + 2 * n
        local, remote = (other, near) if far else (near, other)
        out += SPAN.format(n=n, local=local, remote=remote, side="network" if far else "user",
                           nfas=NFAS[n])
    return out


def dchannels(rig):
    return {s["span"]: s["dchannel"] for s in rig.ask("show", "spans", check_exit=False)}


def free(rig):
    return {s["span"]: s["idle"] for s in rig.ask("show", "spans", check_exit=False)}


def settled(rig):
    return free(rig) == CHANNELS and dchannels(rig)[1] == dchannels(rig)[2] == "up"


def established(rig):
    """Both sides' SABMEs are over: the later one sets the data link up again, and takes a call that
    is being set up with it (Q.931 5.8.8). They come each second (T200), so none for longer is none."""
    def last():
        return max(float(f["frame.time_epoch"][0]) for n in (1, 2) for f in traces.fields(
            rig.dir / f"tandem-{n}.pcapng", "frame.time_epoch", only="lapd.control.ftype == 3"))
    wait_for("the last SABME", 30, lambda: time.time() - last() > 2.5, 0.3)


def answered(phone, n, last):
    call = phone.call(f"+12125550{n}0{last}", caller="+12125559999", hz=TO_LINE[n])
    final = call.final(20)
    check(status(final) == 200, f"span {n}: {final.splitlines()[0]}")
    return call


def speaks(n, call, seconds=10):
    call.voice.heard.clear()
    wait_for(f"span {n}: its tone at SIP", seconds, lambda: call.voice.hears(FROM_LINE[n]))


def heard_at_lines(rig, last):
    wait_for("the tones at the lines", 20, lambda: not rig.exchange.deaf(
        {f"2125550{n}0{last}": TO_LINE[n] for n in T1S}), 0.3)


def released(rig, n, last, by="them"):
    """The exchange's end of a call: on that span, with the tone, cleared by us."""
    end = rig.exchange.expect("released", 20, called=f"2125550{n}0{last}")
    check(end["span"] == n and end["cause"] == 16 and end["by"] == by, f"span {n}: {end}")
    hz = end["heard"].get("tone_last_hz")
    check(hz and abs(hz - TO_LINE[n]) < 5, f"span {n} heard {end['heard']}")
    return end


def on_each_span(rig, phone):
    calls = {n: answered(phone, n, 1) for n in T1S}
    for n, call in calls.items():
        speaks(n, call)
    heard_at_lines(rig, 1)
    for n, call in calls.items():
        call.bye()
        released(rig, n, 1)


def from_each_span(rig, phone):
    for n in T1S:
        rig.exchange.say(f"call 212556010{n} type 2 from 6465550199 from-type 2 tone {FROM_LINE[n]} "
                         f"for 60s span {n}")
    for n in T1S:
        call = phone.invited(f"+1212556010{n}")
        call.pick_up()
        speaks(n, call)
        call.bye()
        end = rig.exchange.expect("released", 15, called=f"212556010{n}")
        check(end["span"] == n and end["cause"] == 16, f"{end}")


def setups(rig, span, since=0):
    """The SETUPs on a D channel: called number and the interface of the channel."""
    return [(s["q931.called_party_number.digits"][0], s["q931.channel.interface_id"],
             s["q931.channel.number"], s["q931.channel.exclusive"]) for s in
            traces.fields(rig.dir / f"tandem-{span}.pcapng", "q931.called_party_number.digits",
                          "q931.channel.interface_id", "q931.channel.number",
                          "q931.channel.exclusive", only="q931.message_type == 0x05")][since:]


def traced_setups(rig, span, n, since=0):
    """The same once there are so many: a trace is written a little later than the line has it."""
    return wait_for(f"{n} SETUPs in the trace of span {span}", 10, lambda: (
        lambda seen: seen if len(seen) >= n else None)(setups(rig, span, since)), 0.3)


def named_interfaces(rig):
    """All of them over the first D channel; the channel names its interface (Q.931 4.5.13)."""
    seen = traced_setups(rig, 1, 6)
    check(len(seen) == 6 and not setups(rig, 2), f"SETUPs: {seen}, {setups(rig, 2)}")
    for called, interface, channel, _ in seen:
        # the one with the D channel is 0 and need not be named
        n = int(called[-3] if called.startswith("212555") else called[-1])
        check(interface == [str(n - 1)] or n == 1 and interface in ([], ["0"]),
              f"{called}: interface {interface}")
        check(1 <= int(channel[0]) <= CHANNELS[n], f"{called}: channel {channel}")


def cut(rig, phone):
    """The first D channel is cut, and only it: bearers go on."""
    before = answered(phone, 3, 2)
    speaks(3, before)
    rig.exchange.say("fault cut span 1")
    wait_for("the loss is seen", 40, lambda: dchannels(rig)[1] == "down", 0.3)
    # each end by its own timers (T203, T200)
    wait_for("the loss is seen at the exchange", 40,
             lambda: not rig.exchange.status(span=1)["dchannel"], 0.3)
    check(dchannels(rig)[2] == "up", "the backup is down too")
    speaks(3, before)
    during = {n: answered(phone, n, 3) for n in T1S}
    for n, call in during.items():
        speaks(n, call)
    heard_at_lines(rig, 3)
    rig.exchange.say("call 2125560109 type 2 from 6465550199 from-type 2 tone 950 for 60s span 1")
    incoming = phone.invited("+12125560109", 20)
    incoming.pick_up()
    speaks(1, incoming)
    speaks(3, before)
    over = [called for called, *_ in traced_setups(rig, 2, 4)]
    check(sorted(over) == ["2125550103", "2125550203", "2125550303", "2125560109"],
          f"over the backup: {over}")
    for call in (*during.values(), incoming):
        call.bye()
    for n in T1S:
        released(rig, n, 3)
    return before


def back(rig, phone, before):
    """It comes back: the call that began over it is released over it."""
    rig.exchange.say("fault none span 1")
    wait_for("the D channel is back", 40, lambda: dchannels(rig)[1] == "up", 0.3)
    established(rig)
    speaks(3, before)
    before.bye()
    released(rig, 3, 2)
    wait_for("all is free", 30, lambda: settled(rig), 0.3)
    known = len(setups(rig, 1))
    call = answered(phone, 2, 4)
    speaks(2, call)
    wait_for("the tone at the line", 20, lambda: not rig.exchange.deaf({"2125550204": TO_LINE[2]}), 0.3)
    call.bye()
    released(rig, 2, 4)
    check([c for c, *_ in traced_setups(rig, 1, 1, known)] == ["2125550204"],
          "not over the first D channel")


def nfas(build):
    with Rig(build) as rig:
        rig.plan.write_text(traced(PLAN.format(**rig.ports, dir=rig.dir, spans=spans(rig, False)),
                                   rig.dir, "tandem"))
        rules = (spans(rig, True) + RULES).replace("{", "{{").replace("}", "}}")
        rig.exchange = Exchange(rig, rules)
        rig.start_tandem()
        phone = Phone(rig.ports["peer"], ("127.0.0.1", rig.ports["sip"]))
        wait_for("the lines in service", 40, lambda: settled(rig), 0.3)
        established(rig)
        print("in service: ok")
        on_each_span(rig, phone)
        from_each_span(rig, phone)
        named_interfaces(rig)
        print("calls on each span: ok", flush=True)
        before = cut(rig, phone)
        print("over the backup: ok", flush=True)
        back(rig, phone, before)
        phone.close()


if __name__ == "__main__":
    sys.exit(main(nfas))
