# SPDX-License-Identifier: Apache-2.0
"""Values at the seams of buckets, and the largest there are, from the system call to the `le`.

The test probe takes the second argument of a call for a time. What is expected is computed here,
from the definition alone: a value is in the bucket of the smallest bound that it is not above.
"""

import signal
import time
import unittest

import loads
import ringtally
from exposition import LOST, OTHER
from loads import U64_MAX, Histogram, expected_buckets, log2_bounds, native_bounds
from ringtally import Daemon

LOG2, WIDE, EXPLICIT = "ringtally_log2_seconds", "ringtally_wide_seconds", "ringtally_few_seconds"
SUM, COUNT = "ringtally_sum_seconds_total", "ringtally_calls_total"

POWERS = [2**k for k in range(64)]
SEAMS = sorted({0, 1, U64_MAX - 1, U64_MAX} | {p + d for p in POWERS for d in (-1, 0, 1)})

# On, just below and just above powers of two, several in one octave, both ends of the numbers.
FEW_BOUNDS = [0, 1, 2, 3, 5, 6, 7, 8, 1000, 1023, 1024, 1025, 10**6, 2**31 - 1, 2**31, 2**32 + 1,
              10**18, 2**63 - 1, 2**63, 2**63 + 1, U64_MAX - 1, U64_MAX]
NEAR_FEW = sorted({b + d for b in FEW_BOUNDS for d in (-1, 0, 1) if 0 <= b + d <= U64_MAX})


def bounds_yaml(bounds):
    return "[" + ", ".join(f"{bound}ns" for bound in bounds) + "]"


def config(metrics, ring="8MiB"):
    return (f"ring: {{ size: {ring} }}\n"
            "limits: { kernel_memory: 64MiB }\n"
            f"objects: [\"{ringtally.probe('call')}\"]\n"
            "metrics:\n" + "".join(f"  - {{ event: test_call, {metric} }}\n" for metric in metrics))


def histogram(name, buckets, rest="labels: [comm]"):
    return f"name: {name}, type: histogram, value: value, buckets: {buckets}, {rest}"


def triples(values):
    return [f"{i}:{value}:{i % 3}" for i, value in enumerate(values)]


