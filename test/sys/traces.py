"""tshark as the judge of traces: it knows Q.921, Q.931 and SIP and has none of our code."""
import subprocess

# what every frame of a D channel is asked for
FIELDS = ("frame.number", "_ws.malformed", "_ws.expert.severity", "_ws.expert.message",
          "q931.message_type")
ERROR = 0x800000  # epan/proto.h: PI_ERROR
SETUP = 0x05  # Q.931 table 4-2
# operation numbers that ETSI and QSIG both use are read as QSIG's
NO_QSIG = ("--disable-protocol", "qsig")


def fields(path, *names, only=None, options=()):
    """The fields of each packet as a dictionary; several values of one field are a list of their
    own each."""
    argv = ["tshark", "-r", path, "-T", "fields", "-E", "separator=/t", "-E", "aggregator=|",
            *options]
    for name in names:
        argv += ["-e", name]
    if only:
        argv += ["-Y", only]
    p = subprocess.run(argv, capture_output=True, text=True, timeout=120)
    if p.returncode != 0:
        raise ValueError(f"{path}: {p.stderr.strip()}")
    return [dict(zip(names, (value.split("|") if value else [] for value in line.split("\t"))))
            for line in p.stdout.splitlines()]


def complaints(path, frames):
    """What is wrong with the frames of a D channel."""
    for f in frames:
        wrong = any(int(s) >= ERROR for s in f["_ws.expert.severity"])
        if f["_ws.malformed"] or wrong:
            yield f"{path.name}: frame {f['frame.number'][0]}: {f['_ws.expert.message']}"


def judge(path, options=NO_QSIG):
    """How many SETUPs the D channel's trace has, and what is wrong with it; a QSIG line needs other
    options."""
    try:
        frames = fields(path, *FIELDS, options=options)
    except ValueError as e:
        return 0, [str(e)]
    setups = sum(int(t, 0) == SETUP for f in frames for t in f["q931.message_type"])
    return setups, list(complaints(path, frames))
