# SPDX-License-Identifier: Apache-2.0
"""`ringtally selftest` holds on this machine, is quick, and fits on a screen."""

import time

from ringtally import Ended

LINES_MAX, SECONDS_MAX = 25, 20


def run(judge):
    print("-- selftest", flush=True)
    begin = time.monotonic()
    ended = Ended("selftest", timeout=10 * SECONDS_MAX)
    took = time.monotonic() - begin
    print(ended.stdout + ended.stderr, end="", flush=True)
    judge.equal("exit status of selftest", ended.status, 0)
    judge.at_most("lines of selftest", len((ended.stdout + ended.stderr).splitlines()), LINES_MAX)
    judge.at_most("selftest took", took, SECONDS_MAX, " s")
