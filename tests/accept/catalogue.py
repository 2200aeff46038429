# SPDX-License-Identifier: Apache-2.0
"""catalogue.py LINE...: what the events count, as others see it: tools of other people, /proc, the
loads' own counts. The binary as shipped. Status 0 when all holds."""

import functools
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

import catalogue_oracles  # noqa: E402
import catalogue_proc  # noqa: E402
import catalogue_selftest  # noqa: E402
import start_events  # noqa: E402
from judge import Judge  # noqa: E402

LINES = {
    **{tool: functools.partial(catalogue_oracles.run, tool=tool)
       for tool in catalogue_oracles.ORACLES},
    **{f"proc-{source}": functools.partial(catalogue_proc.run, source=source)
       for source in catalogue_proc.SOURCES},
    "start": start_events.run,
    "selftest": catalogue_selftest.run,
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
