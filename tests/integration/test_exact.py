# SPDX-License-Identifier: Apache-2.0
"""N calls made by a program are exactly N in the metrics, under the labels it really had."""

import os
import subprocess
import unittest

import ringtally
from exposition import LOST, OTHER
from ringtally import Daemon, Load, load_program, scrape_while

SYSCALLS = "ringtally_syscalls_total"


def config(*labels, ring="8MiB"):
    """With room for the series of whatever else runs on this machine."""
    return (f"ring: {{ size: {ring} }}\n"
            "limits: { kernel_memory: 256MiB }\n"
            "metrics:\n"
            "  - name: syscalls_total\n"
            "    help: System calls entered.\n"
            "    event: syscall_enter\n"
            "    type: counter\n"
            f"    labels: [{', '.join(labels)}]\n"
            "    max_series: 20000\n")


class Exact(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()

    def test_a_million_getppid(self):
        n = 1_000_000
        with Daemon(config("comm", "syscall")) as daemon:
            first = daemon.scrape()
            for special in (OTHER, LOST):
                self.assertEqual(first.value(SYSCALLS, comm=special, syscall=special), 0)
            load = Load("--name=rt-million", f"--count={n}", wait=True).go()
            last, scrapes = scrape_while(daemon, load.running)
            made = load.made()
            shown = last.value(SYSCALLS, comm="rt-million", syscall="getppid")
            ledger = daemon.stop()["syscall_enter"]
            print(f"made={made} shown={shown} scrapes={scrapes} final ledger: {ledger}",
                  flush=True)
        self.assertEqual(made, n)
        self.assertEqual(shown, made)

    def test_both_cpus_at_once(self):
        """All of a CPU's records fit into its ring, so nothing depends on who runs when."""
        n = 500_000
        cpus = sorted(os.sched_getaffinity(0))[:2]
        with Daemon(config("comm", "syscall", "cpu", ring="32MiB")) as daemon:
            loads = [Load("--name=rt-both", f"--count={n}", f"--cpu={cpu}", wait=True)
                     for cpu in cpus]
            for load in loads:
                load.go()
            last, scrapes = scrape_while(daemon, lambda: any(l.running() for l in loads))
            made = {str(cpu): load.made() for cpu, load in zip(cpus, loads)}
            shown = {labels["cpu"]: value for labels, value in last.select(
                SYSCALLS, comm="rt-both", syscall="getppid")}
            ledger = daemon.stop()["syscall_enter"]
            print(f"made={made} shown={shown} scrapes={scrapes} final ledger: {ledger}",
                  flush=True)
        self.assertEqual(sum(made.values()), n * len(cpus))
        self.assertEqual(shown, made)
        self.assertEqual(ledger.lost, 0)

    def test_scrape_shows_what_ended_before_it(self):
        """Without waiting: records are drained once a second when nobody asks."""
        with Daemon(config("comm", "syscall")) as daemon:
            made = 0
            for _ in range(50):
                made += ringtally.make_calls("--name=rt-fresh", "--count=10")
                self.assertEqual(daemon.scrape().value(
                    SYSCALLS, comm="rt-fresh", syscall="getppid"), made)
            daemon.stop()

    def test_two_daemons_count_each_for_itself(self):
        with Daemon(config("comm", "syscall")) as first, Daemon(config("comm")) as second:
            made = ringtally.make_calls("--name=rt-two", "--call=888", "--count=5000")
            self.assertEqual(first.scrape().value(
                SYSCALLS, comm="rt-two", syscall="syscall_888"), made)
            self.assertGreaterEqual(second.scrape().value(SYSCALLS, comm="rt-two"), made)
            first.stop()
            again = ringtally.make_calls("--name=rt-one", "--call=888", "--count=5000")
            self.assertGreaterEqual(second.scrape().value(SYSCALLS, comm="rt-one"), again)
            second.stop()

    def test_compat_calls(self):
        n = 10_000
        with Daemon(config("comm", "syscall")) as daemon:
            done = subprocess.run([load_program("compat"), "rt-compat", str(n)],
                                  capture_output=True, text=True)
            if done.returncode == 77:
                self.skipTest(done.stdout.strip().removeprefix("skip: "))
            self.assertEqual(done.stdout, f"made={n}\n")
            shown = daemon.scrape()
            self.assertEqual(
                shown.value(SYSCALLS, comm="rt-compat", syscall="compat:getppid"), n)
            self.assertIsNone(shown.value(SYSCALLS, comm="rt-compat", syscall="getppid"))
            daemon.stop()

    def test_unknown_call_shows_its_number(self):
        with Daemon(config("comm", "syscall")) as daemon:
            made = ringtally.make_calls("--name=rt-unknown", "--call=999", "--count=77")
            self.assertEqual(made, 77)
            self.assertEqual(daemon.scrape().value(
                SYSCALLS, comm="rt-unknown", syscall="syscall_999"), made)
            daemon.stop()

    def test_ids_and_cpu_are_those_of_the_thread(self):
        ringtally.require_initial_namespace("pid")
        ringtally.require_initial_namespace("user")
        labels = ("comm", "syscall", "tgid", "tid", "uid", "gid", "cpu")
        cpu = max(os.sched_getaffinity(0))
        with Daemon(config(*labels)) as daemon:
            load = Load("--name=rt-ids", "--count=1000", "--threads=3", f"--cpu={cpu}",
                        "--uid=54321", "--gid=65432")
            pid, threads = load.pid, load.threads()
            shown = daemon.scrape().select(SYSCALLS, comm="rt-ids", syscall="getppid")
            daemon.stop()
        expected = [{"comm": "rt-ids", "syscall": "getppid", "tgid": str(pid),
                     "tid": str(thread["tid"]), "uid": "54321", "gid": "65432",
                     "cpu": str(cpu)} for thread in threads]
        self.assertEqual(len({thread["tid"] for thread in threads}), 3)
        self.assertEqual(sorted(sorted(labels.items()) for labels, _ in shown),
                         sorted(sorted(labels.items()) for labels in expected))
        self.assertEqual([value for _, value in shown], [1000] * 3)

    def test_a_metric_without_labels_counts_all(self):
        with Daemon(config("comm", "syscall") +
                    "  - { name: all_total, event: syscall_enter, type: counter }\n") as daemon:
            ringtally.make_calls("--count=50000")
            daemon.scrape()
            shown = daemon.scrape()
            named = shown.total(SYSCALLS)
            self.assertEqual(shown.select("ringtally_all_total"), [({}, named)])
            self.assertGreaterEqual(named, 50000)
            daemon.stop()


class Names(unittest.TestCase):
    """comm is 15 bytes of anything."""

    CASES = (  # the name, its text as a label
        (b'q"uote', 'q"uote'),
        (b"back\\slash", "back\\slash"),
        (b"new\nline", "new\nline"),
        (b"\\n literal", "\\n literal"),
        (b"bad\xff\xfebytes", "bad\ufffd\ufffdbytes"),
        (b"cut\xe2\x82end", "cut\ufffdend"),
        ("grün €".encode(), "grün €"),
        (b"fifteen bytes!!", "fifteen bytes!!"),
        (b"longer than fifteen", "longer than fif"),
        (b"__other__", "___other__"),
        (b"___other__", "____other__"),
        (b"__lost__", "___lost__"),
        (b"{}=,# HELP x", "{}=,# HELP x"),
        (b" ", " "),
    )

    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()

    def test_names_keep_their_series_apart(self):
        """Through the parser, which knows escapes; each name with a count of its own."""
        with Daemon(config("comm", "syscall")) as daemon:
            for i, (name, _) in enumerate(self.CASES):
                made = ringtally.make_calls(b"--name=" + name, "--call=888",
                                            f"--count={100 + i}")
                self.assertEqual(made, 100 + i)
            shown = {labels["comm"]: value for labels, value in
                     daemon.scrape().select(SYSCALLS, syscall="syscall_888")}
            self.assertEqual(shown, {text: 100 + i for i, (_, text) in enumerate(self.CASES)})
            daemon.stop()


if __name__ == "__main__":
    ringtally.main()
