# SPDX-License-Identifier: Apache-2.0
"""`ringtally trace`: a line for each event that a load makes, with the values it was made with.

What is expected comes from the load alone; what was lost is in the last line on stderr.
"""

import json
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
import unittest

import loads
import ringtally
from loads import LoopDevice
from ringtally import PATIENCE_S, Ended, Load, binary, make_calls, probe

CALL = ("test_call", f"--object={probe('call')}")
NS = 10**9


class Trace:
    """A trace under way, its events in a file; a context manager that leaves nothing behind."""

    def __init__(self, *args, stdout=None):
        self.file = tempfile.TemporaryFile()
        self.process = subprocess.Popen([binary(), "trace", *args], stdin=subprocess.DEVNULL,
                                        stdout=stdout or self.file, stderr=subprocess.PIPE)
        self.said = self.process.stderr.readline().decode()
        assert ": tracing " in self.said, self.said

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        self.file.close()

    def end(self, signum=signal.SIGINT):
        """Ends it if it does not end by itself; what its last line says, by name."""
        if signum:
            self.process.send_signal(signum)
        _, err = self.process.communicate(timeout=PATIENCE_S)
        err = err.decode()
        assert self.process.returncode == 0, err
        assert not ringtally.sanitizer_report(err), err
        summary = err.splitlines()[-1].split(": ", 2)[2]
        return {what: int(n) for n, what in (part.split(" ", 1) for part in summary.split(", "))}

    def lines(self):
        self.file.seek(0)
        return self.file.read().decode("utf-8").splitlines()

    def objects(self):
        return [json.loads(line) for line in self.lines()]


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()
        ringtally.require_initial_namespace("pid")


class Events(Case):
    COUNT, THREADS = 5000, 2

    def test_every_call_is_an_object_with_its_values(self):
        with Trace(*CALL, "-o", "json") as trace:
            before = time.time()
            load = Load("--call=test", "--counting", "--key=100", "--value=18446744073709551615",
                        "--tag=7", f"--count={self.COUNT}", f"--threads={self.THREADS}",
                        "--name=rt-trace")
            threads = load.threads()
            after = time.time()
            summary = trace.end()
            events = trace.objects()
        made = sum(thread["made"] for thread in threads)
        self.assertEqual(made, self.COUNT * self.THREADS)
        self.assertEqual(summary, {"shown": made, "lost": 0})
        self.assertEqual(sorted(event["key"] for event in events), list(range(100, 100 + made)))
        for event in events:
            self.assertEqual(list(event), ["time", "comm", "tgid", "cpu", "key", "value", "tag"])
            self.assertEqual((event["comm"], event["tgid"], event["value"], event["tag"]),
                             ("rt-trace", load.pid, 2**64 - 1, 7))
            self.assertIn(event["cpu"], range(os.cpu_count()))
            self.assertTrue(before - 0.001 <= event["time"] <= after + 0.001, event)

    def test_events_of_one_drain_are_in_the_order_of_time(self):
        """Each of two CPUs has a ring; what is drained at the end of a pause is sorted."""
        if os.cpu_count() < 2:
            self.skipTest("takes two CPUs")
        with Trace(*CALL, "-o", "json") as trace:
            runs = [Load("--call=test", "--count=200", f"--cpu={cpu}", "--pace=10:50", wait=True)
                    for cpu in (0, 1)]
            for run in runs:
                run.go()
            made = sum(run.made() for run in runs)
            trace.end()
            events = trace.objects()
        self.assertEqual(len(events), made)
        swaps = sum(a["cpu"] != b["cpu"] for a, b in zip(events, events[1:]))
        turned_back = sum(a["time"] > b["time"] for a, b in zip(events, events[1:]))
        self.assertGreater(swaps, 2)
        self.assertLess(turned_back, 5)  # where one drain ends and the next begins

    def test_a_condition_is_decided_in_the_kernel(self):
        with Trace(*CALL, "-o", "json", "--where", "key < 150 and not tag in [3, 4]") as trace:
            for tag in (2, 3):
                make_calls("--call=test", "--counting", "--count=1000", f"--tag={tag}")
            summary = trace.end()
            events = trace.objects()
        self.assertEqual(summary, {"shown": 150, "lost": 0})
        self.assertEqual([(e["key"], e["tag"]) for e in events], [(key, 2) for key in range(150)])

    def test_one_process(self):
        wanted, other = (Load("--call=test", f"--count={n}", wait=True) for n in (300, 200))
        with Trace(*CALL, "-o", "json", "-p", str(wanted.pid)) as trace:
            made = wanted.go().made()
            other.go().made()
            summary = trace.end(signal.SIGTERM)
            events = trace.objects()
        self.assertEqual(summary, {"shown": made, "lost": 0})
        self.assertEqual({event["tgid"] for event in events}, {wanted.pid})

    def test_fields_are_those_asked_for(self):
        with Trace(*CALL, "-o", "json", "--fields", "tag,tid,uid,gid,comm,cgroup") as trace:
            load = Load("--call=test", "--count=1", "--tag=9", "--uid=65534", "--gid=65533")
            thread = load.threads()[0]
            trace.end()
            events = trace.objects()
        with open("/proc/self/cgroup", encoding="utf-8") as file:
            cgroup = next((line[3:].strip() for line in file if line.startswith("0::")), "")
        self.assertEqual([list(event.items()) for event in events], [[
            ("tag", 9), ("tid", thread["tid"]), ("uid", 65534), ("gid", 65533),
            ("comm", "calls"), ("cgroup", cgroup)]])

    def test_what_is_no_text_does_not_get_out(self):
        """Bytes that are not UTF-8 become U+FFFD; control characters stay inside."""
        name = b"\xff\x1b[31m\xc3"
        with Trace(*CALL, "-n", "1", "--fields", "comm") as table, \
                Trace(*CALL, "-n", "1", "--fields", "comm", "-o", "json") as objects:
            make_calls("--call=test", "--count=1", os.fsdecode(b"--name=" + name))
            for trace in (table, objects):
                trace.end(None)
            self.assertEqual(table.lines()[1], "\ufffd?[31m\ufffd")
            self.assertEqual(objects.objects(), [{"comm": "\ufffd\x1b[31m\ufffd"}])


