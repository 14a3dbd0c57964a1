#!/usr/bin/env python3
"""The HTTP API of the running daemon: it is as its OpenAPI document says, roles and sessions hold, a
plan goes in and comes back, events come, and nothing that a fuzzer sends makes it answer 500."""
import json
import os
import subprocess
import sys
import threading
import time

import openapi
import sipscript
from rig import SPAN, Rig, check, finish, main, wait_for
from webclient import Client, Events

ACCOUNTS = {"vera": "viewer", "otto": "operator", "paul": "planner", "anna": "admin"}
ROLES = ["none", "viewer", "operator", "planner", "admin"]
PASSWORD = "a password for {}"

MORE = """
trunk phones {{
    mgcp    iad1
    line    1-4 number 2[01..04]
    class   staff
}}
trunk spare {{
    sip     sip:127.0.0.3:{peer}
    accept  from 127.0.0.3
    numbers e164
    limit   10 calls
}}
group carriers {{
    trunks  pri, spare
    hunt    round-robin trunk
    cic     +1-0288
}}
class staff {{
    allow   internal, national
    deny    called in blocked reject 21
    limit   5 calls
}}
mgcp {{
    listen  udp:127.0.0.1:{mgcp}
    gateway iad1 address 127.0.0.9 lines 1-4
}}
list blocked {{ csv blocked.csv refresh 1h }}
deck alpha {{
    csv alpha*.csv
    currency EUR
}}
deck beta {{
    csv beta.csv
    currency EUR
}}
lcr cheap {{
    offer alpha via spare
    offer beta via pri
}}
lnp ported {{
    table ported.tdb
    for +1*
}}
trunk peers {{
    sip     enum
    numbers e164
    domains *.example
}}
enum private {{
    suffix e164.example
    service sip
}}
emergency {{
    numbers 110, 112
    send carriers
}}
history {dir}/history
test "a Berlin number" {{
    call    from pbx called +4930123001
    expect  trunk pri
}}
"""

RULES = SPAN + """
number 30123001 {{
    proceeding
    alerting after 100ms
    answer after 200ms
    wait 600s
}}
"""


# ---- the bench ----

def write_plan(rig):
    rig.ports.update(http=rig.ports["sip"] + 30, mgcp=rig.ports["sip"] + 31)
    text = rig.plan.read_text()
    text = text.replace("cdr.csv\n", f"cdr.csv, sqlite:{rig.dir}/cdr.db\n")
    text = text.replace(f"admin socket {rig.dir}/tandem.sock",
                        f"admin socket {rig.dir}/tandem.sock {{\n"
                        f"    http 127.0.0.1:{rig.ports['http']}, unix:{rig.dir}/http.sock\n"
                        f"    users {rig.dir}/users\n    audit {rig.dir}/audit.log\n}}")
    rig.plan.write_text(text + MORE.format(**rig.ports, dir=rig.dir))
    (rig.dir / "alpha-1.csv").write_text("prefix,rate,name\n+49,0.01,Germany\n+44,0.02,Britain\n")
    (rig.dir / "beta.csv").write_text("prefix,rate,name\n+49,0.012,Germany\n+43,x,Austria\n")
    (rig.dir / "blocked.csv").write_text("prefix,reason\n+37190,premium\n")
    (rig.dir / "ported.csv").write_text("number,routing\n+12025331234,+12025440000\n")
    subprocess.run([rig.build / "tandem", "table", "compile", "lnp", rig.dir / "ported.csv",
                    rig.dir / "ported.tdb"], check=True, capture_output=True)


def write_accounts(rig):
    lines = []
    for name, role in ACCOUNTS.items():
        p = subprocess.run([rig.build / "tandem", "passwd", "--admin", name, role], text=True,
                           input=PASSWORD.format(name) + "\n", capture_output=True)
        check(p.returncode == 0, f"tandem passwd: {p.stderr}")
        lines.append(p.stdout)
    (rig.dir / "users").write_text("".join(lines))
    os.chmod(rig.dir / "users", 0o600)


def client(rig, name=None):
    c = Client(rig.ports["http"])
    if name:
        answer = c.login(name, PASSWORD.format(name))
        check(answer.status == 200, f"{name} cannot log in: {answer}")
    return c


def expect(answer, status, what, says=b""):
    check(answer.status == status, f"{what}: {answer.status}, not {status}: {answer.body[:300]}")
    check(says in answer.body, f"{what} says {answer.body[:300]}")
    return answer