class Seams(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()

    def show(self, metrics, values, *args):
        """What the metrics show after calls with these values."""
        with Daemon(config(metrics)) as daemon:
            made = loads.run("seams", "--name=rt-seams", *args, *triples(values))[0]["made"]
            shown = daemon.scrape()
            ledger = daemon.stop()["test_call"]
        self.assertEqual((ledger.seen, ledger.lost), (made, 0))
        return shown

    def check(self, shown, name, values, bounds):
        ours = Histogram(shown, name, comm="rt-seams")
        self.assertEqual(ours.bounds, bounds, "the bounds themselves")
        self.assertEqual(ours.filled(), expected_buckets(values, bounds))
        self.assertEqual((ours.count, ours.sum), (len(values), sum(values)))
        print(f"{name}: {len(values)} values, {len(bounds)} bounds, {len(ours.filled())} buckets "
              f"filled, sum {ours.sum}", flush=True)

    def test_log2(self):
        """All powers of two there are, and the default for times."""
        shown = self.show([histogram("wide_seconds", f"{{ log2: {{ min: 1ns, max: {2**63}ns }} }}"),
                           histogram("log2_seconds", "log2"),
                           histogram("few_seconds", "{ log2: { min: 3ns, max: 1000ns } }")], SEAMS)
        self.check(shown, WIDE, SEAMS, POWERS)
        self.check(shown, LOG2, SEAMS, log2_bounds(1000, 64 * 10**9))
        self.check(shown, EXPLICIT, SEAMS, log2_bounds(3, 1000))

    def test_values_around_each_bound_of_the_default(self):
        bounds = log2_bounds(1000, 64 * 10**9)
        values = [bound + d for bound in bounds for d in (-1, 0, 1)]
        self.check(self.show([histogram("log2_seconds", "log2")], values), LOG2, values, bounds)

    def test_explicit_bounds(self):
        values = sorted({*SEAMS, *NEAR_FEW})
        shown = self.show([histogram("few_seconds", bounds_yaml(FEW_BOUNDS)),
                           histogram("wide_seconds", "[1ns]")], values)
        self.check(shown, EXPLICIT, values, FEW_BOUNDS)
        self.check(shown, WIDE, values, [1])

    def test_linear_bounds(self):
        """As many as there may be, one to a nanosecond; and at either end of the numbers."""
        dense = [2**20 - 100 + i for i in range(512)]
        wide = [0, 2**63]
        last = [U64_MAX - 1000 * i for i in range(4, -1, -1)]
        values = [v for b in [*dense, *wide, *last] for v in (b - 1, b, b + 1)
                  if 0 <= v <= U64_MAX]
        linear = "{{ linear: {{ start: {}ns, step: {}ns, count: {} }} }}".format
        shown = self.show([histogram("log2_seconds", linear(dense[0], 1, 512)),
                           histogram("wide_seconds", linear(0, 2**63, 2)),
                           histogram("few_seconds", linear(last[0], 1000, 5))], values)
        self.check(shown, LOG2, values, dense)
        self.check(shown, WIDE, values, wide)
        self.check(shown, EXPLICIT, values, last)

    def test_native_bounds(self):
        """The default, the coarsest of everything, and the finest around a second."""
        default = native_bounds(3, 1000, 64 * 10**9)
        coarsest = native_bounds(-4, 1, U64_MAX)
        finest = native_bounds(8, 10**9 - 1, 3 * 10**9)
        self.assertEqual([len(b) for b in (default, coarsest, finest)], [208, 4, 407])
        native = "{{ native: {{ schema: {}, min: {}ns, max: {}ns }} }}".format
        values = sorted({v for b in [*default, *coarsest, *finest] for v in (b - 1, b, b + 1)} |
                        {0, 1, U64_MAX})
        shown = self.show([histogram("log2_seconds", "native"),
                           histogram("wide_seconds", native(-4, 1, U64_MAX)),
                           histogram("few_seconds", native(8, 10**9 - 1, 3 * 10**9))], values)
        self.check(shown, LOG2, values, default)
        self.check(shown, WIDE, values, coarsest)
        self.check(shown, EXPLICIT, values, finest)

    def test_as_many_bounds_as_there_may_be(self):
        """512: most of them in one octave, one after the other."""
        bounds = sorted({*range(2**20 + 1, 2**20 + 1 + 512 - 2 * 22, 1),
                         *[2**k for k in range(20, 64)]})
        bounds = bounds[:512]
        values = [v for b in bounds for v in (b - 1, b, b + 1)]
        shown = self.show([histogram("wide_seconds", bounds_yaml(bounds))], values)
        self.check(shown, WIDE, values, bounds)

    def test_sums_go_on_beyond_64_bits(self):
        """Of counters and histograms alike, to the last digit; zeros count too."""
        values = [U64_MAX, U64_MAX - 1, 0, 1, 2**63]
        shown = self.show(["name: sum_seconds_total, type: counter, value: value, labels: [comm]",
                           "name: calls_total, type: counter, labels: [comm]",
                           histogram("log2_seconds", "log2")], values, "--rounds=1000")
        total = 1000 * sum(values)
        self.assertGreater(total, 2000 * U64_MAX)
        self.assertEqual(loads.raw(shown.value(SUM, comm="rt-seams")), total)
        self.assertEqual(shown.value(COUNT, comm="rt-seams"), 1000 * len(values))
        ours = Histogram(shown, LOG2, comm="rt-seams")
        self.assertEqual((ours.count, ours.sum), (1000 * len(values), total))
        print(f"sum of {1000 * len(values)} values: {total} ns, that is "
              f"{shown.value(SUM, comm='rt-seams')} s, {total / U64_MAX:.0f} times 64 bits",
              flush=True)


class Loss(unittest.TestCase):
    """A ring that is too small: no number is lost, whatever metric it belongs to."""

    ROUNDS = 6000
    PACE = "--pace=1000:1000"  # a thousand a millisecond
    # All of them together are beyond 64 bits; what is lost at a time stays below: lost cells are u64,
    # and only what they grow by between two looks at them is certain.
    VALUES = [0, 1, 999, 1000, 1001, 64 * 10**9, 64 * 10**9 + 1, 2**50 - 1, 2**50, 2**50 + 1] + \
        [1000 * 2**k + d for k in range(1, 16) for d in (-1, 0, 1, 2)] + list(range(50, 80))
    MAX_SERIES = 40

    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()

    def config(self):
        most = f"max_series: {self.MAX_SERIES}"
        return config([
            histogram("log2_seconds", "log2", f"labels: [key], {most}"),
            histogram("few_seconds", bounds_yaml(FEW_BOUNDS), "labels: [tag], where: 'tag != 1'"),
            histogram("wide_seconds", "log2", "labels: [], where: 'value <= 1us'"),
            f"name: sum_seconds_total, type: counter, value: value, labels: [key], {most}",
            "name: calls_total, type: counter, labels: [comm]",
        ], ring="64KiB") + "events: { test_call: { delivery: stream } }\n"

    def lose(self):
        """The daemon stands still for 200 ms in the middle of the load; its last scrape and ledger."""
        with Daemon(self.config()) as daemon:
            load = loads.Program("seams", "--name=rt-seams", f"--rounds={self.ROUNDS}", self.PACE,
                                 *triples(self.VALUES), wait=True)
            self.addCleanup(load.kill)
            load.go()
            time.sleep(0.1)
            daemon.send_signal(signal.SIGSTOP)
            time.sleep(0.2)
            in_the_middle = load.running()
            daemon.send_signal(signal.SIGCONT)
            made = load.lines()[0]["made"]
            shown = daemon.scrape()
            ledger = daemon.stop()["test_call"]
        self.assertTrue(in_the_middle, "the load ended while the daemon stood still")
        self.assertEqual((made, ledger.seen), (self.ROUNDS * len(self.VALUES), made))
        return shown, ledger

    def check_histogram(self, shown, name, values, bounds):
        """All its series together, __other__ and __lost__ among them, are the truth."""
        ours = Histogram(shown, name)
        expected = {bound: n * self.ROUNDS for bound, n in expected_buckets(values, bounds).items()}
        self.assertEqual(ours.filled(), expected, name)
        self.assertEqual(ours.count, len(values) * self.ROUNDS, name)
        self.assertEqual(ours.sum, sum(values) * self.ROUNDS, name)

    def check_part(self, shown, label, special):
        """How much of the first histogram went to a special series; its own books balance too."""
        part = Histogram(shown, LOG2, **{label: special})
        self.assertEqual(sum(part.buckets.values()), part.count)
        return part.count

    def lose_and_check(self):
        shown, ledger = self.lose()
        log2 = log2_bounds(1000, 64 * 10**9)
        self.assertGreater(ledger.lost, 0)
        self.assertGreater(sum(self.VALUES) * self.ROUNDS, U64_MAX)
        self.check_histogram(shown, LOG2, self.VALUES, log2)
        self.check_histogram(shown, EXPLICIT,
                             [v for i, v in enumerate(self.VALUES) if i % 3 != 1], FEW_BOUNDS)
        self.check_histogram(shown, WIDE, [v for v in self.VALUES if v <= 1000], log2)
        self.assertEqual(loads.exact_sum(shown, SUM), sum(self.VALUES) * self.ROUNDS)
        self.assertEqual(shown.total(COUNT), len(self.VALUES) * self.ROUNDS)
        self.assertEqual(shown.value(COUNT, comm=LOST), ledger.lost)
        lost, other = (self.check_part(shown, "key", special) for special in (LOST, OTHER))
        self.assertEqual(lost, ledger.lost)
        self.assertGreater(other, 0)
        return f"lost {lost}, other {other}, ledger: {ledger}"

    def test_every_number_survives_a_full_ring(self):
        n = ringtally.repetitions(2)
        good = 0
        for i in range(1, n + 1):
            with self.subTest(run=i):
                print(f"run {i}: {self.lose_and_check()}", flush=True)
                good += 1
        print(f"{good} of {n} runs exact", flush=True)


if __name__ == "__main__":
    ringtally.main()
