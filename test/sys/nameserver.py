"""A name server with a zone of our own: UDP and TCP on one port of loopback.

A zone is a dictionary {(name, type): [rdata, ...]}; rdata is text as in zone files. It may be changed
while the server runs. Names in `truncate` are answered over TCP only, those in `silent` never, and
those in `poison` with a record of another name beside the right one.
"""
import ipaddress
import shlex
import socket
import struct
import threading

TYPES = {"A": 1, "CNAME": 5, "AAAA": 28, "SRV": 33, "NAPTR": 35}


def name_bytes(name):
    labels = [] if name == "." else name.split(".")
    return b"".join(bytes([len(x)]) + x.encode() for x in labels) + b"\0"


def rdata_bytes(kind, text):
    if kind in ("A", "AAAA"):
        return ipaddress.ip_address(text).packed
    if kind == "CNAME":
        return name_bytes(text)
    words = shlex.split(text)
    if kind == "SRV":
        return struct.pack(">3H", *map(int, words[:3])) + name_bytes(words[3])
    strings = b"".join(bytes([len(w)]) + w.encode() for w in words[2:5])
    return struct.pack(">2H", *map(int, words[:2])) + strings + name_bytes(words[5])


class NameServer:
    def __init__(self, port, zone, ttl=1):
        self.zone, self.ttl = zone, ttl
        self.truncate, self.silent, self.poison = set(), set(), {}
        self.asked = []
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", port))
        self.tcp = socket.create_server(("127.0.0.1", port))
        for work in (self.serve_udp, self.serve_tcp):
            threading.Thread(target=work, daemon=True).start()

    def record(self, name, kind, text):
        data = rdata_bytes(kind, text)
        return name_bytes(name) + struct.pack(">2HIH", TYPES[kind], 1, self.ttl, len(data)) + data

    def records(self, name, kind):
        """Those of the name, its aliases first."""
        found, asked = [], name
        for alias in self.zone.get((name, "CNAME"), []):
            found.append(self.record(name, "CNAME", alias))
            name = alias
        found += [self.record(name, kind, text) for text in self.zone.get((name, kind), [])]
        if (asked, kind) in self.poison:
            other, text = self.poison[asked, kind]
            found.insert(0, self.record(other, kind, text))
        return found

    def answer(self, query, over):
        at, labels = 12, []
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
            at += 1 + query[at]
        number = struct.unpack(">H", query[at + 1:at + 3])[0]
        name = ".".join(labels)
        kind = next((k for k, v in TYPES.items() if v == number), str(number))
        self.asked.append((name, kind, over))
        if name in self.silent:
            return None
        found = self.records(name, kind)
        cut = name in self.truncate and over == "udp"
        flags = 0x8580 | (0x0200 if cut else 0) | (0 if found else 3)
        head = query[:2] + struct.pack(">5H", flags, 1, 0 if cut else len(found), 0, 0)
        return head + query[12:at + 5] + (b"" if cut else b"".join(found))

    def serve_udp(self):
        while True:
            query, source = self.udp.recvfrom(4096)
            reply = self.answer(query, "udp")
            if reply:
                self.udp.sendto(reply, source)

    def serve_tcp(self):
        while True:
            conn, _ = self.tcp.accept()
            with conn:
                size = conn.recv(2, socket.MSG_WAITALL)
                if len(size) == 2:
                    query = conn.recv(struct.unpack(">H", size)[0], socket.MSG_WAITALL)
                    reply = self.answer(query, "tcp") or b""
                    conn.sendall(struct.pack(">H", len(reply)) + reply)
