# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus to scrape with, and what can be made of its raw samples."""

import fractions
import json
import os
import shutil
import subprocess
import tempfile
import time
import unittest
import urllib.parse

import ringtally


def folder():
    """Where prometheus and promtool are; a skip where they cannot be fetched."""
    done = subprocess.run([ringtally.source("scripts", "prometheus.sh")], capture_output=True,
                          text=True)
    if done.returncode != 0:
        raise unittest.SkipTest(f"Prometheus cannot be fetched: {done.stderr.strip()}")
    return done.stdout.strip()


class Server:
    """prometheus with one target, scraped every second; a context manager. rules: the text of a
    rule file, evaluated every second."""

    def __init__(self, programs, target, rules=None):
        self.folder = tempfile.mkdtemp(prefix="ringtally-test-")
        self.url = f"http://127.0.0.1:{ringtally.free_port()}"
        config, self.log_path = (os.path.join(self.folder, name) for name in ("c.yml", "log"))
        with open(config, "w", encoding="utf-8") as file:
            file.write("global: { scrape_interval: 1s, scrape_timeout: 1s, "
                       "evaluation_interval: 1s }\n"
                       "rule_files: [rules.yml]\n"
                       "scrape_configs:\n"
                       "  - job_name: ringtally\n"
                       f"    static_configs: [{{ targets: ['{target}'] }}]\n")
        with open(os.path.join(self.folder, "rules.yml"), "w", encoding="utf-8") as file:
            file.write(rules or "groups: []\n")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [os.path.join(programs, "prometheus"), f"--config.file={config}",
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

    def wait_scrapes(self, n):
        """Until so many more than now were stored."""
        def stored():
            return sum(self.query("count_over_time(up[1h])"))

        goal, end = stored() + n, time.monotonic() + n + ringtally.PATIENCE_S
        while stored() < goal:
            assert time.monotonic() < end, f"it does not scrape: {self.log()}"
            time.sleep(0.05)

    def answer(self, expression):
        """The result of an instant query, as the API has it."""
        answer = ringtally.request(
            self.url, "/api/v1/query?" + urllib.parse.urlencode({"query": expression}))
        result = json.loads(answer.text)
        assert result["status"] == "success", f"{expression}: {answer.text}"
        return result["data"]["result"]

    def query(self, expression):
        """Its values, as numbers."""
        return [float(series["value"][1]) for series in self.answer(expression)]

    def vector(self, expression):
        """[(labels, value)], the name among neither."""
        return [({k: v for k, v in series["metric"].items() if k != "__name__"},
                 float(series["value"][1])) for series in self.answer(expression)]

    def raw_samples(self, name, seconds):
        """[(labels, [(time, value)])] of all series of a name, as they were stored, exactly. Marks
        of staleness are not among them."""
        return [(series["metric"], [(float(at), fractions.Fraction(value))
                                    for at, value in series["values"]])
                for series in self.answer(f"{name}[{seconds}s]")]


# --- raw samples, [(time, value)] in order ---


def increase(samples):
    """What a counter grew by, from its first sample on. A fall is a new start, from 0."""
    return sum(max(0, b[1] - a[1]) for a, b in zip(samples, samples[1:]))


def lives(samples, gap_s):
    """Cut where the series was away, or began anew."""
    parts = []
    for at, value in samples:
        last = parts[-1][-1] if parts else None
        if last is None or at - last[0] > gap_s or value < last[1]:
            parts.append([])
        parts[-1].append((at, value))
    return parts


def nearest(value, scale=9):
    """A sample as a whole number of 10^-scale. Prometheus keeps doubles: what is further away than
    they round was no whole number."""
    scaled = value * 10**scale
    whole = round(scaled)
    assert abs(scaled - whole) < fractions.Fraction(1, 4), f"{value}: no multiple of 10^-{scale}"
    return whole
