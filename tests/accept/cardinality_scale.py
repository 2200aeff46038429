# SPDX-License-Identifier: Apache-2.0
"""What many series cost: the private memory of 100,000, and the time to render them."""

import http.client
import statistics
import time
from contextlib import ExitStack

import ringtally

FEW, SOME, MANY = 100, 10_000, 100_000
MEMORY_MAX = 24e6  # bytes, of MANY more than of FEW
SLOWER_MAX = 11
ROUNDS = 21
METRIC = "ringtally_calls_total"


def config(tag, series):
    """All daemons hear all calls: each takes those of its tag."""
    return f"""\
limits: {{ samples: 200000, memory: 256MiB }}
objects: ["{ringtally.probe('call')}"]
metrics:
  - {{ name: calls_total, event: test_call, type: counter, labels: [key], where: tag == {tag},
      max_series: {series} }}
"""


def private_bytes(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return sum(int(line.split()[1]) * 1024 for line in file
                   if line.startswith(("Private_Clean:", "Private_Dirty:")))


def get(daemon):
    """Milliseconds, and the body."""
    connection = http.client.HTTPConnection(daemon.url[len("http://"):],
                                            timeout=ringtally.PATIENCE_S)
    begin = time.monotonic()
    connection.request("GET", "/metrics")
    body = connection.getresponse().read()
    ms = (time.monotonic() - begin) * 1000
    connection.close()
    return ms, body


def fill(daemon, tag, series):
    """With a pace that rings can bear: what is lost has no labels."""
    made = ringtally.make_calls("--call=test", f"--count={series}", "--counting", f"--tag={tag}",
                                "--pace=500:2000")
    body = get(daemon)[1]
    live = sum(line.startswith(METRIC.encode() + b'{key="') and b'"__' not in line
               for line in body.splitlines())
    return made, live


def run(judge):
    print(f"-- scale: {MANY} series beside {SOME} and {FEW}", flush=True)
    times, private, anon = {}, {}, {}
    with ExitStack() as stack:
        daemons = {series: stack.enter_context(ringtally.Daemon(config(tag, series)))
                   for tag, series in enumerate((FEW, SOME, MANY), 1)}
        for tag, series in enumerate(daemons, 1):
            made, live = fill(daemons[series], tag, series)
            judge.equal(f"live series of {series}", (made, live), (series, series))
        for _ in range(ROUNDS):
            for series, daemon in daemons.items():
                times.setdefault(series, []).append(get(daemon)[0])
        for series, daemon in daemons.items():
            private[series], anon[series] = private_bytes(daemon.pid), daemon.memory()
            print(f"     {series} series: private {private[series] / 1e6:.2f} MB, RssAnon "
                  f"{anon[series] / 1e6:.2f} MB, GET {statistics.median(times[series]):.2f} ms "
                  f"({min(times[series]):.2f} to {max(times[series]):.2f})", flush=True)
        for daemon in daemons.values():
            daemon.stop()
    judge.at_most(f"private memory of {MANY} series above that of {FEW}",
                  (private[MANY] - private[FEW]) / 1e6, MEMORY_MAX / 1e6, " MB")
    judge.at_most(f"{MANY} series, slower than {SOME}",
                  statistics.median(times[MANY]) / statistics.median(times[SOME]), SLOWER_MAX, " x")
