#!/usr/bin/env python3
"""osmo-mgw as a gateway of ours: RTP through two of its endpoints under our call agent alone, with
every packet accounted for; then behind a trunk of tandem, whose circuits have no signalling."""
import json
import random
import re
import select
import signal
import socket
import struct
import sys
import time

from mgcpwire import PATIENT, Wire, line, osmo_mgw, statistics
from peer import header, status
from phone import Phone
from rig import Failed, Rig, check, finish, main, wait_for

PLAN = """version 1
sip {{ listen udp:127.0.0.1:{sip} }}
media {{
    address 127.0.0.1
    ports   {rtp_low}-{rtp_high}
    codecs  pcma
}}
mgcp {{
    listen udp:127.0.0.1:{agent}
    gateway mgw address 127.0.0.1:{near} channels 1-5 as rtpbridge profile osmo
    {patient}
}}
trunk tgw {{ mgcp mgw channels 1-4 as rtpbridge }}
trunk none {{ mgcp mgw channels 5 as rtpbridge }}
trunk pbx {{
    sip sip:127.0.0.1:{peer}
    accept from 127.0.0.1
    numbers as-dialled
}}
routes from pbx {{
    1xx -> tgw
    200 -> none
    *   -> reject 1
}}
admin socket {dir}/tandem.sock
overload {{ off }}
log info
"""
PACKETS = 500
ECHOED = 75  # packets
CIRCUITS = 4
FRAME = 160
COUNTED = FRAME + 12  # osmo-mgw counts the octets of RTP's header too


def ports(rig):
    base = rig.ports["sip"]
    return dict(agent=base + 20, near=base + 21, far=base + 22, gateway=base + 24, first=base + 28,
                last=base + 30, low=base + 100, high=base + 199)


def wire_to(rig, name, p):
    return Wire(rig.dir / f"{name}.pcap", p["near"], p["gateway"], p["far"], p["agent"])


# ---- our call agent alone ----

def events(process, out):
    def next_event():
        text = process.stdout.readline()
        if not text:
            raise Failed(f"mgcp_agent ended: {out.read_text()}")
        return json.loads(text)
    return next_event


