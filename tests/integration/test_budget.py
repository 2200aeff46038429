# SPDX-License-Identifier: Apache-2.0
"""limits.kernel_memory: what it holds, what `check` says of it, and rings that CPUs share for it."""

import glob
import os
import re
import tempfile
import unittest

import ringtally
from exposition import LOST
from ringtally import Daemon, Ended, Load

KIB, MIB = 1 << 10, 1 << 20
DEFAULT_LIMIT = 32 * MIB
KEYS, CPUS = "ringtally_keys_total", "ringtally_cpus_total"
UNITS = {"B": 1, "KiB": KIB, "MiB": MIB, "GiB": 1 << 30}


def config(ring, kernel_memory):
    return f"""\
ring: {{ size: {ring} }}
limits: {{ kernel_memory: {kernel_memory} }}
objects: ["{ringtally.probe("call")}"]
events: {{ test_call: {{ delivery: stream }} }}
metrics:
  - {{ name: keys_total, event: test_call, type: counter, labels: [key], max_series: 10 }}
  - {{ name: cpus_total, event: test_call, type: counter, labels: [cpu] }}
"""


def written(text):
    """A config file for `check`, as a context manager."""
    file = tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8")
    file.write(text)
    file.flush()
    return file


def maps_of(pid):
    """What the kernel says of every map that the process has: type and bytes, by id."""
    maps = {}
    for path in glob.glob(f"/proc/{pid}/fdinfo/*"):
        try:
            with open(path, encoding="ascii") as file:
                fields = dict(line.split(":", 1) for line in file if ":" in line)
        except FileNotFoundError:
            continue
        if "map_id" in fields:
            maps[int(fields["map_id"])] = (int(fields["map_type"]), int(fields["memlock"]))
    return maps


def memory(exposition):
    """The metric, by (event, map)."""
    return {(labels["event"], labels["map"]): value for labels, value in
            exposition.select("ringtally_self_kernel_memory_bytes")}


def predicted(sheet, row):
    """Bytes that `check` gives for this machine; 0 when it has no such row."""
    found = re.search(rf"(?m)^  {re.escape(row)} +([\d.]+) (\w+) ", sheet)
    return float(found[1]) * UNITS[found[2]] if found else 0


