# SPDX-License-Identifier: Apache-2.0
"""The targets of bounded aggregation, from one run of `ringtally bench aggregators`: of all streams the
worst counts. BENCH_JSON names a run that is there already, or where to keep it."""

import json
import os
import re
import subprocess
import tempfile

from ringtally import binary

# What the bench calls them. The limits are stated here once more: the bench's own are not asked.
AT_LEAST = {
    "events a second and core": 10,  # millions
    "as fast as a growing exact table": 0.7,
    "the tracker's recall of the heaviest 100, Zipf": 1,
    "the tracker's recall of the heaviest 100, words": 0.97,
    "the tracker's recall of the heaviest 100, system calls": 0.98,
    "events in series of their own, in parts of what can be named knowing the future": 0.95,
    "events in series of their own, beside first come, first served, words": 2,
}
AT_MOST = {
    "memory of a counter of 1000 series": 256,  # KiB
    "memory that a counter took after its start": 0,
    "CPU time of an epoch of a counter of 10,000 series, p99": 1000,  # us
}
REPORTED = re.compile(r"aggregators: target (?:met|MISSED): (.+): ([-+.e\d]+)\S* .*\((.+)\), wanted")


def measure():
    with tempfile.TemporaryDirectory(prefix="ringtally-accept-") as folder:
        path = os.environ.get("BENCH_JSON", os.path.join(folder, "bench.json"))
        if not os.path.exists(path):
            subprocess.run([binary(), "bench", "aggregators", f"--json={path}"], check=True,
                           stdout=subprocess.DEVNULL)
        with open(path, encoding="utf-8") as file:
            return json.load(file)


def run(judge):
    print("-- bench: aggregators", flush=True)
    report = measure()
    found = {}
    for remark in report["remarks"]:
        print("     " + remark)
        reported = REPORTED.match(remark)
        if reported:
            found[reported[1]] = (float(reported[2]), reported[3])
    missing = set(AT_LEAST) | set(AT_MOST)
    judge("every target was measured", missing <= set(found),
          ", ".join(sorted(missing - set(found))) or f"{len(missing)} of them")
    for title, (value, where) in found.items():
        if title in AT_LEAST:
            judge.at_least(f"{title} ({where})", value, AT_LEAST[title])
        elif title in AT_MOST:
            judge.at_most(f"{title} ({where})", value, AT_MOST[title])
        else:
            judge(title, False, "a target that nobody here knows of")
