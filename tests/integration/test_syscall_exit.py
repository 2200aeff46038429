# SPDX-License-Identifier: Apache-2.0
"""N calls made by a program are exactly N when they have returned, by the error that they must
return; those that last show how long."""

import json
import subprocess
import unittest

import loads
import ringtally
from loads import Histogram
from ringtally import Daemon, Load, load_program

RETURNED, LATENCY = "ringtally_returned_total", "ringtally_call_seconds"
CLOSE, BAD_FD = 3, 0xffffffff

COUNTS = """\
ring: { size: 8MiB }
limits: { kernel_memory: 64MiB }
defaults: { max_series: 20000 }
metrics:
  - { name: returned_total, event: syscall_exit, type: counter, labels: [comm, syscall, errno] }
"""
TIMES = COUNTS + """\
  - { name: call_seconds, event: syscall_exit, type: histogram, value: latency, buckets: log2,
      labels: [comm, syscall] }
"""


class SyscallExit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()

    def check_outcomes(self, config):
        n = 100_000
        with Daemon(config) as daemon:
            bad = Load("--name=rt-bad", f"--call={CLOSE}", f"--key={BAD_FD}", f"--count={n}",
                       wait=True).go()
            good = Load("--name=rt-good", f"--count={n}", wait=True).go()
            made = bad.made(), good.made()
            shown = daemon.scrape()
            attached = shown.select("ringtally_self_probe_attached")
            ledger = daemon.stop()["syscall_exit"]
        print(f"made {made}; final ledger: {ledger}", flush=True)
        self.assertEqual(made, (n, n))
        self.assertEqual(shown.value(RETURNED, comm="rt-bad", syscall="close", errno="EBADF"), n)
        self.assertEqual(shown.value(RETURNED, comm="rt-good", syscall="getppid", errno="0"), n)
        self.assertEqual(shown.total(RETURNED, comm="rt-good", syscall="getppid"), n)
        self.assertEqual(ledger.lost, 0)
        return shown, {labels["hook"] for labels, _ in attached}

    def test_errors_without_latency(self):
        """Nothing is at the entry then."""
        shown, hooks = self.check_outcomes(COUNTS)
        self.assertEqual({hook.partition("/")[2] for hook in hooks}, {"sys_exit"})
        maps = {labels["map"] for labels, _ in shown.select("ringtally_self_kernel_memory_bytes")}
        self.assertNotIn("starts", maps)

    def test_errors_with_latency(self):
        shown, hooks = self.check_outcomes(TIMES)
        self.assertEqual({hook.partition("/")[2] for hook in hooks}, {"sys_enter", "sys_exit"})
        took = Histogram(shown, LATENCY, comm="rt-good", syscall="getppid")
        self.assertEqual(took.count, 100_000)
        self.assertGreater(took.sum, 0)

    def test_sleeps_and_signals(self):
        n, sleep_us = 50, 10_000
        with Daemon(TIMES) as daemon:
            load = loads.Program("turns", "--name=rt-sleep", f"--count={n}",
                                 f"--sleep={sleep_us}", "--signal", wait=True)
            self.addCleanup(load.kill)
            load.go()
            (made,) = load.lines_until("quiet")
            shown = daemon.scrape()
            load.go().lines()
            daemon.stop()
        sleep = "clock_nanosleep" if shown.value(RETURNED, comm="rt-sleep", errno="0",
                                                 syscall="clock_nanosleep") else "nanosleep"
        self.assertEqual(shown.value(RETURNED, comm="rt-sleep", syscall=sleep, errno="0"), n)
        slept = Histogram(shown, LATENCY, comm="rt-sleep", syscall=sleep)
        self.assertEqual(slept.count, n)
        self.assertEqual(sum(count for bound, count in slept.filled().items()
                             if bound is not None and bound < sleep_us * 1000), 0)
        self.assertGreaterEqual(slept.sum, n * sleep_us * 1000)
        self.assertLessEqual(slept.sum, made["slept"])
        # It returns what was interrupted, which is no error of its own.
        self.assertEqual(shown.value(RETURNED, comm="rt-sleep", syscall="rt_sigreturn", errno="0"),
                         n)
        self.assertEqual(shown.total(RETURNED, comm="rt-sleep", syscall="rt_sigreturn"), n)

    def test_32_bit_calls(self):
        n = 1000
        with Daemon(COUNTS) as daemon:
            done = subprocess.run([load_program("compat"), "rt-compat", str(n)],
                                  capture_output=True, text=True, check=False)
            shown = daemon.scrape()
            daemon.stop()
        if done.returncode == 77:
            self.skipTest(done.stdout.strip().removeprefix("skip: "))
        self.assertEqual(
            shown.value(RETURNED, comm="rt-compat", syscall="compat:getppid", errno="0"), n)

    def test_ended_tasks_leave_no_starts(self):
        """exit_group and execve are calls in which much ends."""
        bpftool = ringtally.require_tool("bpftool")
        n = 500
        with Daemon(TIMES) as daemon:
            before = self.count_starts(bpftool)
            for _ in range(n):
                subprocess.run(["/bin/true"], check=True)
            after = self.count_starts(bpftool)
            daemon.stop()
        print(f"{before} starts, after {n} processes {after}", flush=True)
        self.assertLess(after - before, n / 5)

    @staticmethod
    def count_starts(bpftool):
        done = subprocess.run([bpftool, "--json", "map", "dump", "name", "s_syscall_exit"],
                              capture_output=True, text=True, check=True)
        return len(json.loads(done.stdout))


if __name__ == "__main__":
    ringtally.main()
