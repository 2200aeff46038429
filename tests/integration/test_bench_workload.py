# SPDX-License-Identifier: Apache-2.0
"""`ringtally bench workload`: what its rows say, that the probes count in the turns with them and in no
others, what it says of a command that fails, and what is left behind. No judgement of times.

The command under measurement is this file itself: run by the bench, it looks for the daemon beside it,
makes a known number of calls, and writes down what the daemon counted of them.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import loads
import ringtally
from exposition import Exposition
from ringtally import Ended

CALLS = 2000
PAIRS = 3  # of --quick
METRIC = "ringtally_known_calls_total"
CONFIG = """\
metrics:
  - name: known_calls_total
    event: syscall_enter
    type: counter
    where: comm == rt-workload and syscall == getppid
"""
FIGURES = ("wall", "cpu", "daemon")
PATIENCE_S = 60


# --- the command ---


def daemon_port():
    """Of the daemon that the bench has; None: there is none yet."""
    bench = os.getppid()
    with open(f"/proc/{bench}/task/{bench}/children", encoding="ascii") as file:
        children = file.read().split()
    for child in children:
        with open(f"/proc/{child}/cmdline", encoding="utf-8") as file:
            listens = re.search(r"--web\.listen-address=127\.0\.0\.1:(\d+)", file.read())
        if listens:
            return int(listens[1])
    return None


def counted(port):
    body = ringtally.request(f"http://127.0.0.1:{port}", "/metrics").body
    return Exposition(body).value(METRIC)


def command(notes):
    port = daemon_port()
    if port is None:  # the run that is not measured
        return
    before = counted(port)
    made = sum(line["made"] for line in
               loads.Program("calls", "--name=rt-workload", f"--count={CALLS}").lines())
    with open(notes, "a", encoding="ascii") as file:
        file.write(f"{made} {counted(port) - before:.0f}\n")


# --- the tests ---


class Workload(unittest.TestCase):
    def setUp(self):
        ringtally.require_kernel()
        folder = tempfile.TemporaryDirectory(prefix="ringtally-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def test_the_probes_count_in_their_turns_only(self):
        with open(self.path("config.yaml"), "w", encoding="utf-8") as file:
            file.write(CONFIG)
        done = Ended("bench", "workload", "--quick", "--config.file", self.path("config.yaml"),
                     "--json", self.path("rows.json"), "--", sys.executable, __file__, "--measured",
                     self.path("notes"), timeout=PATIENCE_S)
        self.assertEqual((done.status, done.stderr), (0, ""))
        with open(self.path("notes"), encoding="ascii") as file:
            turns = sorted(tuple(int(n) for n in line.split()) for line in file)
        self.assertEqual(turns, [(CALLS, 0)] * PAIRS + [(CALLS, CALLS)] * PAIRS)
        self.check_rows(done.stdout)

    def check_rows(self, stdout):
        with open(self.path("rows.json"), encoding="utf-8") as file:
            report = json.load(file)
        rows = {row["subject"]: row for row in report["rows"]}
        self.assertEqual(set(rows), {f"{figure}/{name}" for figure in FIGURES
                                     for name in ("without", "with", "added")})
        for row in rows.values():
            self.assertEqual((row["suite"], row["unit"]), ("workload", "ms"))
            self.assertEqual(len(row["samples"]), PAIRS)
        for figure in FIGURES:
            for name in ("without", "with"):
                self.assertGreater(min(rows[f"{figure}/{name}"]["samples"]), 0)
            added = [a - b for a, b in zip(rows[f"{figure}/with"]["samples"],
                                           rows[f"{figure}/without"]["samples"])]
            for value, expected in zip(rows[f"{figure}/added"]["samples"], added):
                self.assertAlmostEqual(value, expected, places=3)
        self.assertIn("workload: 3 pairs of runs, with 1 programs attached", report["remarks"])
        self.assertIn("wall/added", stdout)

    def test_times_are_those_of_the_command(self):
        done = Ended("bench", "workload", "--quick", "--json", self.path("rows.json"), "--",
                     "sh", "-c", "sleep 0.2", timeout=PATIENCE_S)
        self.assertEqual((done.status, done.stderr), (0, ""))
        with open(self.path("rows.json"), encoding="utf-8") as file:
            rows = {row["subject"]: row for row in json.load(file)["rows"]}
        for name in ("without", "with"):
            self.assertGreaterEqual(min(rows[f"wall/{name}"]["samples"]), 200)
            self.assertLess(max(rows[f"cpu/{name}"]["samples"]), 200)

    def refused(self, status, message, *args):
        done = Ended("bench", *args, timeout=PATIENCE_S)
        self.assertEqual((done.status, done.stdout), (status, ""))
        self.assertIn(message, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1)

    def test_wrong_usage(self):
        usage = "ringtally bench workload -- COMMAND..."
        self.refused(2, usage, "workload")
        self.refused(2, usage, "workload", "--")
        self.refused(2, usage, "scrape", "--", "true")
        self.refused(2, usage, "--", "true")
        self.refused(2, "no-such-command cannot be started: No such file or directory",
                     "workload", "--", "no-such-command")
        self.refused(2, "/nowhere.yaml", "workload", "--config.file", "/nowhere.yaml", "--", "true")

    def test_a_command_that_fails(self):
        self.refused(1, "workload: sh ended with status 7", "workload", "--", "sh", "-c", "exit 7")
        self.refused(1, "workload: sh was ended by signal 9 (Killed)", "workload", "--", "sh", "-c",
                     "kill -9 $$")

    def test_nothing_is_left_when_it_is_killed(self):
        bench = subprocess.Popen([ringtally.binary(), "bench", "workload", "--", "sleep", "0.3"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        children = self.wait_for_children(bench)
        bench.send_signal(signal.SIGKILL)
        bench.wait()
        end = time.monotonic() + ringtally.PATIENCE_S
        while any(os.path.exists(f"/proc/{child}") for child in children):
            self.assertLess(time.monotonic(), end, "its children outlive it")
            time.sleep(0.05)

    def wait_for_children(self, bench):
        """The daemon, and the command that runs beside it."""
        end = time.monotonic() + ringtally.PATIENCE_S
        while True:
            with open(f"/proc/{bench.pid}/task/{bench.pid}/children", encoding="ascii") as file:
                children = file.read().split()
            if len(children) == 2:
                return children
            self.assertIsNone(bench.poll(), "it has ended")
            self.assertLess(time.monotonic(), end, "it does not get to its command")
            time.sleep(0.02)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measured"]:
        command(sys.argv[2])
    else:
        ringtally.main()
