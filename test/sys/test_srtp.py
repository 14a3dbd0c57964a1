#!/usr/bin/env python3
"""Phones with SRTP call through tandem to the exchange and are called: keys in SDP, keys by DTLS, the
same with ICE and a shared port; and one phone with keys talks with one without. baresip is the far
end, another author's SRTP, DTLS and ICE; the speech is compared on both sides.
"""
import socket
import sys
import time
from pathlib import Path

from rig import SPAN, Rig, check, main, wait_for
from test_baresip import SPEECH, WORDS, Baresip, heard_again, measure

PLAN = """version 1
sip {{ listen udp:0.0.0.0:{sip} }}
media {{
    ports   {rtp_low}-{rtp_high}
}}
span 1 {{
    pseudowire local 127.0.0.1:{pw} remote 127.0.0.1:{pw_far}
    e1
    isdn euroisdn user
}}
site berlin {{ dialling de area 30 }}
trunk pri {{ span 1 }}
trunk sdes {{
    sip sip:127.0.0.2:{p_sdes}
    accept from 127.0.0.2
    srtp required sdes
}}
trunk dtls {{
    sip sip:127.0.0.3:{p_dtls}
    accept from 127.0.0.3
    srtp required dtls
}}
trunk ice {{
    sip sip:{host}:{p_ice}
    accept from {host}
    srtp required dtls
    ice lite
}}
trunk plain {{
    sip sip:127.0.0.5:{p_plain}
    accept from 127.0.0.5
    srtp optional sdes
}}
routes from sdes {{ +493090182104 -> plain
    * -> pri }}
routes from dtls, ice, plain {{ * -> pri }}
routes from pri {{
    +493090182101 -> sdes
    +493090182102 -> dtls
    +493090182103 -> ice
    * -> reject 1
}}
cdr csv {dir}/cdr.csv
admin socket {dir}/tandem.sock
overload {{ off }}
log info
"""

RULES = SPAN + """
number 30123001 {{
    proceeding
    alerting after 100ms
    answer after 200ms
    record {dir}/pstn-%.wav
    play {dir}/pstn.wav
    wait 30s
}}
"""

# name: host, number, its encryption, its NAT traversal, more configuration
PHONES = {
    "sdes": ("127.0.0.2", "+493090182101", "srtp-mand", None, "module srtp.so\n"),
    "dtls": ("127.0.0.3", "+493090182102", "dtls_srtp", None,
             "module srtp.so\nmodule dtls_srtp.so\nrtcp_mux yes\n"),
    "ice": (None, "+493090182103", "dtls_srtp", "ice",
            "module srtp.so\nmodule dtls_srtp.so\nmodule ice.so\nrtcp_mux yes\n"),
    "plain": ("127.0.0.5", "+493090182104", None, None, ""),
}
SUITES = {"AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_32",
          "AEAD_AES_256_GCM"}


