# SPDX-License-Identifier: Apache-2.0
"""What tests of events need beside the harness: load programs, exact histograms, a disk of one's own."""

import fractions
import math
import os
import subprocess
import tempfile
import time
import unittest

import ringtally
from exposition import LOST, OTHER

U64_MAX = 2**64 - 1


def long_form():
    """The long runs: hours of work for `make accept-events`, nothing for `make test`."""
    return os.environ.get("RINGTALLY_LONG") == "1"


class Program:
    """A program of tests/load. What it writes are lines of NAME=NUMBER words."""

    def __init__(self, name, *args, wait=False):
        command = [ringtally.load_program(name), *[str(arg) for arg in args]]
        if wait:
            command.insert(1, "--wait")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        if wait:
            assert self.process.stdout.readline() == "waiting\n"

    @property
    def pid(self):
        return self.process.pid

    def go(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self

    def running(self):
        return self.process.poll() is None

    @staticmethod
    def _words(line):
        return {k: int(v) for k, v in (word.split("=") for word in line.split())}

    def lines_until(self, name):
        """Reads up to the line that begins with `name`; those before it."""
        lines = []
        for line in self.process.stdout:
            words = self._words(line)
            if name in words:
                return lines
            lines.append(words)
        raise AssertionError(f"{self.process.args} ended without '{name}'")

    def lines(self):
        """Waits for the end."""
        out, _ = self.process.communicate(timeout=600)
        assert self.process.returncode == 0, f"the load failed: {self.process.args}"
        return [self._words(line) for line in out.splitlines()]

    def kill(self):
        if self.running():
            self.process.kill()
        self.process.communicate()


def run(name, *args):
    return Program(name, *args).lines()


# --- exact numbers out of an exposition ---


def raw(value, scale=9):
    """A value of the exposition in the field's own unit: seconds of 10^-9, exactly. Decimals would
    round at 28 digits."""
    exact = fractions.Fraction(value) * 10**scale
    assert exact.denominator == 1, f"{value} is no whole number of 10^-{scale}"
    return exact.numerator


def exact_sum(exposition, name, scale=9, **labels):
    return sum(raw(value, scale) for _, value in exposition.select(name, **labels))


class Histogram:
    """Count, sum and buckets (by bound in the field's unit, None: +Inf; not cumulative), summed up
    over all series that have the labels among theirs."""

    def __init__(self, exposition, name, scale=9, **labels):
        self.count = exposition.total(name + "_count", **labels)
        self.sum = exact_sum(exposition, name + "_sum", scale, **labels)
        cumulative = {}
        for series, value in exposition.select(name + "_bucket", **labels):
            le = series["le"]
            bound = None if le == "+Inf" else raw(fractions.Fraction(le), scale)
            cumulative[bound] = cumulative.get(bound, 0) + value
        self.bounds = sorted(bound for bound in cumulative if bound is not None)
        self.buckets, below = {}, 0
        for bound in [*self.bounds, None]:
            self.buckets[bound] = cumulative.get(bound, 0) - below
            below = cumulative.get(bound, 0)

    def filled(self):
        return {bound: n for bound, n in self.buckets.items() if n}


def expected_buckets(values, bounds):
    """By the definition: a value is in the bucket of the smallest bound that it is not above."""
    buckets = {}
    for value in values:
        bound = min((b for b in bounds if value <= b), default=None)
        buckets[bound] = buckets.get(bound, 0) + 1
    return buckets


def log2_bounds(least, most):
    bounds = [least]
    while bounds[-1] < most and bounds[-1] * 2 <= U64_MAX:
        bounds.append(bounds[-1] * 2)
    return bounds


def native_bounds(schema, least, most, base=10**9):
    """base * 2^(i / 2^schema), rounded down, for all i: by square roots of whole numbers."""
    bounds, i = [], -64 * 2**max(schema, 0)
    while not bounds or bounds[-1] < most:
        power = i * 2**max(-schema, 0)
        bound = base**2**max(schema, 0)
        bound = bound << power if power > 0 else bound >> -power
        for _ in range(schema):
            bound = math.isqrt(bound)
        if bound > U64_MAX:
            break
        if bound >= least and bound not in bounds[-1:]:
            bounds.append(bound)
        i += 1
    return bounds


def live(exposition, name, **labels):
    """Series that stand for something: neither __other__ nor __lost__."""
    return [(series, value) for series, value in exposition.select(name, **labels)
            if not {OTHER, LOST} & set(series.values())]


def retired(exposition, name, namespace="ringtally"):
    """What series of this metric held that are no longer there; 0 where nothing says so."""
    own = name.removeprefix(namespace + "_")
    return sum(value for _, value in exposition.select(f"{namespace}_self_retired_total",
                                                       metric=own))


# --- a disk of one's own ---


class LoopDevice:
    """A loop device on a sparse file. It goes away with this process, however that ends: the file
    has no name any more, and the device is to be cleared at its last close."""

    SIZE = 64 * 2**20

    def __init__(self):
        losetup = ringtally.require_tool("losetup")
        with tempfile.NamedTemporaryFile(prefix="ringtally-test-") as file:
            file.truncate(self.SIZE)
            self.path = self._attach(losetup, file.name)
            self.fd = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
            subprocess.run([losetup, "--detach", self.path], check=True, capture_output=True)
        self.name = os.path.basename(self.path)

    @staticmethod
    def _attach(losetup, file):
        """With direct I/O, where the file system below can do that."""
        for direct in ("on", "off"):
            done = subprocess.run([losetup, "--find", "--show", f"--direct-io={direct}", file],
                                  capture_output=True, text=True)
            if done.returncode == 0:
                return done.stdout.strip()
        raise unittest.SkipTest(f"this machine makes no loop device: {done.stderr.strip()}")

    def close(self):
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None

    def _queue(self, name):
        return f"/sys/block/{self.name}/queue/{name}"

    def set_scheduler(self, name):
        with open(self._queue("scheduler"), "r+", encoding="ascii") as file:
            if name not in file.read().replace("[", " ").replace("]", " ").split():
                raise unittest.SkipTest(f"this kernel has no I/O scheduler {name}")
            file.write(name)

    def has_cache(self):
        with open(self._queue("write_cache"), encoding="ascii") as file:
            return file.read().strip() == "write back"

    def discards(self):
        with open(self._queue("discard_max_bytes"), encoding="ascii") as file:
            return int(file.read()) > 0

    def diskstats(self):
        """I/Os and sectors by operation, as /proc/diskstats has them."""
        with open("/proc/diskstats", encoding="ascii") as file:
            numbers = next(line.split()[3:] for line in file if line.split()[2] == self.name)
        n = [int(number) for number in numbers]
        return {"read": (n[0], n[2]), "write": (n[4], n[6]), "discard": (n[11], n[13]),
                "flush": (n[15], 0)}


# --- what the kernel counts for a thread ---


class Switches:
    """How often a thread left its CPU, by itself and preempted, once it sleeps."""

    SETTLE_S = 0.02  # from saying that it sleeps to being switched out

    def __init__(self, pid):
        end = time.monotonic() + ringtally.PATIENCE_S
        fields = self._status(pid)
        while not fields["State"].startswith("S"):
            assert time.monotonic() < end, f"{pid} does not sleep"
            time.sleep(0.001)
            fields = self._status(pid)
        time.sleep(self.SETTLE_S)
        fields = self._status(pid)
        self.voluntary = int(fields["voluntary_ctxt_switches"])
        self.preempted = int(fields["nonvoluntary_ctxt_switches"])

    @staticmethod
    def _status(pid):
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            return dict(line.rstrip("\n").split(":\t", 1) for line in status if ":\t" in line)


def run_time_ns(pid):
    """How long it ran, as the kernel counts it: without steal, behind by a tick at most."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as schedstat:
        return int(schedstat.read().split()[0])


def steal_ns(cpu):
    """What a hypervisor took of a CPU, in steps of a clock tick (sysconf SC_CLK_TCK)."""
    with open("/proc/stat", encoding="ascii") as stat:
        fields = next(line.split() for line in stat if line.startswith(f"cpu{cpu} "))
    return int(fields[8]) * 10**9 // os.sysconf("SC_CLK_TCK")
