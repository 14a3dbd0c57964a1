"""A client of the HTTP API for system tests: JSON over TCP, with a cookie, a key or nothing."""
import http.client
import json
import socket

ROOT = "/api/v1"


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.type = headers.get("content-type", "").split(";")[0]
        self.json = json.loads(body) if "json" in self.type and body else None

    @property
    def items(self):
        return (self.json or {}).get("items", [])

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Client:
    """One connection, that is made anew when it was closed."""

    def __init__(self, port, host="127.0.0.1", key=None):
        self.port, self.host, self.key = port, host, key
        self.cookie = self.csrf = None
        self.connection = None

    def raw(self, method, target, body=None, headers=None):
        for again in (False, True):
            if not self.connection:
                self.connection = http.client.HTTPConnection(self.host, self.port, timeout=20)
            try:
                self.connection.request(method, target, body, headers or {})
                r = self.connection.getresponse()
                return Answer(r.status, {k.lower(): v for k, v in r.getheaders()}, r.read())
            except (http.client.RemoteDisconnected, ConnectionError, BrokenPipeError):
                self.close()
                if again:
                    raise
        return None

    def headers(self, token=True):
        out = {}
        if self.key:
            out["Authorization"] = f"Bearer {self.key}"
        if self.cookie:
            out["Cookie"] = f"tandem={self.cookie}"
        if self.csrf and token:
            out["X-CSRF-Token"] = self.csrf
        return out

    def ask(self, method, path, body=None, token=True, kind="application/json"):
        headers = self.headers(token)
        if body is not None:
            headers["Content-Type"] = kind
            if not isinstance(body, (str, bytes)):
                body = json.dumps(body)
        return self.raw(method, ROOT + path, body, headers)

    def get(self, path):
        return self.ask("GET", path)

    def login(self, name, password):
        answer = self.ask("POST", "/session", dict(name=name, password=password))
        if answer.status == 200:
            self.cookie = answer.headers["set-cookie"].split(";")[0].partition("=")[2]
            self.csrf = self.get("/session").items[0]["csrf"]
        return answer

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


class Events:
    """Server-sent events as (kind, object), read as they come."""

    def __init__(self, client):
        self.socket = socket.create_connection((client.host, client.port), timeout=20)
        lines = [f"GET {ROOT}/events HTTP/1.1", f"Host: {client.host}:{client.port}"]
        lines += [f"{k}: {v}" for k, v in client.headers().items()]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.response = http.client.HTTPResponse(self.socket)
        self.response.begin()
        self.status = self.response.status

    def until(self, wanted, seen):
        """Adds to `seen` all events up to the first that `wanted` is true of."""
        kind, text = None, ""
        for line in self.response:
            line = line.decode().rstrip("\n")
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                text += value
            elif line == "" and kind:
                seen.append((kind, json.loads(text)))
                if wanted(*seen[-1]):
                    return
                kind, text = None, ""

    def close(self):
        self.socket.close()
