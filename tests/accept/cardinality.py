# SPDX-License-Identifier: Apache-2.0
"""cardinality.py LINE...: what the limits of series promise, as one sees it from outside: real
events, the binary as shipped, the loads' own counts for the truth. Status 0 when all holds."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

import cardinality_bench  # noqa: E402
import cardinality_clock  # noqa: E402
import cardinality_scale  # noqa: E402
import cardinality_storm  # noqa: E402
import churn  # noqa: E402
from judge import Judge  # noqa: E402

LINES = {
    "prometheus": churn.run,
    "storm": cardinality_storm.run,
    "clock": cardinality_clock.run,
    "scale": cardinality_scale.run,
    "bench": cardinality_bench.run,
}


def main():
    wanted = sys.argv[1:] or list(LINES)
    for line in wanted:
        if line not in LINES:
            sys.exit(f"'{line}' is none of {', '.join(LINES)}")
    judge = Judge()
    for line in wanted:
        LINES[line](judge)
    judge.end()


if __name__ == "__main__":
    main()
