#!/usr/bin/env python3
"""Completion in real shells with live names, manual pages that mandoc finds nothing wrong with, help,
the pager, and words cut short."""
import os
import pty
import re
import subprocess
import sys

from rig import ROOT, SPAN, Rig, check, main, wait_for

RULES = SPAN + "number * {{\n    answer\n}}\n"


def run(*command, code=0, **more):
    done = subprocess.run([str(c) for c in command], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=60, check=False, **more)
    check(done.returncode == code, f"{command}: {done.returncode}\n{done.stdout}")
    return done.stdout


def in_bash(rig, line):
    """What bash offers for a line that ends where the cursor is."""
    words = " ".join(f"'{w}'" for w in line.split(" "))
    script = (f"source {rig.dir}/tandem.bash; COMP_WORDS=({rig.build}/tandem {words}); "
              f"COMP_CWORD={len(line.split(' '))}; _tandem; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    return run("bash", "-c", script, cwd=rig.dir).split()


def in_zsh(rig, line):
    """The same of zsh, whose completion system is asked what it would add."""
    words = " ".join(f"'{w}'" for w in line.split(" "))
    script = (f"compdef() {{ :; }}; _files() {{ print @files; }}; "
              f"_describe() {{ print -l -- \"${{(@P)2}}\"; }}; source {rig.dir}/tandem.zsh; "
              f"words=({rig.build}/tandem {words}); CURRENT=$#words; _tandem")
    return [entry.split(":")[0] for entry in run("zsh", "-f", "-c", script).splitlines()]


def in_fish(rig, line):
    script = f"source {rig.dir}/tandem.fish; set PATH {rig.build} $PATH; complete -C 'tandem {line}'"
    return [entry.split("\t")[0] for entry in
            run("fish", "--no-config", "-c", script, env={**os.environ, "HOME": str(rig.dir)}).splitlines()]


def completion(rig):
    for shell in ("bash", "zsh", "fish"):
        (rig.dir / f"tandem.{shell}").write_text(run(rig.build / "tandem", "completion", shell))
    run("bash", "-n", rig.dir / "tandem.bash")
    run("zsh", "-n", rig.dir / "tandem.zsh")
    socket = rig.dir / "tandem.sock"
    for name, ask in (("bash", in_bash), ("zsh", in_zsh), ("fish", in_fish)):
        offers = ask(rig, "show tru")
        check(set(offers) == {"trunks", "trunk"}, f"{name}: show tru: {offers}")
        offers = ask(rig, f"--socket {socket} show trunk p")
        check(set(offers) == {"pri", "pbx"}, f"{name}: the trunks that live: {offers}")
        offers = ask(rig, "release ")
        check("call" in offers, f"{name}: release: {offers}")
    check("plan.conf" in in_bash(rig, "check pl"), "files")


def manuals(rig):
    run("make", "-C", ROOT, f"B={rig.build}", "manuals")
    for page in ("tandem.1", "tandem.conf.5", "tandem-exchange.1"):
        path = rig.build / "man" / page
        found = [line for line in run("mandoc", "-T", "lint", "-W", "warning", path,
                                      code=0).splitlines() if line]
        check(not found, f"{page}: {found[:5]}")
    text = run("mandoc", "-T", "utf8", rig.build / "man" / "tandem.conf.5")
    text = re.sub(".\b", "", text)
    for word in ("pseudowire", "radius-secret", "FILE", "from 1 to 65536"):
        check(word in text, f"tandem.conf(5) lacks {word}")


def on_terminal(rig, env, *command, typed=b"", when=b""):
    """Runs a command on a terminal of its own and returns what it shows; `typed` is what somebody
    answers once it shows `when`."""
    master, slave = pty.openpty()
    process = subprocess.Popen([str(c) for c in command], stdin=slave, stdout=slave, stderr=slave,
                               env={**os.environ, **env}, close_fds=True, cwd=rig.dir)
    os.close(slave)
    shown = b""
    while True:
        try:
            piece = os.read(master, 4096)
        except OSError:
            break
        if not piece:
            break
        shown += piece
        if typed and when in shown:
            os.write(master, typed)
            typed = b""
    check(process.wait(20) == 0, shown.decode())
    os.close(master)
    return shown.decode()


def pager(rig):
    ask = (rig.build / "tandem", "--socket", rig.dir / "tandem.sock", "show", "trunks")
    check("PAGED" in on_terminal(rig, {"PAGER": "sed s/^/PAGED/"}, *ask), "the pager")
    check("PAGED" not in on_terminal(rig, {"PAGER": "sed s/^/PAGED/"}, *ask, "--no-pager"), "none")
    check("pbx" in on_terminal(rig, {"PAGER": "no-such-program || cat"}, *ask), "a pager missing")


def secret(rig):
    """A password that is typed is not seen, and what cannot be one is refused in words."""
    ask = (rig.build / "tandem", "passwd", "--admin", "anna", "admin")
    shown = on_terminal(rig, {}, *ask, typed=b"ten letters\n", when=b"password: ")
    check("anna:admin:$y$" in shown and "ten letters" not in shown, f"passwd: {shown}")
    check("at least 10 characters" in run(*ask, input="short\n", code=2), "a short password")


def help_fits(rig):
    long = [l for l in run(rig.build / "tandem", "help").splitlines() if len(l) > 80]
    check(not long, f"help, wider than 80 columns: {long}")


def words(rig):
    ask = (rig.build / "tandem", "--socket", rig.dir / "tandem.sock")
    check("pri" in run(*ask, "sh", "tr"), "sh tr")
    check("dchannel" in run(*ask, "show", "isdn", "status", "--json"), "show isdn status")
    check("could be" in run(*ask, "sh", "l", code=2), "several")
    check("show trunk TRUNK" in run(rig.build / "tandem", "help", "show"), "help show")
    run(rig.build / "tandem", "--help")
    run(rig.build / "tandem", "no-such-verb", code=2)


def looked_up(rig):
    """A call that is over is a row of a table for people, and a record for programs."""
    ask = (rig.build / "tandem", "--socket", rig.dir / "tandem.sock")
    run(*ask, "call", "+4930123457", "via", "pri", "echo", "--for", "1s")
    ended = wait_for("the record", 20, lambda: rig.ask("records", "to:+4930123457", "attempt:0",
                                                       check_exit=False))
    check(ended[0]["type"] == "record", f"the type of a record: {ended[0]}")
    table = run(*ask, "records", "attempt:0").splitlines()
    check(table[0].split()[:3] == ["start", "from", "caller"] and len(table) == 2, f"{table}")


def drained(rig):
    """A test call over the line goes on while the gateway drains; with its end the daemon ends."""
    ask = (rig.build / "tandem", "--socket", rig.dir / "tandem.sock")
    run(*ask, "call", "+4930123456", "via", "pri", "echo", "--for", "1min")
    calls = wait_for("the test call", 10, lambda: [c for c in rig.ask("show", "calls")
                                                   if c["state"] == "connected"])
    check("1 calls in progress" in run(*ask, "drain", "--reason", "a test"), "drain")
    check("drain" in run(*ask, "show", "audit"), "the audit log")
    check(rig.tandem.poll() is None, "draining ended the call")
    run(*ask, "release", "call", calls[0]["call"])
    check(rig.tandem.wait(20) == 0, "the daemon after draining")


def test(build):
    with Rig(build, RULES) as rig:
        rig.plan.write_text(rig.plan.read_text().replace(
            "/cdr.csv", f"/cdr.csv, sqlite:{rig.dir}/cdr.db"))
        rig.start()
        wait_for("the daemon", 20, lambda: rig.ask("show", "trunks", check_exit=False))
        completion(rig)
        print("completion: ok")
        manuals(rig)
        print("manuals: ok")
        pager(rig)
        words(rig)
        secret(rig)
        help_fits(rig)
        check("no such lines" in rig.print("show", "log", "--level", "error"), "an empty log")
        print("pager, words: ok")
        looked_up(rig)
        drained(rig)


if __name__ == "__main__":
    sys.exit(main(test))
