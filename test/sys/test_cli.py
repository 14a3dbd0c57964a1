#!/usr/bin/env python3
"""What an operator meets at the command line: usage, a bad plan, a daemon that is not there."""
import pathlib
import re
import shutil
import signal
import subprocess
import sys

from rig import SPAN, Rig, check, main, wait_for

RULES = SPAN

EXAMPLES = pathlib.Path(__file__).parents[2] / "conf" / "examples"

OK, FAILED, USAGE, INVALID, UNREACHABLE = range(5)


def tandem(rig, *argv):
    p = subprocess.run([rig.build / "tandem", *map(str, argv)], capture_output=True, text=True,
                       timeout=20)
    return p.returncode, p.stdout, p.stderr


def expect(rig, argv, code, out="", err=""):
    got, stdout, stderr = tandem(rig, *argv)
    what = f"tandem {' '.join(map(str, argv))}"
    check(got == code, f"{what}: exit {got}, not {code}: {stdout}{stderr}")
    check(out in stdout, f"{what} says {stdout!r}")
    check(err in stderr, f"{what} complains {stderr!r}")


def examples(rig):
    """Each is valid once the files are there that it names."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "90",
                    "-subj", "/CN=tandem", "-keyout", rig.dir / "key.pem", "-out",
                    rig.dir / "cert.pem"], check=True, capture_output=True)
    folder = rig.dir / "examples"
    shutil.copytree(EXAMPLES, folder)
    (rig.dir / "voipco.key").write_text("secret\n")
    (rig.dir / "voipco.key").chmod(0o600)
    expect(rig, ["table", "compile", "lnp", folder / "carrier/lnp/npac.csv",
                 folder / "carrier/lnp/npac.tdb"], OK)
    for plan in sorted([*folder.glob("*.conf"), folder / "carrier" / "carrier.conf"]):
        text = re.sub("/etc/tandem/|/usr/share/tandem/", f"{rig.dir}/", plan.read_text())
        for sound in set(re.findall(r"/\S+\.wav", text)):
            subprocess.run(["sox", "-n", "-r", "8000", sound, "synth", "0.1"], check=True)
        plan.write_text(text)
        expect(rig, ["check", plan], OK)
        expect(rig, ["route", "test", "-c", plan], OK)
    for plan in ("office.conf", "carrier/carrier.conf"):  # nothing looks wrong in these
        expect(rig, ["check", "--strict", folder / plan], OK)
    explained(rig, folder / "office.conf")


# What a call from extension 123 to a number of the same town meets, by docs/configuration.md.
OFFICE = """\
 1 ingress     trunk pbx (10.1.0.10 matches accept 10.1.0.0/24)             {plan}:29
 2 normalise   called 30123456 -> +493030123456   (de area 30: subscriber)  {plan}:6
               caller 123      -> +493090182123   (ddi)                     {plan}:9
 3 emergency   no
 4 class       staff: allow national                                        {plan}:36
 6 route       routes from pbx: national                                    {plan}:69
               not matched: 1xx, *21*, freephone, international
 8 egress pri  SETUP called 3030123456 TON national NPI isdn
               identity check: +493090182123 is within own                  {plan}:17