# ---- who may what ----

def roles(rig):
    """Each role may do what its rows say, and nothing that a higher one's do."""
    clients = {role: client(rig, name) for name, role in ACCOUNTS.items()}
    clients["none"] = client(rig)
    document = clients["none"].get("/openapi.json").json
    for path, method, op in openapi.operations(document):
        if op["x-role"] == "none" or path in ("/stop", "/drain"):
            continue
        for role, c in clients.items():
            if ROLES.index(role) >= ROLES.index(op["x-role"]):
                continue
            answer = c.ask(method, openapi.fill(path, {}), {} if method != "GET" else None)
            expect(answer, 401 if role == "none" else 403, f"{role}: {method} {path}")
    for role, c in clients.items():
        blocked = c.ask("POST", "/trunks/spare/block", dict(reason=f"as {role}"))
        want = 401 if role == "none" else 403 if role == "viewer" else 200
        expect(blocked, want, f"{role} blocks")
    clients["operator"].ask("POST", "/trunks/spare/unblock", {})
    wait_for("the audit log's line", 20, lambda: any(
        e["who"] == "otto" and e["what"] == "block spare" and e["why"] == "as operator" and
        e["outcome"] == "ok" and e["from"] == "web 127.0.0.1" for e in audited(rig)))
    return document


def audited(rig):
    return [json.loads(line) for line in (rig.dir / "audit.log").read_text().splitlines(True)
            if line.endswith("\n")]


def sessions(rig):
    c = client(rig, "otto")
    expect(c.ask("POST", "/trunks/spare/block", {}, token=False), 403, "a write without the token",
           b"X-CSRF-Token")
    c.csrf, good = "0" * 64, c.csrf
    expect(c.ask("POST", "/trunks/spare/block", {}), 403, "a write with another token")
    c.csrf = good
    expect(c.ask("POST", "/trunks/spare/block", "drain=true", kind="text/plain"), 415, "a form")
    old = c.cookie
    expect(c.ask("DELETE", "/session"), 200, "logging out")
    c.cookie = old
    expect(c.get("/status"), 401, "the cookie again")
    c = client(rig)
    expect(c.get("/session"), 200, "who am I", b'"role":"none"')
    for _ in range(5):
        began, wait = time.monotonic(), guessed(c)
        right = c.login("vera", PASSWORD.format("vera"))
        if right.status == 429 or time.monotonic() - began < wait:
            break  # else it was not too soon
    expect(right, 429, "guessing right too soon")


def guessed(c):
    """Wrong passwords until that is too often; the seconds to wait."""
    for _ in range(20):
        answer = c.login("vera", "a wrong password")
        if answer.status == 429:
            break
        expect(answer, 401, "a wrong password")
    expect(answer, 429, "guessing")
    check(int(answer.headers["retry-after"]) >= 1, f"Retry-After: {answer.headers}")
    return int(answer.headers["retry-after"])


def keys(rig, anna):
    made = expect(anna.ask("PUT", "/accounts/robot", dict(role="operator", key=True)), 200, "a key")
    robot = Client(rig.ports["http"], key=made.items[0]["secret"])
    expect(robot.ask("POST", "/trunks/spare/unblock"), 200, "a key's write")
    expect(robot.get("/accounts"), 403, "a key beyond its role")
    expect(anna.ask("DELETE", "/accounts/robot"), 200, "removing it")
    expect(robot.get("/status"), 401, "a key that is gone")
    log = rig.dir / "audit.log"  # written by a thread of its own
    lines = wait_for("the key's end in the audit log", 20,
                     lambda: "robot: removed" in log.read_text() and log.read_text())
    check(made.items[0]["secret"] not in lines, "the key is in the audit log")


# ---- the plan ----

