# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus scrapes the built-in config while something happens, and has nothing to say."""

import os
import subprocess
import time
import unittest

import loads
import prom
import ringtally
from ringtally import Daemon

SECONDS = 60 if loads.long_form() else 10
CALLS = 1234
LATE_SCRAPES = 1  # of one a second: the window may begin just behind one


class Prometheus(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()
        cls.folder = prom.folder()

    def check_metrics(self, daemon, when):
        """promtool's syntax check and lint."""
        body = daemon.request("/metrics").body
        done = subprocess.run([os.path.join(self.folder, "promtool"), "check", "metrics"],
                              input=body, capture_output=True)
        said = (done.stdout + done.stderr).decode()
        print(f"promtool check metrics, {when}, {len(body)} bytes: status {done.returncode}, "
              f"said {said!r}", flush=True)
        self.assertEqual((done.returncode, said), (0, ""))

    def make_load(self, seconds):
        """A little of everything, until the time is over."""
        end = time.monotonic() + seconds
        device = loads.LoopDevice()
        self.addCleanup(device.close)
        while time.monotonic() < end:
            loads.run("io", "--name=rt-prom-io", device.path, "write=50:4096", "read=50:4096")
            loads.run("runq", "--name=rt-prom-q", "--ms=100", "--threads=3")
            time.sleep(max(0, min(0.2, end - time.monotonic())))

    def test_scrapes(self):
        with Daemon() as daemon:
            self.check_metrics(daemon, "at first")
            ringtally.make_calls("--name=rt-prom", f"--count={CALLS}")  # before names get many
            daemon.scrape()
            with prom.Server(self.folder, daemon.url.removeprefix("http://")) as server:
                server.wait_first_scrape()
                self.make_load(SECONDS)
                up = server.query(f"min_over_time(up[{SECONDS}s])")
                scrapes = server.query(f"count_over_time(up[{SECONDS}s])")
                time.sleep(1.2)  # one more: what was made just now is in it
                calls = server.query('ringtally_syscalls_total{comm="rt-prom",syscall="getppid"}')
                samples = server.query("scrape_samples_scraped")
                longest = server.query(f"max_over_time(scrape_duration_seconds[{SECONDS}s])")
                log = server.log()
            self.check_metrics(daemon, "after the load")
            daemon.stop()
        print(f"{SECONDS} s: min_over_time(up) {up}, scrapes {scrapes}, samples {samples}, "
              f"longest scrape {longest} s", flush=True)
        self.assertEqual(up, [1])
        self.assertGreaterEqual(scrapes[0], SECONDS - LATE_SCRAPES)
        self.assertEqual(calls, [CALLS])
        warnings = [line for line in log.splitlines() if "level=info" not in line]
        self.assertEqual(warnings, [])


if __name__ == "__main__":
    ringtally.main()
