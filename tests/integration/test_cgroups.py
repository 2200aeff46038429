# SPDX-License-Identifier: Apache-2.0
"""Cgroups by name: made before and after the start, gone before anybody looks, in thousands."""

import os
import re
import signal
import subprocess
import tempfile
import time
import unittest

import loads
import ringtally
from exposition import LOST, OTHER
from ringtally import Daemon, Load
from test_trace import Trace

CALLS = "ringtally_calls_total"
STORM = 2500  # cgroups; twice what the ring of their news holds
MEMBERS = 8192  # cgroups that may be in a set


def config(*labels, where=None):
    more = f", where: '{where}'" if where else ""
    return ("metrics:\n"
            "  - { name: calls_total, event: syscall_enter, type: counter, max_series: 10000, "
            f"labels: [{', '.join(('comm', 'syscall', *labels))}]{more} }}\n")


class Tree:
    """A cgroup of one's own below the root of cgroup2, and what is made in it; a context manager."""

    def __init__(self):
        self.mount = ringtally.cgroup2_mount()
        self.name = f"ringtally test {os.getpid()}"
        self.made = []

    def __enter__(self):
        self.make()
        return self

    def __exit__(self, *_):
        for path in reversed(self.made):
            if os.path.isdir(path):
                os.rmdir(path)

    def directory(self, *below):
        return os.path.join(self.mount, self.name, *below)

    def path(self, *below):
        """As labels show it."""
        return "/" + "/".join((self.name, *below))

    def make(self, *below):
        """Its id."""
        os.mkdir(self.directory(*below))
        self.made.append(self.directory(*below))
        return os.stat(self.directory(*below)).st_ino

    def remove(self, *below):
        os.rmdir(self.directory(*below))

    def call_inside(self, n, *below):
        """A process that is in the cgroup before it makes its first such call."""
        load = Load("--name=rt-cgroup", f"--count={n}", wait=True)
        with open(self.directory(*below, "cgroup.procs"), "w", encoding="ascii") as file:
            file.write(str(load.pid))
        assert load.go().made() == n


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()
        ringtally.require_initial_namespace("cgroup")

    def setUp(self):
        self.tree = Tree()
        self.tree.__enter__()
        self.addCleanup(self.tree.__exit__)

    def shown(self, exposition, label="cgroup"):
        return {labels[label]: value for labels, value
                in exposition.select(CALLS, comm="rt-cgroup", syscall="getppid")
                if value and labels[label] not in (OTHER, LOST)}