def plan(rig, c):
    items = c.get("/plan").items
    generation = items[0]["generation"]
    text = next(i["text"] for i in items if i["type"] == "file" and i["path"] == str(rig.plan))
    check(text == rig.plan.read_text(), "the plan's text is another")

    def body(new, **more):
        return dict(files=[dict(path=str(rig.plan), text=new)], generation=generation, **more)

    line = text.count("\n") + 1
    bad = expect(c.ask("POST", "/plan/check", body(text + "trunk pbx {{}}\nlimt 3\n")), 422, "check")
    check(any(i["type"] == "error" and i["file"] == str(rig.plan) and i["line"] == line + 1 and
              "limt" in i["text"] for i in bad.items), f"errors: {bad.items}")
    expect(c.ask("POST", "/plan/apply", body(text + "limt 3\n")), 422, "a bad plan")
    expect(c.ask("POST", "/plan/apply", dict(body(text), files=[dict(path="/etc/passwd", text="")])),
           403, "another file")
    check(rig.plan.read_text() == text, "a refused plan is on the disk")
    good = text.replace("limit   10 calls", "limit   11 calls")
    tests = expect(c.ask("POST", "/plan/check", body(good)), 200, "a good plan")
    check([i["ok"] for i in tests.items if i["type"] == "test"] == [True], f"tests: {tests.items}")
    expect(c.ask("POST", "/plan/diff", body(good)), 200, "its difference", b"11 calls")
    check(rig.plan.read_text() == text, "a plan that was only compared is on the disk")
    mode = rig.plan.stat().st_mode
    expect(c.ask("POST", "/plan/apply", body(good, reason="one more", confirm="5min")), 200, "apply")
    check(rig.plan.read_text() == good and rig.plan.stat().st_mode == mode, "it is not saved")
    check(rig.status()["generation"] == generation + 1, "it is not in force")
    expect(c.ask("POST", "/plan/apply", body(text)), 409, "an edit of an older generation")
    expect(c.ask("POST", "/plan/confirm", dict(reason="good")), 200, "confirm")
    expect(c.ask("POST", "/plan/confirm", {}), 409, "confirm again")
    expect(c.ask("POST", "/plan/rollback", {}), 200, "rollback")
    check(rig.status()["generation"] == generation + 2, "no rollback")
    history = c.get("/plan/history").items
    check(any(h["why"] == "one more" and h["who"] == "paul" for h in history), f"history {history}")
    rig.plan.write_text(text)
    expect(c.ask("POST", "/plan/reload", {}), 200, "reload")
    generation = rig.status()["generation"]
    began = time.monotonic()
    expect(c.ask("POST", "/plan/apply", body(good, confirm="3s")), 200, "apply without confirmation")
    saved = rig.plan.read_text() == good
    check(saved or time.monotonic() - began >= 3, "it is not saved")
    wait_for("the file's text comes back with the plan", 20,
             lambda: rig.status()["generation"] == generation and rig.plan.read_text() == text)
    check(rig.plan.stat().st_mode == mode, "the file has another mode")
    for _ in range(5):
        expect(c.ask("POST", "/plan/apply", body(good, confirm="3s")), 200, "apply again")
        rig.plan.write_text(text + "# by hand\n")
        if rig.status()["generation"] != generation:
            break  # else that was too late, and it was back already
        rig.plan.write_text(text)
    wait_for("the plan comes back", 20, lambda: rig.status()["generation"] == generation)
    wait_for("it is told", 10, lambda: "somebody has changed it" in json.dumps(c.get("/log").items))
    check(rig.plan.read_text() == text + "# by hand\n", "what somebody wrote by hand is gone")
    rig.plan.write_text(text)


def exports(c):
    found = wait_for("exports", 20, lambda: c.get("/exports").items)
    check([(i["target"], i["failures"], i["error"]) for i in found] == [("sqlite", 0, "")],
          f"exports {found}")


def tables(rig, c):
    names = [t["table"] for t in c.get("/tables").items]
    check(names == ["deck:alpha:alpha-1.csv", "deck:beta:beta.csv", "list:blocked:blocked.csv",
                    "lnp:ported:ported.tdb"], f"tables {names}")
    path = rig.dir / "alpha-1.csv"
    text = path.read_text()
    expect(c.get("/tables/deck:alpha:alpha-1.csv"), 200, "a table", text.encode())
    expect(c.get("/tables/deck:alpha:..%2Fplan.conf"), 404, "a path")
    rejects = expect(c.get("/tables/deck:beta:beta.csv/rejects"), 200, "rejects").items[0]
    check((rejects["line"], rejects["row"]) == (3, "+43,x,Austria"), f"rejects {rejects}")

    def put(new, query=""):
        return c.ask("PUT", "/tables/deck:alpha:alpha-1.csv" + query, new, kind="text/csv")

    new = text.replace("0.02", "0.03") + "+43,0.04,Austria\n"
    dry = expect(put(new), 200, "looking at a table").items[0]
    check((dry["rows"], dry["added"], dry["up"]) == (3, 1, 1), f"change {dry}")
    check(path.read_text() == text, "a table that was only looked at is on the disk")
    bad = expect(put("prefix,rate\n+49,cheap\n", "?apply=true"), 422, "a bad table")
    check(bad.items[1]["line"] == 2, f"a bad table: {bad.items}")
    expect(put("no table at all", "?apply=true"), 422, "no table")
    check(path.read_text() == text and not list(rig.dir.glob(".new*")), "it was taken")
    expect(put(new, "?apply=true"), 200, "a good table")
    check(path.read_text() == new, "it was not taken")
    rates = c.get("/rates/+431").items
    check(any(r["deck"] == "alpha" and r["rate"] == "0.040000" for r in rates), f"rates {rates}")


