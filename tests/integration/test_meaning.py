# SPDX-License-Identifier: Apache-2.0
"""What a number means, where no other test says it: texts, absent fields, time, names and restarts.
The loads' own numbers are the truth."""

import os
import shutil
import subprocess
import tempfile
import unittest

import loads
import ringtally
from exposition import LOST, OTHER
from loads import Histogram
from ringtally import Daemon, load_program, probe

BY_TEXT, TOOK, SOMETIMES = ("ringtally_by_text_total", "ringtally_took_seconds",
                            "ringtally_sometimes_seconds")
SUM, BY_LABEL, ALL = ("ringtally_sum_seconds_total", "ringtally_by_label_total",
                      "ringtally_all_total")
SKEW = "ringtally_self_clock_skew_total"
CONFIG = f"""\
objects: ["{probe('meaning')}"]
metrics:
  - {{ name: by_text_total, event: test_meaning, type: counter, labels: [text] }}
  - {{ name: took_seconds, event: test_meaning, type: histogram, value: took, buckets: [0, 1us],
      labels: [comm] }}
  - {{ name: sometimes_seconds, event: test_meaning, type: histogram, value: sometimes,
      buckets: [1us], labels: [comm] }}
  - {{ name: sum_seconds_total, event: test_meaning, type: counter, value: sometimes,
      labels: [comm] }}
  - {{ name: by_label_total, event: test_meaning, type: counter, labels: [sometimes] }}
  - {{ name: all_total, event: test_meaning, type: counter }}
"""


def call(*triples, rounds=1):
    """Each a length, a begin and an end."""
    words = [":".join(str(n) for n in triple) for triple in triples]
    return loads.run("seams", "--name=rt-meaning", f"--rounds={rounds}", *words)[0]["made"]


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()

    def shown(self, *triples, rounds=1):
        with Daemon(CONFIG) as daemon:
            made = call(*triples, rounds=rounds)
            shown = daemon.scrape()
            daemon.stop()
        self.assertEqual(made, len(triples) * rounds)
        self.assertEqual(shown.value(ALL), made)
        return shown

    def by(self, shown, metric, label):
        return {labels[label]: value for labels, value in shown.select(metric)
                if labels[label] not in (OTHER, LOST)}


class Fields(Case):
    def test_texts_of_more_than_64_bytes_end_in_dots(self):
        """Those that then are the same text are one series."""
        lengths = {0: "", 1: "x", 63: "x" * 63, 64: "x" * 64, 65: "x" * 61 + "...",
                   79: "x" * 61 + "...", 80: "x" * 61 + "..."}
        shown = self.by(self.shown(*((n, 0, 1) for n in lengths), rounds=3), BY_TEXT, "text")
        expected = {}
        for text in lengths.values():
            expected[text] = expected.get(text, 0) + 3
        self.assertEqual(shown, expected)

    def test_an_event_without_the_value_is_not_counted(self):
        """By a metric of that value; others count it, and its label is empty."""
        odd, even = [(1, 0, 500), (3, 0, 5000)], [(2, 100, 400), (4, 0, 2000), (6, 0, 9000)]
        shown = self.shown(*odd, *even, rounds=7)
        took = [end - begin for _, begin, end in even]
        histogram = Histogram(shown, SOMETIMES, comm="rt-meaning")
        self.assertEqual((histogram.count, histogram.sum), (7 * len(even), 7 * sum(took)))
        self.assertEqual(histogram.buckets, {1000: 7, None: 14})
        self.assertEqual(loads.raw(shown.value(SUM, comm="rt-meaning")), 7 * sum(took))
        self.assertEqual(Histogram(shown, TOOK, comm="rt-meaning").count, 7 * 5)
        self.assertEqual(self.by(shown, BY_LABEL, "sometimes"),
                         {"": 7 * len(odd), **{str(n): 7 for n in took}})


class Time(Case):
    def test_a_negative_interval_is_0_and_a_clock_skew(self):
        forwards = [(2, 10, 10), (2, 10, 11), (2, 0, 3000)]
        backwards = [(2, 11, 10), (2, 2**64 - 1, 0), (3, 5000, 4999)]
        shown = self.shown(*forwards, *backwards, rounds=11)
        took = Histogram(shown, TOOK, comm="rt-meaning")
        self.assertEqual(took.buckets, {0: 11 * 4, 1000: 11, None: 11})
        self.assertEqual(took.sum, 11 * 3001)
        self.assertEqual(shown.value(SKEW, event="test_meaning"), 11 * len(backwards))


class Restart(Case):
    def test_everything_begins_at_0_with_the_process(self):
        """And with the first scrape, before anything happened: what stands for many at 0."""
        for made in (500, 70):
            with self.subTest(made), Daemon(CONFIG) as daemon:
                first = daemon.scrape()
                self.assertEqual(first.value(ALL), 0)
                self.assertEqual(first.select(BY_TEXT),
                                 [({"text": OTHER}, 0), ({"text": LOST}, 0)])
                self.assertEqual(call((5, 0, 1), rounds=made), made)
                self.assertEqual(daemon.scrape().value(BY_TEXT, text="xxxxx"), made)
                daemon.stop()


class Names(Case):
    """comm is the kernel's name of the thread."""

    CONFIG = ("metrics:\n  - { name: calls_total, event: syscall_enter, type: counter, "
              "labels: [comm], where: syscall == getppid }\n")

    def test_exec_names_a_thread_after_its_file(self):
        """The first 15 bytes of it."""
        with tempfile.TemporaryDirectory(prefix="ringtally-test-") as folder, \
                Daemon(self.CONFIG) as daemon:
            for name in ("rt-short", "rt-fifteen-byte", "rt-longer-than-fifteen"):
                path = shutil.copy(load_program("calls"), os.path.join(folder, name))
                done = subprocess.run([path, "--count=123"], check=True, stdout=subprocess.PIPE)
                self.assertTrue(done.stdout.startswith(b"made=123 "), done.stdout)
                self.assertEqual(
                    daemon.scrape().value("ringtally_calls_total", comm=name[:15]), 123)
            daemon.stop()


if __name__ == "__main__":
    ringtally.main()
