# SPDX-License-Identifier: Apache-2.0
"""What Prometheus makes of series that come and go: a hot set that moves faster than the epoch, a
table that is full before it starts. What all raw samples add up to is what the load did."""

import math
import time

import loads
import prom
import ringtally
from exposition import OTHER
from loads import expected_buckets

MOVE_S = 6
NAMES, HOT, RATE = 300, 15, 5000  # a tenth of the calls is anybody's: who was promoted goes on
MAX_SERIES, LINGER_S, K = 100, 5, 20
EPOCH_S, PROMOTIONS, ABOVE_ZERO = 10, 5, 2  # at least so many an epoch
GAP_S = 2.5  # longer than a scrape that came late, shorter than any linger
SETTLE = 4  # scrapes: those who scrape count from their third on

BOUNDS = [0, 1000, 50_000, 1_000_000, 10**9]
VALUES = [0, 1, 999, 1000, 1001, 49_999, 50_000, 50_001, 10**6, 10**6 + 1, 2 * 10**7, 10**9 + 1]

CALLS, TOP = "ringtally_calls_total", "ringtally_top_total"
TIMES, HISTOGRAM = "ringtally_call_time_seconds_total", "ringtally_call_seconds"
COUNTERS = {CALLS: MAX_SERIES, TIMES: MAX_SERIES, TOP: 2 * K}  # and how many series there may be


def config():
    kind = f"event: test_call, where: comm starts_with k, labels: [comm], linger: {LINGER_S}s"
    limited = f"{kind}, max_series: {MAX_SERIES}"
    bounds = ", ".join(f"{bound}ns" for bound in BOUNDS)
    return f"""\
objects: ["{ringtally.probe('call')}"]
metrics:
  - {{ name: calls_total, type: counter, {limited} }}
  - {{ name: call_time_seconds_total, type: counter, value: value, {limited} }}
  - {{ name: call_seconds, type: histogram, value: value, buckets: [{bounds}], {limited} }}
  - {{ name: top_total, type: topk, k: {K}, {kind} }}
"""


class Truth:
    def __init__(self, lines):
        self.by_name = {f"k{line['name']}": line for line in lines if "name" in line}
        self.by_value = {line["value"]: line["made"] for line in lines if "value" in line}
        self.count = sum(self.by_value.values())
        self.sum = sum(value * n for value, n in self.by_value.items())
        assert self.count == sum(line["made"] for line in self.by_name.values())
        assert self.sum == sum(line["sum"] for line in self.by_name.values())

    def cumulative(self):
        """By bound, as the buckets are exposed."""
        single = expected_buckets([v for v, n in self.by_value.items() for _ in range(n)], BOUNDS)
        below, buckets = 0, {}
        for bound in [*BOUNDS, None]:
            below += single.get(bound, 0)
            buckets[bound] = below
        return buckets


class Window:
    """The series of one name from the last scrape before the load began, in whole numbers."""

    def __init__(self, server, name, begin):
        seconds = math.ceil(time.time() - begin) + SETTLE
        scale = 9 if name in (TIMES, HISTOGRAM + "_sum") else 0
        self.series = []
        self.lives = []  # [(labels, samples)] of those that began in the window
        for labels, stored in server.raw_samples(name, seconds):
            samples = [(at, prom.nearest(value, scale)) for at, value in stored]
            before = [s for s in samples if s[0] < begin][-1:]
            after = [s for s in samples if s[0] >= begin]
            self.series.append((labels, before + after))
            parts = prom.lives(before + after, GAP_S)
            self.lives += [(labels, part) for part in parts if part[0][0] >= begin]

    def increase(self):
        return sum(prom.increase(samples) for _, samples in self.series)

    def most_at_once(self):
        times = {}
        for labels, samples in self.series:
            for at, _ in samples:
                times[at] = times.get(at, 0) + (not labels["comm"].startswith("__"))
        return max(times.values())


