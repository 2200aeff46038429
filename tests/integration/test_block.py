# SPDX-License-Identifier: Apache-2.0
"""Block I/O: requests made on a loop device of our own are counted as such, for who made them."""

import unittest

import loads
import ringtally
import sandwich
from loads import Histogram, LoopDevice
from ringtally import Daemon

LATENCY, QUEUED = "ringtally_latency_seconds", "ringtally_queued_seconds"
IOS, BYTES, LARGE = "ringtally_ios_total", "ringtally_io_bytes_total", "ringtally_large_total"
SECTOR = 512


def config(device):
    return f"""\
ring: {{ size: 4MiB }}
metrics:
  - {{ name: ios_total, event: block_io, type: counter, labels: [device, operation, comm, error] }}
  - {{ name: io_bytes_total, event: block_io, type: counter, value: bytes,
      labels: [device, operation, comm] }}
  - {{ name: latency_seconds, event: block_io, type: histogram, value: latency, buckets: log2,
      labels: [device, operation] }}
  - {{ name: queued_seconds, event: block_io, type: histogram, value: queued, buckets: log2,
      labels: [device] }}
  - {{ name: large_total, event: block_io, type: counter, labels: [operation],
      where: 'device == {device} and bytes >= 8KiB and not operation in [flush, discard]' }}
"""


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()

    def setUp(self):
        self.device = LoopDevice()
        self.addCleanup(self.device.close)

    def io(self, *steps, name="rt-io"):
        """The steps as one process makes them; kind to how many."""
        made = {}
        for line in loads.run("io", f"--name={name}", self.device.path, *steps):
            kind = next(iter(line))
            made[kind] = line[kind]
        return made

    def by_operation(self, exposition, name=IOS):
        """What the device shows by operation and comm."""
        return {(labels["operation"], labels["comm"]): value
                for labels, value in exposition.select(name, device=self.device.name)}


class Requests(Case):
    def test_writes_are_those_of_their_program(self):
        """Whoever completes them."""
        with Daemon(config(self.device.name)) as daemon:
            made = self.io("write=500:4096")
            shown = daemon.scrape()
            daemon.stop()
        print(f"made: {made}; shown: {self.by_operation(shown)}, "
              f"bytes: {self.by_operation(shown, BYTES)}", flush=True)
        self.assertEqual(made, {"write": 500})
        self.assertEqual(self.by_operation(shown), {("write", "rt-io"): 500})
        self.assertEqual(self.by_operation(shown, BYTES), {("write", "rt-io"): 2_048_000})
        latency = Histogram(shown, LATENCY, device=self.device.name)
        self.assertEqual(latency.count, 500)
        self.assertGreater(latency.sum, 0)

    def test_operations(self):
        """Each as what it is, with its bytes. A flush has none, and is issued by a kernel thread:
        what the program waits for is its own empty write, which never gets to the device."""
        steps = ["write=40:8192", "read=30:16384"]
        expected = {"write": (40, 40 * 8192), "read": (30, 30 * 16384)}
        if self.device.has_cache():
            steps.append("sync=20")
            expected["flush"] = (20, 0)
        if self.device.discards():
            steps += ["discard=10:65536", "punch=5:65536"]
            expected["discard"] = (10, 10 * 65536)
            expected["other"] = (5, 5 * 65536)
        with Daemon(config(self.device.name)) as daemon:
            self.io(*steps)
            shown = daemon.scrape()
            daemon.stop()
        print(f"{steps}: {self.by_operation(shown)}, bytes: {self.by_operation(shown, BYTES)}",
              flush=True)
        of_device = {"device": self.device.name}
        self.assertEqual(
            {operation: (shown.total(IOS, operation=operation, **of_device),
                         shown.total(BYTES, operation=operation, **of_device))
             for operation, _ in self.by_operation(shown)}, expected)
        self.assertEqual({comm for operation, comm in self.by_operation(shown)
                          if operation != "flush"}, {"rt-io"})
        self.assertEqual({labels["error"] for labels, _ in shown.select(IOS, **of_device)}, {"0"})
        large = {labels["operation"]: n for labels, n in loads.live(shown, LARGE)}
        self.assertEqual(large, {operation: n for operation, (n, _) in expected.items()
                                 if operation not in ("flush", "discard")})

    def test_two_programs_at_once(self):
        with Daemon(config(self.device.name)) as daemon:
            programs = [loads.Program("io", f"--name=rt-io-{i}", self.device.path,
                                      f"write={400 + i}:4096", wait=True) for i in range(3)]
            for program in programs:
                program.go()
            for program in programs:
                program.lines()
            shown = self.by_operation(daemon.scrape())
            daemon.stop()
        self.assertEqual(shown, {("write", f"rt-io-{i}"): 400 + i for i in range(3)})

    def test_queued_is_there_when_it_was_inserted(self):
        """With a scheduler every request is; without one, those that come singly are not."""
        with Daemon(config(self.device.name)) as daemon:
            counts = {}
            for scheduler in ("mq-deadline", "none"):
                self.device.set_scheduler(scheduler)
                before = Histogram(daemon.scrape(), QUEUED, device=self.device.name).count
                self.io("write=100:4096")
                shown = daemon.scrape()
                counts[scheduler] = Histogram(shown, QUEUED,
                                              device=self.device.name).count - before
            daemon.stop()
        print(f"of 100 writes each, inserted: {counts}", flush=True)
        self.assertEqual(counts, {"mq-deadline": 100, "none": 0})
        self.assertEqual(self.by_operation(shown), {("write", "rt-io"): 200})


