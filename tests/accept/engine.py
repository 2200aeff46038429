# SPDX-License-Identifier: Apache-2.0
"""What the engine may cost, from one run of `ringtally bench probe-cost`: each promise with its figure.
Status 0 when all hold. BENCH_JSON names a run that is there already, or where to keep it."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from bench_run import measure  # noqa: E402

HOOK = "tp_btf"

failures = []


def judge(title, value, limit, stretch=None, at_least=False):
    holds = value >= limit if at_least else value <= limit
    reached = "" if stretch is None else (
        f", stretch {stretch}{'' if value <= stretch else ' not'} reached")
    print(f"{'ok  ' if holds else 'FAIL'} {title}: {value:.3f}"
          f" (at {'least' if at_least else 'most'} {limit}{reached})", flush=True)
    if not holds:
        failures.append(title)


class Figures:
    def __init__(self, rows):
        self.rows = rows

    def row(self, program, key):
        return self.rows[f"{HOOK}/{program}/{key}"]

    def cost(self, program, key):
        """ns above the empty program."""
        return self.row(program, key)["above_empty"]

    def best_hash(self, key):
        return min(self.cost("hash", key), self.cost("percpu_hash", key))

    def both_sides(self, key):
        """Producer and consumer, ns per event."""
        return self.cost("combine", key) + self.row("combine", key)["consumer_ns"]

    def whole_call(self, program, key):
        return self.row(program, key)["median"]


def judge_keys(f):
    for key, limit, stretch in (("pid", 0.50, 0.40), ("pid+comm", 0.33, 0.22),
                                ("pid+comm+random", 0.75, 0.50),
                                ("pid+comm+latency", 0.40, 0.22)):
        judge(f"{key}: combine to the faster hash", f.cost("combine", key) / f.best_hash(key),
              limit, stretch)
    judge("pid+comm: combine to a table written by hand",
          f.cost("combine", "pid+comm") / f.cost("two_way", "pid+comm"), 1.5, 1.25)
    judge("rejected, to a hash by pid", f.cost("combine", "rejected") / f.cost("hash", "pid"),
          0.35)


def judge_streams(f):
    for key, limit in (("zipf1.0-1e5", 0.40), ("uniform-2e5", 0.25)):
        judge(f"{key}: producer and consumer, to the hash", f.both_sides(key) / f.cost("hash", key),
              limit)
        judge(f"{key}: lost", f.row("combine", key)["lost"], 0)
    judge("producer and consumer, 100,000 keys to 100",
          f.both_sides("zipf1.0-1e5") / f.both_sides("zipf1.0-1e2"), 3.5)
    judge("two CPUs on one key, to the hash",
          f.cost("combine", "contended") / f.cost("hash", "contended"), 0.20)
    # Both CPUs' events per second of their own CPU time, to those of one CPU by itself.
    judge("two producers, 200,000 keys: events per second of CPU time, to one producer",
          2 * f.whole_call("combine", "uniform-2e5") /
          f.whole_call("combine", "uniform-2e5-2cpu"), 1.8, at_least=True)


def judge_flush(rows):
    full = rows["flush/512-of-16384"]
    print(f"     full call: {full['note']}; other CPU: {rows['flush/512-of-16384/other-cpu']['note']}")
    judge("a full flush call, us", full["median"], 50)
    judge("... on the other CPU, more us",
          rows["flush/512-of-16384/other-cpu"]["median"] - full["median"], 50)
    small, large = rows["flush/16-of-1024"], rows["flush/16-of-16384"]
    judge("16 touched slots of 16384 to 16 of 1024, us more than the noise between calls",
          large["median"] - small["median"], max(small["hi"] - small["lo"], 0.5))


def main():
    rows = {row["subject"]: row for row in measure("probe-cost")["rows"]}
    figures = Figures(rows)
    judge_keys(figures)
    judge_streams(figures)
    judge_flush(rows)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