def socket_at(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", port))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    s.setblocking(False)
    return s


def address(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


def pump(sender, to, receiver):
    """Sends PACKETS packets of random octets; returns both what was sent and what came: all, or what
    did in 5 s more."""
    sent, came = [], []
    ssrc = random.getrandbits(32)
    end = None
    while len(came) < PACKETS and (end is None or time.monotonic() < end):
        if len(sent) < PACKETS:
            payload = random.randbytes(FRAME)
            sent.append((len(sent), payload))
            sender.sendto(struct.pack("!BBHII", 0x80, 8, len(sent) - 1, (len(sent) - 1) * FRAME, ssrc)
                          + payload, to)
        elif end is None:
            end = time.monotonic() + 5
        select.select([receiver], [], [], 0.002)
        try:
            while True:
                packet = receiver.recv(2048)
                came.append((struct.unpack("!H", packet[2:4])[0], packet[12:]))
        except BlockingIOError:
            pass
    return sent, came


def bearer(rig, p):
    """Two endpoints, two connections on each: everything passes all four, in order and unchanged."""
    wire = wire_to(rig, "bearer", p)
    err = rig.dir / "agent.log"
    agent = rig.spawn([rig.build / "test/tools/mgcp_agent", f"127.0.0.1:{p['agent']}",
                       f"127.0.0.1:{p['near']}", f"127.0.0.1:{p['first']}", f"127.0.0.1:{p['last']}"],
                      stdout=-1, stderr=open(err, "w"), text=True)
    event = events(agent, err)
    ready = event()
    first, last = socket_at(p["first"]), socket_at(p["last"])
    for sender, to, receiver in ((first, ready["first"], last), (last, ready["last"], first)):
        sent, came = pump(sender, address(to), receiver)
        check(came == sent, f"{len(sent)} packets sent, {len(came)} came, "
                            f"{sum(a == b for a, b in zip(sent, came))} of them in place and unchanged")
    agent.send_signal(signal.SIGTERM)
    end = event()
    finish(agent, "mgcp_agent", 5)
    check(end["repeated"] == 0 and end["timeouts"] == 0, f"not at once: {end}")
    check(end["sent"] == 9, f"{end['sent']} commands")  # 4 CRCX, 1 MDCX, 4 DLCX
    for k, c in enumerate(end["connections"]):
        want = dict(ps=PACKETS, pr=PACKETS, pl=0)
        want["os"] = want["or"] = PACKETS * COUNTED
        check(c == want, f"connection {k}: {c}")
    for s in (first, last):
        s.close()
    wire.close()
    wire.judge()
    return f"{PACKETS} packets each way"


# ---- a trunk of tandem ----

def echo(p, endpoint, call, packets, passed):
    """A second connection on an endpoint that is in a call of ours already, by hand: so many packets
    that arrive there go back, and it is deleted when they have passed, which passed() waits for. The
    octet with which osmo-mgw opens the ways of NATs is none."""
    mgcp, rtp = socket_at(p["first"]), socket_at(p["last"])
    mgcp.setblocking(True)
    mgcp.settimeout(10)

    def ask(text):
        mgcp.sendto(text.replace("\n", "\r\n").encode(), ("127.0.0.1", p["gateway"]))
        answer = mgcp.recv(4096).decode()
        check(answer.startswith("2"), f"osmo-mgw: {answer}")
        return answer

    made = ask(f"CRCX 1 {endpoint}@mgw MGCP 1.0\nC: {call}\nM: sendrecv\nL: p:20, a:PCMA\n\n"
               "v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\n"
               f"m=audio {p['last']} RTP/AVP 8\n")
    to = ("127.0.0.1", int(re.search(r"m=audio (\d+)", made).group(1)))
    n = 0
    while n < packets:
        check(select.select([rtp], [], [], 10)[0], f"{n} packets through osmo-mgw")
        packet = rtp.recv(2048)
        if len(packet) >= 12:
            rtp.sendto(packet[:8] + b"echo" + packet[12:], to)
            n += 1
    passed()
    ask(f"DLCX 2 {endpoint}@mgw MGCP 1.0\nC: {call}\nI: {line(made, 'I')}\n")
    mgcp.close()
    rtp.close()


def dialled(phone, number, wanted=200):
    call = phone.call(number, "123", hz=500)
    final = call.final()
    check(status(final) == wanted, f"{number}: {final.splitlines()[0]}")
    return call, final


def deleted(wire, endpoint):
    """The statistics with which that endpoint's connections were deleted."""
    got = [wire.responses(c) for c in wire.commands("DLCX") if f" {endpoint}@mgw" in c]
    return [statistics(r[0]) for r in got if r]


def one_call(rig, phone, wire, p):
    call, _ = dialled(phone, "101")
    crcx = wire.commands("CRCX")[-1]
    check("rtpbridge/1@mgw" in crcx, crcx)
    check("\r\n\r\n" in crcx and "m=audio" in crcx, f"no description of our side: {crcx}")
    shown = rig.ask("show", "calls")
    check(len(shown) == 1, f"{shown}")
    echo(p, "rtpbridge/1", line(crcx, "C"), ECHOED, lambda: wait_for(
        "what comes back through osmo-mgw", 10, lambda: call.voice.hears(500) and call.voice.came >= ECHOED))
    call.bye()
    stats = wait_for("the deletion", 5, lambda: deleted(wire, "rtpbridge/1"))[-1]
    # it counts the reports of RTCP as well, and so loses less than nothing
    check(stats["PR"] >= ECHOED and 0 <= stats["PR"] * COUNTED - stats["OR"] <= COUNTED, f"{stats}")
    check(stats["PS"] >= ECHOED - 2 and stats["PL"] <= 0, f"{ECHOED} echoed: {stats}")


def many_calls(rig, phone, wire, p):
    """All circuits, each once; one more finds none. Then they are free again."""
    calls = [dialled(phone, f"11{n}")[0] for n in range(CIRCUITS)]
    names = {c.split()[2] for c in wire.commands("CRCX")[-CIRCUITS:]}
    check(len(names) == CIRCUITS, f"{names}")
    _, final = dialled(phone, "120", 503)
    check("cause=34" in header(final, "Reason"), header(final, "Reason"))
    for call in calls:
        call.bye()
    wait_for("all circuits free", 5, lambda: rig.status()["calls"] == 0 and all(
        e["state"] == "idle" for e in rig.ask("show", "endpoints") if "endpoint" in e))
    dialled(phone, "121")[0].bye()


def refused(rig, phone, wire, p):
    """An endpoint that osmo-mgw has not got."""
    del rig, p
    _, final = dialled(phone, "200", 404)
    check("cause=1;" in header(final, "Reason") + ";", header(final, "Reason"))
    last = wire.commands("CRCX")[-1]
    check("rtpbridge/5@mgw" in last and wire.responses(last)[0].startswith("500"), last)


def gone(rig, phone, wire, p):
    """osmo-mgw is gone, with a call on it: BYE is answered all the same, and the connection is deleted
    when osmo-mgw is back."""
    call, _ = dialled(phone, "130")
    before = len(wire.commands("DLCX"))
    wire.cut = True
    call.bye()
    wire.cut = False
    wait_for("the connection is deleted", 15, lambda: len(wire.commands("DLCX")) > before and all(
        wire.responses(c) for c in wire.commands("DLCX")))
    wait_for("the call is over", 15, lambda: rig.status()["calls"] == 0)


def trunk(rig, p):
    rig.plan.write_text(PLAN.format(**rig.ports, agent=p["agent"], near=p["near"], dir=rig.dir,
                                    patient=PATIENT))
    wire = wire_to(rig, "trunk", p)
    phone = Phone(rig.ports["peer"], ("127.0.0.1", rig.ports["sip"]), "pbx")
    rig.start_tandem()
    wait_for("the circuits", 10, lambda: sum(
        e.get("service") == "in service" for e in rig.ask("show", "endpoints", check_exit=False)) >= 4)
    for part in (one_call, many_calls, refused):
        part(rig, phone, wire, p)
        print(f"{part.__name__}: ok", flush=True)
    wire.judge()
    for c in wire.commands():
        check(not line(c, "K") and not line(c, "N"), f"what osmo-mgw refuses was said: {c}")
    gone(rig, phone, wire, p)
    print("gone: ok", flush=True)
    phone.close()
    wire.close()


def run(build):
    with Rig(build) as rig:
        p = ports(rig)
        osmo_mgw(rig, p["gateway"], p["low"], p["high"], CIRCUITS)
        print(f"bearer: ok, {bearer(rig, p)}", flush=True)
        trunk(rig, p)


if __name__ == "__main__":
    sys.exit(main(run))
