# SPDX-License-Identifier: Apache-2.0
"""`probes` and `check`: what they say without privileges, and what the kernel says to them."""

import glob
import os
import pty
import re
import shutil
import subprocess
import tempfile
import unittest

import ringtally
from exposition import Exposition
from ringtally import Daemon, Ended, binary, probe

WIDTH = 100
BUNDLED = {"block_io", "cpu_migrate", "page_fault", "process_exec", "process_exit", "process_fork",
           "runq_wait", "sched_offcpu", "sched_oncpu", "syscall_enter", "syscall_exit"}
CONTEXT = ["comm", "tgid", "tid", "uid", "gid", "cgroup", "cpu", "ppid", "pcomm", "mntns", "pidns"]

RICH = r"""
namespace: mine
ring: { size: 128KiB }
limits: { kernel_memory: 40MiB }
defaults: { max_series: 7, ttl: 1h }
events: { block_io: { delivery: stream } }
metrics:
  - name: calls_total
    help: "a: b # it's \"quoted\"\tand \u2028 odd \U0001F600 \\ end"
    event: syscall_enter
    type: counter
    labels: [comm, { name: call, field: syscall, decode: [{ static_map: { write: 'b: ', read: } }] },
             { name: unit, field: cgroup, decode: [unit] }]
    where: 'comm == ''it''''s'' or not (syscall in [read, write] and tgid != 1)'
  - { name: bare_total, event: syscall_enter, type: counter }
  - name: io_seconds
    event: block_io
    type: histogram
    value: latency
    buckets: [10us, 1ms, 1s]
    labels: [operation]
    max_series: 3
  - name: io_bytes
    event: block_io
    type: histogram
    value: bytes
    buckets: { log2: { min: 512B } }
  - name: wait_seconds
    event: runq_wait
    type: histogram
    value: wait
    buckets: log2
  - { name: fine_wait_seconds, event: runq_wait, type: histogram, value: wait, buckets: native }
  - name: coarse_wait_seconds
    event: runq_wait
    type: histogram
    value: wait
    buckets: { native: { schema: -1, max: 1h } }
  - name: even_wait_seconds
    event: runq_wait
    type: histogram
    value: wait
    buckets: { linear: { start: 0, step: 100us, count: 11 } }
  - name: top_total
    event: syscall_enter
    type: topk
    k: 4
    labels: [{ name: command, field: comm, max_values: 3 }, syscall]
    fold_order: [command]
    linger: 90s
    ttl: off
  - { name: top_waits_total, event: runq_wait, type: topk, labels: [comm] }
"""

# What is large of it is told by max_series.
LARGE = """\
limits: {{ samples: {samples}, memory: {memory} }}
metrics:
  - name: a_seconds
    event: runq_wait
    type: histogram
    value: wait
    buckets: {{ log2: {{ min: 1us, max: 1s }} }}
    labels: [comm]
    max_series: {series}
"""
LINES = 21 + 3  # of a series: buckets, +Inf, _sum and _count


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="ringtally-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def works(self, *args, **kwargs):
        ended = Ended(*args, **kwargs)
        self.assertEqual((ended.status, ended.stderr), (0, ""))
        return ended.stdout

    def refuses(self, status, pattern, *args, **kwargs):
        ended = Ended(*args, **kwargs)
        self.assertEqual(ended.status, status, ended.stderr)
        self.assertRegex(ended.stderr, f"^ringtally: {pattern}.*\n$")
        return ended

    def unprivileged(self, *args):
        """With a copy of the binary: others need not be able to reach the build."""
        if os.geteuid() != 0:
            return Ended(*args)
        setpriv = ringtally.require_tool("setpriv")
        os.chmod(self.folder, 0o755)
        copy = shutil.copy(binary(), os.path.join(self.folder, "ringtally"))
        return Ended(*args, program=copy, wrapper=[
            setpriv, "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"])


def blocks(text):
    """What `probes` says, by the name that a block begins with."""
    return {block.split(None, 1)[0]: block for block in text.split("\n\n") if block.strip()}


