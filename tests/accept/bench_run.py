# SPDX-License-Identifier: Apache-2.0
"""One run of a suite of `ringtally bench`, and its targets: of all that was measured for one, the worst
counts. BENCH_JSON names a run that is there already, or where to keep it."""

import json
import os
import re
import subprocess
import tempfile

from ringtally import binary

REPORTED = re.compile(r"[\w-]+: target (?:met|MISSED): (.+): ([-+.e\d]+)\S* .*\((.+)\), wanted")


def measure(suite):
    """The report, with its remarks printed."""
    with tempfile.TemporaryDirectory(prefix="ringtally-accept-") as folder:
        path = os.environ.get("BENCH_JSON", os.path.join(folder, "bench.json"))
        if not os.path.exists(path):
            subprocess.run([binary(), "bench", suite, f"--json={path}"], check=True,
                           stdout=subprocess.DEVNULL)
        with open(path, encoding="utf-8") as file:
            report = json.load(file)
    for remark in report["remarks"]:
        print("     " + remark)
    return report


def judge_targets(judge, suite, at_least, at_most):
    """Limits by what the bench calls its targets: its own are not asked."""
    print(f"-- bench: {suite}", flush=True)
    reported = [REPORTED.match(remark) for remark in measure(suite)["remarks"]]
    found = {r[1]: (float(r[2]), r[3]) for r in reported if r}
    missing = set(at_least) | set(at_most)
    judge("every target was measured", missing <= set(found),
          ", ".join(sorted(missing - set(found))) or f"{len(missing)} of them")
    for title, (value, where) in found.items():
        if title in at_least:
            judge.at_least(f"{title} ({where})", value, at_least[title])
        elif title in at_most:
            judge.at_most(f"{title} ({where})", value, at_most[title])
        else:
            judge(title, False, "a target that nobody here knows of")
