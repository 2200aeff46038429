# SPDX-License-Identifier: Apache-2.0
"""The fields that every event has: whose child a task is, and in which namespaces it lives."""

import os
import subprocess
import tempfile
import time
import unittest

import ringtally
from exposition import LOST, OTHER
from ringtally import Daemon, Load

N = 1234
PARENT = "rt-the-parent"


def config(labels, event="syscall_enter", more="", objects=""):
    return (objects +
            "metrics:\n"
            f"  - {{ name: calls_total, event: {event}, type: counter, labels: [{labels}]{more} }}\n")


def namespace(pid, kind):
    return str(os.stat(f"/proc/{pid}/ns/{kind}").st_ino)


def only_child(pid):
    """Waits for it."""
    end = time.monotonic() + ringtally.PATIENCE_S
    while time.monotonic() < end:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            children = file.read().split()
        if children:
            return int(children[0])
        time.sleep(0.001)
    raise AssertionError(f"{pid} has no child")


class Strangers:
    """The load in mount and pid namespaces of its own, as the child of a program of our naming."""

    def __init__(self, folder, n):
        program = os.path.join(folder, PARENT)
        os.symlink(ringtally.require_tool("unshare"), program)
        self.process = subprocess.Popen(
            [program, "--mount", "--propagation=unchanged", "--pid", "--fork",
             ringtally.load_program("calls"), "--name=rt-stranger", f"--count={n}", "--wait"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdout.readline() == b"waiting\n"
        self.pid = only_child(self.process.pid)

    def expected(self):
        return {"tgid": str(self.pid), "ppid": str(self.process.pid), "pcomm": PARENT,
                "mntns": namespace(self.pid, "mnt"), "pidns": namespace(self.pid, "pid")}

    def made(self):
        out, _ = self.process.communicate(b"\n", timeout=ringtally.PATIENCE_S)
        assert self.process.returncode == 0
        made, tgid = (int(word.split(b"=")[1]) for word in out.split() if
                      word.startswith((b"made=", b"tgid=")))
        assert tgid == 1, "a namespace of its own has numbers of its own"
        return made


class Context(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()
        ringtally.require_initial_namespace("pid")

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def shown(self, exposition, comm):
        """Label sets other than comm and syscall, with their counts."""
        return [({k: v for k, v in labels.items() if k not in ("comm", "syscall")}, value)
                for labels, value in exposition.select("ringtally_calls_total", comm=comm,
                                                       syscall="getppid")]

    def test_parent_and_namespaces(self):
        labels = "comm, syscall, tgid, ppid, pcomm, mntns, pidns"
        with open("/proc/self/comm", encoding="utf-8") as file:
            own_name = file.read().strip()
        with Daemon(config(labels)) as daemon:
            stranger = Strangers(self.folder, N)
            expected = stranger.expected()
            for kind, label in (("mnt", "mntns"), ("pid", "pidns")):
                self.assertNotEqual(expected[label], namespace("self", kind))
            self.assertEqual(stranger.made(), N)
            load = Load("--name=rt-own-child", f"--count={N // 2}", "--threads=2", wait=True)
            own = {"tgid": str(load.pid), "ppid": str(os.getpid()), "pcomm": own_name,
                   "mntns": namespace("self", "mnt"), "pidns": namespace("self", "pid")}
            self.assertEqual(load.go().made(), N // 2 * 2)
            exposition = daemon.scrape()
            daemon.stop()
        self.assertEqual(self.shown(exposition, "rt-stranger"), [(expected, N)])
        self.assertEqual(self.shown(exposition, "rt-own-child"), [(own, N // 2 * 2)])

    def test_each_alone_is_a_label_and_a_where(self):
        stranger = Strangers(self.folder, N)
        expected = stranger.expected()
        lines = "".join(
            f"  - {{ name: {label}_total, event: syscall_enter, type: counter, "
            f"labels: [{label}], where: '{label} == {value} and syscall == getppid' }}\n"
            for label, value in expected.items())
        with Daemon("metrics:\n" + lines) as daemon:
            self.assertEqual(stranger.made(), N)
            Load("--name=rt-own-child", f"--count={N}").made()
            exposition = daemon.scrape()
            daemon.stop()
        for label, value in expected.items():
            with self.subTest(label):
                counted = {labels[label]: n for labels, n
                           in exposition.select(f"ringtally_{label}_total")
                           if labels[label] not in (OTHER, LOST)}
                self.assertEqual(counted, {value: N})

    def test_a_task_without_namespaces_shows_0(self):
        """At its burial a task has neither namespaces nor a pid: nothing is followed into nowhere."""
        objects = f"objects: ['{ringtally.probe('buried')}']\n"
        with Daemon(config("comm, mntns, pidns", "test_buried", objects=objects)) as daemon:
            for _ in range(5):
                Load("--name=rt-buried", "--count=1").made()
            end = time.monotonic() + ringtally.PATIENCE_S
            counted = []
            while time.monotonic() < end and sum(n for _, n in counted) < 5:
                counted = [((labels["mntns"], labels["pidns"]), n) for labels, n in
                           daemon.scrape().select("ringtally_calls_total", comm="rt-buried")]
                time.sleep(0.05)  # tasks are freed when nobody can look at them any more
            daemon.stop()
        self.assertEqual(counted, [(("0", "0"), 5)])


if __name__ == "__main__":
    ringtally.main()
