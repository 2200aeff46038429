# SPDX-License-Identifier: Apache-2.0
"""Slices of a thread of our own, against what the kernel counts for it: how often it left its CPU
(status), how long it ran (schedstat, and its CPU's steal in stat). The thread is compared while it
sleeps; only sums grow while it runs."""

import os
import time
import unittest

import loads
import ringtally
from exposition import Exposition
from loads import Histogram
from ringtally import Daemon

SECONDS, SLICES = "ringtally_oncpu_seconds_total", "ringtally_slices_total"
SLICE, LONG = "ringtally_slice_seconds", "ringtally_long_slices_seconds_total"
LONG_NS = 1_000_000
DIFFERENCE_MAX = 0.01
SCRAPES, INTERVAL_S = 10, 0.5

SUMS = """\
ring: { size: 8MiB }
limits: { kernel_memory: 64MiB }
defaults: { max_series: 20000 }
metrics:
  - { name: oncpu_seconds_total, event: sched_oncpu, type: counter, value: duration, labels: [tid] }
"""
CONFIG = SUMS + """\
  - { name: slices_total, event: sched_oncpu, type: counter, labels: [tid, comm] }
  - { name: slice_seconds, event: sched_oncpu, type: histogram, value: duration,
      buckets: [100us, 1ms, 10ms], labels: [tid] }
  - { name: long_slices_seconds_total, event: sched_oncpu, type: counter, value: duration,
      labels: [tid], where: duration >= 1ms }
"""


def run_time(exposition, tid):
    return loads.exact_sum(exposition, SECONDS, tid=str(tid))


class Shown:
    """What a scrape shows of one thread, in events and ns."""

    def __init__(self, exposition, tid):
        tid = str(tid)
        self.sum = run_time(exposition, tid)
        self.slices = exposition.total(SLICES, tid=tid)
        self.slice = Histogram(exposition, SLICE, tid=tid)
        self.long = loads.exact_sum(exposition, LONG, tid=tid)


class Oncpu(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()
        ringtally.require_initial_namespace("pid")
        if not os.path.exists("/proc/self/schedstat"):
            raise unittest.SkipTest("this kernel has no schedstat (CONFIG_SCHED_INFO)")

    def start(self, *args):
        load = loads.Program("turns", *args, wait=True)
        self.addCleanup(load.kill)
        return load

    def check_ended(self, shown, switches):
        """The thread sleeps: each of its slices has been told, once and whole."""
        self.assertEqual(shown.slices, switches.voluntary + switches.preempted)
        self.assertEqual(shown.slice.count, shown.slices)
        self.assertEqual(shown.sum, shown.slice.sum)

    def test_whole_slices_are_counted_once(self):
        """While scrapes tell parts of them."""
        with Daemon(CONFIG) as daemon:
            load = self.start("--name=rt-turns", "--count=200", "--work=3000", "--sleep=500").go()
            end = time.monotonic() + 0.5
            while time.monotonic() < end:
                daemon.scrape()
            load.lines_until("quiet")
            switches = loads.Switches(load.pid)
            exposition = daemon.scrape()
            shown = Shown(exposition, load.pid)
            load.go().lines()
            ledger = daemon.stop()["sched_oncpu"]
        print(f"slices {shown.slices}: {switches.voluntary} + {switches.preempted} left; "
              f"{shown.slice.filled()}; final ledger: {ledger}", flush=True)
        self.check_ended(shown, switches)
        self.assertGreaterEqual(switches.voluntary, 200)
        long = {n for bound, n in shown.slice.filled().items() if bound is None or bound > LONG_NS}
        self.assertTrue(long)
        self.assertLessEqual(shown.long, shown.sum)
        self.assertGreaterEqual(shown.long, LONG_NS * sum(long))
        self.assertEqual([labels for labels, _ in loads.live(exposition, SLICES)
                          if labels["tid"] == "0" or labels["comm"].startswith("swapper/")], [])

    def measure(self, daemon, pid, cpu):
        """Ours, and the kernel's before and after it."""
        before = loads.run_time_ns(pid) + loads.steal_ns(cpu)
        answer = daemon.request("/metrics")
        after = loads.run_time_ns(pid) + loads.steal_ns(cpu)
        return run_time(Exposition(answer.body), pid), before, after

    def test_a_slice_that_runs_shows_in_sums(self):
        """Though its beginning may be one of those that the kernel does not tell of, and its CPU
        then looks idle: it begins when it shows."""
        cpu = max(os.sched_getaffinity(0))
        with Daemon(SUMS) as daemon:
            load = self.start("--name=rt-turns", f"--cpu={cpu}", "--work=20000000").go()
            begin = time.monotonic()
            end = begin + ringtally.PATIENCE_S
            while run_time(daemon.scrape(), load.pid) < 10_000_000:
                self.assertLess(time.monotonic(), end, "it does not show")
            print(f"shown after {time.monotonic() - begin:.2f} s", flush=True)
            first = last = self.measure(daemon, load.pid, cpu)
            for _ in range(SCRAPES):
                time.sleep(INTERVAL_S)
                now = self.measure(daemon, load.pid, cpu)
                self.assertGreater(now[0], last[0])
                last = now
            load.kill()
            daemon.stop()
        ours = last[0] - first[0]
        least, most = last[1] - first[2], last[2] - first[1]
        print(f"ours {ours / 1e6:.2f} ms, the kernel's {least / 1e6:.2f} to {most / 1e6:.2f} ms: "
              f"{ours / ((least + most) / 2) - 1:+.3%}", flush=True)
        self.assertGreaterEqual(ours, least * (1 - DIFFERENCE_MAX))
        self.assertLessEqual(ours, most * (1 + DIFFERENCE_MAX))
        self.assertGreater(ours, 0.2 * SCRAPES * INTERVAL_S * 1e9)


if __name__ == "__main__":
    ringtally.main()
