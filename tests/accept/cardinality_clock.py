# SPDX-License-Identifier: Apache-2.0
"""The wall clock is stepped by an hour, forth and back, under one of two daemons: both say the
same, and series come and go when they should."""

import email.utils
import glob
import os
import tempfile
import time

import loads
import ringtally
from exposition import LOST, OTHER

SECONDS, STEPS = 66, {4: "+1h", 10: "-1h", 16: "+1h", 22: "-1h", 28: "+0"}
BEAT_S = 0.5
EPOCH_S, TTL_S, LINGER_S = 10, 10, 5
ONCE_AT = (0, 8, 16, 24)  # seconds at which a name makes some calls, and never again
LATE_S = 2.5  # a beat, a tick of the daemon, and what this machine does beside
MAX_SERIES, NAMES, HOT, MOVE_S, RATE = 40, 160, 4, 20, 2000
PHASES = 3  # of the hot set, each longer than an epoch and a linger
ONCE, HOT_CALLS = "ringtally_once_total", "ringtally_hot_total"


def config():
    calls = "event: test_call, type: counter, labels: [comm]"
    return f"""\
objects: ["{ringtally.probe('call')}"]
defaults: {{ linger: {LINGER_S}s }}
metrics:
  - {{ name: once_total, {calls}, where: comm starts_with once, ttl: {TTL_S}s }}
  - {{ name: hot_total, {calls}, where: comm starts_with k, max_series: {MAX_SERIES} }}
"""


def libfaketime():
    found = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    assert found, "libfaketime is not installed (scripts/deps.sh test installs it)"
    return found[0]


class Clock:
    """A wall clock that a file steps."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "timestamp")
        self.step("+0")

    def step(self, offset):
        with open(self.path + ".new", "w", encoding="ascii") as file:
            file.write(offset + "\n")
        os.rename(self.path + ".new", self.path)

    def environment(self):
        return {**os.environ, "LD_PRELOAD": libfaketime(), "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "FAKETIME_TIMESTAMP_FILE": self.path, "FAKETIME_NO_CACHE": "1"}


class Watched:
    """A daemon, and what it showed when."""

    def __init__(self, title, daemon):
        self.title, self.daemon = title, daemon
        self.clock_off = set()  # its wall clock against ours, in half hours
        self.seen = {}  # name: (first, last) time it was there
        self.last = None

    def look(self, now):
        answer = self.daemon.request("/metrics")
        date = email.utils.parsedate_to_datetime(answer.headers["Date"]).timestamp()
        self.clock_off.add(round((date - time.time()) / 1800))
        self.last = ringtally.Exposition(answer.body)
        for metric in (ONCE, HOT_CALLS):
            for name in live(self.last, metric):
                first, _ = self.seen.get(name, (now, now))
                self.seen[name] = (first, now)

    def hot_named(self):
        """Names past those that filled the table."""
        return {name for name in self.seen
                if name.startswith("k") and int(name[1:]) >= MAX_SERIES}

    def total(self, metric):
        return self.last.total(metric) + loads.retired(self.last, metric)


def live(exposition, metric):
    return {labels["comm"]: value for labels, value in exposition.select(metric)
            if labels["comm"] not in (OTHER, LOST)}


def watch(daemons, clock):
    """Truth by name, and when the last call of each single name was made."""
    load = loads.Program("hotset", f"--names={NAMES}", f"--hot={HOT}", f"--fill={MAX_SERIES}",
                         f"--move={MOVE_S * 1000}", f"--ms={PHASES * MOVE_S * 1000}",
                         f"--rate={RATE}", "--share=100", 1)
    try:
        filled = MAX_SERIES
        load.lines_until("filled")
        for daemon in daemons:
            daemon.look(0)
        load.go()
        begin, made_at, steps = time.monotonic(), {}, dict(STEPS)
        for beat in range(int(SECONDS / BEAT_S)):
            time.sleep(max(0, begin + beat * BEAT_S - time.monotonic()))
            now = time.monotonic() - begin
            if steps and now >= min(steps):
                clock.step(steps.pop(min(steps)))
            if len(made_at) < len(ONCE_AT) and now >= ONCE_AT[len(made_at)]:
                name = f"once{len(made_at)}"
                ringtally.make_calls(f"--name={name}", "--call=test", "--count=100")
                made_at[name] = time.monotonic() - begin
            for daemon in daemons:
                daemon.look(time.monotonic() - begin)
        lines = load.lines()
    finally:
        load.kill()
    for daemon in daemons:
        daemon.look(time.monotonic() - begin)
    hot = filled + sum(line["made"] for line in lines if "value" in line)
    return hot, made_at


def judge_lingers(judge, watched, made_at):
    """Idle after `ttl` at the next epoch, gone `linger` later: never earlier, not much later."""
    for name, at in made_at.items():
        first, last = watched.seen.get(name, (0, 0))
        stayed = last + BEAT_S - at
        gone = name not in live(watched.last, ONCE)
        least, most = TTL_S + LINGER_S, TTL_S + EPOCH_S + LINGER_S + LATE_S
        judge(f"{watched.title}: {name} went between {least} and {most} s after its last call",
              gone and first > 0 and least <= stayed <= most, f"{stayed:.1f} s, gone: {gone}")


def run(judge):
    print(f"-- clock: steps of an hour, {SECONDS} s", flush=True)
    hot_names = {f"k{MAX_SERIES + i}" for i in range(PHASES * HOT)}
    with tempfile.TemporaryDirectory(prefix="ringtally-accept-") as folder:
        clock = Clock(folder)
        with ringtally.Daemon(config()) as plain, \
                ringtally.Daemon(config(), env=clock.environment()) as stepped:
            daemons = [Watched("steady clock", plain), Watched("stepped clock", stepped)]
            hot, made_at = watch(daemons, clock)
            for daemon in (plain, stepped):
                daemon.stop()
    judge.equal("the clock was stepped (half hours off)", [sorted(d.clock_off) for d in daemons],
                [[0], [-2, 0, 2]])
    for watched in daemons:
        judge.equal(f"{watched.title}: {HOT_CALLS}", watched.total(HOT_CALLS), hot)
        judge.equal(f"{watched.title}: {ONCE}", watched.total(ONCE), 100 * len(ONCE_AT))
        judge.equal(f"{watched.title}: hot names that were named",
                    len(watched.hot_named() & hot_names), len(hot_names))
        judge_lingers(judge, watched, made_at)