class Absent(Case):
    """`queued` of a request that was never inserted passes no test; so what asks for the contrary of
    a test passes."""

    TESTS = ("queued >= 0", "queued > 0", "queued <= 1h", "queued < 1h", "queued != 1h",
             "queued not in [1h, 2h]")
    CONTRARIES = ("not queued > 1h", "not queued == 1h", "not queued in [1h, 2h]")

    def shown(self, scheduler):
        """How many of 10 writes pass each of the tests."""
        self.device.set_scheduler(scheduler)
        wheres = self.TESTS + self.CONTRARIES
        text = "metrics:\n" + "".join(
            f"  - {{ name: m{i}_total, event: block_io, type: counter, "
            f"where: 'device == {self.device.name} and {where}' }}\n"
            for i, where in enumerate(wheres))
        with Daemon(text) as daemon:
            self.io("write=10:4096")
            shown = daemon.scrape()
            daemon.stop()
        return {where: shown.value(f"ringtally_m{i}_total") for i, where in enumerate(wheres)}

    def test_of_an_inserted_request(self):
        self.assertEqual(self.shown("mq-deadline"),
                         dict.fromkeys(self.TESTS + self.CONTRARIES, 10))

    def test_of_one_that_never_was(self):
        self.assertEqual(self.shown("none"), {**dict.fromkeys(self.TESTS, 0),
                                              **dict.fromkeys(self.CONTRARIES, 10)})


class Diskstats(Case):
    """The kernel's own count of the device."""

    def check(self, operations, *steps):
        def ours():
            shown = daemon.scrape()
            counts = {}
            for operation in operations:
                labels = {"device": self.device.name, "operation": operation}
                counts[operation, "I/Os"] = shown.total(IOS, **labels)
                counts[operation, "sectors"] = shown.total(BYTES, **labels) // SECTOR
            return counts

        def theirs():
            numbers = self.device.diskstats()
            return {(operation, what): n for operation in operations
                    for what, n in zip(("I/Os", "sectors"), numbers[operation])}

        with Daemon(config(self.device.name)) as daemon:
            wrong = sandwich.wrong(self.device.name, ours, theirs, lambda: self.io(*steps))
            daemon.stop()
        self.assertEqual(wrong, [])

    def test_requests_with_data(self):
        self.check(("read", "write", "discard", "flush"), "write=300:4096", "read=200:8192",
                   "discard=10:65536", "write=100:65536")

    def test_flushes(self):
        """Writes are left out: the kernel counts the empty one that each fsync waits for."""
        self.check(("read", "flush"), "sync=50")


if __name__ == "__main__":
    ringtally.main()
