#!/usr/bin/env python3
"""The web page when answers come late and in another order than they were asked for, in a real
browser (test/web/late.mjs)."""
import sys

from rig import main
from test_web import browse, browsed, one_call


def test(build):
    with browsed(build) as rig:
        call = one_call(rig, "030123001", "connected", 10)
        browse(rig, "late", call=call["call"], answered="+4930123001")


sys.exit(main(test))
