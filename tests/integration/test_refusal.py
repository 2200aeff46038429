# SPDX-License-Identifier: Apache-2.0
"""What the kernel refuses is told with its reason, and takes nothing else with it.

A filter of system calls answers in the kernel's place (tests/load/refuse.c), so that every machine
refuses alike.
"""

import errno
import platform
import unittest

import ringtally
from ringtally import Daemon, Ended, load_program, probe

LISTEN = "--web.listen-address=127.0.0.1:0"
_BPF = {"x86_64": 321, "aarch64": 280}[platform.machine()]
MAP_CREATE, PROG_LOAD, RAW_TRACEPOINT_OPEN, LINK_CREATE = (
    f"{_BPF}:{command}" for command in (0, 5, 17, 28))

ATTACHED = "ringtally_self_probe_attached"
FORBIDDEN = r"Operation not permitted \(kernel lockdown, a security module or missing privileges " \
    r"forbid it\)"


def refusing(*calls, code=errno.EPERM):
    return [load_program("refuse"), f"--errno={code}", *calls, "--"]


def config(*metrics, objects=()):
    """Counters, each an event and its labels."""
    listed = ", ".join(f'"{path}"' for path in objects)
    return f"objects: [{listed}]\nmetrics:\n" + "".join(
        f"  - {{ name: {event}_total, event: {event}, type: counter, labels: [{labels}] }}\n"
        for event, labels in metrics)


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()

    def reasons(self, daemon):
        """Why events are not attached, by event: in the log, in /readyz and in the self metrics
        alike, one line each."""
        logged = {line["event"]: line["reason"] for line in daemon.log("event not attached")}
        ready = daemon.request("/readyz")
        self.assertEqual(ready.status, 200)
        told = dict(line.removeprefix("not attached: ").split(": ", 1)
                    for line in ready.text.splitlines() if line.startswith("not attached: "))
        self.assertEqual(told, logged)
        shown = daemon.scrape().select(ATTACHED)
        self.assertEqual({labels["event"] for labels, value in shown if not value}, set(logged))
        self.assertNotIn("libbpf", daemon.stderr())
        return logged

    def assert_exact(self, daemon, metric):
        made = ringtally.make_calls("--name=rt-refusal", "--count=5000", "--call=888")
        self.assertEqual(made, 5000)
        self.assertEqual(
            daemon.scrape().value(metric, comm="rt-refusal", syscall="syscall_888"), made)


class All(Case):
    """Everything is refused."""

    def refused(self, *calls, code=errno.EPERM):
        """The lines of a run with the built-in config, which is to end with 4."""
        ended = Ended("run", LISTEN, wrapper=refusing(*calls, code=code))
        self.assertEqual(ended.status, 4, ended.stderr)
        self.assertNotIn("libbpf", ended.stderr)
        lines = ended.stderr.splitlines()
        self.assertRegex(lines[-1], "^ringtally: ")
        return lines

    def assert_every_event(self, lines, reason):
        self.assertEqual(lines[-1], "ringtally: no event could be attached")
        events = [ringtally.parse_logfmt(line) for line in lines[:-1]]
        self.assertGreaterEqual(len(events), 3)
        self.assertEqual(len({event["event"] for event in events}), len(events))
        for event in events:
            self.assertEqual(event["msg"], "event not attached")
            self.assertRegex(event["reason"], reason)

    def test_no_program_may_be_loaded(self):
        self.assert_every_event(self.refused(PROG_LOAD), rf"^\w+/\w+: load: {FORBIDDEN}$")

    def test_nothing_may_be_attached(self):
        self.assert_every_event(self.refused(RAW_TRACEPOINT_OPEN, LINK_CREATE),
                                rf"^\w+/\w+: attach: {FORBIDDEN}$")

    def test_no_map_may_be_made(self):
        lines = self.refused(MAP_CREATE)
        self.assertEqual(lines, ["ringtally: a ring of 1048576 bytes: Operation not permitted"])

    def test_the_kernel_has_no_bpf(self):
        lines = self.refused(str(_BPF), code=errno.ENOSYS)
        self.assertEqual(len(lines), 1, lines)
        self.assertRegex(lines[0], "Function not implemented")


class Some(Case):
    """What is not refused goes on, and counts exactly."""

    def test_links_are_refused_raw_tracepoints_are_not(self):
        """An event takes its next hook; those that have no other are not attached."""
        text = config(("syscall_enter", "comm, syscall"), ("runq_wait", "comm"))
        with Daemon(text, wrapper=refusing(LINK_CREATE)) as daemon:
            self.assertEqual([line["hooks"] for line in daemon.log("event attached")],
                             ["raw_tp/sys_enter"])
            reasons = self.reasons(daemon)
            self.assertEqual(set(reasons), {"runq_wait"})
            self.assertRegex(reasons["runq_wait"], f"^tp_btf/sched_wakeup: attach: {FORBIDDEN}$")
            self.assert_exact(daemon, "ringtally_syscall_enter_total")
            self.assertEqual(set(daemon.stop()), {"syscall_enter"})

    def test_with_strict_it_is_fatal(self):
        ended = Ended("run", LISTEN, "--config.strict", wrapper=refusing(LINK_CREATE))
        self.assertEqual(ended.status, 4, ended.stderr)
        self.assertRegex(ended.stderr, f"event=runq_wait reason=.*attach: {FORBIDDEN}")

    def test_a_tracepoint_that_is_not_there(self):
        text = config(("test_absent", "comm, syscall"), ("test_present", "comm, syscall"),
                      objects=[probe("absent")])
        with Daemon(text) as daemon:
            self.assertEqual(self.reasons(daemon), {
                "test_absent": "tp_btf/ringtally_no_such_tracepoint: load: No such file or "
                               "directory (this kernel has no such hook)"})
            self.assert_exact(daemon, "ringtally_test_present_total")
            self.assertEqual(set(daemon.stop()), {"test_present"})


if __name__ == "__main__":
    ringtally.main()
