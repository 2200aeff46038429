# SPDX-License-Identifier: Apache-2.0
"""`ringtally bench pipeline` in its quick form: which rows there are, and that they say what they
must on any machine. That every record arrived in its series the suite itself checks, and fails
otherwise. Times are for the acceptance run."""

import json
import os
import tempfile
import unittest

import ringtally
from ringtally import Ended

KINDS = ("1e2", "1e3", "1e4", "1e5", "1e4/comm+cgroup", "1e2/histogram", "1e4/histogram")
TAKERS = ("libbpf", "drain", "aggregate")
ROUNDS = 3


class Pipeline(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()
        with tempfile.TemporaryDirectory(prefix="ringtally-test-") as folder:
            path = os.path.join(folder, "rows.json")
            done = Ended("bench", "pipeline", "--quick", "--json", path)
            if done.status or done.stderr:
                raise AssertionError(f"status {done.status}: {done.stderr}")
            with open(path, encoding="utf-8") as file:
                report = json.load(file)
        cls.rows = {row["subject"]: row for row in report["rows"]}
        cls.remarks = report["remarks"]

    def test_every_kind_of_record_is_taken_by_all(self):
        self.assertEqual(set(self.rows), {f"{kind}/{taker}" for kind in KINDS for taker in TAKERS})
        for row in self.rows.values():
            self.assertEqual(row["unit"], "ns")
            self.assertEqual(len(row["samples"]), ROUNDS)
            self.assertGreater(min(row["samples"]), 0)

    def test_series_cost_more_than_nothing(self):
        for kind in KINDS:
            self.assertLess(self.rows[f"{kind}/drain"]["median"],
                            self.rows[f"{kind}/aggregate"]["median"])

    def test_targets_are_judged(self):
        judged = [line for line in self.remarks if line.startswith("pipeline: target ")]
        self.assertEqual(len(judged), 2)
        self.assertIn("pipeline: --quick is a try, not a measurement", self.remarks)


if __name__ == "__main__":
    ringtally.main()
