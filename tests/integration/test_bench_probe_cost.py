# SPDX-License-Identifier: Apache-2.0
"""`ringtally bench probe-cost` in its quick form: who is compared, and that every event is accounted
for. Times are for the acceptance run; here only what holds on any machine is asserted."""

import json
import math
import os
import subprocess
import tempfile
import unittest

import ringtally
from ringtally import binary

HOOKS = ["tp_btf", "raw_tp", "tp", "uprobe", "fentry", "kprobe"]
PROGRAMS = ["key", "hash", "percpu_hash", "combine", "stream"]
KEYS = ["pid", "pid+comm", "pid+comm+random", "pid+comm+latency", "zipf1.0-1e2", "zipf1.0-1e4",
        "zipf1.0-1e5", "uniform-2e5"]
TWO_CPUS = ["contended", "uniform-2e5-2cpu"]
EVENTS = ["syscall_enter", "runq_wait", "block_io"]


def bench(*arguments):
    return subprocess.run([binary(), "bench", *arguments], capture_output=True, text=True,
                          timeout=280, check=False)


class ProbeCost(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "bench.json")
            cls.finished = bench("probe-cost", "--quick", f"--json={path}")
            if cls.finished.returncode:
                raise AssertionError(cls.finished.stderr)
            with open(path, encoding="utf-8") as file:
                cls.report = json.load(file)
        cls.rows = {row["subject"]: row for row in cls.report["rows"]}
        cls.refused = {name for name in HOOKS if name in cls.rows}

    def compared(self):
        """Rows with a number of rounds, by hook."""
        return {name: row for name, row in self.rows.items() if "/" in name and
                name.split("/")[0] in HOOKS}

    def test_every_subject_is_there_or_its_hook_refused_with_a_reason(self):
        keys = KEYS + (TWO_CPUS if os.cpu_count() > 1 else [])
        for hook in HOOKS:
            if hook in self.refused:
                self.assertIn(":", self.rows[hook]["note"])
                self.assertIsNone(self.rows[hook]["median"])
                continue
            self.assertIn(f"{hook}/empty", self.rows)
            self.assertIn(f"{hook}/combine/rejected", self.rows)
            self.assertIn(f"{hook}/two_way/pid+comm", self.rows)
            for key in keys:
                for program in PROGRAMS:
                    self.assertIn(f"{hook}/{program}/{key}", self.rows)
        self.assertNotIn("tp_btf", self.refused)
        self.assertNotIn("raw_tp", self.refused)
        self.assertIn("none", self.rows)
        self.assertIn("flush/512-of-16384", self.rows)
        self.assertIn("seed/pid", self.rows)
        self.assertIn("seed/complex", self.rows)
        for event in EVENTS:
            self.assertIn(f"event/{event}", self.rows)

    def test_figures_are_what_their_samples_say(self):
        for name, row in self.compared().items():
            samples = sorted(row["samples"])
            n = len(samples)
            middle = (samples[(n - 1) // 2] + samples[n // 2]) / 2
            self.assertTrue(math.isclose(row["median"], middle, rel_tol=1e-6), name)
            self.assertLessEqual(row["lo"], row["hi"], name)
            self.assertGreater(row["xlated_bytes"], 0, name)

    def test_only_the_full_map_loses_keys(self):
        """Losses are the calls that were made, minus what was counted."""
        for name, row in self.compared().items():
            if name.endswith("/full"):
                self.assertGreater(row["lost"], row["events"] // 2, name)
            elif row["lost"] is not None and not name.startswith("tp/"):
                self.assertEqual(row["lost"], 0, name)  # perf-style tp may skip events

    def test_stream_is_a_record_per_event(self):
        for name, row in self.compared().items():
            if "/stream/" not in name or name.startswith("tp/"):
                continue
            self.assertEqual(row["ring_records_per_event"], 0 if name.endswith("rejected") else 1,
                             name)
            self.assertGreater(row["consumer_ns"], 0, name)

    def test_combine_sends_fewer_records_than_events(self):
        for key in ("pid", "pid+comm", "zipf1.0-1e2", "rejected"):
            self.assertEqual(self.rows[f"tp_btf/combine/{key}"]["ring_records_per_event"], 0, key)
        self.assertLess(self.rows["tp_btf/combine/zipf1.0-1e5"]["ring_records_per_event"], 0.5)

    def test_remarks_say_what_to_think_of_it(self):
        remarks = "\n".join(self.report["remarks"])
        for part in ("planted cost", "stolen from CPU", "entered twice", "verdict:",
                     "34 % slower in 2018"):
            self.assertIn(part, remarks)
            self.assertIn(part.split()[0], self.finished.stdout)


class Usage(unittest.TestCase):
    def check(self, arguments, message):
        run = bench(*arguments)
        self.assertEqual(run.returncode, 2, run.stderr)
        self.assertEqual(run.stderr, f"ringtally: {message}\n")
        self.assertEqual(run.stdout, "")

    def test_wrong_usage_is_one_line(self):
        self.check(["probe-cots"], "unknown suite 'probe-cots' (did you mean 'probe-cost'?); "
                                   "`ringtally bench --help` lists them")
        for runs in ("0", "-1", "x", "", "101", "1.5"):
            self.check(["--runs", runs], "--runs is a number from 1 to 100")
        self.check(["--json=/nowhere/file"], "/nowhere/file: No such file or directory")
        self.check(["--jsno=x"], "unknown flag '--jsno=x' (did you mean '--json'?)")


if __name__ == "__main__":
    ringtally.main()