class Names(Case):
    def test_path_in_the_hierarchy(self):
        self.tree.make("old")
        with Daemon(config("cgroup")) as daemon:
            self.tree.make("young")
            self.tree.make("young", "a b\\x2dc.scope")
            self.tree.call_inside(3000, "old")
            self.tree.call_inside(2000, "young")
            self.tree.call_inside(100, "young", "a b\\x2dc.scope")
            shown = self.shown(daemon.scrape())
            daemon.stop()
        self.assertEqual(shown, {self.tree.path("old"): 3000, self.tree.path("young"): 2000,
                                 self.tree.path("young", "a b\\x2dc.scope"): 100})

    def test_gone_before_the_scrape(self):
        """Made, used and removed while the daemon runs; nobody asked for it meanwhile."""
        with Daemon("flush_interval: 1h\n" + config("cgroup")) as daemon:
            self.tree.make("pod")
            for i in range(20):
                self.tree.make("pod", f"run-{i}.scope")
                self.tree.call_inside(10 + i, "pod", f"run-{i}.scope")
                self.tree.remove("pod", f"run-{i}.scope")
            self.tree.remove("pod")
            shown = self.shown(daemon.scrape())
            daemon.stop()
        self.assertEqual(shown, {self.tree.path("pod", f"run-{i}.scope"): 10 + i
                                 for i in range(20)})

    def test_known_at_start_keeps_its_name_when_gone(self):
        self.tree.make("old")
        with Daemon(config("cgroup")) as daemon:
            self.tree.call_inside(1000, "old")
            self.tree.remove("old")
            shown = self.shown(daemon.scrape())
            daemon.stop()
        self.assertEqual(shown, {self.tree.path("old"): 1000})

    def test_more_at_once_than_their_ring_holds(self):
        """What is lost of the news a walk makes up for, of those that are still there."""
        with Daemon(config("cgroup")) as daemon:
            daemon.send_signal(signal.SIGSTOP)
            for i in range(STORM):
                self.tree.make(f"storm-{i}.scope")
            daemon.send_signal(signal.SIGCONT)
            last = f"storm-{STORM - 1}.scope"
            self.tree.call_inside(55, "storm-0.scope")
            end = time.monotonic() + ringtally.PATIENCE_S
            made, shown = 0, {}
            while self.tree.path(last) not in shown and time.monotonic() < end:
                self.tree.call_inside(7, last)
                made += 7
                shown = self.shown(daemon.scrape())
            daemon.stop()
        self.assertEqual(shown.pop(self.tree.path("storm-0.scope")), 55)
        self.assertIn(self.tree.path(last), shown)
        unknown = f"unknown_cgroup_id:{os.stat(self.tree.directory(last)).st_ino}"
        self.assertEqual(shown.pop(self.tree.path(last)) + shown.pop(unknown, 0), made)
        self.assertEqual(shown, {})

    def test_units_and_containers(self):
        """By the names that systemd, docker and kubernetes give; one that has neither."""
        ids = [f"{i:x}" * 64 for i in (10, 11, 12)]
        groups = {("a.slice",): ("a.slice", ""),
                  ("a.slice", "web\\x2d1.service"): ("web\\x2d1.service", ""),
                  ("a.slice", f"docker-{ids[0]}.scope"): (f"docker-{ids[0]}.scope", "a" * 12),
                  ("pods",): ("", ""),
                  ("pods", ids[1]): ("", "b" * 12),
                  ("pods", ids[1], f"cri-containerd-{ids[2]}.scope"):
                      (f"cri-containerd-{ids[2]}.scope", "c" * 12)}
        labels = ("{ name: unit, field: cgroup, decode: [unit] }",
                  "{ name: container, field: cgroup, decode: [container_id] }",
                  "{ name: call, field: syscall, decode: [{ static_map: { getppid: parent } }] }",
                  "{ name: kind, field: cgroup, decode: [unit, { static_map: { a.slice: Top, "
                  "'': none } }] }")
        with Daemon(config(*labels)) as daemon:
            for i, group in enumerate(groups):
                self.tree.make(*group)
                self.tree.call_inside(100 + i, *group)
            shown = {(series["unit"], series["container"], series["call"], series["kind"]): value
                     for series, value in daemon.scrape().select(CALLS, comm="rt-cgroup",
                                                                 syscall="getppid")}
            daemon.stop()
        kinds = {"a.slice": "Top", "": "none"}
        self.assertEqual(shown, {(unit, container, "parent", kinds.get(unit, unit)): 100 + i
                                 for i, (unit, container) in enumerate(groups.values())})

    def test_many_paths_of_one_text_are_one_series(self):
        """A series is its decoded texts, by whatever ids they came."""
        label = "{ name: unit, field: cgroup, decode: [unit] }"
        with Daemon(config(label)) as daemon:
            self.tree.make("a.service")
            for i in range(5):
                self.tree.make("a.service", f"worker-{i}")
                self.tree.call_inside(1000, "a.service", f"worker-{i}")
            shown = self.shown(daemon.scrape(), "unit")
            daemon.stop()
        self.assertEqual(shown, {"a.service": 5000})

    def test_not_watched_without_the_label(self):
        """Nothing is loaded for names that nobody asks for."""
        for labels, watched in (("cgroup",), True), ((), False):
            with Daemon(config(*labels)) as daemon:
                memory = daemon.scrape().select("ringtally_self_kernel_memory_bytes",
                                                map="cgroups")
                daemon.stop()
            self.assertEqual(bool(memory), watched)
            for _, value in memory:
                self.assertGreaterEqual(value, 64 * 1024)


