# SPDX-License-Identifier: Apache-2.0
"""`ringtally selftest`: what it proves here, and that it notices what is not so."""

import glob
import os
import re
import signal
import subprocess
import time
import unittest

import ringtally
from ringtally import Ended, binary, load_program

LINES_MAX, SECONDS_MAX = 25, 20
# Where / is no mount (a chroot) its propagation cannot be changed, but that of /dev can.
NO_LOOP_DEVICE = ("mount --make-private /dev && mount --bind /dev/null /dev/loop-control && "
                  "exec \"$@\"")


def selftest(**options):
    return Ended("selftest", **options)


def rows(ended, event):
    return [line for line in ended.stdout.splitlines() if line.startswith(event + " ")]


def wrong(ended):
    """Events by line that does not hold."""
    return [line.split()[0] for line in ended.stdout.splitlines() if "≠" in line]


def with_extra(call):
    """It makes one call more than it knows of."""
    library = os.path.join(os.path.dirname(load_program("calls")), "extra.so")
    return selftest(env={**os.environ, "LD_PRELOAD": library, "EXTRA": call,
                         "ASAN_OPTIONS": "verify_asan_link_order=0"})


def has_loop_devices():
    return os.path.exists("/dev/loop-control")


def left_behind():
    """Loop devices on a file in memory, and daemons with a config in memory."""
    found = []
    for path in glob.glob("/sys/block/loop*/loop/backing_file"):
        with open(path, encoding="utf-8") as file:
            found += [path] if "memfd:loop device" in file.read() else []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as file:
                found += [path] if b"--config.file=/proc/self/fd/" in file.read() else []
        except OSError:
            pass
    return found