# ---- calls ----

def connected(c):
    """The number of the only call, once it is answered."""
    return wait_for("a call", 15, lambda: [i for i in c.get("/calls").items
                                           if i["state"] == "connected"])[0]["call"]


def lists(judge, c, **values):
    """Every row that tells something and is not of one call is as described."""
    for path, method, _ in openapi.operations(judge.document):
        if method == "GET" and "{id}" not in path and path != "/events":
            judge.get(c, path, **{**openapi.SAMPLES, **values})


def calls(rig, document, anna):
    """A call is seen to begin and to end; all rows are as described while it lasts."""
    c = client(rig, "otto")
    seen = []
    stream = Events(c)
    check(stream.status == 200, f"events: {stream.status}")
    reader = threading.Thread(daemon=True, target=stream.until,
                              args=(lambda kind, data: kind == "call-end", seen))
    reader.start()
    caller = rig.sipp("caller", sipscript.CALLER_RELEASED, number="+4930123001",
                      local=rig.ports["peer"])
    number = connected(c)
    found = openapi.Judge(document)
    for path in ("", "/explain", "/ladder.svg", "/trace.pcapng"):
        found.get(c, f"/calls/{{id}}{path}", id=number)
    lists(found, anna, channel=31)  # the first one, descending
    expect(c.get(f"/calls/{number}/trace.pcapng"), 200, "trace", b"\x0a\x0d\x0d\x0a")
    expect(c.get(f"/calls/{number}/ladder.svg"), 200, "ladder", b"<svg")
    wait_for("the call's event", 20, lambda: any(kind == "call" for kind, _ in list(seen)))
    expect(c.ask("DELETE", f"/calls/{number}", dict(cause=16, reason="enough")), 200, "release")
    finish(caller, "the caller")
    reader.join(30)
    kinds = [kind for kind, _ in seen]
    check(kinds[-1:] == ["call-end"], f"events {kinds}")
    stream.close()
    wait_for("the record", 20, lambda: c.get("/records?q=to:%2B4930123001").items)
    found.get(c, "/records")
    expect(c.get("/records.csv"), 200, "records as CSV", b"pbx,")
    expect(c.get("/records?q=mos%3Chigh"), 400, "a bad query", b"mos<high")


# ---- all of it ----

def everything(build):
    with Rig(build, RULES, judged=False) as rig:
        write_plan(rig)
        read = subprocess.run([rig.build / "tandem", "check", rig.plan], capture_output=True)
        check(read.returncode == 0, f"the test's plan: {read.stderr}")
        write_accounts(rig)
        rig.start()
        document = roles(rig)
        anna, paul = client(rig, "anna"), client(rig, "paul")
        keys(rig, anna)
        tables(rig, paul)
        plan(rig, paul)
        calls(rig, document, anna)
        exports(paul)
        judge = openapi.Judge(document)
        lists(judge, anna)
        if os.environ.get("UNSEEN"):
            print(judge.unseen())
        caller = rig.sipp("second", sipscript.CALLER_RELEASED, number="+4930123001",
                          local=rig.ports["peer"])
        call = connected(anna)
        begun = time.monotonic()
        n = openapi.fuzz(anna, document, 2000)
        took = time.monotonic() - begun
        check(rig.tandem.poll() is None, "the daemon is dead")
        check(connected(anna) == call, "the call is another")
        expect(anna.ask("DELETE", f"/calls/{call}", {}), 200, "the end of that call")
        finish(caller, "the caller of that call")
        sessions(rig)
        print(f"{n} requests of the fuzzer in {took:.1f} s; {judge.fields} members as described")


if __name__ == "__main__":
    sys.exit(main(everything))
