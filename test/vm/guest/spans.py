"""DAHDI spans made of nothing: pairs of dynamic spans, what one sends the other receives."""
import fcntl
import struct
import subprocess

SYSTEM_CONF = "/tmp/system.conf"

# struct dahdi_dynamic_span: driver, address, channels, timing (none: the core's timer drives it),
# number (filled in)
SPAN = struct.Struct("20s40siii")


def _ioctl(direction, number):
    return direction << 30 | SPAN.size << 16 | 0xDA << 8 | number


CREATE = _ioctl(3, 80)
DESTROY = _ioctl(1, 81)

# timeslots, D channel and law of each kind of line
KINDS = {"e1": (31, 16, "alaw"), "t1": (24, 24, "mulaw"), "bri": (3, 3, "alaw"),
         "t1 without D channel": (24, None, "mulaw")}


class Span:
    """One end. `first` is DAHDI's number of its timeslot 1, known once it is created."""

    def __init__(self, pair, end, kind):
        self.address = f"{pair}:{end}"
        self.kind = kind
        self.slots, self.dchannel, self.law = KINDS[kind]
        self.create()

    def _ask(self, request):
        block = bytearray(SPAN.pack(b"loc", self.address.encode(), self.slots, 0, 0))
        with open("/dev/dahdi/ctl", "rb+", buffering=0) as ctl:
            fcntl.ioctl(ctl, request, block)
        return SPAN.unpack(block)[4]

    def create(self):
        self.number = self._ask(CREATE)
        with open(f"/proc/dahdi/{self.number}") as f:
            self.first = min(int(w[0]) for w in map(str.split, f) if w and w[0].isdigit())
        last = self.first + self.slots - 1
        d = self.first + self.dchannel - 1 if self.dchannel else last + 1
        voice = ",".join(f"{a}-{b}" for a, b in ((self.first, d - 1), (d + 1, last)) if a <= b)
        with open(SYSTEM_CONF, "w") as f:
            f.write(f"bchan={voice}\n{self.law}={self.first}-{last}\n")
            if self.dchannel:
                f.write(f"dchan={d}\n")
        subprocess.run(["dahdi_cfg", "-c", SYSTEM_CONF], check=True)

    def destroy(self):
        """Its channels must be closed. The far end sees a dead line (red alarm) a second later."""
        self._ask(DESTROY)


def pair(number, kind):
    """Both ends of a line."""
    return Span(number, 0, kind), Span(number, 1, kind)