class Selftest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()

    def assert_nothing_left(self):
        """A device that is closed by the end of a process goes away a little later."""
        end = time.monotonic() + 10
        while left_behind() and time.monotonic() < end:
            time.sleep(0.01)
        self.assertEqual(left_behind(), [])

    def test_what_is_counted_is_true(self):
        begin = time.monotonic()
        ended = selftest()
        seconds = time.monotonic() - begin
        print(ended.stdout, flush=True)
        self.assertEqual((ended.status, ended.stderr, wrong(ended)), (0, "", []))
        self.assertLessEqual(len(ended.stdout.splitlines()), LINES_MAX)
        self.assertLess(seconds, SECONDS_MAX)
        self.assertRegex(ended.stdout, r"\nall [0-9]+ checks hold.*\n$")
        cpus = len(os.sched_getaffinity(0))
        for line in rows(ended, "syscall_enter"):
            self.assertIn(f" {50000 * cpus} = {50000 * cpus} ", line)
        self.assertEqual(len(rows(ended, "syscall_enter")), 2)
        self.assertNotIn("not checked", "".join(rows(ended, "runq_wait")))
        if has_loop_devices():
            self.assertIn(" 500 = 500 ", rows(ended, "block_io")[0])
            self.assertIn(" 2048000 = 2048000 ", rows(ended, "block_io")[1])
        for event, n in (("process_fork", 40), ("process_exec", 20), ("process_exit", 20),
                         ("cpu_migrate", 100), ("timer_start", 20)):
            self.assertIn(f" {n} = {n} ", rows(ended, event)[0])
        self.assertRegex(rows(ended, "page_fault")[0], r" 10\d\d = 1000( … 10\d\d)? ")
        for event in ("softirq", "hardirq", "process_fork"):
            self.assertRegex(rows(ended, event)[-1], r" meanwhile \(/proc/|not checked: an int")
        self.assert_nothing_left()

    def test_every_event_is_checked_or_told_not_to_be(self):
        events = re.findall(r"^(\w+)  .*\n  FIELD", Ended("probes").stdout, re.MULTILINE)
        ended = selftest()
        self.assertIn("block_io", events)
        self.assertEqual([event for event in events
                          if event != "context" and not rows(ended, event)], [])

    def test_several_at_once_do_not_count_each_others(self):
        processes = [subprocess.Popen([binary(), "selftest"], stdout=subprocess.PIPE, text=True)
                     for _ in range(2)]
        for process in processes:
            out, _ = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, out)

    def test_a_call_that_it_does_not_know_of_is_noticed(self):
        ended = with_extra("getppid")
        self.assertEqual((ended.status, wrong(ended)),
                         (1, ["syscall_enter", "syscall_enter", "syscall_exit"]), ended.stdout)
        cpus = len(os.sched_getaffinity(0))
        self.assertIn(f" {50000 * cpus + 1} ≠ {50000 * cpus} ", ended.stdout)
        self.assertRegex(ended.stdout, r"\n3 of [0-9]+ checks do not hold.*\n$")

    def test_a_program_that_it_does_not_know_of_is_noticed(self):
        """Every process that executes one has a child that does so too."""
        ended = with_extra("execve")
        self.assertEqual((ended.status, wrong(ended)), (1, ["process_fork", "process_exec"]),
                         ended.stdout)
        for numbers in (" 60 ≠ 40 ", " 40 ≠ 20 "):
            self.assertIn(numbers, ended.stdout)

    @unittest.skipUnless(has_loop_devices(), "this machine has no loop devices")
    def test_a_write_that_it_does_not_know_of_is_noticed(self):
        """It is in /proc/diskstats, which agrees with what was counted."""
        ended = with_extra("pwrite")
        self.assertEqual((ended.status, wrong(ended)), (1, ["block_io"] * 2), ended.stdout)
        for numbers in (" 501 ≠ 500 ", " 2052096 ≠ 2048000 ", " 501 = 501 "):
            self.assertIn(numbers, ended.stdout)

    def test_what_cannot_be_made_here_is_told(self):
        unshare = ringtally.require_tool("unshare")
        ended = selftest(wrapper=[unshare, "--mount", "--propagation=unchanged", "sh", "-c",
                                  NO_LOOP_DEVICE, "sh"])
        self.assertEqual((ended.status, ended.stderr), (0, ""), ended.stdout)
        line = rows(ended, "block_io")[0]
        self.assertRegex(line, "–  not checked: no loop device .*Inappropriate ioctl")
        untold = ended.stdout.count("not checked")
        self.assertRegex(ended.stdout,
                         rf"\nall [0-9]+ checks hold, {untold} could not be made here")

    def test_killed_it_leaves_nothing(self):
        process = subprocess.Popen([binary(), "selftest"], stdout=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while not any("/proc/" in path for path in left_behind()) and time.monotonic() < end:
            time.sleep(0.002)
        self.assertNotEqual(left_behind(), [])
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.assert_nothing_left()


class Refusals(unittest.TestCase):
    def refuses(self, status, pattern, *args, **options):
        ended = Ended("selftest", *args, **options)
        self.assertEqual((ended.status, ended.stdout), (status, ""), ended.stderr)
        self.assertRegex(ended.stderr, f"^ringtally: {pattern}.*\n$")

    def test_usage(self):
        self.refuses(2, "selftest takes flags only", "block_io")
        self.refuses(2, "unknown flag '--btf.pat=x' .did you mean '--btf.path'", "--btf.pat=x")
        self.refuses(2, "--btf.path needs a value", "--btf.path")

    def test_no_kernel_types(self):
        ringtally.require_kernel()
        self.refuses(4, "BTF file /nowhere: No such file or directory", "--btf.path=/nowhere")

    def test_no_privileges(self):
        if os.geteuid() != 0:
            self.refuses(4, "loading BPF programs needs root")
            return
        setpriv = ringtally.require_tool("setpriv")
        self.refuses(4, "loading BPF programs needs root",
                     wrapper=[setpriv, "--inh-caps=-all", "--bounding-set=-all"])


if __name__ == "__main__":
    ringtally.main()