""".splitlines()


def explained(rig, plan):
    code, out, err = tandem(rig, "route", "explain", "30123456", "--from", "pbx", "--caller", "123",
                            "--source", "10.1.0.10", "-c", plan)
    check(code == OK, err)
    squeezed = [" ".join(line.split()) for line in out.splitlines()]  # places are where names end
    for line in OFFICE:
        wanted = " ".join(line.format(plan=plan).split())
        check(any(said.startswith(wanted) for said in squeezed), f"{wanted} is not in:\n{out}")
    check(re.fullmatch(r"decision \d+\.\d us, plan generation 1 \(.*loaded .*\)", squeezed[-1]),
          out)
    code, out, err = tandem(rig, "route", "explain", "0112", "--from", "pbx", "--caller", "199",
                            "--at", "2026-01-01 03:00", "-c", plan)
    check("3 emergency" in out and "SETUP called 112" in out, out)
    code, out, err = tandem(rig, "route", "explain", "+493090182150", "--from", "voipco", "--at",
                            "2026-03-02 20:00", "-c", plan)
    check("called 199" in out, out)
    expect(rig, ["route", "explain", "1", "--from", "pbx", "--at", "noon", "-c", plan], USAGE,
           err="not a time")


def without_daemon(rig):
    expect(rig, ["--help"], OK, out="usage:")
    expect(rig, ["--version"], OK, out="tandem")
    expect(rig, [], USAGE)
    expect(rig, ["dance"], USAGE)
    expect(rig, ["run"], USAGE)
    expect(rig, ["show", "status", "--socket", rig.dir / "nobody"], UNREACHABLE, err="nobody")
    expect(rig, ["check", rig.plan], OK)
    expect(rig, ["check", rig.dir / "absent"], INVALID, err="absent")
    examples(rig)
    expect(rig, ["route", "explain", "030123456", "--from", "pbx", "-c", rig.plan], OK, out="pri")


def bad_plans(rig):
    text = rig.plan.read_text()
    bad = rig.dir / "bad.conf"
    for old, new, complaint in (
            ("    codecs  pcma", "    codex  pcma", 'bad.conf:6:5: unknown word "codex"'),
            ("    numbers isdn", "    numbers roman", "bad.conf:19:13: unknown number format"),
            ("-> pri", "-> prl", 'did you mean "pri"'),
            ("admin socket", "admin http 192.0.2.1:8080, socket", '"users" is missing'),
            ("    * -> reject 1", "    * -> reject 1\n    * -> pbx", "bad.conf:"),
            ("trunk pri {", "trunk pri {{", "bad.conf:"),
    ):
        bad.write_text(text.replace(old, new, 1))
        expect(rig, ["check", bad], INVALID, err=complaint)
        expect(rig, ["run", "-c", bad], INVALID, err=complaint)


def with_daemon(rig):
    rig.start()
    socket = ["--socket", rig.dir / "tandem.sock"]
    expect(rig, ["show", "status", *socket], OK, out="running")
    expect(rig, ["show", "status", "--json", *socket], OK,
           out=f'"generation":{rig.status()["generation"]}')
    expect(rig, ["show", "calls", *socket], OK, out="no calls")
    expect(rig, ["show", "call", "4711", *socket], FAILED, err="no such call")
    expect(rig, ["show", "trunks", *socket], OK, out="pbx")
    expect(rig, ["show", "channels", "1", *socket], OK, out="1/31")
    expect(rig, ["show", "plan", "--expanded", *socket], OK, out="trunk pri")
    expect(rig, ["run", "-c", rig.plan], FAILED)  # a second one on the same socket
    other = rig.dir / "other.conf"  # and one that would write the same records
    other.write_text(f"version 1\ncdr journal {rig.dir}/cdr\nadmin socket {rig.dir}/other.sock\n")
    expect(rig, ["run", "-c", other], FAILED, err="busy")
    expect(rig, ["route", "explain", "0301234", "--from", "pbx", *socket], OK, out="pri")
    rig.tandem.send_signal(signal.SIGHUP)
    expect(rig, ["show", "status", *socket], OK, out="running")


def blocking(rig):
    """Trunks, channels and spans are taken out of service and back."""
    socket = ["--socket", rig.dir / "tandem.sock"]
    expect(rig, ["block", *socket], USAGE, err="usage: tandem block TRUNK")
    expect(rig, ["block", "prl", *socket], FAILED, err="no such trunk or span")
    expect(rig, ["block", "pri/16", *socket], FAILED, err="no such channel")
    expect(rig, ["block", "pri/99", *socket], USAGE, err="not a channel")
    expect(rig, ["block", "pri/5", *socket], OK, out="blocked")
    expect(rig, ["show", "channels", "1", *socket], OK, out="us")
    expect(rig, ["unblock", "1/5", *socket], OK, out="in service")
    expect(rig, ["block", "pri", "--drain", "--watch", *socket], OK, out="blocked")
    expect(rig, ["show", "trunks", *socket], OK, out="blocked")
    expect(rig, ["route", "explain", "0301234", "--from", "pbx", *socket], OK,
           out="skipped: blocked by the operator")
    expect(rig, ["unblock", "pri", *socket], OK, out="in service")
    expect(rig, ["route", "explain", "0301234", "--from", "pbx", *socket], OK, out="called")
    expect(rig, ["restart", "1/16", *socket], FAILED, err="no such channel")
    expect(rig, ["restart", "pri", *socket], FAILED, err="of a span")
    wait_for("channels at rest", 20, lambda: "restarting" not in
             tandem(rig, "show", "channels", "1", *socket)[1])
    expect(rig, ["restart", "1", *socket], OK, out="30 channels")
    expect(rig, ["show", "span", "1", *socket], OK, out="t310")


def plan_edited(rig):
    """An invalid plan on disk does not touch the one that runs."""
    good, before = rig.plan.read_text(), rig.status()["generation"]
    rig.plan.write_text("version 1\nsip {")
    rig.tandem.send_signal(signal.SIGHUP)
    wait_for("the complaint", 5, lambda: "plan.conf:2:" in (rig.dir / "tandem.log").read_text())
    check(rig.status()["generation"] == before, "the plan changed")
    rig.plan.write_text(good)


def stop(rig):
    expect(rig, ["stop", "--socket", rig.dir / "tandem.sock"], OK)
    check(rig.tandem.wait(10) == 0, "it did not stop in order")
    rig.start_tandem()
    rig.wait_up()
    rig.tandem.send_signal(signal.SIGINT)
    check(rig.tandem.wait(10) == 0, "Ctrl-C does not stop it in order")


def cli(build):
    with Rig(build, RULES) as rig:
        for part in (without_daemon, bad_plans, with_daemon, blocking, plan_edited, stop):
            part(rig)
            print(f"{part.__name__}: ok")


if __name__ == "__main__":
    sys.exit(main(cli))
