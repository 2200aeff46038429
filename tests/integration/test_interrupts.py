# SPDX-License-Identifier: Apache-2.0
"""Softirqs and hard interrupts between two readings of /proc; their times against the clock of a
load whose own calls they are part of."""

import os
import tempfile
import unittest

import loads
import ringtally
import sandwich
from loads import Histogram
from ringtally import Daemon

COUNT = "ringtally_interrupts_total"
WAIT, DURATION = "ringtally_wait_seconds", "ringtally_duration_seconds"
SENDS, SYNCS = 20_000, 50
STOPS, SENDERS_PER_CPU = 4, 2
LEAST_NS = 100  # that taking a packet through the stack takes

CPUS = os.cpu_count()

# Some kernels of virtual machines run no BPF program while a task of the machine's own agent has the
# CPU, though tracefs has what happens then. That is now and then, so a sandwich gets its chances.
RETRIES = 9


def metrics(*lines):
    return "ring: { size: 4MiB }\nmetrics:\n" + "".join(f"  - {{ {line} }}\n" for line in lines)


def counter(event, labels):
    return f"name: interrupts_total, event: {event}, type: counter, labels: [{labels}]"


def histogram(event, value, labels):
    return (f"name: {value}_seconds, event: {event}, type: histogram, value: {value}, "
            f"buckets: log2, labels: [{labels}]")


def send(n=SENDS):
    """Datagrams over loopback: a softirq each, and how long all of it took."""
    load = loads.Program("sockets", "--name=rt-irq", f"--send={n}", wait=True)
    try:
        sent, _ = load.go().lines_until("quiet")
    finally:
        load.kill()
    assert sent["sent"] == n
    return load.pid, sent["ns"]


def sync():
    """Writes to the disk that this machine's files are on."""
    with tempfile.NamedTemporaryFile(dir=ringtally.source()) as file:
        for i in range(SYNCS):
            os.pwrite(file.fileno(), b"x" * 4096, 4096 * i)
            os.fsync(file.fileno())


def hooks(shown):
    return {labels["hook"].partition("/")[2]
            for labels, _ in shown.select("ringtally_self_probe_attached")}


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()

    def check_sandwich(self, config, event, label, theirs, load):
        """Ours by the label; what /proc counted, and what the daemon showed at last."""
        def ours():
            shown.append(daemon.scrape())
            counts = {}
            for labels, value in loads.live(shown[-1], COUNT):
                counts[labels[label]] = counts.get(labels[label], 0) + value
            return counts

        shown = []
        with Daemon(config) as daemon:
            before = theirs()
            wrong = sandwich.wrong(event, ours, theirs, load, RETRIES)
            after = theirs()
            ledger = daemon.stop()[event]
        print(f"final ledger: {ledger}", flush=True)
        self.assertEqual(wrong, [])
        self.assertEqual(ledger.lost, 0)
        return {key: n - before.get(key, 0) for key, n in after.items()}, shown[-1], ledger


