# SPDX-License-Identifier: Apache-2.0
"""`ringtally bench scrape` in its quick form: which rows there are, and that they say what they
must on any machine. Times are for the acceptance run."""

import json
import os
import tempfile
import unittest

import ringtally
from ringtally import Ended

LINES = (1000, 10000, 100000)
WAYS = ("text", "gzip", "snapshot", "snprintf", "memcpy")
ROUNDS = 3


class Scrape(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory(prefix="ringtally-test-") as folder:
            path = os.path.join(folder, "rows.json")
            done = Ended("bench", "scrape", "--quick", "--json", path)
            if done.status or done.stderr:
                raise AssertionError(f"status {done.status}: {done.stderr}")
            with open(path, encoding="utf-8") as file:
                report = json.load(file)
        cls.rows = {row["subject"]: row for row in report["rows"]}
        cls.remarks = report["remarks"]

    def test_every_page_is_written_in_every_way(self):
        self.assertEqual(set(self.rows), {f"{n}/{way}" for n in LINES for way in WAYS})
        for row in self.rows.values():
            self.assertEqual(row["unit"], "us")
            self.assertEqual(len(row["samples"]), ROUNDS)
            self.assertGreater(min(row["samples"]), 0)

    def test_parts_cost_less_than_the_whole(self):
        for n in LINES[1:]:
            median = {way: self.rows[f"{n}/{way}"]["median"] for way in WAYS}
            self.assertLess(median["snapshot"], median["text"])
            self.assertLess(median["text"], median["gzip"])

    def test_targets_are_judged(self):
        judged = [line for line in self.remarks if line.startswith("scrape: target ")]
        self.assertEqual(len(judged), 2)
        self.assertIn("scrape: --quick is a try, not a measurement", self.remarks)


if __name__ == "__main__":
    ringtally.main()
