"""A telephone adapter made of one socket: lines with a hook, MGCP of its own (RFC 3435, RFC 3660).

No MGCP stack: what the agent sends is read here for the first time. It digests the digit map it is
sent, plays nothing and remembers what it was told to play. A thread answers commands; a test lifts
and dials.
"""
import random
import re
import select
import socket
import threading
import time

from mgcpwire import Capture, line
from phone import Voice
from rig import check

SDP = ("v=0\r\no=- {id} 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
       "m=audio {port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\n")
AGAIN = 4  # s; after so long a command is repeated: it was lost, or the machine is very busy
TRIES = 4


def split_list(text):
    """The items between commas that stand outside parentheses and quotes."""
    out, depth, quoted, item = [], 0, False, ""
    for c in text:
        quoted ^= c == '"'
        depth += (c == "(") - (c == ")") if not quoted else 0
        if c == "," and depth == 0 and not quoted:
            out.append(item.strip())
            item = ""
        else:
            item += c
    return [i for i in out + [item.strip()] if i]


def digit_map(text):
    """The alternatives of a digit map as regular expressions, each matched from the beginning."""
    out = []
    for alternative in text.strip().strip("()").split("|"):
        pattern = re.sub(r"(\[[^\]]*\]|[0-9*#TxXA-D])(\.?)", lambda m: element(m.group(1), m.group(2)),
                         alternative.strip())
        out.append(pattern)
    return out


def element(position, repeated):
    position = {"x": "[0-9]", "X": "[0-9]", "*": r"\*"}.get(position, position)
    return f"(?:{position})" + ("*" if repeated else "")


def partial(pattern, digits):
    """True when more input may complete the alternative: each of its elements is one group."""
    parts = re.findall(r"\(\?:.*?\)\*?(?=\(\?:|$)", pattern)
    for n in range(len(parts) + 1):
        if re.fullmatch("".join(parts[:n]), digits):
            return True
    return False


class Line:
    def __init__(self, iad, name):
        self.iad, self.name = iad, name
        self.off_hook = False
        self.request = "0"  # X
        self.events, self.signals = [], []
        self.lamp = False  # messages wait
        self.map = ""
        self.digits = ""
        self.connections = {}  # id: Voice
        self.modes = {}

    # ---- what its user does ----

    def lift(self):
        self.wants("L/hd")
        self.off_hook = True
        self.tell("L/hd")

    def hang_up(self):
        self.wants("L/hu")
        self.off_hook = False
        self.tell("L/hu")

    def flash(self):
        self.wants("L/hf")
        self.tell("L/hf")

    def dial(self, digits, pause=0.03):
        """By the map: events go when it says that the number is whole, or cannot become so."""
        for d in digits:
            time.sleep(pause)
            self.digits += d
            with self.iad.news:
                patterns = digit_map(self.map)
                accumulated = any(re.match(r"[DL]/\[.*\]\(D\)", e) for e in self.events)
            check(accumulated, f"{self.name}: digits are not wanted: {self.events}")
            whole = any(re.fullmatch(p, self.digits) for p in patterns)
            if whole or not any(partial(p, self.digits) for p in patterns):
                break
        else:
            check(any(re.fullmatch(p, self.digits + "T") for p in patterns),
                  f"{self.name}: {self.digits} is no number by {self.map}")
            self.digits += "T"
        observed = ", ".join(f"D/{d}" for d in self.digits)
        self.digits = ""
        self.tell(observed, True)

    def tell(self, event, sure=False):
        """NTFY, when it is wanted."""
        with self.iad.news:
            wanted = sure or any(e.lower().startswith(event.lower()) for e in self.events)
            request = self.request
            if wanted:
                self.events = []  # step: nothing more until the next request
                self.signals = []
        check(wanted, f"{self.name}: {event} is not wanted")
        self.iad.command("NTFY", self.name, f"X: {request}\r\nO: {event}\r\n")

    # ---- what a test waits for ----

    def plays(self, signal, seconds=15):
        """Waits until that signal is on, and returns it."""
        return self.iad.wait(f"{self.name} plays {signal}", seconds, lambda: next(
            (s for s in self.signals if s.lower().startswith(signal.lower())), None))

    def wants(self, event, seconds=15):
        self.iad.wait(f"{self.name} wants {event}", seconds,
                      lambda: any(e.lower().startswith(event.lower()) for e in self.events))

    def shines(self, lamp, seconds=15):
        self.iad.wait(f"{self.name}: lamp {lamp}", seconds, lambda: self.lamp == lamp)

    def silent(self, seconds=15):
        self.iad.wait(f"{self.name} is silent", seconds, lambda: not self.signals)

    def connected(self, mode, seconds=15):
        """Waits for a connection in that mode; returns its voice."""
        return self.iad.wait(f"{self.name} has a connection that is {mode}", seconds, lambda: next(
            (self.connections[i] for i, m in self.modes.items() if m == mode), None))

    def disconnected(self, seconds=15):
        self.iad.wait(f"{self.name} has no connection", seconds, lambda: not self.connections)