def observe(seconds):
    """Everything Prometheus stored, by name, and the truth."""
    with ringtally.Daemon(config()) as daemon, \
            prom.Server(prom.folder(), daemon.url.removeprefix("http://")) as server:
        load = loads.Program("hotset", f"--names={NAMES}", f"--hot={HOT}", f"--fill={MAX_SERIES}",
                             f"--move={MOVE_S * 1000}", f"--ms={seconds * 1000}", f"--rate={RATE}",
                             *VALUES)
        try:
            load.lines_until("filled")
            server.wait_first_scrape()
            server.wait_scrapes(SETTLE)
            full = len(server.query(f'{CALLS}{{comm!~"__.*"}}'))
            begin = time.time()
            server.wait_scrapes(1)
            load.go()
            truth = Truth(load.lines())
        finally:
            load.kill()
        server.wait_scrapes(3)  # the last numbers, and twice more
        missed = server.query(f"count_over_time(up[{seconds}s]) - sum_over_time(up[{seconds}s])")
        names = [*COUNTERS, *(HISTOGRAM + part for part in ("_count", "_sum", "_bucket"))]
        windows = {name: Window(server, name, begin) for name in names}
        lost = daemon.stop()["test_call"].lost
    print(f"     {truth.count} calls of {len(truth.by_name)} names in {seconds} s, "
          f"{full} series before, scrapes that failed: {missed}, lost: {lost}", flush=True)
    return full, truth, windows


def judge_starts(judge, name, window):
    above = [life for life in window.lives if life[1][0][1] != 0]
    judge(f"{name}: series that start in the window start at 0", not above,
          f"{len(window.lives)} starts, {len(above)} of them above 0")


def judge_promotions(judge, name, window, epochs):
    judge.at_least(f"{name}: promotions", len(window.lives), PROMOTIONS * epochs)
    judge.at_least(f"{name}: promotions that end above 0",
                   sum(samples[-1][1] > 0 for _, samples in window.lives), ABOVE_ZERO * epochs)


def judge_linger(judge, name, window):
    """Who disappeared had stood still for as long as it should linger, within a scrape."""
    last = max(samples[-1][0] for _, samples in window.series)
    still = []
    for labels, samples in window.series:
        for life in prom.lives(samples, GAP_S):
            if life[-1][0] < last - GAP_S:
                changed = min(at for at, value in life if value == life[-1][1])
                still.append(life[-1][0] - changed)
    shortest = min(still, default=0)
    judge(f"{name}: series that went had stood still for {LINGER_S} s", still and
          shortest >= LINGER_S - 1.5, f"{len(still)} went, the shortest after {shortest:.1f} s")


def judge_names(judge, name, window, truth, of):
    """No series has more than what happened under its name."""
    too_much = [labels["comm"] for labels, samples in window.series
                if labels["comm"] in truth.by_name and
                prom.increase(samples) > truth.by_name[labels["comm"]][of]]
    judge(f"{name}: no name has more than its own", not too_much, too_much or "none")


def share_of_other(window):
    other = sum(prom.increase(s) for labels, s in window.series if labels["comm"] == OTHER)
    return other / max(1, window.increase())


def judge_counter(judge, name, window, truth, of):
    expected = {"made": truth.count, "sum": truth.sum}[of]
    judge.equal(f"{name}: sum of increases", window.increase(), expected)
    judge_starts(judge, name, window)
    judge_names(judge, name, window, truth, of)
    if name in COUNTERS:
        judge.at_most(f"{name}: series in a scrape", window.most_at_once(), COUNTERS[name])
    print(f"     {name}: __other__ has {100 * share_of_other(window):.1f} %", flush=True)


def judge_buckets(judge, window, truth):
    name = HISTOGRAM + "_bucket"
    sums = {}
    for labels, samples in window.series:
        bound = None if labels["le"] == "+Inf" else loads.raw(labels["le"])
        sums[bound] = sums.get(bound, 0) + prom.increase(samples)
    for bound, expected in truth.cumulative().items():
        judge.equal(f"{name}: sum of increases up to {'+Inf' if bound is None else bound}",
                    sums.get(bound), expected)
    judge_starts(judge, name, window)


def run(judge, seconds=60):
    print(f"-- prometheus: the hot set moves every {MOVE_S} s, {seconds} s", flush=True)
    full, truth, windows = observe(seconds)
    judge.equal("the table is full before the start", full, MAX_SERIES)
    judge_counter(judge, CALLS, windows[CALLS], truth, "made")
    judge_counter(judge, TIMES, windows[TIMES], truth, "sum")
    judge_counter(judge, TOP, windows[TOP], truth, "made")
    judge_counter(judge, HISTOGRAM + "_count", windows[HISTOGRAM + "_count"], truth, "made")
    judge_counter(judge, HISTOGRAM + "_sum", windows[HISTOGRAM + "_sum"], truth, "sum")
    judge_buckets(judge, windows[HISTOGRAM + "_bucket"], truth)
    for name in (CALLS, TIMES, TOP, HISTOGRAM + "_count"):
        judge_promotions(judge, name, windows[name], seconds // EPOCH_S)
        judge_linger(judge, name, windows[name])
