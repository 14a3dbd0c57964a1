"""tshark as the judge of traces: it knows Q.921, Q.931 and SIP and has none of our code."""
import struct
import subprocess
import tempfile

# what every frame of a D channel is asked for
FIELDS = ("frame.number", "_ws.malformed", "_ws.expert.severity", "_ws.expert.message",
          "q931.message_type")
ERROR = 0x800000  # epan/proto.h: PI_ERROR
SETUP = 0x05  # Q.931 table 4-2
SECTION = 0x0a0d0d0a  # pcapng: the block that a section begins with
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


def sections(octets):
    """How many sections a pcapng file has: one for each time that it was begun or gone on with."""
    n = at = 0
    while at + 8 <= len(octets):
        kind, length = struct.unpack_from("=II", octets, at)
        n += kind == SECTION
        at += max(length, 12)
    return n


def setups_of_all(paths):
    """The SETUPs in each of the traces by one tshark, whose start is most of its work; raises
    ValueError when it finds anything wrong with any, or cannot tell them apart."""
    path_of = []
    with tempfile.NamedTemporaryFile(suffix=".pcapng") as whole:
        for path in paths:
            octets = path.read_bytes()
            n = sections(octets)
            if n == 0:
                raise ValueError(f"{path}: no section")
            path_of += [path] * n
            whole.write(octets)
        whole.flush()
        frames = fields(whole.name, "frame.section_number", *FIELDS, options=NO_QSIG)
    for complaint in complaints(paths[0], frames):
        raise ValueError(complaint)
    found = dict.fromkeys(paths, 0)
    for f in frames:
        found[path_of[int(f["frame.section_number"][0]) - 1]] += sum(
            int(t, 0) == SETUP for t in f["q931.message_type"])
    return found


def judge_all(paths):
    """judge() of each trace; one by one only when something is wrong."""
    try:
        return [(path, n, []) for path, n in setups_of_all(paths).items()] if paths else []
    except (ValueError, IndexError):
        return [(path, *judge(path)) for path in paths]
