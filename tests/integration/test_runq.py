# SPDX-License-Identifier: Apache-2.0
"""Run-queue waits of threads of our own, against what the kernel counts for each thread.

Its schedstat has how often a thread got a CPU after waiting (pcount) and how long it waited in all
(run_delay). The load's threads are born when the daemon watches, so both begin at 0, and they sleep
when they are compared, so neither goes on.
"""

import os
import unittest

import loads
import ringtally
from loads import Histogram
from ringtally import Daemon

WAIT, WAITS, WAITED = "ringtally_wait_seconds", "ringtally_waits_total", "ringtally_waited_seconds_total"
DIFFERENCE_MAX = 0.05
SEEN_FROM_IDLE_MIN = 0.95
RUNS = 3

CONFIG = """\
ring: { size: 8MiB }
limits: { kernel_memory: 64MiB }
metrics:
  - { name: wait_seconds, event: runq_wait, type: histogram, value: wait, buckets: log2,
      labels: [tid, comm], max_series: 20000 }
  - { name: waits_total, event: runq_wait, type: counter, labels: [comm, cpu],
      where: comm starts_with rt-runq }
  - { name: waited_seconds_total, event: runq_wait, type: counter, value: wait,
      labels: [comm], where: comm == rt-runq }
"""


class Runq(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()
        ringtally.require_initial_namespace("pid")
        if not os.path.exists("/proc/self/schedstat"):
            raise unittest.SkipTest("this kernel has no schedstat (CONFIG_SCHED_INFO)")

    def check_thread(self, exposition, thread):
        """Prints its line; whether that is as it should be."""
        ours = Histogram(exposition, WAIT, tid=str(thread["tid"]), comm="rt-runq")
        off = abs(ours.sum - thread["run_delay"]) / thread["run_delay"]
        manner = ("works", "yields", "sleeps")[thread["manner"]]
        print(f"tid {thread['tid']} {manner:6}: count {ours.count}, pcount {thread['pcount']} "
              f"(own {thread['own_pcount']}); sum {ours.sum / 1e6:.1f} ms, run_delay "
              f"{thread['run_delay'] / 1e6:.1f} ms, {off:.3%} off", flush=True)
        self.assertEqual(sum(ours.buckets.values()), ours.count)
        good = abs(ours.count - thread["pcount"]) <= 1 and \
            abs(ours.count - thread["own_pcount"]) <= 1 and off <= DIFFERENCE_MAX
        return good

    def take_turns(self, cpu):
        """One run; whether every thread is as it should be."""
        with Daemon(CONFIG) as daemon:
            load = loads.Program("runq", "--name=rt-runq", f"--cpu={cpu}", "--threads=6",
                                 f"--ms={10000 if loads.long_form() else 2000}", wait=True)
            self.addCleanup(load.kill)
            load.go()
            threads = load.lines_until("quiet")
            shown = daemon.scrape()
            load.go().lines()
            ledger = daemon.stop()["runq_wait"]
        print(f"final ledger: {ledger}", flush=True)
        self.assertEqual(ledger.lost, 0)
        self.assertEqual(len(threads), 6)
        good = [self.check_thread(shown, thread) for thread in threads]
        self.check_other_metrics(shown, cpu, load.pid)
        return all(good)

    def test_threads_of_one_cpu(self):
        """Which is never idle: on some kernels a switch from the idle task, and very seldom one from
        another task, passes no tracepoint (ftrace misses the same ones, while all switches away from
        the thread are there). The kernel counts it and nobody else can, hence the further runs."""
        cpu = max(os.sched_getaffinity(0))
        for run in range(1, RUNS + 1):
            if self.take_turns(cpu):
                print(f"as it should be in run {run} of {RUNS} at most", flush=True)
                return
        self.fail("see the lines above")

    def check_other_metrics(self, shown, cpu, pid):
        """The same events by other labels."""
        by_cpu = {labels["cpu"]: n for labels, n in shown.select(WAITS, comm="rt-runq")}
        self.assertEqual(sum(by_cpu.values()), shown.total(WAIT + "_count", comm="rt-runq"))
        main = shown.value(WAIT + "_count", comm="rt-runq", tid=str(pid)) or 0
        self.assertLessEqual(sum(n for c, n in by_cpu.items() if c != str(cpu)), main)
        self.assertEqual(loads.exact_sum(shown, WAITED, comm="rt-runq"),
                         loads.exact_sum(shown, WAIT + "_sum", comm="rt-runq"))
        self.assertEqual({labels["comm"] for labels, _ in loads.live(shown, WAITED)}, {"rt-runq"})

    def test_cpu_that_falls_idle(self):
        """The idle task does not wait. Nearly all switches from it are seen (see above)."""
        with Daemon(CONFIG) as daemon:
            load = loads.Program("runq", "--name=rt-runq", "--threads=3", "--ms=500", "--idle",
                                 wait=True)
            self.addCleanup(load.kill)
            load.go()
            threads = load.lines_until("quiet")
            shown = daemon.scrape()
            load.go().lines()
            daemon.stop()
        for thread in threads:
            ours = shown.value(WAIT + "_count", tid=str(thread["tid"]), comm="rt-runq")
            self.assertGreaterEqual(ours, SEEN_FROM_IDLE_MIN * thread["pcount"] - 1)
            self.assertLessEqual(ours, thread["pcount"] + 1)
        series = [labels for labels, _ in loads.live(shown, WAIT + "_count")]
        self.assertGreater(len(series), len(threads))
        self.assertEqual([labels for labels in series if labels["tid"] == "0" or
                          labels["comm"].startswith("swapper/")], [])


if __name__ == "__main__":
    ringtally.main()
