# SPDX-License-Identifier: Apache-2.0
"""Processes and threads that begin, execute and end: exactly as many as a load made, which ended as
their parent was told."""

import collections
import os
import shutil
import tempfile
import unittest

import loads
import ringtally
import sandwich
from ringtally import Daemon

FORKS, EXECS = "ringtally_forks_total", "ringtally_execs_total"
EXITS, AGES = "ringtally_exits_total", "ringtally_ages_seconds_total"
NAME = "rt-lives"
CONFIG = """\
defaults: { max_series: 20000 }
metrics:
  - { name: forks_total, event: process_fork, type: counter, labels: [comm, tgid, kind] }
  - { name: exits_total, event: process_exit, type: counter,
      labels: [comm, kind, exit_code, signal] }
  - { name: ages_seconds_total, event: process_exit, type: counter, value: age,
      labels: [comm, kind] }
  - { name: execs_total, event: process_exec, type: counter, labels: [filename, comm, tgid] }
  - { name: all_forks_total, event: process_fork, type: counter }
  - { name: well_total, event: process_exit, type: counter, labels: [comm], where: exit_code == 0 }
  - { name: killed_total, event: process_exit, type: counter, labels: [comm],
      where: 'signal in [SIGKILL, SIGTERM] and kind == process' }
"""


def by(exposition, name, *labels, **chosen):
    """Sums of the live series by these labels."""
    sums = collections.Counter()
    for series, value in loads.live(exposition, name, **chosen):
        sums[tuple(series[label] for label in labels)] += value
    return {key: value for key, value in sums.items() if value}