def field_rows(block):
    """Name -> the words of its row."""
    lines = block.splitlines()
    first = next(i for i, line in enumerate(lines) if line.split()[:2] == ["FIELD", "TYPE"])
    rows = {}
    for line in lines[first + 1:]:
        if re.match(r"  [a-z_]+ ", line) and not re.match("  (hook|works here)", line):
            rows[line.split()[0]] = line.split()
    return rows


class ProbesWithoutPrivileges(Case):
    def test_every_event_is_listed_and_none_is_tried(self):
        ended = self.unprivileged("probes")
        self.assertEqual((ended.status, ended.stderr), (0, ""))
        listed = blocks(ended.stdout)
        self.assertLessEqual(BUNDLED | {"context"}, set(listed))
        for name, block in listed.items():
            if name in BUNDLED:
                self.assertIn("works here: unknown (trying needs root, or CAP_BPF and CAP_PERFMON)",
                              block)
        self.assertRegex(ended.stdout, r"\d+ events: none was tried\n$")


class Probes(Case):
    """What is known without the kernel is the same with and without privileges."""

    def test_fields_hooks_and_context(self):
        listed = blocks(self.works("probes", "block_io"))
        self.assertEqual(set(listed), {"block_io", "context"})
        rows = field_rows(listed["block_io"])
        self.assertEqual(list(rows), ["device", "operation", "bytes", "latency", "queued", "error"])
        self.assertEqual(rows["latency"][1:4], ["number", "ns", "uint"])
        self.assertEqual(rows["bytes"][1:4], ["number", "bytes", "uint"])
        self.assertEqual(rows["queued"][1:5], ["number,", "optional", "ns", "uint"])
        self.assertEqual(rows["operation"][1:3], ["enum", "enum"])
        self.assertEqual(rows["device"][1:3], ["number", "device"])
        self.assertIn("One of: read, write, flush, discard, other\n", listed["block_io"])
        for part, hook in (("insert", "block_rq_insert"), ("complete", "block_rq_complete")):
            self.assertRegex(listed["block_io"], rf"(?m)^  hook {part}: +tp_btf/{hook}\b")
        context = field_rows(listed["context"])
        self.assertEqual(list(context)[:len(CONTEXT)], CONTEXT)
        self.assertEqual(context["comm"][1:3], ["text", "string"])

    def test_alternatives_of_a_part(self):
        text = self.works("probes", "syscall_enter")
        self.assertRegex(text, r"(?m)^  hook enter: tp_btf/sys_enter or raw_tp/sys_enter$")

    def test_a_hook_of_two_programs_is_listed_once(self):
        for event, hook in (("sched_offcpu", "sched_switch"), ("process_exit", "sched_process_exit")):
            listed = blocks(self.works("probes", event))[event].splitlines()
            (line,) = [line.split() for line in listed if line.startswith("  hook ")]
            self.assertEqual(line[2:], [f"tp_btf/{hook}"])

    def test_lines_fit_and_nothing_is_coloured(self):
        text = self.works("probes")
        self.assertNotIn("\033", text)
        for line in text.splitlines():
            self.assertEqual(line, line.rstrip())
            if "works here: no" not in line:
                self.assertLessEqual(len(line), WIDTH, line)

    def test_names_come_in_the_order_asked_for(self):
        text = self.works("probes", "syscall_enter", "block_io")
        self.assertEqual(list(blocks(text)), ["syscall_enter", "block_io", "context"])

    def test_unknown_names(self):
        ended = self.refuses(2, r"unknown event 'runq_wiat' \(did you mean 'runq_wait'\?\)",
                             "probes", "block_io", "runq_wiat")
        self.assertEqual(ended.stdout, "")
        self.refuses(2, "unknown event 'zzzzzzzzzzz'", "probes", "zzzzzzzzzzz")

    def test_own_objects(self):
        listed = blocks(self.works("probes", f"--object={probe('call')}"))
        self.assertLessEqual(BUNDLED | {"test_call", "context"}, set(listed))
        self.assertIn("test_call", blocks(self.works("probes", f"--object={probe('call')}",
                                                     "test_call")))

    def test_objects_that_are_none(self):
        self.refuses(2, "object /nonexistent.bpf.o: .*No such file", "probes",
                     "--object=/nonexistent.bpf.o")
        self.refuses(2, "object .*: not a ringtally probe object", "probes",
                     f"--object={probe('foreign')}")
        self.refuses(2, "event 'test_call' is defined by .*call.bpf.o and by .*call.bpf.o",
                     "probes", f"--object={probe('call')}", f"--object={probe('call')}")

    def test_bold_names_on_a_terminal_unless_told_otherwise(self):
        for variables, bold in (({}, True), ({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False),
                                ({"TERM": "dumb"}, False)):
            environment = {**os.environ, "TERM": "xterm", **variables}
            if "NO_COLOR" not in variables:
                environment.pop("NO_COLOR", None)
            with self.subTest(variables):
                self.assertEqual("\033[1m" in on_terminal(environment, "probes"), bold)

    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([binary(), "probes"], stdout=full, stderr=subprocess.PIPE,
                                  check=False)
        self.assertEqual((done.returncode, done.stderr),
                         (1, b"ringtally: writing to stdout failed\n"))


def on_terminal(environment, *args):
    controller, terminal = pty.openpty()
    with subprocess.Popen([binary(), *args], stdout=terminal, env=environment) as process:
        os.close(terminal)
        said = b""
        try:
            while chunk := os.read(controller, 65536):
                said += chunk
        except OSError:  # the other end is closed
            pass
    os.close(controller)
    assert process.returncode == 0
    return said.decode("utf-8")


class ProbesOnThisKernel(Case):
    def setUp(self):
        ringtally.require_kernel()
        super().setUp()

    def test_bundled_events_work_here(self):
        text = self.works("probes")
        listed = blocks(text)
        for name in BUNDLED:
            self.assertRegex(listed[name], r"works here: yes \(tp_btf/")
        self.assertRegex(text, r"(?m)^\d+ events: \d+ work here, 0 do not$")

    def test_a_refused_event_hides_no_other(self):
        text = self.works("probes", f"--object={probe('refused')}")
        listed = blocks(text)
        self.assertRegex(listed["test_refused"],
                         r"(?m)^  works here: no: tp_btf/sys_enter: load: Permission denied "
                         r"\(verifier: .*invalid mem access.*\)$")
        self.assertRegex(listed["test_beside"], "works here: yes")
        self.assertRegex(listed["syscall_enter"], "works here: yes")
        self.assertRegex(text, r"(?m)^\d+ events: \d+ work here, 1 do not$")

    def test_the_alternative_that_took_is_named(self):
        text = self.works("probes", "test_variant", f"--object={probe('variants')}")
        self.assertRegex(text, r"works here: yes \(tp_btf/sys_enter\)")

    def test_missing_btf_file(self):
        text = self.works("probes", "syscall_enter", "--btf.path=/nonexistent")
        self.assertRegex(text, r"works here: no: BTF file /nonexistent: No such file")


class Check(Case):
    def number(self, text, row):
        """Series and lines at worst; memory stands behind them."""
        found = re.search(rf"(?m)^  {re.escape(row)} +(\d+) +(\d+) +[\d.]+ [KM]iB$", text)
        self.assertTrue(found, f"no row '{row}' in:\n{text}")
        return int(found[1]), int(found[2])

    def self_lines(self, text):
        found = re.search(r"(?m)^  self metrics and the daemon \(about\) +(\d+) +2\.0 MiB$", text)
        self.assertTrue(found, text)
        return int(found[1])

    def test_cost_sheet(self):
        text = self.works("check", self.write("c.yaml", RICH))
        self.assertEqual(self.number(text, "calls_total"), (9, 9))
        self.assertEqual(self.number(text, "bare_total"), (1, 1))
        self.assertEqual(self.number(text, "io_seconds"), (5, 5 * 6))
        self.assertEqual(self.number(text, "io_bytes"), (1, 22 + 3))
        self.assertEqual(self.number(text, "wait_seconds"), (1, 27 + 3))
        self.assertEqual(self.number(text, "fine_wait_seconds"), (1, 208 + 3))
        self.assertEqual(self.number(text, "coarse_wait_seconds"), (1, 16 + 3))  # 4^-9 s ... 4^6 s
        self.assertEqual(self.number(text, "even_wait_seconds"), (1, 11 + 3))
        # Four, as many that linger, __other__ and __lost__.
        self.assertEqual(self.number(text, "top_total"), (4 + 4 + 2, 10))
        self.assertEqual(self.number(text, "top_waits_total"), (20 + 20 + 2, 42))
        lines = 9 + 1 + 30 + 25 + 30 + 211 + 19 + 14 + 10 + 42
        self.assertEqual(self.number(text, "in all"), (72, lines + self.self_lines(text)))
        self.assertRegex(text, r"(?m)^  limit +50000 +64\.0 MiB$")
        self.assertRegex(text, r"(?m)^  key +5 words, 40 bytes: which metrics count, "
                               r"comm, cgroup, syscall$")
        self.assertRegex(text, r"(?m)^  filter +\d+ of 64 tests, \d+ of 32 terms$")
        self.assertRegex(text, r"(?m)^  buckets +2 tables of \d+ bytes: io_seconds \(3 bounds\) "
                               r"io_bytes \(22 bounds\)$")
        self.assertRegex(text, r"(?m)^kernel memory +here, \d+ CPUs +on 128 CPUs$")
        self.assertRegex(text, r"(?m)^  CPUs to a ring +1 +1$")
        self.assertRegex(text, r"(?m)^  size of a ring +128\.0 KiB +128\.0 KiB$")
        self.assertRegex(text, r"(?m)^  in all( +[\d.]+ MiB){2}\n  limit( +40\.0 MiB){2}$")
        self.assertRegex(text, r"(?m)^  runq_wait: starts \(estimate\) +2\.5 MiB +2\.\d MiB$")
        self.assertNotIn("# TYPE", text)
        for line in text.splitlines():
            self.assertLessEqual(len(line), WIDTH, line)

    def test_the_built_in_config_fits_128_cpus(self):
        if glob.glob("/etc/ringtally/*.yaml"):
            self.skipTest("a config is installed here")
        text = self.works("check")
        self.assertRegex(text, r"(?m)^  CPUs to a ring +\d+ +16$")
        self.assertRegex(text, r"(?m)^  rings +[\d.]+ MiB +8\.1 MiB$")
        (there,) = re.findall(r"(?m)^  in all +[\d.]+ MiB +([\d.]+) MiB\n  limit(?: +32\.0 MiB){2}$",
                              text)
        self.assertLessEqual(float(there), 32.0)
        self.assertGreater(float(there), 10.0)
        self.assertNotIn("the limit must be", text)

    def test_a_machine_too_large_for_the_limit_gets_the_number_needed(self):
        text = """\
limits: { kernel_memory: 1MiB }
events: { block_io: { delivery: stream }, syscall_enter: { delivery: stream } }
metrics:
  - { name: a_seconds, event: block_io, type: histogram, value: latency, buckets: log2 }
  - { name: b_seconds, event: block_io, type: histogram, value: queued, buckets: log2 }
  - { name: c_total, event: syscall_enter, type: counter }
"""
        sheet = self.works("check", self.write("small.yaml", text))
        needed = re.search(r"(?m)^  on 128 CPUs the limit must be at least (\d+)\.0 MiB$", sheet)
        self.assertTrue(needed, sheet)
        raised = self.write("raised.yaml", text.replace("1MiB", f"{needed[1]}MiB"))
        self.assertNotIn("the limit must be", self.works("check", raised))

    def worst(self, samples, memory, series):
        """What `check` ends with and says on stderr, and the path of the config."""
        path = self.write("large.yaml", LARGE.format(samples=samples, memory=memory, series=series))
        ended = Ended("check", path)
        self.assertIn("samples and memory at worst", ended.stdout)
        return ended, path

    def test_a_limit_of_samples_that_may_be_exceeded_is_a_warning(self):
        ended, path = self.worst(10000, "64MiB", 1000)
        lines = 1002 * LINES + self.self_lines(ended.stdout)
        self.assertEqual((ended.status, ended.stderr), (
            0, f"{path}:1:20: warning: limits.samples is 10000 lines, and at worst the config exposes "
               f"{lines} lines: beyond the limit new label sets fold\n"))
        ended, _ = self.worst(lines, "64MiB", 1000)
        self.assertEqual((ended.status, ended.stderr), (0, ""))
        ended, _ = self.worst(lines - 1, "64MiB", 1000)
        self.assertIn("warning", ended.stderr)

    def test_a_limit_of_samples_below_one_series_per_metric_is_3(self):
        ended, _ = self.worst(5000, "64MiB", 1000)
        least = 3 * LINES + self.self_lines(ended.stdout)
        self.assertGreater(least, 100)
        ended, _ = self.worst(least, "64MiB", 1000)
        self.assertEqual(ended.status, 0)
        ended, path = self.worst(least - 1, "64MiB", 1000)
        self.assertEqual((ended.status, ended.stderr), (
            3, f"{path}:1:20: limits.samples is {least - 1} lines, and even with one series per "
               f"metric the config exposes {least} lines\n"))

    def test_a_limit_of_memory_that_may_be_exceeded_is_a_warning(self):
        ended, path = self.worst(100000000, "64MiB", 100000)
        self.assertEqual(ended.status, 0)
        self.assertRegex(ended.stderr, rf"^{re.escape(path)}:1:39: warning: limits.memory is 64.0 "
                         r"MiB, and at worst the config takes \d+\.\d [MG]iB: beyond the limit new "
                         r"label sets fold\n$")

    def test_a_limit_of_memory_below_the_tables_is_3(self):
        """The tables of a million series are there, however few of them there are."""
        ended, path = self.worst(100000000, "32MiB", 1000000)
        self.assertEqual(ended.status, 3)
        self.assertRegex(ended.stderr, rf"^{re.escape(path)}:1:39: limits.memory is 32.0 MiB, and "
                         r"even with one series per metric the config takes \d+\.\d MiB\n$")

    def test_both_limits_at_once_and_by_default(self):
        path = self.write("c.yaml", LARGE.partition("\n")[2].format(series=100000))
        ended = Ended("check", path)
        self.assertEqual(ended.status, 0)
        self.assertRegex(ended.stderr,
                         r"^ringtally: warning: limits.samples is 50000 lines, .*\n"
                         r"ringtally: warning: limits.memory is 64.0 MiB, .*\n$")
        for flag in ("--print", "--exposition"):
            self.works("check", flag, path)

    def test_exposition_only(self):
        text = self.works("check", "--exposition", self.write("c.yaml", RICH))
        exposition = Exposition(text.encode())
        self.assertEqual({labels["call"] for labels, _ in exposition.select("mine_calls_total")},
                         {"__other__", "__lost__"})
        sheet = self.works("check", self.write("c.yaml", RICH))
        self.assertIn(f"the exposition is {len(text.encode())} bytes", sheet)

    def test_several_files_are_one_config(self):
        head, tail = RICH.split("  - name: io_seconds")
        files = (self.write("a.yaml", head),
                 self.write("b.yaml", "metrics:\n  - name: io_seconds" + tail))
        self.assertEqual(self.works("check", *files),
                         self.works("check", self.write("c.yaml", RICH)))

    def print_again(self, *args):
        """What --print says, which says the same when it is read back."""
        printed = self.works("check", "--print", *args)
        again = self.write("again.yaml", printed)
        self.assertEqual(self.works("check", "--print", again), printed)
        for flags in ([], ["--exposition"]):
            self.assertEqual(self.works("check", *flags, again), self.works("check", *flags, *args))
        return printed

    def test_print_round_trip(self):
        printed = self.print_again(self.write("c.yaml", RICH))
        self.assertIn("ring: { size: 128KiB }\n"
                      "limits: { samples: 50000, memory: 64MiB, kernel_memory: 40MiB }\n", printed)
        self.assertEqual(printed.count("max_series: 7\n"), 7)
        self.assertEqual(printed.count("    linger: 5m\n    ttl: 1h\n"), 9)
        self.assertIn("      - { name: command, field: comm, max_values: 3 }\n", printed)
        self.assertIn("    fold_order: [command]\n    k: 4\n    linger: 90s\n    ttl: off\n", printed)
        self.assertIn("      - { name: call, field: syscall, decode: [{ static_map: { read: '', "
                      "write: 'b: ' } }] }\n"
                      "      - { name: unit, field: cgroup, decode: [unit] }\n", printed)
        self.assertIn("    k: 20\n", printed)
        self.assertIn("buckets: { log2: { min: 1us, max: 64s } }\n", printed)
        self.assertIn("buckets: { log2: { min: 512B, max: 1GiB } }\n", printed)
        self.assertIn("buckets: { native: { schema: 3, min: 1us, max: 64s } }\n", printed)
        self.assertIn("buckets: { native: { schema: -1, min: 1us, max: 1h } }\n", printed)
        self.assertIn("buckets: { linear: { start: 0, step: 100us, count: 11 } }\n", printed)
        self.assertIn("buckets: [10us, 1ms, 1s]\n", printed)
        self.assertIn("where: 'comm == ''it''''s'' or not (syscall in [read, write] and "
                      "tgid != 1)'\n", printed)

    def test_print_round_trip_of_the_built_in_config(self):
        if glob.glob("/etc/ringtally/*.yaml"):
            self.skipTest("a config is installed here")
        self.print_again()

    def test_print_round_trip_of_objects(self):
        path = os.path.join(self.folder, "it's #1: odd\tname.bpf.o")
        shutil.copy(probe("call"), path)
        config = self.write("c.yaml", "objects: [\"" + path.replace("\t", "\\t") + "\"]\n"
                            "metrics:\n  - { name: a_total, event: test_call, type: counter }\n")
        self.print_again(config)

    def test_one_output_at_a_time(self):
        for two in (("--print", "--exposition"), ("--print", "--attach")):
            self.refuses(2, "only one of --print, --exposition and --attach", "check", *two)

    def test_attach_without_privileges(self):
        ended = self.unprivileged("check", "--attach")
        self.assertEqual(ended.status, 4)
        self.assertRegex(ended.stderr, "^ringtally: .*needs root")
        self.assertIn("kernel memory", ended.stdout)


class CheckOnThisKernel(Case):
    def setUp(self):
        ringtally.require_kernel()
        super().setUp()

    def config(self, *events):
        metrics = "".join(f"  - {{ name: {event}_total, event: {event}, type: counter }}\n"
                          for event in events)
        return self.write("c.yaml", f"objects: [ {probe('refused')} ]\nmetrics:\n{metrics}")

    def test_attach(self):
        text = self.works("check", "--attach", self.write("c.yaml", RICH))
        self.assertIn("  syscall_enter: yes: tp_btf/sys_enter\n", text)
        self.assertTrue(text.endswith("  all events could be attached\n"))

    def test_lines_of_self_metrics_are_about_what_a_daemon_has(self):
        if glob.glob("/etc/ringtally/*.yaml"):
            self.skipTest("a config is installed here")
        found = re.search(r"(?m)^  self metrics and the daemon \(about\) +(\d+) ", self.works("check"))
        with Daemon() as daemon:
            text = daemon.request("/metrics").text
            daemon.stop()
        lines = len(re.findall(r"(?m)^(?:ringtally_self|process)_", text))
        print(f"{lines} lines of self metrics, {found[1]} said", flush=True)
        self.assertLess(abs(int(found[1]) - lines), lines / 4)

    def test_attach_with_one_refused(self):
        text = self.works("check", "--attach", self.config("test_refused", "syscall_enter"))
        self.assertRegex(text, r"(?m)^  test_refused: no: tp_btf/sys_enter: load: Permission denied")
        self.assertIn("  syscall_enter: yes: tp_btf/sys_enter\n", text)
        self.assertTrue(text.endswith("  1 of 2 events could not be attached\n"))

    def test_attach_with_all_refused(self):
        ended = self.refuses(4, "no event could be attached", "check", "--attach",
                             self.config("test_refused"))
        self.assertRegex(ended.stdout, r"(?m)^  test_refused: no: tp_btf/sys_enter: load: ")


if __name__ == "__main__":
    ringtally.main()
