# SPDX-License-Identifier: Apache-2.0
"""Absences of a thread of our own, against its own count of sleeps and what the kernel counts for
it. It sleeps when the daemon starts to be compared and when it ends, so each time that it left by
then but the last is an absence that is over."""

import unittest

import loads
import ringtally
from loads import Histogram, Switches
from ringtally import Daemon

AWAY, TIMES_AWAY = "ringtally_away_seconds", "ringtally_times_away_total"
TURNS, SLEEP_US, WORK_US = 300, 2000, 200
INACCURACY_US = 100  # of when a sleep begins
STEAL_MAX = 0.02  # of the time away, where the kernel did not tell of a return

CONFIG = """\
ring: { size: 8MiB }
limits: { kernel_memory: 64MiB }
defaults: { max_series: 20000 }
metrics:
  - { name: away_seconds, event: sched_offcpu, type: histogram, value: duration, buckets: log2,
      labels: [tid, state], where: not comm starts_with kworker }
  - { name: times_away_total, event: sched_offcpu, type: counter, labels: [comm, state, tid] }
"""


class Offcpu(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()
        ringtally.require_initial_namespace("pid")

    def test_sleeps(self):
        with Daemon(CONFIG) as daemon:
            load = loads.Program("turns", "--name=rt-away", f"--count={TURNS}",
                                 f"--work={WORK_US}", f"--sleep={SLEEP_US}", wait=True)
            self.addCleanup(load.kill)
            first, before = Switches(load.pid), daemon.scrape()
            load.go()
            (made,) = load.lines_until("quiet")
            last, after = Switches(load.pid), daemon.scrape()
            load.go().lines()
            ledger = daemon.stop()["sched_offcpu"]
        tid = str(load.pid)

        def count(state):
            return sum(sign * shown.total(TIMES_AWAY, tid=tid, state=state)
                       for sign, shown in ((1, after), (-1, before)))

        left = last.voluntary - first.voluntary
        preempted = last.preempted - first.preempted
        asleep = Histogram(after, AWAY, tid=tid, state="interruptible")
        slept = asleep.sum - Histogram(before, AWAY, tid=tid, state="interruptible").sum
        print(f"made {made}, left {left}, preempted {preempted}; interruptible "
              f"{count('interruptible')}, running {count('running')}, slept {slept / 1e6:.2f} ms; "
              f"final ledger: {ledger}", flush=True)
        states = {labels["state"] for labels, _ in loads.live(after, TIMES_AWAY, tid=tid)}
        self.assertLessEqual(states, {"interruptible", "running", "uninterruptible"})
        self.assertEqual(sum(count(state) for state in states), left + preempted)
        self.assertEqual(count("running"), preempted)
        # Each sleep, and the wait for the line that made it go; other waits are for memory.
        self.assertEqual(count("interruptible"), made["made"] + 1)
        self.assertEqual(count("uninterruptible"), left - made["made"] - 1)
        self.assertEqual(after.total(TIMES_AWAY, tid=tid), after.total(AWAY + "_count", tid=tid))
        below = sum(n for bound, n in asleep.buckets.items()
                    if bound is not None and bound < (SLEEP_US - INACCURACY_US) * 1000)
        first_away = Histogram(before, AWAY, tid=tid, state="interruptible").count
        self.assertLessEqual(below, first_away + 1)
        self.assertGreaterEqual(slept, TURNS * (SLEEP_US - INACCURACY_US) * 1000)
        self.assertEqual([labels for labels, _ in loads.live(after, TIMES_AWAY)
                          if labels["tid"] == "0" or labels["comm"].startswith("swapper/")], [])


if __name__ == "__main__":
    ringtally.main()