class Process(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()
        ringtally.require_initial_namespace("pid")

    def live(self, count, threads, how, *more):
        """What is shown once `count` processes have ended, how long they lived and their parent."""
        with Daemon(CONFIG) as daemon:
            load = loads.Program("lives", f"--name={NAME}", f"--count={count}",
                                 f"--threads={threads}", *more, how, wait=True)
            self.addCleanup(load.kill)
            (made,) = load.go().lines_until("quiet")
            shown = daemon.scrape()
            load.go().lines()
            ledgers = daemon.stop()
        print(f"{how}, {threads} threads: {by(shown, EXITS, 'kind', 'exit_code', 'signal', comm=NAME)}",
              flush=True)
        self.assertEqual(made["made"], count)
        for event in ("process_fork", "process_exit", "process_exec"):
            self.assertEqual(ledgers[event].lost, 0)
        return shown, made["lived"], load.pid

    def check(self, threads, how, expected):
        """Keys of `expected`: kind, exit_code and signal; its values: of each process."""
        count = 100
        shown, _, pid = self.live(count, threads, how)
        self.assertEqual(by(shown, EXITS, "kind", "exit_code", "signal", comm=NAME),
                         {key: count * n for key, n in expected.items()})
        self.assertEqual(by(shown, FORKS, "kind", comm=NAME, tgid=str(pid)), {("process",): count})
        self.assertEqual(by(shown, FORKS, "kind", comm=NAME).get(("thread",), 0), count * threads)
        return shown, count

    def test_codes(self):
        shown, _ = self.check(0, "exit=7", {("process", "7", ""): 1})
        self.assertEqual(shown.total("ringtally_well_total", comm=NAME), 0)
        self.check(0, "exit=255", {("process", "255", ""): 1})

    def test_threads(self):
        shown, count = self.check(3, "exit=0", {("process", "0", ""): 1, ("thread", "0", ""): 3})
        self.assertEqual(shown.total("ringtally_well_total", comm=NAME), 4 * count)

    def test_threads_that_end_with_their_group(self):
        """Whichever of them comes last."""
        self.check(4, "group=3", {("process", "3", ""): 1, ("thread", "3", ""): 4})

    def test_signals(self):
        shown, count = self.check(0, "signal=15", {("process", "", "SIGTERM"): 1})
        self.assertEqual(shown.value("ringtally_killed_total", comm=NAME), count)
        self.assertEqual(shown.total("ringtally_well_total", comm=NAME), 0)
        self.check(0, "signal=36", {("process", "", "SIGRTMIN+2"): 1})

    def test_signals_that_kill_threads(self):
        shown, count = self.check(4, "signal=9", {("process", "", "SIGKILL"): 1,
                                                  ("thread", "", "SIGKILL"): 4})
        self.assertEqual(shown.value("ringtally_killed_total", comm=NAME), count)

    def test_a_leader_that_goes_first(self):
        """The process ends with its last thread, as its parent is told."""
        self.check(1, "leader=5", {("thread", "1", ""): 1, ("process", "5", ""): 1})
        self.check(3, "leader=5", {("thread", "1", ""): 1, ("thread", "5", ""): 2,
                                   ("process", "5", ""): 1})

    def test_ages(self):
        count, age_us = 20, 20_000
        shown, lived, _ = self.live(count, 2, "exit=0", f"--age={age_us}")
        ages = loads.exact_sum(shown, AGES, comm=NAME, kind="process")
        print(f"{ages} ns of the {lived} ns that their parent saw", flush=True)
        self.assertGreaterEqual(ages, count * age_us * 1000)
        self.assertLessEqual(ages, lived)
        self.assertLess(loads.exact_sum(shown, AGES, comm=NAME, kind="thread"), 2 * ages)

    def test_processes_of_stat(self):
        """/proc/stat counts threads too."""
        def load():
            self.addCleanup(lives.kill)
            lives.go().lines_until("quiet")

        def ours():
            return {"processes": daemon.scrape().value("ringtally_all_forks_total")}

        with Daemon(CONFIG) as daemon:
            lives = loads.Program("lives", f"--name={NAME}", "--count=200", "--threads=4", "exit=0",
                                  wait=True)
            wrong = sandwich.wrong("stat", ours, sandwich.processes, load, retries=0)
            daemon.stop()
        self.assertEqual(wrong, [])


class Exec(unittest.TestCase):
    COUNT = 10

    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()
        ringtally.require_initial_namespace("pid")

    def execute(self, folder):
        """What is shown of links x0, x1 ... that were executed once each, by a program that was
        executed by its own name."""
        with Daemon(CONFIG) as daemon:
            load = loads.Program("execs", f"--count={self.COUNT}", "--ms=100", f"--folder={folder}",
                                 wait=True)
            self.addCleanup(load.kill)
            (made,) = load.go().lines()
            shown = daemon.scrape()
            daemon.stop()
        self.assertEqual(made["made"], self.COUNT)
        self.assertEqual(by(shown, FORKS, "kind", tgid=str(load.pid)),
                         {("process",): self.COUNT})
        return by(shown, EXECS, "filename", "comm")

    def test_hard_links_have_their_own_names(self):
        folder = tempfile.mkdtemp(prefix="rt-", dir=os.path.dirname(ringtally.load_program("execs")))
        self.addCleanup(shutil.rmtree, folder)
        link = os.path.join(folder, "x0")
        self.skip_unless_short(link)
        shown = self.execute(folder)
        for i in range(self.COUNT):
            self.assertEqual(shown.pop((f"{folder}/x{i}", f"x{i}"), 0), 1)
        self.assertFalse([key for key in shown if key[0].startswith(folder)], shown)

    def skip_unless_short(self, path):
        if len(path) > 64:
            self.skipTest(f"{path} is longer than names are shown")

    def test_long_names_end_in_dots(self):
        """Links must be beside what they lead to: in a folder of just the right length there."""
        base = tempfile.mkdtemp(prefix="rt-", dir=os.path.dirname(ringtally.load_program("execs")))
        self.addCleanup(shutil.rmtree, base)
        for length in (62, 63, 64, 65, 66, 100):
            padding = length - len(base) - len("//x0")
            if padding < 1:
                self.skipTest(f"{base} is too long for a name of {length} bytes below it")
            folder = os.path.join(base, "y" * padding)
            os.mkdir(folder)
            name = f"{folder}/x0"
            self.assertEqual(len(name), length)
            shown = self.execute(folder)
            self.assertEqual(shown[name if length <= 64 else name[:61] + "...", "x0"], 1, length)


if __name__ == "__main__":
    ringtally.main()
