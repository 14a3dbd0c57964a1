#!/usr/bin/env python3
"""Records a trace: packets of a G.711 stream through a real queue, with real traffic beside them.

usage: record.py KIND SECONDS OUT.csv      KIND: tcp2m, web1m, onoff, hog
The queue is a token bucket (tc tbf) on a veth pair between two network namespaces, so it wants root.
`hog` has no bottleneck but processes that compete with the receiver for one CPU.
"""
import ctypes
import os
import random
import socket
import subprocess
import sys
import threading
import time

PTIME = 0.020
SIZE = 172
BOTTLENECK = {"tcp2m": ("2mbit", 50000), "web1m": ("1mbit", 24000), "onoff": ("1mbit", 20000)}


def sh(command):
    subprocess.run(command, shell=True, check=True)


def namespaces(kind):
    a, b = f"ja{os.getpid()}", f"jb{os.getpid()}"
    sh(f"ip netns add {a}; ip netns add {b}; ip link add v0 netns {a} type veth peer name v1 netns {b}")
    sh(f"ip -n {a} addr add 192.0.2.1/24 dev v0; ip -n {b} addr add 192.0.2.2/24 dev v1")
    sh(f"ip -n {a} link set v0 up; ip -n {b} link set v1 up; ip -n {a} link set lo up")
    if kind in BOTTLENECK:
        rate, limit = BOTTLENECK[kind]
        sh(f"ip netns exec {a} tc qdisc add dev v0 root tbf rate {rate} burst 3000 limit {limit}")
    return a, b


def enter(name):
    with open(f"/run/netns/{name}") as f:
        if ctypes.CDLL(None, use_errno=True).setns(f.fileno(), 0) != 0:
            raise OSError(ctypes.get_errno(), "setns")


def sink():
    s = socket.create_server(("192.0.2.2", 9000))
    while True:
        c, _ = s.accept()
        threading.Thread(target=lambda c=c: [None for _ in iter(lambda: c.recv(65536), b"")]).start()


def traffic(kind, seconds):
    end = time.monotonic() + seconds
    rng = random.Random(1)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    while time.monotonic() < end:
        if kind == "onoff":  # bursts of a video stream
            for _ in range(rng.randint(1, 12)):
                udp.sendto(b"x" * 1200, ("192.0.2.2", 9001))
            time.sleep(rng.choice([0.033, 0.033, 0.066, 0.5]))
            continue
        c = socket.create_connection(("192.0.2.2", 9000))
        size = rng.randint(400000, 1500000) if kind == "tcp2m" else int(20000 * rng.paretovariate(1.2))
        left = min(size, 800000)
        while left > 0 and time.monotonic() < end:
            left -= c.send(b"x" * min(left, 16384))
        c.close()
        time.sleep(rng.expovariate(0.25 if kind == "tcp2m" else 0.8))


def hog():
    while True:
        end = time.monotonic() + random.expovariate(12)
        while time.monotonic() < end:
            pass
        time.sleep(random.expovariate(3))


def receive(out, count, start):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("192.0.2.2", 9002))
    s.settimeout(3)
    delays = [""] * count
    try:
        while True:
            data = s.recv(2000)
            i = int(data[:12])
            delays[i] = f"{max(0, (time.monotonic() - start - i * PTIME) * 1000):.1f}"
    except TimeoutError:
        pass
    with open(out, "w") as f:
        f.write("# ptime_ms=20 ppm=0\n" + "\n".join(delays) + "\n")


def main():
    kind, seconds, out = sys.argv[1], int(sys.argv[2]), os.path.abspath(sys.argv[3])
    a, b = namespaces(kind)
    count, start = int(seconds / PTIME), time.monotonic() + 2
    children = []

    def child(ns, f, *args):
        pid = os.fork()
        if pid == 0:
            enter(ns)
            if f is hog or (kind == "hog" and f is receive):
                os.sched_setaffinity(0, {0})
            f(*args)
            os._exit(0)
        children.append(pid)
        return pid

    receiver = child(b, receive, out, count, start)
    if kind == "hog":
        for _ in range(3):
            child(b, hog)
    else:
        child(b, sink)
        time.sleep(1)
        child(a, traffic, kind, seconds)
    enter(a)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for i in range(count):
        time.sleep(max(0, start + i * PTIME - time.monotonic()))
        s.sendto(b"%012d" % i + b"x" * (SIZE - 12), ("192.0.2.2", 9002))
    os.waitpid(receiver, 0)
    for pid in children[1:]:
        os.kill(pid, 9)
    sh(f"ip netns del {a}; ip netns del {b}")


main()
