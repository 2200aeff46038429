# SPDX-License-Identifier: Apache-2.0
"""The timers that a thread of our own makes the kernel start are counted as such, by what they
call. Sleeps, whose timers are of another kind, are none."""

import re
import unittest

import loads
import ringtally
from ringtally import Daemon

TIMERS = "ringtally_timers_total"
TIMEOUT = "process_timeout"  # kernel/time/sleep_timeout.c, kernel/time/timer.c
RECEIVES, SLEEPS = 200, 50

CONFIG = f"""\
metrics:
  - {{ name: timers_total, event: timer_start, type: counter, labels: [function, tgid] }}
"""


class Timer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()
        ringtally.require_initial_namespace("pid")
        with open("/proc/kallsyms", encoding="ascii") as symbols:
            if not any(line.split()[2] == TIMEOUT and int(line.split()[0], 16)
                       for line in symbols):
                raise unittest.SkipTest(f"this kernel does not show where {TIMEOUT} is")

    def count(self, load):
        """Waits until the load is quiet: timers of its process by function."""
        self.addCleanup(load.kill)
        with Daemon(CONFIG) as daemon:
            lines = load.go().lines_until("quiet")
            shown = daemon.scrape()
            load.go().lines()
            ledger = daemon.stop()["timer_start"]
        found = {labels["function"]: value
                 for labels, value in loads.live(shown, TIMERS, tgid=str(load.pid))}
        print(f"made {lines}, {found}; final ledger: {ledger}", flush=True)
        self.assertEqual(ledger.lost, 0)
        return lines, found, shown

    def test_timeouts(self):
        (_, made), found, shown = self.count(
            loads.Program("sockets", "--name=rt-timer", f"--receive={RECEIVES}", wait=True))
        self.assertEqual(made["timeouts"], RECEIVES)
        self.assertEqual(found.get(TIMEOUT), RECEIVES)
        functions = {labels["function"] for labels, _ in loads.live(shown, TIMERS)}
        print(f"all functions: {sorted(functions)}", flush=True)
        self.assertLessEqual({f for f in functions if not re.fullmatch(r"[A-Za-z_]\w*(\.\w+)*", f)},
                             set(), "something that is no symbol")
        self.assertEqual([f for f in functions if re.search(r"[0-9a-f]{8}", f)], [])

    def test_sleeps(self):
        (made,), found, _ = self.count(
            loads.Program("turns", "--name=rt-timer", f"--count={SLEEPS}", "--sleep=1000",
                          wait=True))
        self.assertEqual(made["made"], SLEEPS)
        self.assertNotIn(TIMEOUT, found)


if __name__ == "__main__":
    ringtally.main()
