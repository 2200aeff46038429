# SPDX-License-Identifier: Apache-2.0
"""`ringtally bench footprint`: what its rows say, and what is left behind. No judgement of times."""

import json
import os
import signal
import stat
import subprocess
import tempfile
import time
import unittest

import ringtally
from ringtally import Daemon, Ended

STARTS = 2
PATIENCE_S = 90
FACTOR = 1.5  # between two starts of the same daemon, in memory
EVENTS = ("syscall_enter", "runq_wait", "sched_oncpu", "block_io", "softirq", "process_exec",
          "process_exit")  # of the built-in config


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def runs(pid):
    """Whether it is there, and not just waiting to be reaped."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except FileNotFoundError:
        return False


class Footprint(unittest.TestCase):
    def setUp(self):
        ringtally.require_kernel()
        folder = tempfile.TemporaryDirectory(prefix="ringtally-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def environment(self, starts=STARTS):
        """Nothing on PATH but what a test puts there."""
        return {**os.environ, "PATH": self.folder, "RINGTALLY_BENCH_STARTS": str(starts)}

    def bench(self, *args):
        done = Ended("bench", "footprint", "--json", self.path("rows.json"), *args,
                     env=self.environment(), timeout=PATIENCE_S)
        self.assertEqual((done.status, done.stderr), (0, ""))
        with open(self.path("rows.json"), encoding="utf-8") as file:
            rows = json.load(file)["rows"]
        self.assertEqual({row["suite"] for row in rows}, {"footprint"})
        return {row["subject"]: row for row in rows}, done.stdout

    def test_rows_of_the_built_in_config(self):
        rows, text = self.bench()
        for name, unit in (("first_answer", "ms"), ("first_scrape", "ms"), ("rss_anon", "bytes"),
                           ("rss", "bytes"), ("rss_peak", "bytes"), ("bpf_maps", "bytes"),
                           ("kernel", "bytes"), ("kernel/shared", "bytes"),
                           *((f"kernel/{event}", "bytes") for event in EVENTS),
                           ("series/10000", "bytes"), ("series/10000/scraped", "bytes"),
                           ("series/0/scrape_cpu", "ms"), ("series/10000/scrape_cpu", "ms")):
            row = rows[f"ringtally/{name}"]
            self.assertEqual((row["unit"], len(row["samples"])), (unit, STARTS), name)
            self.assertGreater(min(row["samples"]), 0, name)
            self.assertLessEqual(row["lo"], row["median"], name)
            self.assertLessEqual(row["median"], row["hi"], name)
        median = {name: row["median"] for name, row in rows.items()}
        self.assertLessEqual(median["ringtally/first_answer"], median["ringtally/first_scrape"])
        self.assertLess(median["ringtally/rss_anon"], median["ringtally/rss"])
        self.assertLessEqual(median["ringtally/rss"], median["ringtally/rss_peak"])
        self.assertEqual(median["ringtally/kernel"], median["ringtally/kernel/shared"] +
                         sum(median[f"ringtally/kernel/{event}"] for event in EVENTS))
        # what the daemon says is part of what the kernel says
        self.assertLessEqual(median["ringtally/kernel"], 1.1 * median["ringtally/bpf_maps"])
        self.assertIn(f"footprint: {STARTS} starts are a try, not a measurement", text)
        self.check_memory(median["ringtally/rss_anon"])

    def check_memory(self, measured):
        """Against a daemon of this test's own."""
        with Daemon() as daemon:
            for _ in range(4):
                daemon.scrape()
                time.sleep(0.1)
            own = daemon.memory()
            daemon.stop()
        print(f"RssAnon: {measured:.0f} in the row, {own} here", flush=True)
        self.assertLess(measured, FACTOR * own)
        self.assertGreater(measured, own / FACTOR)

    def test_peers_that_are_not_there_have_rows(self):
        rows, text = self.bench()
        for subject, program in (("node_exporter/first_scrape", "prometheus-node-exporter"),
                                 ("bpftrace/first_event", "bpftrace")):
            note = f"not measured: no {program} on PATH (scripts/peers.sh fetches it)"
            self.assertEqual((rows[subject]["note"], rows[subject]["median"]), (note, None))
            self.assertIn(note, text)

    def test_a_peer_that_fails_is_a_row_too(self):
        with open(self.path("bpftrace"), "w", encoding="ascii") as script:
            script.write("#!/bin/sh\necho nonsense >&2\nexit 7\n")
        os.chmod(self.path("bpftrace"), stat.S_IRWXU)
        rows, _ = self.bench()
        self.assertEqual(rows["bpftrace/first_event"]["note"],
                         "bpftrace: it ended with status 7: nonsense")
        self.assertIsNotNone(rows["ringtally/first_scrape"]["median"])

    def test_config_of_ones_own(self):
        with open(self.path("c.yaml"), "w", encoding="ascii") as config:
            config.write("namespace: other\n"
                         "metrics:\n"
                         "  - { name: wait_seconds, help: Waits., event: runq_wait, type: histogram,\n"
                         "      value: wait, buckets: log2 }\n")
        rows, _ = self.bench("--config.file", self.path("c.yaml"))
        self.assertIn("ringtally/kernel/runq_wait", rows)
        self.assertNotIn("ringtally/kernel/syscall_enter", rows)
        self.assertGreater(rows["ringtally/first_scrape"]["median"], 0)

    def test_starts_that_make_no_sense(self):
        done = Ended("bench", "footprint", env=self.environment("many"))
        self.assertEqual((done.status, done.stderr),
                         (1, "ringtally: RINGTALLY_BENCH_STARTS is a number from 1 to 1000\n"))

    def test_no_child_outlives_it(self):
        for signum in (signal.SIGKILL, signal.SIGTERM):
            bench = subprocess.Popen([ringtally.binary(), "bench", "footprint"],
                                     env=self.environment(), stdout=subprocess.DEVNULL)
            try:
                end = time.monotonic() + ringtally.PATIENCE_S
                time.sleep(0.3)  # by then one has been up, and has given up its privileges
                while not (started := children(bench.pid)):
                    self.assertLess(time.monotonic(), end, "it starts nothing")
                    time.sleep(0.001)
            finally:
                bench.send_signal(signum)
                bench.wait(ringtally.PATIENCE_S)
            while any(runs(child) for child in started):
                self.assertLess(time.monotonic(), end, f"{started} go on without it")
                time.sleep(0.01)


if __name__ == "__main__":
    ringtally.main()
