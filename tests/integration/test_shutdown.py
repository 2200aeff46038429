# SPDX-License-Identifier: Apache-2.0
"""Signals: an end in good order loses nothing; privileges are given up once everything stands."""

import os
import signal
import subprocess
import time
import unittest

import ringtally
from ringtally import Daemon, Load, make_calls

CONFIG = """\
ring: {{ size: 8MiB }}
limits: {{ kernel_memory: 64MiB }}
objects: ["{probe}"]
events: {{ test_call: {{ delivery: {delivery} }} }}
metrics:
  - {{ name: calls_total, event: test_call, type: counter, labels: [key] }}
"""


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()

    def daemon(self, delivery="combine", **options):
        return Daemon(CONFIG.format(probe=ringtally.probe("call"), delivery=delivery), **options)


class Stop(Case):
    def test_what_waits_in_table_and_ring_is_not_lost(self):
        """Right behind the load, which fits into the ring; nobody scraped."""
        for signum, delivery in ((signal.SIGTERM, "combine"), (signal.SIGINT, "stream")):
            with self.subTest(signum), self.daemon(delivery) as daemon:
                daemon.send_signal(signal.SIGSTOP)  # so that all of them wait in the kernel
                made = make_calls("--call=test", "--count=100000", "--key=7")
                daemon.send_signal(signum)
                daemon.send_signal(signal.SIGCONT)
                status = daemon.wait()
                self.assertEqual(status, 0, daemon.stderr())
                ledger = ringtally.Ledger(daemon.log("final ledger")[0])
                ledger.check()
                self.assertEqual((made, ledger.seen, ledger.consumed, ledger.lost),
                                 (100000, made, made, 0))

    def test_under_load(self):
        """The first load ends before, a second one goes on behind the end."""
        for i in range(ringtally.repetitions(5)):
            with self.subTest(run=i), self.daemon() as daemon:
                made = make_calls("--call=test", "--count=50000", "--counting")
                load = Load("--call=test", "--count=300000", "--pace=1000:500", wait=True).go()
                time.sleep(0.02)
                ledger = daemon.stop((signal.SIGTERM, signal.SIGINT)[i % 2])["test_call"]
                still_running = load.running()
                also_made = load.made()
                self.assertTrue(still_running)
                self.assertGreaterEqual(ledger.seen, made)
                self.assertLess(ledger.seen, made + also_made)

    def test_a_scrape_under_way_gets_an_answer(self):
        with self.daemon() as daemon:
            daemon.send_signal(signal.SIGSTOP)
            connection = ringtally.http.client.HTTPConnection(daemon.url[len("http://"):])
            self.addCleanup(connection.close)
            connection.request("GET", "/metrics")
            daemon.send_signal(signal.SIGTERM)
            daemon.send_signal(signal.SIGCONT)
            self.assertIn(connection.getresponse().status, (200, 503))
            self.assertEqual(daemon.wait(), 0, daemon.stderr())

    def test_while_loading(self):
        """/readyz tells that it is at it. Before that, a signal may find no handler yet."""
        met = 0
        for _ in range(10):
            port = ringtally.free_port()
            with self.daemon(listen=[f"127.0.0.1:{port}"], ready=False) as daemon:
                answer = self.first_answer(daemon, f"http://127.0.0.1:{port}")
                daemon.send_signal(signal.SIGTERM)
                self.assertEqual(daemon.wait(), 0, daemon.stderr())
                met += answer.status == 503 and not daemon.log("ready")
        self.assertGreater(met, 0, "it never was still loading")
        print(f"stopped while loading: {met} of 10", flush=True)

    def first_answer(self, daemon, url):
        while True:
            try:
                return ringtally.request(url, "/readyz")
            except ConnectionRefusedError:
                self.assertIsNone(daemon.process.poll(), daemon.stderr())

    def test_at_any_moment_of_the_start(self):
        for ms in range(0, 30, 2):
            with self.subTest(ms=ms), self.daemon(ready=False) as daemon:
                time.sleep(ms / 1000)
                daemon.send_signal(signal.SIGTERM)
                self.assertIn(daemon.wait(), (0, -signal.SIGTERM), daemon.stderr())

    def test_second_signal_kills(self):
        """Both are there before it can act on the first one."""
        for second in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(second), self.daemon() as daemon:
                daemon.send_signal(signal.SIGSTOP)
                for signum in {signal.SIGINT, signal.SIGTERM}:
                    daemon.send_signal(signum)
                daemon.send_signal(signal.SIGCONT)
                self.assertIn(daemon.wait(), (-signal.SIGINT, -signal.SIGTERM), daemon.stderr())
                self.assertEqual(len(daemon.log("stopping")), 1)


class State(Case):
    def test_sigusr1_logs_the_state(self):
        with self.daemon() as daemon:
            made = make_calls("--call=test", "--count=1234")
            daemon.scrape()
            daemon.send_signal(signal.SIGUSR1)
            state = daemon.wait_log("state")
            self.assertEqual(state["event"], "test_call")
            self.assertEqual([int(state[term]) for term in ("seen", "consumed", "lost")],
                             [made, made, 0])
            daemon.stop()

    def test_reader_of_the_log_goes_away(self):
        command = [ringtally.binary(), "run", "--web.listen-address=127.0.0.1:0"]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as daemon:
            while b"msg=ready" not in daemon.stderr.readline():
                self.assertIsNone(daemon.poll())
            daemon.stderr.close()
            daemon.send_signal(signal.SIGUSR1)  # has it log something
            time.sleep(0.1)
            daemon.send_signal(signal.SIGTERM)
            self.assertEqual(daemon.wait(ringtally.PATIENCE_S), 0)

    def test_privileges_are_given_up(self):
        """By every thread, those that load programs included."""
        kept = sum(1 << cap for cap in
                   (ringtally.CAP_BPF, ringtally.CAP_PERFMON, ringtally.CAP_SYSLOG))
        with self.daemon() as daemon:
            daemon.scrape()
            threads = [self.status_of(daemon.pid, tid)
                       for tid in os.listdir(f"/proc/{daemon.pid}/task")]
            daemon.stop()
        for kind in ("CapEff", "CapPrm", "CapBnd"):
            with self.subTest(kind):
                self.assertEqual([hex(int(t[kind], 16) & ~kept) for t in threads],
                                 ["0x0"] * len(threads))
        with self.subTest("NoNewPrivs"):
            self.assertEqual([t["NoNewPrivs"] for t in threads], ["1"] * len(threads))

    def status_of(self, pid, tid):
        with open(f"/proc/{pid}/task/{tid}/status", encoding="utf-8") as file:
            return dict(line.rstrip("\n").split(":\t", 1) for line in file)

    def test_nothing_stays_behind(self):
        """Neither programs nor maps of it, once it has ended."""
        bpftool = ringtally.require_tool("bpftool")
        with self.daemon() as daemon:
            self.assertIn("on_test_call", self.programs(bpftool))
            daemon.stop()
        end = time.monotonic() + 5  # the kernel frees them when it gets to it
        while "on_test_call" in self.programs(bpftool):
            self.assertLess(time.monotonic(), end, "its program is still loaded")
            time.sleep(0.05)

    def programs(self, bpftool):
        return ringtally.Ended("prog", "show", program=bpftool).stdout


if __name__ == "__main__":
    ringtally.main()