class Table(Case):
    def test_a_header_and_a_row_for_each_event(self):
        with Trace(*CALL) as trace:
            load = Load("--call=test", "--counting", "--count=20", "--value=1234567", "--tag=5",
                        "--cpu=0", "--name=rt-table")
            made = load.made()
            trace.end()
            header, *rows = trace.lines()
        self.assertEqual(header.split(), ["TIME(s)", "COMM", "TGID", "CPU", "KEY", "VALUE", "TAG"])
        self.assertEqual(len(rows), made)
        for key, row in enumerate(rows):
            seconds, *rest = row.split()
            self.assertRegex(seconds, r"^\d+\.\d{6}$")
            self.assertEqual(rest, ["rt-table", str(load.pid), "0", str(key), "1.23ms", "5"])
            self.assertEqual(len(row), len(header), "columns stand below their names")

    def test_durations_have_three_digits(self):
        shown = {0: "0ns", 999: "999ns", 1000: "1.00us", 9994: "9.99us", 99_900: "99.9us",
                 999_400: "999us", 999_600: "1.00ms", 59 * NS: "59.0s", 3600 * NS: "3600s"}
        with Trace(*CALL, "--fields", "value") as trace:
            for value in shown:
                make_calls("--call=test", "--count=1", f"--value={value}")
            trace.end()
            self.assertEqual([line.strip() for line in trace.lines()[1:]], list(shown.values()))

    def test_time_of_day(self):
        with Trace(*CALL, "-T", "--fields", "time,key") as trace:
            before = time.time()
            make_calls("--call=test", "--count=1")
            after = time.time()
            trace.end()
            row = trace.lines()[1].split()[0]
        hours, minutes, seconds = row.split(":")
        at = time.localtime(before)
        midnight = before - (at.tm_hour * 3600 + at.tm_min * 60 + at.tm_sec + before % 1)
        told = midnight + int(hours) * 3600 + int(minutes) * 60 + float(seconds)
        self.assertTrue(before - 0.001 <= told <= after + 0.001, row)


