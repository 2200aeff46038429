# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus scrapes the built-in config while something happens, and has nothing to say."""

import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest
import urllib.parse

import loads
import ringtally
from ringtally import Daemon, source

SECONDS = 60 if loads.long_form() else 10
CALLS = 1234
LATE_SCRAPES = 1  # of one a second: the window may begin just behind one


def prometheus_folder():
    done = subprocess.run([source("scripts", "prometheus.sh")], capture_output=True, text=True)
    if done.returncode != 0:
        raise unittest.SkipTest(f"Prometheus cannot be fetched: {done.stderr.strip()}")
    return done.stdout.strip()


class Server:
    """prometheus with one target, scraped every second; a context manager."""

    def __init__(self, folder, target):
        self.folder = tempfile.mkdtemp(prefix="ringtally-test-")
        self.url = f"http://127.0.0.1:{ringtally.free_port()}"
        config, self.log_path = (os.path.join(self.folder, name) for name in ("c.yml", "log"))
        with open(config, "w", encoding="utf-8") as file:
            file.write("global: { scrape_interval: 1s, scrape_timeout: 1s }\n"
                       "scrape_configs:\n"
                       "  - job_name: ringtally\n"
                       f"    static_configs: [{{ targets: ['{target}'] }}]\n")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [os.path.join(folder, "prometheus"), f"--config.file={config}",
                 f"--storage.tsdb.path={os.path.join(self.folder, 'data')}",
                 f"--web.listen-address={self.url.removeprefix('http://')}"],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(ringtally.PATIENCE_S)
        shutil.rmtree(self.folder)

    def log(self):
        with open(self.log_path, encoding="utf-8") as file:
            return file.read()

    def wait_first_scrape(self):
        """Which takes some seconds: it looks for new targets every five."""
        end = time.monotonic() + ringtally.PATIENCE_S
        while time.monotonic() < end:
            assert self.process.poll() is None, self.log()
            try:
                ready = ringtally.request(self.url, "/-/ready").status == 200
                if ready and self.query("up"):
                    return
            except ConnectionRefusedError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"no scrape in {ringtally.PATIENCE_S} s: {self.log()}")

    def query(self, expression):
        """Its values, as numbers."""
        answer = ringtally.request(
            self.url, "/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
        result = json.loads(answer.text)
        assert result["status"] == "success", answer.text
        return [float(series["value"][1]) for series in result["data"]["result"]]


class Prometheus(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()
        cls.folder = prometheus_folder()

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
            with Server(self.folder, daemon.url.removeprefix("http://")) as server:
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