class Sets(Case):
    """`where` on a cgroup counts every call of those in the set, and no other."""

    def both_counted(self, where, act):
        """What `act` makes, by the metric with the where and by one without."""
        text = (config(where=where) +
                "  - { name: all_total, event: syscall_enter, type: counter, max_series: 10000, "
                "labels: [comm, syscall] }\n")
        with Daemon(text) as daemon:
            made = act(daemon)
            page = daemon.scrape()
            numbers = [page.total(metric, comm="rt-cgroup", syscall="getppid")
                       for metric in (CALLS, "ringtally_all_total")]
            daemon.stop()
        self.assertEqual(numbers[1], made)
        return numbers[0]

    def make_and_call(self, *groups):
        """Calls in each: 100, 200, 400, ..."""
        for i, group in enumerate(groups):
            self.tree.call_inside(100 << i, *group)
        return 100 * ((1 << len(groups)) - 1)

    def test_those_that_were_there(self):
        groups = [("a.slice",), ("a.slice", "b.service"), ("a.slice2",), ("c",)]
        for group in groups:
            self.tree.make(*group)
        path = self.tree.path
        for where, counted in {
                f'cgroup == "{path("a.slice")}"': 100,
                f'cgroup != "{path("a.slice")}"': 200 + 400 + 800,
                f'cgroup in ["{path("a.slice", "b.service")}", "{path("c")}", /none]': 200 + 800,
                f'cgroup not in ["{path("a.slice", "b.service")}", "{path("c")}"]': 100 + 400,
                f'cgroup starts_with "{path("a.slice")}"': 100 + 200 + 400,
                f'cgroup starts_with "{path("a.slice")}/"': 200,
                f'not cgroup starts_with "{path()}"': 0,
                f'cgroup starts_with "{path()}" and cgroup != "{path("c")}" or tgid == 0':
                    100 + 200 + 400,
                "cgroup starts_with /": 1500,
                "cgroup == /none": 0,
        }.items():
            with self.subTest(where=where):
                self.assertEqual(self.both_counted(
                    where, lambda daemon: self.make_and_call(*groups)), counted)

    def test_those_that_are_made_later_from_when_they_are_known(self):
        """A scrape that begins after one was made has taken the news of it."""
        groups = [("pod",), ("pod", "run.scope"), ("other",)]

        def act(daemon):
            for group in groups:
                self.tree.make(*group)
            daemon.scrape()
            return self.make_and_call(*groups)

        self.assertEqual(self.both_counted(f'cgroup starts_with "{self.tree.path("pod")}"', act),
                         100 + 200)

    def test_a_name_that_another_had(self):
        """Made, removed and made again: another id each time."""
        def act(daemon):
            for i in range(10):
                self.tree.make("again")
                daemon.scrape()
                self.tree.call_inside(100 + i, "again")
                self.tree.remove("again")
            return sum(range(100, 110))

        path = self.tree.path("again")
        self.assertEqual(self.both_counted(f'cgroup == "{path}"', act), sum(range(100, 110)))

    def test_more_than_the_sets_hold_in_the_course_of_time(self):
        """Those that are gone make room for others."""
        def act(daemon):
            for i in range(2 * MEMBERS):
                self.tree.make(f"storm-{i}")
                self.tree.remove(f"storm-{i}")
                if i % 500 == 0:
                    daemon.scrape()
            self.tree.make("storm-last")
            daemon.scrape()
            self.tree.call_inside(77, "storm-last")
            return 77

        self.assertEqual(self.both_counted(f'cgroup starts_with "{self.tree.path("storm-")}"', act),
                         77)

    def write_inside(self, device, n, group):
        """Blocks, one by one and past the cache, by a process that is in the cgroup."""
        enter = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
        subprocess.run(["sh", "-c", enter, self.tree.directory(group), ringtally.load_program("io"),
                        device.path, f"write={n}:4096"], check=True, stdout=subprocess.DEVNULL)

    def test_of_a_start(self):
        """The context of block_io was saved by who made the request; others complete it."""
        device = loads.LoopDevice()
        self.addCleanup(device.close)
        for group in ("in", "out"):
            self.tree.make(group)
        text = ("metrics:\n  - { name: io_total, event: block_io, type: counter, "
                "labels: [device, operation], "
                f"where: 'cgroup == \"{self.tree.path('in')}\"' }}\n")
        with Daemon(text) as daemon:
            self.write_inside(device, 50, "in")
            self.write_inside(device, 30, "out")
            page = daemon.scrape()
            daemon.stop()
        self.assertEqual(page.total("ringtally_io_total", device=device.name), 50)

    def test_in_a_trace(self):
        for group in ("in", "out"):
            self.tree.make(group)
        path = self.tree.path("in")
        with Trace("syscall_enter", "-o", "json", "--fields", "comm,cgroup,tgid",
                   "--where", f'cgroup == "{path}" and syscall == getppid') as trace:
            self.tree.call_inside(30, "out")
            self.tree.call_inside(25, "in")
            summary = trace.end()
            events = trace.objects()
        self.assertEqual(summary, {"shown": 25, "lost": 0})
        self.assertEqual({(event["comm"], event["cgroup"]) for event in events},
                         {("rt-cgroup", path)})
        self.assertEqual(len({event["tgid"] for event in events}), 1)

    def test_of_a_task(self):
        """The context of runq_wait is the task's that waited, not the current one's."""
        for group in ("in", "out"):
            self.tree.make(group)
        path = self.tree.path("in")
        metric = "  - {{ name: {}_total, event: runq_wait, type: counter, labels: [cgroup]{} }}\n"
        text = ("metrics:\n" + metric.format("some", f", where: 'cgroup == \"{path}\"'") +
                metric.format("all", ""))
        with Daemon(text) as daemon:
            self.tree.call_inside(10, "in")
            self.tree.call_inside(10, "out")
            page = daemon.scrape()
            daemon.stop()
        waits = page.total("ringtally_all_total", cgroup=path)
        self.assertGreater(waits, 0)
        self.assertEqual({labels["cgroup"]: value for labels, value
                          in page.select("ringtally_some_total") if value}, {path: waits})

    def test_memory_of_the_map_is_for_who_asks_and_as_check_says(self):
        memory = []
        for where in ("cgroup == /", "uid == 0"):
            text = config("cgroup", where=where)
            with Daemon(text) as daemon:
                page = daemon.scrape()
                daemon.stop()
            memory.append(page.total("ringtally_self_kernel_memory_bytes", map="cgroups"))
            shared = memory[-1] + page.total("ringtally_self_kernel_memory_bytes", map="constants")
            self.assertLessEqual(shared, 1024 * self.constants_by_check(text))
        self.assertGreater(memory[0], memory[1] + MEMBERS * 2 * 8)

    def constants_by_check(self, text):
        """KiB, on this machine."""
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            sheet = ringtally.Ended("check", file.name).stdout
        return float(re.search(r"(?m)^  constants +([\d.]+) KiB ", sheet)[1])


if __name__ == "__main__":
    ringtally.main()