class Ends(Case):
    def test_after_so_many(self):
        with Trace(*CALL, "-n", "7", "-o", "json") as trace:
            made = make_calls("--call=test", "--counting", "--count=50")
            summary = trace.end(None)
            events = trace.objects()
        self.assertEqual([event["key"] for event in events], list(range(7)))
        self.assertEqual(summary["shown"], 7)
        self.assertLessEqual(summary.get("not shown", 0), made - 7)

    def test_after_so_long(self):
        begin = time.monotonic()
        with Trace(*CALL, "-d", "300ms", "-o", "json") as trace:
            made = make_calls("--call=test", "--count=50")
            summary = trace.end(None)
        self.assertGreaterEqual(time.monotonic() - begin, 0.3)
        self.assertEqual(summary, {"shown": made, "lost": 0})

    def test_when_nobody_reads(self):
        """With nothing to write, and in the middle of it."""
        for calls in (0, 20_000):
            reading, writing = os.pipe()
            with Trace(*CALL, stdout=writing) as trace:
                os.close(writing)
                if calls:
                    load = Load("--call=test", f"--count={calls}")
                    os.read(reading, 1000)
                os.close(reading)
                if calls:
                    load.made()
                trace.end(None)

    def test_while_the_reader_sleeps(self):
        reading, writing = os.pipe()
        with Trace(*CALL, stdout=writing) as trace:
            os.close(writing)
            make_calls("--call=test", "--count=5000")
            time.sleep(0.2)  # it is stuck in a write by now, or never will be
            trace.process.send_signal(signal.SIGINT)
            self.assertEqual(trace.process.wait(PATIENCE_S), 0)
            with os.fdopen(reading) as reader:
                self.assertTrue(reader.read().endswith("\n"), "a line was cut")

    def test_when_it_cannot_write(self):
        for stdout, why in ((">/dev/full", "No space left on device"),
                            (">&-", "Bad file descriptor")):
            ended = Ended("trace", *CALL, wrapper=["sh", "-c", f'exec "$0" "$@" {stdout}'])
            self.assertEqual(ended.status, 1, ended.stderr)
            self.assertIn(f"ringtally: writing to stdout failed: {why}\n", ended.stderr)


class Loss(Case):
    CALLS = 300_000  # far more than a ring holds

    def test_what_is_lost_is_told_exactly(self):
        """The reader sleeps while the load runs, then reads everything, also behind the signal."""
        reading, writing = os.pipe()
        with Trace(*CALL, "-o", "json", stdout=writing) as trace, os.fdopen(reading) as reader:
            os.close(writing)
            made = make_calls("--call=test", "--counting", f"--count={self.CALLS}")
            lines = []
            thread = threading.Thread(target=lambda: lines.extend(reader))
            thread.start()
            while len(lines) < 1000:
                time.sleep(0.01)
            summary = trace.end()
            thread.join()
        self.assertEqual(made, self.CALLS)
        self.assertGreater(summary["lost"], 0)
        self.assertEqual(summary, {"shown": len(lines), "lost": made - len(lines)})
        keys = [json.loads(line)["key"] for line in lines]
        self.assertEqual(len(set(keys)), len(keys))
        self.assertEqual(keys[:1000], list(range(1000)), "the first ones found room")


class Bundled(Case):
    def test_its_own_calls_are_not_among_them(self):
        with Trace("syscall_enter", "-o", "json", "--fields", "tgid,syscall,comm") as trace:
            load = Load("--call=getppid", "--count=5000", "--name=rt-calls")
            made = load.made()
            summary = trace.end()
            events = trace.objects()
            own = [event for event in events if event["tgid"] == trace.process.pid]
        self.assertEqual(own, [])
        calls = [event for event in events
                 if event["tgid"] == load.pid and event["syscall"] == "getppid"]
        if summary["lost"] == 0:
            self.assertEqual(len(calls), made)
        self.assertLessEqual(made - summary["lost"], len(calls))

    def test_waits_for_a_cpu(self):
        """Those of a load that sleeps so many times: as many waits at least."""
        with Trace("runq_wait", "-o", "json") as trace:
            load = Load("--call=test", "--count=50", "--pace=1:1000", "--name=rt-waits")
            load.made()
            trace.end()
            waits = [event["wait"] for event in trace.objects() if event["tgid"] == load.pid]
        self.assertGreaterEqual(len(waits), 50)
        self.assertTrue(all(0 <= wait < PATIENCE_S * NS for wait in waits))

    def requests(self, scheduler):
        """The objects of ten writes on a device of our own, and who made them."""
        device = LoopDevice()
        self.addCleanup(device.close)
        device.set_scheduler(scheduler)
        where = f"device == {device.name} and operation == write"
        with Trace("block_io", "-o", "json", "--where", where) as trace:
            begin = time.monotonic_ns()
            program = loads.Program("io", "--name=rt-io", device.path, "write=10:8192")
            program.lines()
            took = time.monotonic_ns() - begin
            summary = trace.end()
            events = trace.objects()
        self.assertEqual(summary["shown"], 10)
        self.assertEqual(len(events), 10)
        for event in events:
            self.assertEqual(
                (event["device"], event["operation"], event["bytes"], event["error"],
                 event["comm"], event["tgid"]),
                (device.name, "write", 8192, "0", "rt-io", program.pid))
            self.assertTrue(0 < event["latency"] < took, event)
        return events

    def test_block_requests(self):
        for event in self.requests("mq-deadline"):
            self.assertTrue(event["queued"] is None or event["queued"] >= 0, event)

    def test_a_field_that_is_not_there_is_null(self):
        """Without a scheduler a request is issued, but never inserted."""
        self.assertEqual({event["queued"] for event in self.requests("none")}, {None})


