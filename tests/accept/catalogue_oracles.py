# SPDX-License-Identifier: Apache-2.0
"""Tools that nobody here wrote, beside ringtally on the same load: those of libbpf-tools 0.26.

Both are attached before the load begins. The tools put times into slots of whole microseconds,
[2^i, 2^(i+1)) and below 2 in the first; our bounds are inclusive nanoseconds, so the same slots end
at 2^(i+1) us - 1 ns. Cumulative distributions are compared there.
"""

import os
import re
import signal
import subprocess

import loads
import ringtally
from loads import Histogram, LoopDevice
from ringtally import Daemon

SECONDS = 10
SLOTS = 27
BOUNDS = [2**(i + 1) * 1000 - 1 for i in range(SLOTS - 1)]  # of all slots but the last
TOTALS_DIFFER_MAX = 0.5  # percent
DISTANCE_MAX = 0.02
EACH_MIN = 1000  # events that a distribution needs to be one
METRIC = "ringtally_seconds"


def folder():
    done = subprocess.run([ringtally.source("scripts", "fetch_deb.sh"), "libbpf-tools"],
                          check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


class Tool:
    """Attached from when it says so until it is interrupted."""

    SLOT = re.compile(r"\s*(\d+) -> \d+\s*: (\d+)")
    TITLE = re.compile(r"\w+ = (\S+)")

    def __init__(self, name, *args):
        self.process = subprocess.Popen(["stdbuf", "-oL", os.path.join(folder(), name), *args],
                                        stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("Tracing "), f"{name} does not trace: '{line}'"

    def kill(self):
        self.process.kill()
        self.process.communicate()

    def end(self):
        """Slots by title, which is "" where there is none."""
        self.process.send_signal(signal.SIGINT)
        out, _ = self.process.communicate(timeout=ringtally.PATIENCE_S)
        histograms, title = {}, ""
        for line in out.splitlines():
            slot = self.SLOT.match(line)
            if slot:
                low, count = (int(n) for n in slot.groups())
                slots = histograms.setdefault(title, [0] * SLOTS)
                slots[max(0, low.bit_length() - 1)] += count
            elif named := self.TITLE.match(line):
                title = named[1]
        return histograms


# --- loads: each takes SECONDS, and says which of all events are its own ---


class Turns:
    """Threads that take turns on one CPU."""

    def __init__(self, threads):
        cpu = max(os.sched_getaffinity(0))
        self.program = loads.Program("runq", "--name=rt-oracle", f"--cpu={cpu}",
                                     f"--threads={threads}", f"--ms={SECONDS * 1000}", wait=True)
        self.tool_args = ("-p", str(self.program.pid))
        self.where = f"tgid == {self.program.pid}"

    def run(self):
        self.program.go().lines_until("quiet")

    def close(self):
        self.program.kill()


class Disk:
    """Writes and reads of a loop device, of two sizes."""

    PACE_US = 300
    EACH = SECONDS * 500

    def __init__(self):
        self.device = LoopDevice()
        steps = [f"{kind}={self.EACH}:{size}" for size in (4096, 8192) for kind in ("write", "read")]
        self.program = loads.Program("io", "--name=rt-oracle", f"--pace={self.PACE_US}",
                                     self.device.path, *steps, wait=True)
        self.tool_args = ("-d", self.device.name)
        self.where = f"device == {self.device.name}"

    def run(self):
        self.program.go().lines()

    def close(self):
        self.program.kill()
        self.device.close()


class Everything:
    """The others at once. What runs in a softirq is nobody's own: all of the machine's count."""

    tool_args = ("-d",)
    where = None

    def __init__(self):
        self.parts = (Disk(), Turns(6))

    def run(self):
        disk, turns = self.parts
        disk.program.go()
        turns.run()
        disk.program.lines()

    def close(self):
        for part in self.parts:
            part.close()


# --- what is compared ---

# cpudist leaves out the slices at whose end a task goes to sleep: its threads work or yield.
ORACLES = {
    "runqlat": ("runq_wait", "wait", None, lambda: Turns(6)),
    "cpudist": ("sched_oncpu", "duration", None, lambda: Turns(2)),
    "biolatency": ("block_io", "latency", None, Disk),
    "softirqs": ("softirq", "duration", "vec", Everything),
}


def config(event, value, label, where):
    bounds = ", ".join(f"{bound}ns" for bound in BOUNDS)
    return f"""\
ring: {{ size: 8MiB }}
limits: {{ kernel_memory: 64MiB }}
metrics:
  - {{ name: seconds, event: {event}, type: histogram, value: {value}, buckets: [{bounds}],
      labels: [{label or ''}]{f", where: '{where}'" if where else ""} }}
"""


def slots(exposition, label):
    """Slots by the label's text, as Tool.end() has them."""
    titles = {labels[label] for labels, _ in loads.live(exposition, METRIC + "_count")} \
        if label else {""}
    histograms = {}
    for title in titles:
        buckets = Histogram(exposition, METRIC, **({label: title} if label else {})).buckets
        histograms[title] = [buckets[bound] for bound in [*BOUNDS, None]]
    return histograms


def side_by_side(tool, event, value, label, make_load):
    """Slots by title: theirs and ours."""
    load = make_load()
    try:
        theirs = Tool(tool, *load.tool_args)
        try:
            with Daemon(config(event, value, label, load.where)) as daemon:
                before = slots(daemon.scrape(), label)
                load.run()
                after = slots(daemon.scrape(), label)
                told = theirs.end()
                print(f"     final ledger: {daemon.stop()[event]}", flush=True)
        finally:
            theirs.kill()
    finally:
        load.close()
    ours = {title: [n - m for n, m in zip(counts, before.get(title, [0] * SLOTS))]
            for title, counts in after.items()}
    return told, ours


def distance(a, b):
    """The largest between two cumulative distributions."""
    largest, below_a, below_b = 0, 0, 0
    for n, m in zip(a, b):
        below_a, below_b = below_a + n, below_b + m
        largest = max(largest, abs(below_a / sum(a) - below_b / sum(b)))
    return largest


def judge_row(judge, title, theirs, ours):
    n, m = sum(theirs), sum(ours)
    off = abs(m - n) * 100 / n
    far = distance(theirs, ours) if m else 1
    print(f"     {'':20} {'theirs':>8} {'ours':>8} {'off':>8} {'distance':>8}\n"
          f"     {title:20} {n:8} {m:8} {off:7.3f}% {far:8.4f}", flush=True)
    judge.at_most(f"{title}: totals differ by", off, TOTALS_DIFFER_MAX, " %")
    judge.at_most(f"{title}: distance of the cumulative distributions", far, DISTANCE_MAX)


def run(judge, tool):
    event, value, label, make_load = ORACLES[tool]
    print(f"-- {tool}, {SECONDS} s: {event}.{value}", flush=True)
    theirs, ours = side_by_side(tool, event, value, label, make_load)
    enough = [title for title, counts in theirs.items() if sum(counts) >= EACH_MIN]
    judge(f"{tool}: there is something to compare", bool(enough),
          ", ".join(f"{title or tool} {sum(counts)}" for title, counts in sorted(theirs.items())))
    for title in enough:
        judge_row(judge, f"{tool} {title}".strip(), theirs[title], ours.get(title, [0] * SLOTS))
