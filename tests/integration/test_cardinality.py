# SPDX-License-Identifier: Apache-2.0
"""Every query of docs/cardinality.md, put to a Prometheus that scrapes a daemon whose metrics fold:
what it answers is what the load did. A query without a check here fails, and so does a check without
a query."""

import re
import subprocess
import tempfile
import unittest

import loads
import prom
import ringtally
from exposition import LOST, OTHER
from ringtally import Daemon

DOCUMENT = ("docs", "cardinality.md")
FENCE = re.compile(r"^```(promql|yaml fragment) ([a-z-]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

SYSCALLS, LATENCY = "ringtally_syscalls_total", "ringtally_block_io_latency_seconds"
TOP = "ringtally_top_runq_wait_seconds_total"
NAMES, FILLED, HOT, SECONDS, RATE, SHARE = 120, 90, 3, 24, 2000, 80
VALUES = [3000, 70_000]  # ns; which of them it is stands in the tag: the system call, the device
MAX_SERIES, COMMANDS, K, LINGER_S = 80, 20, 3, 5
WINDOW_S = 300  # of the document's rates
HOT_NAMES = {f"k{FILLED + i}" for i in range(HOT)}  # none of them among those that fill the tables

# The document's metrics, made of an event whose numbers the load knows.
CONFIG = """\
defaults: {{ linger: {linger}s }}
objects: ["{probe}"]
metrics:
  - {{ name: syscalls_total, event: test_call, type: counter, max_series: {series},
      labels: [comm, {{ name: syscall, field: tag }}] }}
  - {{ name: block_io_latency_seconds, event: test_call, type: histogram, value: value,
      buckets: log2, fold_order: [command, device],
      labels: [{{ name: device, field: tag }},
               {{ name: command, field: comm, max_values: {commands} }}] }}
  - {{ name: top_runq_wait_seconds_total, event: test_call, type: topk, k: {k}, value: value,
      labels: [comm] }}
"""


def in_self_metrics(name):
    """As label `metric` has it."""
    return name.removeprefix("ringtally_")


def blocks(language):
    with open(ringtally.source(*DOCUMENT), encoding="utf-8") as file:
        text = file.read()
    found = [(name, body) for kind, name, body in FENCE.findall(text) if kind == language]
    assert len(found) == len(dict(found)), f"two blocks of one name: {found}"
    return dict(found)


class Truth:
    """What was done while Prometheus looked, and since the daemon's start."""

    def __init__(self, lines):
        self.by_name = {f"k{line['name']}": line for line in lines if "name" in line}
        self.by_value = [line["made"] for line in lines if "value" in line]
        self.count = sum(self.by_value)
        self.sum_ns = sum(value * n for value, n in zip(VALUES, self.by_value))
        self.since_start = self.count + FILLED

    def hot(self, of="made"):
        return sum(self.by_name[name][of] for name in HOT_NAMES)


class Queries(unittest.TestCase):
    """One daemon, one Prometheus, one load for all of them."""

    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()
        cls.programs = prom.folder()
        config = CONFIG.format(linger=LINGER_S, probe=ringtally.probe("call"), series=MAX_SERIES,
                               commands=COMMANDS, k=K)
        cls.daemon = cls.enterClassContext(Daemon(config))
        cls.rules = blocks("yaml fragment")["rules"]
        cls.server = cls.enterClassContext(prom.Server(
            cls.programs, cls.daemon.url.removeprefix("http://"), cls.rules))
        load = loads.Program("hotset", f"--names={NAMES}", f"--fill={FILLED}", f"--hot={HOT}",
                             f"--move={2 * SECONDS * 1000}", f"--ms={SECONDS * 1000}",
                             f"--rate={RATE}", f"--share={SHARE}", *VALUES)
        try:
            load.lines_until("filled")
            cls.server.wait_first_scrape()
            cls.server.wait_scrapes(3)
            load.go()
            cls.truth = Truth(load.lines())
        finally:
            load.kill()
        cls.server.wait_scrapes(2)
        cls.last = cls.daemon.scrape()
        cls.queries = blocks("promql")

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()

    def ask(self, name):
        """[(labels, value)], never empty."""
        answer = self.server.vector(self.queries[name])
        print(f"{name}: {answer[:4]}{' ...' if len(answer) > 4 else ''}", flush=True)
        self.assertTrue(answer, f"'{name}' answers with nothing: {self.queries[name]}")
        return answer

    def ask_one(self, name):
        answer = self.ask(name)
        self.assertEqual([labels for labels, _ in answer], [{}], name)
        return answer[0][1]

    def near(self, value, expected, share=0.06):
        """Prometheus extrapolates a rate to what it takes for the ends of the window."""
        self.assertGreaterEqual(value, (1 - share) * expected)
        self.assertLessEqual(value, (1 + share) * expected)

    def folded(self):
        """What the daemon itself shows in __other__, without what was there before the window."""
        return self.last.value(SYSCALLS, comm=OTHER, syscall=OTHER) - (FILLED - MAX_SERIES)

    def test_each_query_has_a_check(self):
        checks = {name.removeprefix("test_query_").replace("_", "-") for name in dir(self)
                  if name.startswith("test_query_")}
        self.assertEqual(set(self.queries), checks)

    def test_query_all(self):
        self.near(self.ask_one("all"), self.truth.count / WINDOW_S)

    def test_query_top(self):
        """The hot ones lead; none has more than its own."""
        answer = {labels["comm"]: value for labels, value in self.ask("top")}
        self.assertEqual(len(answer), 5)
        self.assertEqual(set(sorted(answer, key=answer.get)[-HOT:]), HOT_NAMES)
        for name, value in answer.items():
            self.assertLessEqual(value, 1.06 * self.truth.by_name[name]["made"] / WINDOW_S)

    def test_query_share(self):
        share = self.ask_one("share")
        self.near(share, self.folded() / self.truth.count)
        self.assertGreater(share, 0)
        self.assertLess(share, 1)

    def test_query_at_most(self):
        """Nobody is called nginx here: then it is what all the others did."""
        self.near(self.ask_one("at-most"), self.folded() / WINDOW_S)

    def test_query_by_device(self):
        answer = {labels["device"]: value for labels, value in self.ask("by-device")}
        for device, made in enumerate(self.truth.by_value):
            self.near(answer[str(device)], made / WINDOW_S)
        self.assertEqual(set(answer) - {"0", "1"}, {OTHER, LOST})
        self.assertEqual((answer[OTHER], answer[LOST]), (0, 0))

    def test_query_mean(self):
        answer = {labels["device"]: value for labels, value in self.ask("mean")}
        for device, value in enumerate(VALUES):
            self.near(answer[str(device)], value / 1e9, 0.001)

    def test_query_quantile(self):
        """Within the bucket of the only value that a device has."""
        answer = {labels["device"]: value for labels, value in self.ask("quantile")}
        bounds = loads.log2_bounds(1000, 64 * 10**9)
        for device, value in enumerate(VALUES):
            upper = min(bound for bound in bounds if bound >= value)
            self.assertLessEqual(answer[str(device)], upper / 1e9)
            self.assertGreater(answer[str(device)], upper / 2e9)

    def test_query_topk(self):
        answer = {labels["comm"]: value for labels, value in self.ask("topk")}
        self.assertEqual(set(answer), HOT_NAMES)
        self.assertLessEqual(sum(answer.values()),
                             1.06 * self.truth.hot("sum") / 1e9 / WINDOW_S)
        # Named since the first epoch in the load, at the latest.
        self.assertGreaterEqual(sum(answer.values()),
                                0.4 * self.truth.hot("sum") / 1e9 / WINDOW_S)

    def test_query_error_bound(self):
        """So few names are all known to the tracker."""
        self.assertGreaterEqual(self.ask_one("error-bound"), 0)
        self.assertLess(self.ask_one("error-bound"), 0.01)

    def test_query_folded(self):
        answer = {(labels["metric"], labels["label"]): value
                  for labels, value in self.ask("folded")}
        for label in ("comm", "syscall"):
            self.near(answer[in_self_metrics(SYSCALLS), label], self.folded() / WINDOW_S)
        self.assertIn((in_self_metrics(LATENCY), "command"), answer)
        self.assertNotIn((in_self_metrics(LATENCY), "device"), answer)

    def test_query_full(self):
        answer = {"ringtally_" + labels["metric"]: value for labels, value in self.ask("full")}
        self.assertEqual(set(answer), {SYSCALLS, LATENCY, TOP})
        self.assertGreater(answer[SYSCALLS], 0.8)
        self.assertLessEqual(answer[SYSCALLS], 1)
        self.assertLess(answer[LATENCY], 0.1)

    def test_query_lost(self):
        self.assertEqual(self.ask("lost"), [({"event": "test_call"}, 0)])

    def test_query_everything(self):
        """Exactly, with what series held that are gone."""
        self.assertEqual(self.ask_one("everything"), self.truth.since_start)
        gone = self.last.value("ringtally_self_retired_total", metric=in_self_metrics(SYSCALLS))
        self.assertGreater(gone, 0, "no series ended: this shows nothing")

    def test_query_recorded(self):
        answer = self.ask("recorded")
        self.near(sum(value for _, value in answer), self.truth.count / WINDOW_S)
        self.assertTrue(HOT_NAMES <= {labels["comm"] for labels, _ in answer})
        values = [value for _, value in answer]
        self.assertEqual(values, sorted(values, reverse=True))

    def test_rules_are_sound(self):
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            file.write(self.rules)
            file.flush()
            done = subprocess.run([f"{self.programs}/promtool", "check", "rules", file.name],
                                  capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        ratio = self.server.query("ringtally:folded:ratio_rate5m")
        self.assertEqual(len(ratio), 1)
        self.near(ratio[0], self.folded() / self.truth.count)


if __name__ == "__main__":
    ringtally.main()
