#!/usr/bin/env python3
"""Writes the traces that follow published models (README.md); always the same ones.

usage: synthesize.py FOLDER
"""
import random
import sys

COUNT, PTIME = 5000, 20.0


def fifo(delays):
    """No packet overtakes: arrivals in order, as through one queue."""
    last, out = 0.0, []
    for i, d in enumerate(delays):
        if d is not None:
            last = max(last, i * PTIME + d)
            d = last - i * PTIME
        out.append(d)
    return out


def stalls(rng, delays, pause, length):
    """Now and then nothing passes for a while; what came meanwhile is let go together."""
    t = rng.expovariate(1 / pause)
    while t < COUNT * PTIME:
        end = t + length()
        for i in range(int(t / PTIME), min(COUNT, int(end / PTIME) + 1)):
            if delays[i] is not None and i * PTIME + delays[i] >= t:
                delays[i] = max(delays[i], end - i * PTIME)
        t = end + rng.expovariate(1 / pause)
    return delays


def spikes(rng):
    d = [30 + rng.expovariate(1 / 5) for _ in range(COUNT)]
    return fifo(stalls(rng, d, 8000, lambda: rng.uniform(60, 250)))


def wlan(rng):
    d = [8 + rng.gammavariate(1.5, 1.2) for _ in range(COUNT)]
    return fifo(stalls(rng, d, 1500, lambda: min(120, 15 + rng.expovariate(1 / 20))))


def lte(rng):
    d = []
    for i in range(COUNT):
        grant = (10 - (i * PTIME + 3) % 10) % 10
        tries = 0
        while rng.random() < 0.1 and tries < 4:
            tries += 1
        d.append(25 + grant + 8 * tries + rng.uniform(0, 1))
    return fifo(stalls(rng, d, 25000, lambda: rng.uniform(40, 90)))


def route(rng):
    d = []
    for i in range(COUNT):
        t = i * PTIME
        base = 30 if t < 40000 else 75 if t < 70000 else 45
        lost = 40000 <= t < 40060 or 70000 <= t < 70060
        d.append(None if lost else base + rng.expovariate(1 / 2))
    return d


def small(rng):
    return fifo([20 + rng.expovariate(1 / 2) for _ in range(COUNT)])


def lan(rng):
    return [0.3 + rng.uniform(0, 0.2) for _ in range(COUNT)]


def distant(rng):
    return fifo([140 + rng.gammavariate(2, 8) for _ in range(COUNT)])


def lossy(rng):
    return fifo([None if rng.random() < 0.03 else 30 + rng.expovariate(1 / 10) for _ in range(COUNT)])


def overtaking(rng):
    return [min(400, 20 + 6 * (rng.paretovariate(2.2) - 1)) for _ in range(COUNT)]


def busy(rng):
    """Load that comes and goes: exponential jitter whose mean wanders."""
    d, mean = [], 4.0
    for i in range(COUNT):
        if i % 250 == 0:
            mean = rng.choice([2, 4, 8, 15])
        d.append(25 + rng.expovariate(1 / mean))
    return fifo(d)


def write(folder, name, delays, ppm=0):
    with open(f"{folder}/model_{name}.csv", "w") as f:
        f.write(f"# ptime_ms=20 ppm={ppm}\n")
        f.write("".join("\n" if d is None else f"{d:.1f}\n" for d in delays))


def main():
    folder = sys.argv[1]
    for n, make in enumerate((spikes, wlan, lte, route, lan, distant, lossy, overtaking, busy)):
        write(folder, make.__name__, make(random.Random(n + 1)))
    write(folder, "fast_clock", small(random.Random(21)), -200)
    write(folder, "slow_clock", small(random.Random(22)), 200)


main()
