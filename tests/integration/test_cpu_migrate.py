# SPDX-License-Identifier: Apache-2.0
"""A task that has itself moved between two CPUs: each move once, and as many as the kernel counts
for the task."""

import os
import unittest

import loads
import ringtally
from ringtally import Daemon

MOVES = "ringtally_moves_total"
CONFIG = """\
defaults: { max_series: 20000 }
metrics:
  - { name: moves_total, event: cpu_migrate, type: counter, labels: [tid, from, to] }
"""
COUNT = 1000


def counted_by_the_kernel(tid):
    """None where it does not tell (CONFIG_SCHED_DEBUG, before 6.15)."""
    path = f"/proc/{tid}/sched"
    if not os.path.exists(path):
        return None
    with open(path, encoding="ascii") as sched:
        return next(int(line.split(":")[1]) for line in sched
                    if line.startswith("se.nr_migrations"))


class CpuMigrate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()
        ringtally.require_initial_namespace("pid")

    @staticmethod
    def moves(exposition, tid):
        return {(labels["from"], labels["to"]): value
                for labels, value in loads.live(exposition, MOVES, tid=str(tid))}

    def test_moves(self):
        cpus = sorted(os.sched_getaffinity(0))
        if len(cpus) < 2:
            self.skipTest("there is one CPU only")
        here, there = str(cpus[0]), str(cpus[-1])
        with Daemon(CONFIG) as daemon:
            load = loads.Program("hops", "--name=rt-hops", f"--cpus={here},{there}",
                                 f"--count={COUNT}", wait=True)
            self.addCleanup(load.kill)
            before = self.moves(daemon.scrape(), load.pid)
            (made,) = load.go().lines_until("quiet")
            after = self.moves(daemon.scrape(), load.pid)
            theirs = counted_by_the_kernel(load.pid)
            load.go().lines()
            ledger = daemon.stop()["cpu_migrate"]
        moved = {way: n - before.get(way, 0) for way, n in after.items() if n > before.get(way, 0)}
        print(f"made {made['made']}: {moved}; in all {sum(after.values())}, the kernel's {theirs}; "
              f"{ledger}", flush=True)
        self.assertEqual(moved, {(here, there): COUNT // 2, (there, here): COUNT // 2})
        if theirs is not None:
            self.assertEqual(sum(after.values()), theirs)
        self.assertEqual([way for way in after if way[0] == way[1]], [])
        self.assertEqual(ledger.lost, 0)


if __name__ == "__main__":
    ringtally.main()
