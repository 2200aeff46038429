# SPDX-License-Identifier: Apache-2.0
"""A ring that is too small: labels are lost, never numbers.

What is expected comes from the load's own count alone.
"""

import os
import signal
import time
import unittest

import ringtally
from exposition import LOST, OTHER
from ringtally import Daemon, Load

MAX_SERIES = 200
CALLS = 600_000  # at a thousand a millisecond: well over half a second
KEYS, COMMS, ALL = "ringtally_keys_total", "ringtally_comms_total", "ringtally_all_total"


def config():
    return f"""\
ring: {{ size: 64KiB }}
objects: ["{ringtally.probe("call")}"]
metrics:
  - {{ name: keys_total, event: test_call, type: counter, labels: [key], max_series: {MAX_SERIES} }}
  - {{ name: comms_total, event: test_call, type: counter, labels: [comm] }}
  - {{ name: all_total, event: test_call, type: counter }}
"""


def self_metric(exposition, term):
    return exposition.total(f"ringtally_self_events_{term}", event="test_call")


class Loss(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()

    def daemon(self):
        return Daemon(config())

    def check_books(self, exposition, ledger, made):
        """Every number there is, against the load's."""
        lost = ledger.lost
        self.assertEqual(ledger.seen, made)
        self.assertEqual(ledger.consumed + lost, made)
        for term, value in (("seen_total", made), ("consumed_total", made - lost),
                            ("lost_total", lost), ("pending", 0), ("fired_total", made),
                            ("filtered_total", 0)):
            self.assertEqual(self_metric(exposition, term), value, term)
        self.assertEqual(exposition.value(KEYS, key=LOST), lost)
        self.assertEqual(exposition.value(COMMS, comm=LOST), lost)
        self.assertEqual(exposition.value(COMMS, comm="rt-loss"), made - lost)
        self.assertEqual(exposition.value(COMMS, comm=OTHER), 0)
        self.assertEqual(exposition.value(ALL), made)

    def check_keys(self, exposition, made, lost):
        """Every key came once: a named series is 1, the others fold, all of it is what was made."""
        named = [(labels["key"], value) for labels, value in exposition.select(KEYS)
                 if labels["key"] not in (OTHER, LOST)]
        other = exposition.value(KEYS, key=OTHER)
        self.assertEqual({value for _, value in named}, {1})
        self.assertLessEqual(len(named), MAX_SERIES)
        self.assertLess(max(int(key) for key, _ in named), made)
        self.assertEqual(len(named) + other + lost, made)
        self.assertGreater(other, 0)
        return len(named), other

    def lose(self):
        """In the middle of the load the daemon stands still for 200 ms; its rings hold 2000 records
        each."""
        with self.daemon() as daemon:
            load = Load("--name=rt-loss", "--call=test", f"--count={CALLS}", "--counting",
                        "--pace=1000:1000", wait=True).go()
            time.sleep(0.1)
            daemon.send_signal(signal.SIGSTOP)
            time.sleep(0.2)
            in_the_middle = load.running()
            daemon.send_signal(signal.SIGCONT)
            made = load.made()
            exposition = daemon.scrape()
            ledger = daemon.stop()["test_call"]
        self.assertTrue(in_the_middle, "the load ended while the daemon stood still")
        self.assertEqual(made, CALLS)
        self.assertGreater(ledger.lost, 0)
        self.check_books(exposition, ledger, made)
        named, other = self.check_keys(exposition, made, ledger.lost)
        return f"made={made} named={named} other={other} lost={ledger.lost} ledger: {ledger}"

    def test_made_is_consumed_and_lost(self):
        n = ringtally.repetitions(3)
        good = 0
        for i in range(1, n + 1):
            with self.subTest(run=i):
                print(f"run {i}: {self.lose()}", flush=True)
                good += 1
        print(f"{good} of {n} runs exact", flush=True)

    def test_hammered_on_both_cpus(self):
        """As fast as it goes, more than the daemon can take."""
        cpus = sorted(os.sched_getaffinity(0))[:2]
        with self.daemon() as daemon:
            loads = [Load("--name=rt-loss", "--call=test", "--count=500000", "--counting",
                          f"--key={i * 500000}", f"--cpu={cpu}", wait=True)
                     for i, cpu in enumerate(cpus)]
            for load in loads:
                load.go()
            made = sum(load.made() for load in loads)
            exposition = daemon.scrape()
            ledger = daemon.stop()["test_call"]
        print(f"made={made} ledger: {ledger}", flush=True)
        self.assertEqual(made, 500000 * len(cpus))
        self.check_books(exposition, ledger, made)
        self.check_keys(exposition, made, ledger.lost)


if __name__ == "__main__":
    ringtally.main()
