# SPDX-License-Identifier: Apache-2.0
"""/api/v1/ledger of a running daemon, against what the loads say they made."""

import json
import unittest

import ringtally
from ringtally import Daemon, Load, make_calls

PATH = "/api/v1/ledger"
CALLS, SOME = "ringtally_calls_total", "ringtally_some_total"
CONFIG = """\
metrics:
  - { name: calls_total, event: syscall_enter, type: counter, labels: [comm, syscall], max_series: 20 }
  - { name: some_total, event: syscall_enter, type: counter, labels: [comm],
      where: comm == rt-ledger and syscall == getppid }
  - { name: wait_seconds, event: runq_wait, type: histogram, value: wait, buckets: log2 }
  - { name: waited_seconds_total, event: runq_wait, type: counter, value: wait }
"""
TINY = """\
ring: { size: 64KiB }
events: { syscall_enter: { delivery: stream } }
metrics:
  - { name: calls_total, event: syscall_enter, type: counter, labels: [comm, syscall] }
  - { name: all_total, event: syscall_enter, type: counter }
"""


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()

    def ledger(self, daemon):
        """Events and metrics by name; what must hold in every ledger is checked."""
        answer = daemon.request(PATH)
        self.assertEqual((answer.status, answer.headers["Content-Type"]),
                         (200, "application/json"))
        ledger = json.loads(answer.text)
        events = {event["event"]: event for event in ledger["events"]}
        metrics = {metric["metric"]: metric for metric in ledger["metrics"]}
        for event in events.values():
            self.check_event(event)
        for metric in metrics.values():
            self.check_metric(metric)
        self.assertIs(ledger["balanced"], True)
        return events, metrics

    def check_event(self, event):
        self.assertEqual(event["fired"], event["seen"] + event["unpaired"] + event["skipped"])
        self.assertEqual(event["seen"], event["filtered"] + event["accepted"])
        self.assertIs(event["balanced"], True)
        marks = event["marks"]
        self.assertEqual(marks["off"], 0)
        for term in ("accepted", "consumed", "lost"):
            self.assertEqual(marks[term], sum(cpu[term] for cpu in marks["cpus"]))
            self.assertLessEqual(marks[term], event[term] if term != "lost" else
                                 sum(event["lost"].values()))
        for books in (marks, *marks["cpus"]):
            self.assertEqual(books["accepted"], books["consumed"] + books["lost"])

    def check_metric(self, metric):
        self.assertAlmostEqual(metric["total"], metric["series"] + metric["other"] +
                               metric["lost"] + metric["retired"], places=6)
        if metric["expected"]:
            self.assertEqual(metric["total"], sum(metric["expected"].values()))


class Ledger(Case):
    def test_balances_while_events_go_on(self):
        """Two CPUs at work, asked again and again."""
        with Daemon(CONFIG) as daemon:
            loads = [Load("--name=rt-ledger", "--count=400000", f"--cpu={cpu}") for cpu in (0, 1)]
            asked = 0
            while any(load.running() for load in loads):
                self.ledger(daemon)
                asked += 1
            made = sum(load.made() for load in loads)
            events, metrics = self.ledger(daemon)
            daemon.stop()
        print(f"{asked} ledgers while {made} calls were made: {metrics[CALLS]}, {metrics[SOME]}",
              flush=True)
        self.assertGreater(asked, 3)
        self.assertEqual(metrics[SOME]["total"], made)
        self.assertIsNone(metrics[SOME]["expected"])
        self.assertIsNone(metrics["ringtally_waited_seconds_total"]["expected"])
        self.assertGreaterEqual(metrics[CALLS]["expected"]["consumed"], made)
        self.assertGreater(metrics[CALLS]["other"], 0)
        self.assertGreater(metrics["ringtally_wait_seconds"]["expected"]["consumed"], 0)
        self.assertEqual(events["syscall_enter"]["filtered"], 0)

    def test_losses_are_in_it(self):
        """Also while they happen."""
        with Daemon(TINY) as daemon:
            loads = [Load("--name=rt-ledger", "--count=300000", f"--cpu={cpu}") for cpu in (0, 1)]
            while any(load.running() for load in loads):
                self.ledger(daemon)
            made = sum(load.made() for load in loads)
            events, metrics = self.ledger(daemon)
            daemon.stop()
        lost = events["syscall_enter"]["lost"]
        print(f"{made} calls, lost {lost}: {metrics[CALLS]}", flush=True)
        self.assertGreater(lost["ring_full"], 0)
        self.assertEqual(lost["no_ring"], 0)
        self.assertGreater(metrics[CALLS]["lost"], 0)
        self.assertGreaterEqual(metrics[CALLS]["total"], made)

    def test_head_and_other_methods(self):
        with Daemon(CONFIG) as daemon:
            get, head = daemon.request(PATH), daemon.request(PATH, "HEAD")
            self.assertEqual((head.status, head.body), (200, b""))
            self.assertEqual(head.headers["Content-Type"], get.headers["Content-Type"])
            for method in ("POST", "PUT", "DELETE"):
                self.assertEqual(daemon.request(PATH, method).status, 405)
            make_calls("--count=1")
            daemon.stop()


if __name__ == "__main__":
    ringtally.main()
