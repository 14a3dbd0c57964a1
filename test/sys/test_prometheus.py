#!/usr/bin/env python3
"""Metrics as Prometheus takes them: the text, the alert rules, a real Prometheus that asks the gateway
while calls are made, and the boards of Grafana, each of whose expressions it is given."""
import json
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

import sipscript
from rig import ROOT, SPAN, Failed, Rig, check, finish, main, wait_for

# answered, and busy
RULES = SPAN + """
number 3012xxxxxx {{
    proceeding
    alerting
    answer
    wait 300s
}}
number 3013xxxxxx {{ busy }}
"""

CONFIG = """
global:
  scrape_interval: 1s
  evaluation_interval: 1s
rule_files:
  - {rules}
scrape_configs:
  - job_name: tandem
    static_configs:
      - targets: ["127.0.0.1:{http}"]
    authorization:
      credentials: {key}
"""

RULE_FILE = ROOT / "conf/prometheus/tandem.rules.yml"
RULE_TEST = ROOT / "conf/prometheus/tandem.rules.test.yml"
BOARDS = sorted((ROOT / "conf/grafana").glob("*.json"))
ANSWERED, BUSY, HELD = 6, 2, 2


def promtool(*argv, text=None):
    p = subprocess.run(["promtool", *map(str, argv)], input=text, capture_output=True, text=True,
                       timeout=60)
    check(p.returncode == 0 and not p.stderr.strip(),
          f"promtool {' '.join(map(str, argv))}: {p.stdout}{p.stderr}"[:3000])


def get(url, key=None):
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"} if key else {})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read().decode(), answer.headers


# ---- the text ----

def the_text(rig, key):
    """What promtool says of it, and that a label never has a number that was called."""
    text, headers = get(f"http://127.0.0.1:{rig.ports['http']}/metrics", key)
    kind = headers["Content-Type"]
    check(kind == "text/plain; version=0.0.4; charset=utf-8", f"Content-Type: {kind}")
    promtool("check", "metrics", text=text)
    check(not re.search(r'="[^"\n]*\d{5}', text), "a label has a number in it")
    return text


def names_of(text):
    names = set(re.findall(r"(?m)^# TYPE (\S+)", text))
    for name in re.findall(r"(?m)^# TYPE (\S+) histogram", text):
        names |= {f"{name}_bucket", f"{name}_sum", f"{name}_count"}
    return names


def known_names(text):
    """Those of the text, those of the rules, and those that the source has for gateways that have more
    to tell."""
    names = names_of(text)
    for path in (ROOT / "gw").rglob("metrics*.c"):
        for name in re.findall(r'"(tandem_\w+)"', path.read_text()):
            names |= {name, f"{name}_bucket", f"{name}_sum", f"{name}_count"}
    return names | set(re.findall(r"record: (\S+)", RULE_FILE.read_text()))


# ---- Prometheus ----

class Prometheus:
    def __init__(self, rig, key):
        self.base = f"http://127.0.0.1:{rig.ports['prometheus']}"
        config = rig.dir / "prometheus.yml"
        config.write_text(CONFIG.format(rules=RULE_FILE, http=rig.ports["http"],
                                        key=key))
        self.process = rig.spawn(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={rig.dir / 'tsdb'}",
             f"--web.listen-address=127.0.0.1:{rig.ports['prometheus']}", "--log.level=warn"],
            stderr=open(rig.dir / "prometheus.log", "w"))
        wait_for("Prometheus", 60, self.ready, 0.2)

    def ready(self):
        try:
            return get(f"{self.base}/-/ready")
        except OSError:
            return None

    def query(self, expression):
        """The samples: labels and value. Raises when it is no PromQL."""
        words = urllib.parse.urlencode({"query": expression})
        try:
            answer, _ = get(f"{self.base}/api/v1/query?{words}")
        except urllib.error.HTTPError as e:
            raise Failed(f"{expression}: {e.read().decode()}") from None
        return [(r["metric"], float(r["value"][1])) for r in json.loads(answer)["data"]["result"]]

    def value(self, expression):
        got = self.query(expression)
        return got[0][1] if got else None

    def expect(self, expression, value):
        """Once the next sample is there."""
        last = []

        def there():
            last[:] = [self.value(expression)]
            return last[0] is not None and abs(last[0] - value) < 1e-6

        try:
            wait_for(expression, 30, there, 0.3)
        except Failed as e:
            raise Failed(f"{e}: {last[0]}, not {value}") from None


# ---- calls ----

def calls(rig):
    answered = rig.sipp("answered", sipscript.CALLER, calls=ANSWERED, rate=3, hold=200,
                        number="03012000000")
    finish(answered, "callers")
    busy = rig.sipp("busy", ("invite", "early", sipscript.refused(486)), calls=BUSY, rate=2,
                    number="03013000000")
    finish(busy, "callers of a busy line")
    wait_for("all is clear", 20, lambda: rig.status()["calls"] == 0)