class Iad:
    def __init__(self, port, agent, domain, names, capture):
        self.agent, self.domain = agent, domain
        self.capture = Capture(capture)
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.sock.bind(("127.0.0.1", port))
        self.lines = {name: Line(self, name) for name in names}
        self.news = threading.Condition()
        self.answers = {}  # transactions of ours: the response
        self.done = {}  # transactions of the agent's: our response
        self.dead = False
        self.running = True
        self.tid = random.randrange(1, 10 ** 8)
        self.threads = [threading.Thread(target=f, daemon=True) for f in (self._read, self._speak)]
        for t in self.threads:
            t.start()

    def close(self):
        self.running = False
        for t in self.threads:
            t.join()
        self.sock.close()
        self.capture.file.close()

    def wait(self, what, seconds, condition):
        with self.news:
            end = time.monotonic() + seconds
            while True:
                got = condition()
                if got:
                    return got
                left = end - time.monotonic()
                if left <= 0:
                    break
                self.news.wait(left)
        state = {n: (ln.events, ln.signals, ln.modes) for n, ln in self.lines.items()}
        check(False, f"not within {seconds} s: {what}; {state}")

    # ---- the wire ----

    def send(self, text):
        if not self.dead:
            self.capture.add(False, text.encode())
            self.sock.sendto(text.encode(), self.agent)

    def command(self, verb, name, lines, wanted=200):
        """Sends a command until it is answered."""
        self.tid += 1
        tid = str(self.tid)
        for _ in range(TRIES):
            self.send(f"{verb} {tid} {name}@{self.domain} MGCP 1.0\r\n{lines}")
            with self.news:
                if self.news.wait_for(lambda: tid in self.answers, AGAIN):
                    check(self.answers[tid].startswith(str(wanted)), f"{verb} {name}: {self.answers[tid]}")
                    return self.answers[tid]
        check(False, f"{verb} {name}: no answer")

    def _read(self):
        while self.running:
            if not select.select([self.sock], [], [], 0.1)[0]:
                continue
            try:
                data = self.sock.recv(65536)
            except OSError:
                continue
            if self.dead:
                continue
            self.capture.add(True, data)
            for message in re.split(r"(?m)^\.\r?\n", data.decode("latin-1")):
                with self.news:
                    self._take(message)
                    self.news.notify_all()

    def _take(self, message):
        words = message.split()
        if re.fullmatch(r"\d{3}", words[0]):
            if words[0] != "000" and not words[0].startswith("1"):
                self.answers[words[1]] = message
            return
        if words[1] not in self.done:
            self.done[words[1]] = self._execute(words, message)
        self.send(self.done[words[1]])

    def _speak(self):
        due = time.monotonic()
        while self.running:
            with self.news:
                voices = [v for ln in self.lines.values() for i, v in ln.connections.items()
                          if ln.modes[i] in ("sendrecv", "confrnce", "recvonly")]
                for v in voices:
                    to = v.to
                    sending = [m for ln in self.lines.values() for i, m in ln.modes.items()
                               if ln.connections[i] is v]
                    v.to = to if sending != ["recvonly"] else None
                    v.tick()
                    v.to = to
            due = max(due + 0.02, time.monotonic() - 0.1)
            time.sleep(max(0, due - time.monotonic()))

    # ---- commands ----

    def _execute(self, words, message):
        verb, tid, name = words[0], words[1], words[2].split("@")[0].lower()
        body = ""
        if name == "*" and verb == "AUEP":
            return "".join([f"200 {tid} OK\r\n"] + [f"Z: {n}@{self.domain}\r\n" for n in self.lines])
        ln = self.lines.get(name)
        if not ln:
            return f"500 {tid} unknown\r\n"
        code, body = getattr(self, "_" + verb.lower(), self._unknown)(ln, message)
        if code < 300 and line(message, "X") and verb != "NTFY":
            refused = self._asked(ln, message)
            if refused:
                return f"{refused} {tid} hook\r\n"
        return f"{code} {tid} OK\r\n{body}"

    @staticmethod
    def _unknown(ln, message):
        del ln, message
        return 504, ""

    @staticmethod
    def _rqnt(ln, message):
        del ln, message
        return 200, ""

    def _asked(self, ln, message):
        signals = split_list(line(message, "S") or "")
        if ln.off_hook and any(re.match(r"(?i)L/r[g0-7]", s) for s in signals):
            return 401
        ln.request = line(message, "X")
        ln.events = split_list(line(message, "R") or "")
        for s in signals:
            if s.lower().startswith("l/vmwi"):
                ln.lamp = s.endswith("(+)")
        ln.signals = [s for s in signals if not s.lower().startswith("l/vmwi")]
        if line(message, "D") is not None:
            ln.map = line(message, "D")
        if ln.digits and not any("(D)" in e for e in ln.events):
            ln.digits = ""
        return 0

    def _crcx(self, ln, message):
        ident = f"{random.getrandbits(32):X}"
        ln.connections[ident] = Voice()
        self._changed(ln, ident, message)
        return 200, f"I: {ident}\r\n\r\n" + SDP.format(id=int(ident, 16), port=ln.connections[ident].port)

    def _mdcx(self, ln, message):
        ident = line(message, "I")
        if ident not in ln.connections:
            return 515, ""
        self._changed(ln, ident, message)
        return 200, ""

    @staticmethod
    def _changed(ln, ident, message):
        ln.modes[ident] = line(message, "M") or ln.modes.get(ident, "inactive")
        m = re.search(r"m=audio (\d+)", message)
        if m:
            ln.connections[ident].to = ("127.0.0.1", int(m.group(1)))

    @staticmethod
    def _dlcx(ln, message):
        ident = line(message, "I")
        if ident and ident not in ln.connections:
            return 515, ""
        for i in [ident] if ident else list(ln.connections):
            ln.connections.pop(i).sock.close()
            ln.modes.pop(i)
        return 250, "P: PS=0, OS=0, PR=0, OR=0, PL=0, JI=0, LA=0\r\n"

    @staticmethod
    def _auep(ln, message):
        wanted = [w.strip().upper() for w in (line(message, "F") or "").split(",")]
        known = {"X": ln.request, "I": ", ".join(ln.connections), "R": ", ".join(ln.events), "RM": "restart",
                 "ES": "L/hd" if ln.off_hook else "L/hu", "A": "a:PCMA, v:L;G;D, m:sendrecv;recvonly;inactive"}
        return 200, "".join(f"{w}: {known[w]}\r\n" for w in wanted if w in known)
