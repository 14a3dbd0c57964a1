"""What the tests of tandem-export share: a folder with a journal, the exporter, and records for it."""
import collections
import http.server
import json
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from rig import check, wait_for


class Export:
    """A folder with a plan whose `cdr` names these targets, and one tandem-export at a time."""

    def __init__(self, build, targets, block=""):
        self.build = Path(build).resolve()
        self.dir = Path(tempfile.mkdtemp(prefix="tandem-export-"))
        self.dir.chmod(0o755)
        self.journal = self.dir / "cdr"
        self.journal.mkdir()
        self.plan = self.dir / "plan.conf"
        lines = "".join(f"    {line}\n" for line in block.splitlines())
        self.plan.write_text(f"version 1\ncdr journal {self.journal}, {targets.format(dir=self.dir)} "
                             f"{{\n{lines}}}\n".replace(" {\n}", ""))
        self.process = None
        self.written = 0

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        self.kill()
        if error:
            print((self.dir / "export.log").read_text()[-3000:])
        shutil.rmtree(self.dir, ignore_errors=True)

    def start(self):
        """What is said from now on this one says. Ctrl-C is for it, also when the tests run in the
        background of a shell, which has them ignore it."""
        (self.journal / "export.status").unlink(missing_ok=True)
        self.process = subprocess.Popen([self.build / "tandem-export", "-c", self.plan],
                                        stderr=open(self.dir / "export.log", "a"),
                                        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))

    def kill(self, signo=signal.SIGKILL):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signo)
            self.process.wait(60)
        self.process = None

    def write(self, calls, rate=0, rotate=64 << 20):
        """Starts the writer: two records per call."""
        self.written += 2 * calls
        return subprocess.Popen([self.build / "test/tools/cdrwrite", self.journal, str(calls),
                                 str(rate), str(rotate)], stdout=subprocess.DEVNULL)

    def write_all(self, calls, rotate=64 << 20):
        check(self.write(calls, 0, rotate).wait(60) == 0, "the writer failed")

    def status(self, name):
        """What the exporter says of a target, or nothing."""
        try:
            text = (self.journal / "export.status").read_text()
        except FileNotFoundError:
            return {}
        found = [t for t in json.loads(text)["targets"] if t["name"] == name]
        return found[0] if found else {}

    def works(self):
        """Whether the one that was started has begun."""
        return (self.journal / "export.status").exists()

    def wait_error(self, name, text="", seconds=30):
        return wait_for(f"{name} says what is wrong", seconds,
                        lambda: (s := self.status(name)).get("error") and
                        text in s["error"] and s)

    def cpu(self):
        """Seconds of CPU time that the exporter has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100


class Hook:
    """A server that answers as it is told, and keeps what it got by its key. HTTPS with a context."""

    def __init__(self, port, context=None):
        hook = self
        self.answers = collections.deque()
        self.seen, self.taken, self.headers = [], {}, []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                key = self.headers["Idempotency-Key"]
                answer = hook.answers.popleft() if hook.answers else 200
                hook.seen.append((key, body))
                hook.headers.append(dict(self.headers))
                if answer == "hang":
                    hook.taken.setdefault(key, body)
                    hook.gone(self.rfile)
                    self.close_connection = True
                    return
                if answer == "close":
                    self.close_connection = True
                    return
                if answer == 200 or answer == "taken500":
                    hook.taken.setdefault(key, body)
                self.send_response(500 if answer == "taken500" else answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                     do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def gone(connection):
        """Waits until the other side has had enough."""
        try:
            connection.read()
        except OSError:
            pass

    def records(self):
        """Of all arrays that were taken, each once."""
        return [(r["call_id"], r["attempt"]) for body in list(self.taken.values())
                for r in json.loads(body)]
