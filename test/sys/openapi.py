"""What the API's OpenAPI document says, held against what the API does; and requests made of it that
nobody should send."""
import random
import re
import urllib.parse

from rig import check

# What stands for each parameter where its row is asked for.
SAMPLES = dict(name="pbx", span=1, number="+4930123001", id=1, table="deck:alpha:alpha-1.csv",
               channel=1, trunk="pbx")
# Rows that cannot answer 200 without more: a number that says where a call comes from.
QUERIES = {"/routes/explain": "?number=%2B4930123001&from=pbx",
           "/routes": "", "/series": "?minutes=true", "/alarms": "?all=true", "/calls": "?all=true"}
# These end the test, or lock it out.
SPARED = {"/stop", "/drain", "/session", "/accounts/{name}"}

KINDS = dict(string=str, boolean=bool, object=dict, array=list, number=(int, float))


def operations(document):
    for path, methods in document["paths"].items():
        for method, op in methods.items():
            yield path, method.upper(), op


def fill(path, values):
    """The path with a value for each parameter."""
    def one(match):
        value = values.get(match[1], SAMPLES.get(match[1], "1"))
        return urllib.parse.quote(str(value), safe="")
    return re.sub(r"\{(\w+)\}", one, path)


def is_a(value, kind):
    if isinstance(kind, list):
        return value is None or is_a(value, kind[0])
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number" and isinstance(value, bool):
        return False
    return isinstance(value, KINDS[kind])


class Judge:
    """Every member of every line is described, with its type."""

    def __init__(self, document):
        self.document = document
        self.schemas = document["components"]["schemas"]
        self.seen = set()
        self.fields = 0
        self.wrong = []

    def get(self, client, path, **values):
        op = self.document["paths"][path]["get"]
        content = op["responses"]["200"]["content"]
        answer = client.get(fill(path, values) + QUERIES.get(path, ""))
        check(answer.status == 200, f"GET {path}: {answer}")
        check(answer.type in content, f"GET {path}: type {answer.type}, not {list(content)}")
        if answer.type == "application/json" and path != "/openapi.json":
            self.body(path, answer, content[answer.type]["schema"])
        check(not self.wrong, f"not as described:\n" + "\n".join(sorted(set(self.wrong))))

    def body(self, path, answer, schema):
        one = schema["properties"]["items"]["items"]
        known = {r["$ref"].split("/")[-1] for r in one.get("oneOf", [])}
        check(set(answer.json) == {"items", "note"}, f"GET {path}: {set(answer.json)}")
        for item in answer.items:
            kind = item.get("type")
            if kind not in known:
                self.wrong.append(f"GET {path}: a line of type {kind}: "
                                  f"{ {k: type(v).__name__ for k, v in item.items()} }")
            else:
                self.line(kind, item)

    def line(self, kind, item):
        fields = self.schemas[kind]["properties"]
        for name, value in item.items():
            if name == "type":
                continue
            self.seen.add((kind, name))
            self.fields += 1
            if name not in fields:
                self.wrong.append(f"{kind}.{name} is not described: {value!r}")
            elif not is_a(value, fields[name]["type"]):
                self.wrong.append(f"{kind}.{name} is no {fields[name]['type']}: {value!r}")

    def unseen(self):
        """Members that are described and that no answer had."""
        return sorted(f"{kind}.{name}" for kind, s in self.schemas.items() if kind != "problem"
                      for name in s["properties"] if name != "type"
                      and (kind, name) not in self.seen)


# ---- requests that nobody should send ----

TEXTS = ["", "0", "-1", "--all", "--reason", "x" * 5000, "%", "%s%n", "é€𝔘",
         "a\u0301", "\ufeff", "'; drop table cdr;--", "../../etc/passwd", "..", ".", "*", "+49" * 60,
         "{x}", "\n", "\r\nX: y", "\t", '"', "\\", "9" * 40, "1e9", "NaN", "null", "true", "pbx",
         "pri/1", "alpha", "+4930123001", "5min", "on"]
VALUES = TEXTS + [None, True, False, 0, -1, 2 ** 31, 2 ** 63, 1.5, [], {}, [[[[]]]], {"a": {}}, ["x"]]
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "get", "FOO"]
BODIES = ["", "{", "[]", "null", "\"x\"", "{}" * 2, "[" * 3000, "\x00", "{\"a\":1,\"a\":2}",
          "{\"reason\":\"\\ud800\"}", b"\xff\xfe", "{\"reason\":\"\\u0000\"}", "9" * 5000]
TRICKS = ["/%2e%2e/status", "//status", "/status/", "/calls/%00", "/calls/%ff", "/calls/%c0%ae",
          "/trunks/..%2f..%2fetc", "/calls?" + "a=1&" * 100, "/" + "a/" * 500, "/calls/%",
          "/calls/" + "%41" * 2000, "/status;x=1", "/status#x", "/calls?all=1&all=1", "/%7Bid%7D"]


def a_request(rnd, ops):
    """Method, path, body, its type."""
    if rnd.random() < 0.1:
        return rnd.choice(METHODS), rnd.choice(TRICKS), None, "application/json"
    path, method, op = rnd.choice(ops)
    values = {name: rnd.choice(TEXTS + [SAMPLES.get(name, "1")] * 30)
              for name in re.findall(r"\{(\w+)\}", path)}
    target = fill(path, values)
    names = [p["name"] for p in op.get("parameters", []) if p["in"] == "query"] + ["nonsense"]
    query = [(rnd.choice(names), rnd.choice(TEXTS)) for _ in range(rnd.choice((0, 0, 1, 2, 3)))]
    if query:
        target += "?" + urllib.parse.urlencode(query)
    if rnd.random() < 0.05:
        method = rnd.choice(METHODS)
    if method == "GET":
        return method, target, None, "application/json"
    if rnd.random() < 0.2:
        return method, target, rnd.choice(BODIES), rnd.choice(("application/json", "text/csv", "x"))
    schema = op.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    names = list(schema["properties"]) if schema else []
    body = {n: rnd.choice(VALUES) for n in names if rnd.random() < 0.7}
    if rnd.random() < 0.1:
        body[rnd.choice(TEXTS)] = rnd.choice(VALUES)
    return method, target, body, "application/json"


def fuzz(client, document, count, seed=1):
    """How many were sent; each is answered, with a status that says what is wrong."""
    rnd = random.Random(seed)
    ops = [o for o in operations(document) if o[0] not in SPARED and o[0] != "/events"]
    statuses = {}
    for _ in range(count):
        method, target, body, kind = a_request(rnd, ops)
        answer = client.ask(method, target, body, kind=kind)
        statuses[answer.status] = statuses.get(answer.status, 0) + 1
        check(answer.status < 500 or answer.status in (501, 503), f"{method} {target} {body!r}: {answer}")
        if answer.status >= 400 and method != "HEAD" and answer.type == "application/problem+json":
            check(answer.json["status"] == answer.status, f"{method} {target}: {answer}")
    check(statuses.get(200, 0) > count // 20 and statuses.get(400, 0) > count // 20,
          f"the fuzzer is no fuzzer: {statuses}")
    return sum(statuses.values())
