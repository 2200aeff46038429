# SPDX-License-Identifier: Apache-2.0
"""When the kernel's tables are flushed: before a scrape, every flush_interval, and else never."""

import os
import time
import unittest

import ringtally
from ringtally import Daemon, Load, make_calls

CALLS = "ringtally_calls_total"
CONFIG = """\
objects: ["{probe}"]
{more}
metrics:
  - {{ name: calls_total, event: test_call, type: counter, labels: [key] }}
"""
BLOCK_ONLY = """\
metrics:
  - { name: io_total, event: block_io, type: counter }
"""


def wakeups(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        for line in status:
            if line.startswith("voluntary_ctxt_switches:"):
                return int(line.split()[1])
    raise AssertionError("no voluntary_ctxt_switches")


class Flush(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()

    def daemon(self, more=""):
        return Daemon(CONFIG.format(probe=ringtally.probe("call"), more=more))

    def test_a_scrape_shows_what_happened_before_it(self):
        """Nothing has left the tables when the scrape arrives: few keys, a long interval."""
        with self.daemon("flush_interval: 1h") as daemon:
            total = 0
            for i in range(ringtally.repetitions(20)):
                total += make_calls("--call=test", f"--count={100 + i}", "--key=7")
                self.assertEqual(daemon.scrape().value(CALLS, key="7"), total)
            ledger = daemon.stop()["test_call"]
        self.assertEqual(ledger.consumed, total)

    def test_without_scrapes_numbers_are_as_old_as_the_interval(self):
        """The state on a signal is not a scrape: it does not flush."""
        with self.daemon("flush_interval: 200ms") as daemon:
            made = make_calls("--call=test", "--count=1000", "--key=7")
            end = time.monotonic() + ringtally.PATIENCE_S
            consumed = 0
            while consumed < made and time.monotonic() < end:
                time.sleep(0.1)
                daemon.send_signal(ringtally.signal.SIGUSR1)
                consumed = int(daemon.wait_log("state")["consumed"])
            self.assertEqual(consumed, made)
            daemon.stop()

    def test_where_the_kernel_has_no_loops(self):
        with Daemon("""\
objects: ["%s"]
metrics:
  - { name: calls_total, event: test_loopless, type: counter, labels: [key] }
""" % ringtally.probe("loopless")) as daemon:
            made = make_calls("--call=test", "--count=1000")
            self.assertEqual(daemon.scrape().value(CALLS, key="7"), made)
            daemon.stop()

    def test_marks_balance_under_load(self):
        cpus = sorted(os.sched_getaffinity(0))[:2]
        with self.daemon("flush_interval: 100ms\nring: { size: 64KiB }") as daemon:
            loads = [Load("--call=test", "--count=400000", "--counting", f"--key={i * 10**7}",
                          f"--cpu={cpu}", wait=True) for i, cpu in enumerate(cpus)]
            for load in loads:
                load.go()
            exposition, _ = ringtally.scrape_while(daemon, loads[0].running)
            made = sum(load.made() for load in loads)
            self.assertEqual(
                exposition.value("ringtally_self_ledger_marks_off_total", event="test_call"), 0)
            self.assertGreater(
                exposition.value("ringtally_self_ledger_marks_total", event="test_call"), 0)
            self.assertGreater(
                exposition.value("ringtally_self_combine_evictions_total", event="test_call"), 0)
            ledger = daemon.stop()["test_call"]
        self.assertEqual(ledger.consumed + ledger.lost, made)

    def test_idle_is_idle(self):
        """Five seconds with hardly any event: a wake-up per flush interval, and little else."""
        seconds = 5
        with Daemon(BLOCK_ONLY) as daemon:
            time.sleep(1)
            before = wakeups(daemon.pid)
            time.sleep(seconds)
            woken = wakeups(daemon.pid) - before
            daemon.stop()
        print(f"{woken} wake-ups in {seconds} s", flush=True)
        self.assertLess(woken, 10 * seconds)


if __name__ == "__main__":
    ringtally.main()
