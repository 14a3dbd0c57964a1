#!/usr/bin/env python3
"""The web page with a thousand calls: what Chromium counts of its frames and of what keeps it busy
(test/web/many.mjs). It is judged by the clock, so it wants the machine for itself."""
import sys

import sipscript
from rig import main, wait_for
from test_web import MANY, browse, browsed


def many_calls(rig):
    """A thousand, from SIP to SIP, answered and without a word; some come and go all the time. What
    a busy machine is too late for, and so fails, is called once more."""
    rig.sipp("far", sipscript.CALLED, calls=10 * MANY, local=rig.ports["peer"], host="127.0.0.2")
    rig.sipp("many", sipscript.CALLER, number="+4312345", calls=10 * MANY, rate=100,
             hold=600000, local=rig.ports["caller"] + 20, options=("-l", MANY))
    wait_for(f"{MANY} calls", 300, lambda: rig.status()["calls"] >= MANY, 0.5)
    rig.sipp("restless", sipscript.CALLER, number="+4367890", calls=10 * MANY, rate=5, hold=1000,
             local=rig.ports["caller"] + 22)


def test(build):
    # more than the rig has: of those that no other test takes
    with browsed(build, rtp_low=12000, rtp_high=12000 + 4 * MANY + 399) as rig:
        many_calls(rig)
        browse(rig, "many")


sys.exit(main(test))