class Softirqs(Case):
    def test_counts(self):
        """For which nothing need be known of when they began."""
        grew, shown, ledger = self.check_sandwich(
            metrics(counter("softirq", "vec")), "softirq", "vec", sandwich.softirqs, send)
        self.assertGreaterEqual(grew["net_rx"], SENDS / 2)
        self.assertEqual(hooks(shown), {"softirq_exit"})
        self.assertEqual(ledger.unpaired, 0)
        maps = {labels["map"] for labels, _ in shown.select("ringtally_self_kernel_memory_bytes")}
        self.assertNotIn("starts", maps)

    def test_counts_with_times(self):
        """At most the softirqs that ran when it was attached have no beginning. Those amid which
        the disk interrupts have no other one."""
        def load():
            send()
            sync()

        _, shown, ledger = self.check_sandwich(
            metrics(counter("softirq", "vec"), histogram("softirq", "duration", "vec"),
                    histogram("softirq", "wait", "vec"),
                    "name: handler_seconds_total, event: hardirq, type: counter, value: duration"),
            "softirq", "vec", sandwich.softirqs, load)
        self.assertEqual(hooks(shown), {"softirq_raise", "softirq_entry", "softirq_exit",
                                        "irq_handler_entry", "irq_handler_exit"})
        self.assertLessEqual(ledger.unpaired, CPUS)
        for labels, count in loads.live(shown, COUNT):
            vec = labels["vec"]
            self.assertEqual(Histogram(shown, DURATION, vec=vec).count, count)
            self.assertLessEqual(count - Histogram(shown, WAIT, vec=vec).count, CPUS)

    def test_a_duration_needs_no_raise(self):
        with Daemon(metrics(histogram("softirq", "duration", "vec"))) as daemon:
            shown = daemon.scrape()
            daemon.stop()
        self.assertEqual(hooks(shown), {"softirq_entry", "softirq_exit"})

    def test_no_end_outlives_what_notes_starts(self):
        """A daemon that has to wait for a CPU between one detachment and the next."""
        unpaired = []
        for _ in range(STOPS):
            with Daemon(metrics(counter("softirq", "vec"),
                                histogram("softirq", "duration", "vec"))) as daemon:
                before = daemon.scrape().total("ringtally_self_events_unpaired_total")
                senders = [loads.Program("sockets", "--name=rt-irq", f"--send={10**9}")
                           for _ in range(SENDERS_PER_CPU * CPUS)]
                for thread in os.listdir(f"/proc/{daemon.process.pid}/task"):
                    os.setpriority(os.PRIO_PROCESS, int(thread), 19)
                try:
                    ledger = daemon.stop()["softirq"]
                finally:
                    for sender in senders:
                        sender.kill()
            self.assertGreater(ledger.accepted, 0)
            unpaired.append(ledger.unpaired - before)
        self.assertEqual(unpaired, [0] * STOPS)

    def test_times_are_part_of_what_caused_them(self):
        """A datagram over loopback is received within the call that sends it, or at its end."""
        with Daemon(metrics(histogram("softirq", "duration", "vec, tgid"),
                            histogram("softirq", "wait", "vec, tgid"))) as daemon:
            pid, took_ns = send()
            shown = daemon.scrape()
            daemon.stop()
        ran = Histogram(shown, DURATION, vec="net_rx", tgid=str(pid))
        waited = Histogram(shown, WAIT, vec="net_rx", tgid=str(pid))
        print(f"{SENDS} sends in {took_ns / 1e6:.2f} ms: {ran.count} softirqs ran for "
              f"{ran.sum / 1e6:.2f} ms after waiting {waited.sum / 1e6:.2f} ms", flush=True)
        self.assertGreaterEqual(ran.count, SENDS / 2)
        self.assertGreaterEqual(ran.sum, ran.count * LEAST_NS)
        self.assertLessEqual(ran.sum, took_ns)
        self.assertGreater(waited.sum, 0)
        self.assertLessEqual(waited.sum, took_ns)


class Hardirqs(Case):
    def check(self, config):
        grew, shown, ledger = self.check_sandwich(config, "hardirq", "irq", sandwich.interrupts,
                                                  sync)
        if not any(grew.values()):
            self.skipTest("no device interrupts this machine")
        return shown, ledger

    def test_counts(self):
        shown, ledger = self.check(metrics(counter("hardirq", "irq")))
        self.assertEqual(hooks(shown), {"irq_handler_exit"})
        self.assertEqual(ledger.unpaired, 0)

    def test_names_and_times(self):
        shown, ledger = self.check(metrics(counter("hardirq", "irq, name"),
                                           histogram("hardirq", "duration", "irq")))
        self.assertLessEqual(ledger.unpaired, CPUS)
        names = sandwich.handlers()
        for labels, count in loads.live(shown, COUNT):
            self.assertIn(labels["name"], names[labels["irq"]])
        for irq in {labels["irq"] for labels, _ in loads.live(shown, COUNT)}:
            took = Histogram(shown, DURATION, irq=irq)
            self.assertEqual(took.count, shown.total(COUNT, irq=irq))
            self.assertGreater(took.sum, 0)


if __name__ == "__main__":
    ringtally.main()