def outside():
    """An address of ours that is not loopback, which ICE has no candidates of; None: there is
    none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.connect(("192.0.2.200", 9))
            address = s.getsockname()[0]
        except OSError:
            return None
    return None if address.startswith("127.") else address


def start_phone(rig, name):
    host, number, keys, nat, config = PHONES[name]
    account = "regint=0" + (f";mediaenc={keys}" if keys else "") + (f";medianat={nat}" if nat else "")
    return Baresip(rig, number, account, rig.ports[f"p_{name}"], host or rig.ports["host"], config)


def the_call(rig):
    """The call that is up."""
    call = rig.ask("show", "calls")[0]["call"]
    return next(o for o in rig.ask("show", "call", str(call)) if "call_id" in o)


def watch(rig, name, side):
    """What the call that is up says of its protection, once there is one."""
    wait_for(f"{name}: keys", 10, lambda: the_call(rig)[f"srtp_{side}"] in SUITES and (
        name != "ice" or the_call(rig).get(f"ice_{side}") == "nominated"))
    shown = the_call(rig)
    check(shown[f"keying_{side}"] == ("sdes" if name == "sdes" else "dtls"), f"{name}: {shown}")
    check((shown.get(f"ice_{side}") == "nominated") == (name == "ice"), f"{name}: {shown}")
    return shown[f"srtp_{side}"]


def hangs_up(phone):
    phone.say("hangup")
    phone.expect("CALL_CLOSED")  # its recording is whole then


def calls_out(rig, name, phone):
    known = len(rig.exchange.all("released"))
    phone.call("030123001")
    time.sleep(SPEECH + 1)
    suite = watch(rig, name, "a")
    hangs_up(phone)
    released = rig.exchange.expect("released", count=known + 1)
    check(released["cause"] == 16, f"cause {released['cause']}")
    rig.exchange.expect("recorded", call=released["call"])
    print(f"{name} calls, {suite}")
    measure(rig, "the exchange heard", "sip-5s.wav", rig.dir / f"pstn-{released['call']}.wav")
    measure(rig, "the phone heard", "pstn-5s.wav", phone.heard())


def is_called(rig, name, phone):
    number = PHONES[name][1]
    rig.exchange.say(f"call {number} from +4989123456 record {rig.dir}/in-{name}.wav "
                     f"play {rig.dir}/pstn.wav for {SPEECH + 2}s")
    phone.expect("CALL_INCOMING")
    phone.say("accept")
    phone.expect("CALL_ESTABLISHED")
    time.sleep(1)
    suite = watch(rig, name, "b")
    phone.expect("CALL_CLOSED", SPEECH + 6)
    released = rig.exchange.expect("released", called=number)
    check(released["answered"] and released["cause"] == 16, f"{released}")
    rig.exchange.expect("recorded", call=released["call"])
    print(f"{name} is called, {suite}")
    measure(rig, "the phone heard", "pstn-5s.wav", phone.heard())
    measure(rig, "the exchange heard", "sip-5s.wav", rig.dir / f"in-{name}.wav")


def holds(rig, name, phone):
    """A re-INVITE keeps the keys, and speech goes on after it."""
    known = len(rig.exchange.all("arrived", called="30123001"))
    phone.call("030123001")
    time.sleep(1)
    phone.say("hold")
    call = rig.exchange.expect("arrived", count=known + 1, called="30123001")
    rig.exchange.expect("notify", call=call["call"], notify=121)
    time.sleep(0.5)
    phone.say("resume")
    rig.exchange.expect("notify", call=call["call"], notify=122)
    time.sleep(1.5)
    watch(rig, name, "a")
    heard_again(rig, "30123001", -45)
    hangs_up(phone)
    rig.exchange.expect("released", call=call["call"])
    print(f"{name} holds: ok")


def talks_to_plain(rig, phones):
    """Keys on one side, none on the other."""
    phones["sdes"].call_soon(PHONES["plain"][1])
    phones["plain"].expect("CALL_INCOMING")
    phones["plain"].say("accept")
    phones["sdes"].expect("CALL_ESTABLISHED")
    time.sleep(SPEECH + 1)
    watch(rig, "sdes", "a")
    check(the_call(rig)["srtp_b"] == "", f"{the_call(rig)}")
    hangs_up(phones["sdes"])
    phones["plain"].expect("CALL_CLOSED")
    print("sdes talks to plain")
    for phone in phones.values():
        measure(rig, "a phone heard", "sip-5s.wav", phone.heard())


def throws(rig, phone):
    """Garbage on the port of a protected call: refused, counted, and the call goes on."""
    known = len(rig.exchange.all("released"))
    before = rig.metric("media_srtp_refused_total")
    phone.call("030123001")
    time.sleep(1)
    lines = Path("/proc/net/udp").read_text().splitlines()[1:]
    low, high = rig.ports["rtp_low"], rig.ports["rtp_high"]
    ours = sorted({int(line.split()[1].split(":")[1], 16) for line in lines})
    ours = [p for p in ours if low <= p <= high]
    check(ours, "no port of ours is open")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for i in range(2000):
            head = bytes((0x80, 8, i >> 8, i & 255)) + bytes(4) + (i * 7919).to_bytes(4, "big")
            for port in ours[:2]:
                s.sendto(head + bytes(160) if i % 3 else bytes((i & 255,)) * (i % 90),
                         ("127.0.0.1", port))
            if i % 8 == 0:
                time.sleep(0.01)
    time.sleep(SPEECH)
    hangs_up(phone)
    released = rig.exchange.expect("released", count=known + 1)
    refused = rig.metric("media_srtp_refused_total") - before
    check(refused > 500, f"{refused} refused")
    rig.exchange.expect("recorded", call=released["call"])
    print(f"garbage: {refused} packets refused")
    measure(rig, "the exchange heard", "sip-5s.wav", rig.dir / f"pstn-{released['call']}.wav")


def clear(rig, what):
    wait_for(f"{what}: all is clear", 10,
             lambda: rig.status()["calls"] == 0 and rig.in_service())


def test(build):
    with Rig(build, RULES) as rig:
        base = rig.ports["caller"]
        for i, name in enumerate(PHONES):
            rig.ports[f"p_{name}"] = base + 30 + 30 * i
        rig.ports["host"] = outside() or "127.0.0.4"
        rig.plan.write_text(PLAN.format(**rig.ports, dir=rig.dir))
        for who, sounds in WORDS.items():
            rig.speech(f"{who}.wav", sounds, 20)
            rig.speech(f"{who}-5s.wav", sounds, SPEECH)
        rig.start()
        names = ["sdes", "dtls"] + (["ice"] if outside() else [])
        if not outside():
            print("ice: this machine has no address but loopback, for which baresip has no candidates")
        for name in names:
            phone = start_phone(rig, name)
            for part in (calls_out, is_called, holds):
                part(rig, name, phone)
                clear(rig, name)
            if name == "sdes":
                throws(rig, phone)
                clear(rig, name)
                both = {"sdes": phone, "plain": start_phone(rig, "plain")}
                talks_to_plain(rig, both)
                both["plain"].close()
                clear(rig, "plain")
            phone.close()
        for side in ("srtp_a", "srtp_b"):
            rig.expect_records(1, lambda r, side=side: r[side])


if __name__ == "__main__":
    sys.exit(main(test))