class Memory(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()

    def measured(self, *args):
        """The metric, which is what the kernel says of all of the daemon's maps."""
        with Daemon(*args) as daemon:
            shown = memory(daemon.scrape())
            maps = maps_of(daemon.pid).values()
            daemon.stop()
        if min(size for kind, size in maps if kind == 27) == 0:  # BPF_MAP_TYPE_RINGBUF
            self.skipTest("this kernel does not count rings")
        self.assertEqual(sum(shown.values()), sum(size for _, size in maps))
        return shown

    def test_the_built_in_config_keeps_to_the_limit(self):
        if glob.glob("/etc/ringtally/*.yaml"):
            self.skipTest("a config is installed here")
        shown = self.measured()
        print(f"{sum(shown.values())} bytes: {shown}", flush=True)
        self.assertLessEqual(sum(shown.values()), DEFAULT_LIMIT)
        for key in (("", "rings"), ("", "constants"), ("runq_wait", "books"),
                    ("runq_wait", "buckets"), ("runq_wait", "starts"), ("block_io", "starts"),
                    ("syscall_enter", "books")):
            self.assertGreater(shown[key], 0, key)
        self.assertNotIn(("syscall_enter", "starts"), shown)
        self.assertLessEqual(shown["", "rings"], DEFAULT_LIMIT // 2)

    def test_check_predicts_it(self):
        if glob.glob("/etc/ringtally/*.yaml"):
            self.skipTest("a config is installed here")
        shown = self.measured()
        sheet = Ended("check").stdout
        for rows, bytes_ in ((["rings"], shown["", "rings"]),
                             (["runq_wait: starts (estimate)"], shown["runq_wait", "starts"]),
                             (["block_io: starts (estimate)"], shown["block_io", "starts"]),
                             (["syscall_enter: books", "syscall_enter: table"],
                              shown["syscall_enter", "books"]),
                             (["in all"], sum(shown.values()))):
            said = sum(predicted(sheet, row) for row in rows)
            self.assertLess(abs(said - bytes_), 0.02 * bytes_ + 0.05 * MIB, rows)  # as printed

    def test_a_small_limit_is_kept_too(self):
        for ring, limit, size in (("1MiB", 1 * MIB, 256 * KIB), ("64MiB", 3 * MIB, MIB),
                                  ("64KiB", 1 * MIB, None)):
            with self.subTest(ring=ring, limit=limit):
                shown = self.measured(config(ring, f"{limit // MIB}MiB"))
                self.assertLessEqual(sum(shown.values()), limit)
                if size:
                    self.assertLess(abs(shown["", "rings"] - size), 0.1 * size)


class Refusal(unittest.TestCase):
    """Exit 2 with the number needed; that number does."""

    CONFIG = ("limits: {{ kernel_memory: {} }}\n"
              "metrics:\n"
              "  - {{ name: waits_total, event: runq_wait, type: counter }}\n")

    def refused(self, *args):
        with written(self.CONFIG.format("1MiB")) as file:
            ended = Ended(*(arg.format(file.name) for arg in args))
        self.assertEqual((ended.status, ended.stdout), (2, ""))
        found = re.fullmatch(
            re.escape(file.name) + r":1:26: 'kernel_memory' must be at least (\d+MiB) "
            r"for this config on \d+ CPUs, not 1MiB\n", ended.stderr)
        self.assertTrue(found, ended.stderr)
        return found[1]

    def test_the_number_needed_is_named_and_does(self):
        needed = self.refused("check", "{}")
        self.assertEqual(self.refused("run", "--config.file={}"), needed)
        with written(self.CONFIG.format(needed)) as file:
            ended = Ended("check", file.name)
        self.assertEqual((ended.status, ended.stderr), (0, ""))
        self.assertLessEqual(predicted(ended.stdout, "in all"), predicted(ended.stdout, "limit"))


class SharedRing(unittest.TestCase):
    """All CPUs in one ring, since the limit has no room for more."""

    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()

    def hammer(self, text, size, count):
        """From two CPUs at once; the last scrape, the final ledger, and what each CPU made."""
        cpus = sorted(os.sched_getaffinity(0))[:2]
        with Daemon(text) as daemon:
            self.assertEqual(daemon.scrape().value("ringtally_self_ring_size_bytes"), size)
            loads = [Load("--name=rt-ring", "--call=test", f"--count={count}", "--key=7",
                          f"--cpu={cpu}", wait=True) for cpu in cpus]
            for load in loads:
                load.go()
            made = {str(cpu): load.made() for cpu, load in zip(cpus, loads)}
            exposition = daemon.scrape()
            ledger = daemon.stop()["test_call"]
        print(f"made={made} ledger: {ledger}", flush=True)
        self.assertEqual(set(made.values()), {count})
        self.assertEqual(ledger.seen, sum(made.values()))
        return exposition, ledger, made

    def test_with_room_every_record_is_kept(self):
        exposition, ledger, made = self.hammer(config("8MiB", "20MiB"), 8 * MIB, 80_000)
        self.assertEqual(ledger.lost, 0)
        self.assertEqual(exposition.value(KEYS, key="7"), sum(made.values()))
        self.assertEqual({labels["cpu"]: n for labels, n in exposition.select(CPUS)
                          if labels["cpu"] in made}, made)

    def test_without_room_only_labels_are_lost(self):
        exposition, ledger, made = self.hammer(config("512KiB", "1536KiB"), 512 * KIB,
                                               500_000)
        total = sum(made.values())
        self.assertEqual(ledger.consumed + ledger.lost, total)
        self.assertEqual(exposition.value(KEYS, key=LOST), ledger.lost)
        self.assertEqual(exposition.value(KEYS, key="7"), total - ledger.lost)
        self.assertEqual(exposition.value(CPUS, cpu=LOST), ledger.lost)
        self.assertEqual(sum(n for _, n in exposition.select(CPUS)), total)


if __name__ == "__main__":
    ringtally.main()