class Usage(unittest.TestCase):
    def refuses(self, pattern, *args, status=2):
        ended = Ended("trace", *args)
        self.assertEqual((ended.status, ended.stdout), (status, ""), ended.stderr)
        self.assertRegex(ended.stderr, pattern)

    def test_what_is_wrong_is_told_with_its_place(self):
        for pattern, *args in (
                (r"trace takes one event; `ringtally probes` lists them",),
                (r"trace takes one event", "syscall_enter", "block_io"),
                (r"unknown event 'syscal_enter' \(did you mean 'syscall_enter'\?\)$",
                 "syscal_enter"),
                (r"^--where:1:1: event 'syscall_enter' has no field 'sycall' "
                 r"\(did you mean 'syscall'\?\)$", "syscall_enter", "--where", "sycall == read"),
                (r"^--where:1:16: unknown operator '&&': write and$", "syscall_enter",
                 "--where", "comm == init   && tgid == 1"),
                (r"^--where:1:1: event 'syscall_enter' has no field 'time'", "syscall_enter",
                 "--where", "time > 1s"),
                (r"^--fields:1:6: event 'syscall_enter' has no field 'pit'", "syscall_enter",
                 "--fields", "comm,pit"),
                (r"^--fields:1:10: field 'comm' is named twice$", "syscall_enter", "--fields",
                 "comm,tid,comm"),
                (r"^--fields:1:6: a field's name is missing$", "syscall_enter", "--fields",
                 "comm,"),
                (r"^EVENT: unknown event 'zzzzzzzzzzz'; `ringtally probes` lists them$",
                 "zzzzzzzzzzz"),
                (r"^ringtally: -n: '' is not a number$", "syscall_enter", "-n", ""),
                (r"^ringtally: -n: '0' is too small$", "syscall_enter", "-n", "0"),
                (r"^ringtally: -n: '-1' is negative$", "syscall_enter", "-n", "-1"),
                (r"^ringtally: -d: '5x' has an unknown unit", "syscall_enter", "-d", "5x"),
                (r"^ringtally: -p: 'init' is not a number$", "syscall_enter", "-p", "init"),
                (r"^ringtally: -o is text or json$", "syscall_enter", "-o", "xml"),
                (r"unknown flag '--filter=x'", "syscall_enter", "--filter=x"),
                (r"nothing.bpf.o: cannot be read: No such file", "a", "--object=/nothing.bpf.o")):
            with self.subTest(args=args):
                self.refuses(pattern, *args)

    def test_help(self):
        ended = Ended("trace", "--help")
        self.assertEqual(ended.status, 0)
        for flag in ("--where", "-p, --pid", "-n, --count", "-d, --duration", "-o, --output",
                     "--fields", "--object"):
            self.assertIn(flag, ended.stdout)

    def test_what_the_kernel_refuses_is_told(self):
        ringtally.require_kernel()
        self.refuses(r"^ringtally: event test_refused: .+\n$", "test_refused",
                     f"--object={probe('refused')}", status=4)

    def test_without_privileges(self):
        setpriv = ringtally.require_tool("setpriv")
        if os.geteuid() != 0:
            self.skipTest("dropping capabilities needs root")
        ended = Ended("trace", "syscall_enter",
                      wrapper=[setpriv, "--bounding-set=-all", "--inh-caps=-all"])
        self.assertEqual(ended.status, 4, ended.stderr)
        self.assertTrue(re.match("ringtally: loading BPF programs needs root", ended.stderr))


if __name__ == "__main__":
    ringtally.main()
