# SPDX-License-Identifier: Apache-2.0
"""`ringtally bench aggregators` in its quick form: which streams there are, who takes part, that
shares and recalls are what they can be, and what happens without privileges or a compiler. Times
are for the acceptance run."""

import json
import os
import pwd
import tempfile
import unittest

import ringtally
from ringtally import Ended

PATIENCE_S = 200
EVENTS = 500000  # of a generated stream
CALLS = 100000
GENERATED = ("zipf1.0-1e6", "zipf1.2-1e6", "uniform-2e5", "moving")
CAPTURED = ("calls", "calls+tgid")
SUBJECTS = ("exact", "exact/labels", "first_come", "family", "family/labels", "family/slow", "topk",
            "tracker", "tracker/small")
BOUNDED = ("family", "topk", "tracker", "tracker/small")


def bench(folder, **kwargs):
    path = os.path.join(folder, "rows.json")
    done = Ended("bench", "aggregators", "--quick", "--json", path, timeout=PATIENCE_S, **kwargs)
    if done.status or done.stderr:
        raise AssertionError(f"status {done.status}: {done.stderr}")
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    return {row["subject"]: row for row in report["rows"]}, report["remarks"]


class Aggregators(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()
        with tempfile.TemporaryDirectory(prefix="ringtally-test-") as folder:
            cls.rows, cls.remarks = bench(folder)

    def median(self, *subject):
        return self.rows["/".join(subject)]["median"]

    def streams(self):
        """Those that are there: a machine may have no texts."""
        return [name for name in (*GENERATED, "words", *CAPTURED) if f"{name}/exact" in self.rows]

    def test_every_stream_is_there(self):
        for stream, events in (*((name, EVENTS) for name in GENERATED),
                               *((name, CALLS) for name in CAPTURED)):
            self.assertEqual(self.rows[f"{stream}/exact"]["events"], events, stream)
        if "words" in self.rows:
            self.assertEqual(self.rows["words"]["note"], "left out: there are no texts")

    def test_everybody_takes_part_in_every_stream(self):
        for stream in self.streams():
            for subject in SUBJECTS:
                row = self.rows[f"{stream}/{subject}"]
                self.assertEqual(row["unit"], "ns")
                self.assertGreater(min(row["samples"]), 0)
                if subject != "exact":
                    ratio = self.rows[f"{stream}/{subject}/ratio"]
                    self.assertEqual(len(ratio["samples"]), len(row["samples"]))

    def test_shares_lie_between_nothing_and_the_possible(self):
        for stream in self.streams():
            oracle = self.median(stream, "oracle", "named")
            self.assertTrue(0 < oracle <= 100, stream)
            # what is best may change within a stream; whom first_come names never changes
            self.assertLessEqual(self.median(stream, "first_come", "named"), oracle, stream)
            for subject in BOUNDED:
                self.assertTrue(0 <= self.median(stream, subject, "recall") <= 1, stream)
                if "zipf1.0-1e6/tracker/heap" in self.rows:  # a sanitizer's allocator tells nothing
                    self.assertGreater(self.median(stream, subject, "heap"), 0)

    def test_the_tracker_finds_who_stands_out(self):
        for stream in ("zipf1.2-1e6", "calls"):
            self.assertGreaterEqual(self.median(stream, "tracker", "recall"), 0.9)

    def test_the_calls_are_those_of_a_compile(self):
        # some hundred pairs of a command and a call; each process has its own
        keys = [int(self.rows[f"{name}/oracle/named"]["note"].split()[-1]) for name in CAPTURED]
        self.assertGreater(keys[0], 100)
        self.assertGreater(keys[1], 3 * keys[0])
        self.assertTrue(any(f"captured {CALLS} system calls" in line for line in self.remarks))

    def test_epochs_have_pauses(self):
        for subject in ("epoch/10000", "epoch/10000/wall"):
            self.assertEqual(len(self.rows[subject]["samples"]), 25)
            self.assertGreater(self.rows[subject]["median"], 0)

    def test_targets_are_judged(self):
        judged = [line for line in self.remarks if line.startswith("aggregators: target ")]
        self.assertEqual(len(judged), 10)
        self.assertIn("aggregators: --quick is a try, not a measurement", self.remarks)


class LeftOut(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="ringtally-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def check(self, rows, why):
        self.assertIn("zipf1.0-1e6/family", rows)
        self.assertNotIn("calls/exact", rows)
        self.assertIsNone(rows["calls"]["median"])
        self.assertIn("left out: ", rows["calls"]["note"])
        self.assertIn(why, rows["calls"]["note"])

    def test_calls_without_a_compiler(self):
        ringtally.require_kernel()
        for name in ("sh", "mktemp", "rm"):
            os.symlink(f"/bin/{name}", os.path.join(self.folder, name))
        rows, _ = bench(self.folder, env={**os.environ, "PATH": self.folder})
        self.check(rows, "cc: not found")

    def test_calls_without_privileges(self):
        if os.getuid() != 0:
            self.skipTest("not root: nobody to become")
        os.chmod(self.folder, 0o777)
        rows, _ = bench(self.folder, user=pwd.getpwnam("nobody").pw_uid)
        self.check(rows, "needs")


if __name__ == "__main__":
    ringtally.main()