def ratios(prometheus):
    """6 of 8 answered: ASR 0.75. Both rates are of the same two samples, so they say it exactly."""
    out = 'trunk="pri",direction="out"'
    prometheus.expect(f"tandem_call_attempts_total{{{out}}}", ANSWERED + BUSY)
    prometheus.expect(f"tandem_call_seizures_total{{{out}}}", ANSWERED + BUSY)
    prometheus.expect(f"tandem_call_answers_total{{{out}}}", ANSWERED)
    prometheus.expect('tandem_call_answers_total{trunk="pbx",direction="in"}', ANSWERED)
    prometheus.expect(f'tandem_call_releases_total{{{out},cause="17"}}', BUSY)
    prometheus.expect(f"tandem_call_setup_seconds_count{{{out}}}", ANSWERED)
    prometheus.expect(f"tandem_call_short_total{{{out}}}", ANSWERED)
    prometheus.expect('tandem:asr:ratio15m{trunk="pri"}', ANSWERED / (ANSWERED + BUSY))
    prometheus.expect('tandem:ner:ratio15m{trunk="pri"}', 1)  # busy is no fault of the network
    # a slow gateway is asked again
    invites = 'sum(tandem_sip_messages_total{method="INVITE",code_class="request",direction="in"})'
    again = 'sum(tandem_sip_retransmits_total{direction="in"})'
    prometheus.expect(f"{invites} >= bool {ANSWERED + BUSY}", 1)
    prometheus.expect(f"{invites} - {again} <= bool {ANSWERED + BUSY}", 1)
    prometheus.expect('sum(tandem_sip_messages_total{method="INVITE",code_class="4xx",'
                      f'direction="out"}}) >= bool {BUSY}', 1)  # some are sent again


def channels(rig, prometheus):
    held = rig.sipp("held", sipscript.CALLER_RELEASED, calls=HELD, rate=2, number="03012000000")
    prometheus.expect('tandem_trunk_channels{trunk="pri",state="busy"}', HELD)
    prometheus.expect('tandem_trunk_channels{trunk="pri",state="idle"}', 30 - HELD)
    prometheus.expect("sum(tandem_channel_state == 1)", HELD)
    prometheus.expect('tandem_calls{trunk="pri",direction="out",state="connected"}', HELD)
    prometheus.expect('tandem_calls{trunk="pbx",direction="in",state="connected"}', HELD)
    prometheus.expect("tandem_dchannel_up", 1)
    prometheus.expect("sum(tandem_span_alarm)", 0)
    for call in rig.ask("show", "calls"):
        rig.ask("release", "call", str(call["call"]))
    finish(held, "callers that are released")
    prometheus.expect('tandem_trunk_channels{trunk="pri",state="busy"}', 0)


# ---- boards ----

def expressions(board):
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for note in board["annotations"]["list"]:
        yield note["name"], note["expr"]


def boards(prometheus, known):
    check(len(BOARDS) == 4, f"{len(BOARDS)} boards")
    panels = filled = 0
    for path in BOARDS:
        board = json.loads(path.read_text())
        for title, expression in expressions(board):
            expression = re.sub(r"\$(instance|trunk|span)", ".*", expression)
            check("$" not in expression, f"{path.name}: {title}: {expression}")
            filled += bool(prometheus.query(expression))
            panels += 1
            strange = set(re.findall(r"\btandem[:_][\w:]+", expression)) - known
            check(not strange, f"{path.name}: {title}: there is no {strange}")
        for variable in board["templating"]["list"]:
            query = variable["query"]
            words = query["query"] if isinstance(query, dict) else ""
            strange = set(re.findall(r"tandem_\w+", words)) - known
            check(not strange, f"{path.name}: variable {variable['name']}: there is no {strange}")
    print(f"{panels} expressions, {filled} with an answer here")


def rules_name_metrics(known):
    text = re.sub(r"(?m)^ *(#.*|summary:.*|description:.*)$", "", RULE_FILE.read_text())
    strange = set(re.findall(r"\btandem[:_][\w:]+", text)) - known
    check(not strange, f"rules: there is no {strange}")


def a_key(rig):
    """That of a program that may look."""
    p = subprocess.run([rig.build / "tandem", "passwd", "--key", "prometheus", "viewer"],
                       capture_output=True, text=True, timeout=20)
    check(p.returncode == 0, p.stderr)
    users = rig.dir / "users"
    users.write_text(p.stdout)
    users.chmod(0o600)
    return re.search(r"[0-9a-f]{64}", p.stderr).group()


def strangers_get_nothing(rig):
    try:
        get(f"http://127.0.0.1:{rig.ports['http']}/metrics", "0" * 64)
    except urllib.error.HTTPError as e:
        check(e.code == 401, f"a wrong key: {e.code}")
        return
    raise Failed("a wrong key sees the metrics")


def without(text):
    """A machine with less says so; others run it."""
    print(f"left out: {text}")


def metrics(build):
    if not shutil.which("prometheus") or not shutil.which("promtool"):
        without("there is no Prometheus")
        return
    promtool("check", "rules", RULE_FILE)
    promtool("test", "rules", RULE_TEST)
    with Rig(build, RULES) as rig:
        base = rig.ports["sip"]
        rig.ports.update(http=base + 30, prometheus=base + 31)
        rig.plan.write_text(rig.plan.read_text().replace(
            "tandem.sock\n", f"tandem.sock, http 127.0.0.1:{rig.ports['http']} {{\n"
            f"    users {rig.dir}/users\n}}\n"))
        key = a_key(rig)
        rig.start()
        strangers_get_nothing(rig)
        prometheus = Prometheus(rig, key)
        prometheus.expect("count_over_time(tandem_build_info[1m]) >= bool 2", 1)
        calls(rig)
        ratios(prometheus)
        channels(rig, prometheus)
        known = known_names(the_text(rig, key))
        rules_name_metrics(known)
        boards(prometheus, known)


if __name__ == "__main__":
    sys.exit(main(metrics))
