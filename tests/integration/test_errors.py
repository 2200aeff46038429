# SPDX-License-Identifier: Apache-2.0
"""Whatever cannot work is told in one clear line, with the right exit status.

1 failed while running, 2 bad usage or config, 4 the kernel or the privileges cannot do it.
"""

import glob
import os
import re
import shutil
import signal
import socket
import tempfile
import unittest

import ringtally
from ringtally import Daemon, Ended, binary, probe, source

LISTEN = "--web.listen-address=127.0.0.1:0"
# What only planning finds: configs made for the config layer alone name events that do not exist.
PLANNER = re.compile(r"\S+:\d+:\d+: (unknown (event|metric type) '|type 'topk' is not)|ringtally: object ")


def config_of(objects, *events):
    metrics = "".join(
        f"  - {{ name: {event}_total, event: {event}, type: counter, labels: [comm] }}\n"
        for event in events)
    listed = ", ".join(f'"{path}"' for path in objects)
    return f"objects: [{listed}]\nmetrics:\n{metrics}"


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="ringtally-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        with open(self.path(name), "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        return self.path(name)

    def assert_one_line(self, ended, status, pattern):
        """Nothing but the line, which begins with the program's name."""
        lines = ended.stderr.splitlines()
        self.assertEqual(len(lines), 1, ended.stderr)
        self.assertTrue(ended.stderr.endswith("\n"))
        self.assertRegex(lines[0], "^ringtally: ")
        self.assertRegex(lines[0], pattern)
        self.assertNotIn("libbpf", ended.stderr)
        self.assertEqual(ended.status, status, ended.stderr)


class Configs(Case):
    """No privileges needed."""

    def check(self, folder, name):
        """`check NAME` from inside the folder, and what it is to say."""
        ended = Ended("check", name, cwd=folder)
        with open(os.path.join(folder, name[:-len(".yaml")] + ".err"), encoding="utf-8") as file:
            return ended, file.read()

    def check_all(self, folder, spoken):
        """spoken(lines, expected): those of the lines that count."""
        folder = source("tests", "config", folder)
        names = sorted(glob.glob("*.yaml", root_dir=folder))
        self.assertGreaterEqual(len(names), 10)
        for name in names:
            with self.subTest(name):
                ended, expected = self.check(folder, name)
                lines = ended.stderr.splitlines(keepends=True)
                self.assertEqual("".join(spoken(lines, expected)), expected)
                self.assertEqual((ended.status, ended.stdout), (2, ""))
        print(f"{len(names)} broken configs in {os.path.relpath(folder, source())}", flush=True)

    def test_broken_config_gives_exactly_the_expected_lines(self):
        self.check_all("bad_plan", lambda lines, expected: lines)

    def test_findings_of_the_config_layer_stand_among_those_of_the_planner(self):
        self.check_all("bad", lambda lines, expected: [
            line for line in lines if line in expected or not PLANNER.match(line)])

    def test_run_refuses_a_broken_config_with_the_same_lines(self):
        folder = source("tests", "config", "bad_plan")
        checked, _ = self.check(folder, "all_in_one_run.yaml")
        for extra in ([], ["--config.check"]):
            ran = Ended("run", LISTEN, "--config.file=all_in_one_run.yaml", *extra, cwd=folder)
            self.assertEqual((ran.status, ran.stderr), (2, checked.stderr))

    def test_missing_config_file(self):
        self.assert_one_line(Ended("check", "/nonexistent.yaml"), 2,
                             "/nonexistent.yaml: No such file or directory")


class Objects(Case):
    """What is named in `objects:`; no privileges needed."""

    def check_object(self, *paths):
        config = self.write("config.yaml", config_of(paths, "test_call"))
        return Ended("check", config)

    def test_truncated_object(self):
        with open(probe("call"), "rb") as file:
            whole = file.read()
        lengths = [0, 1, 4, 16, 52, 64, 100, 1000, len(whole) // 2, len(whole) - 64,
                   len(whole) - 1]
        for n in lengths:
            with self.subTest(length=n):
                path = self.write("short.bpf.o", whole[:n])
                self.assert_one_line(self.check_object(path), 2,
                                     f"object {re.escape(path)}: .*(damaged|empty)")

    def test_damaged_object_never_crashes(self):
        """Bytes turned over all through the file: any status of the contract, no crash."""
        with open(probe("call"), "rb") as file:
            whole = file.read()
        for at in range(0, len(whole), len(whole) // 40):
            with self.subTest(at=at):
                damaged = whole[:at] + bytes([whole[at] ^ 0xff]) + whole[at + 1:]
                ended = self.check_object(self.write("damaged.bpf.o", damaged))
                self.assertIn(ended.status, (0, 2), ended.stderr)
                self.assertLessEqual(len(ended.stderr.splitlines()), 1, ended.stderr)

    def test_foreign_object(self):
        self.assert_one_line(self.check_object(probe("foreign")), 2,
                             "foreign.bpf.o: not a ringtally probe object")

    def test_event_that_no_flush_serves(self):
        self.assert_one_line(
            self.check_object(probe("unflushed")), 2,
            r"event 'test_unflushed' is not flushed: name it in FLUSH_PROGRAMS\(...\)")

    def test_program_without_a_slot(self):
        self.assert_one_line(
            self.check_object(probe("slotless")), 2,
            "program 'on_slotless' has no slot at its head: define it with PROGRAM")

    def test_text_file_as_object(self):
        path = self.write("text.bpf.o", "int main(void) { return 0; }\n" * 100)
        self.assert_one_line(self.check_object(path), 2, re.escape(path) + ": not a BPF object")

    def test_pipe_as_object(self):
        os.mkfifo(self.path("pipe.bpf.o"))
        self.assert_one_line(self.check_object(self.path("pipe.bpf.o")), 2,
                             "object .*/pipe.bpf.o: ")

    def test_missing_object(self):
        self.assert_one_line(self.check_object("/nonexistent.bpf.o"), 2,
                             "object /nonexistent.bpf.o: .*No such file or directory")

    def test_two_objects_define_one_event(self):
        shutil.copy(probe("call"), self.path("copy.bpf.o"))
        for paths in ([probe("call"), self.path("copy.bpf.o")], [probe("call"), self.folder]):
            self.assert_one_line(
                self.check_object(*paths), 2,
                "event 'test_call' is defined by .*call.bpf.o and by .*copy.bpf.o")

    def test_folder_of_objects(self):
        shutil.copy(probe("call"), self.path("copy.bpf.o"))
        self.write("README", "not an object")
        ended = self.check_object(self.folder)
        self.assertEqual((ended.status, ended.stderr), (0, ""))


class Usage(Case):
    """No privileges needed."""

    def test_unknown_flag_suggests(self):
        self.assert_one_line(Ended("run", "--config.fil=x"), 2,
                             r"unknown flag '--config.fil=x' \(did you mean '--config.file'\?\)")
        self.assert_one_line(Ended("--web.listen-adress=:0"), 2,
                             r"\(did you mean '--web.listen-address'\?\)")

    def test_unknown_verb_suggests(self):
        self.assert_one_line(Ended("rum"), 2, r"unknown verb 'rum' \(did you mean 'run'\?\)")
        self.assert_one_line(Ended("frobnicate"), 2, "unknown verb 'frobnicate'; ")

    def test_bad_values(self):
        cases = (
            ("--log.level=loud", "--log.level is error, warn, info or debug"),
            ("--log.format=xml", "--log.format is logfmt or json"),
            ("--web.telemetry-path=metrics", "--web.telemetry-path begins with '/'"),
            ("--web.listen-address=nonsense", "nonsense: want HOST:PORT"),
            ("--config.file", "--config.file needs a value"),
            ("--config.strict=yes", "--config.strict takes no value"),
            ("config.yaml", "run takes flags only"),
        )
        for flag, pattern in cases:
            with self.subTest(flag):
                self.assert_one_line(Ended("run", flag), 2, pattern)

    def test_help_and_version(self):
        for args in (["--help"], ["-h"], ["run", "--help"], ["check", "-h"], ["--version"],
                     ["-V"], ["version"], ["run", "-V"]):
            with self.subTest(args):
                ended = Ended(*args)
                self.assertEqual((ended.status, ended.stderr), (0, ""))
                self.assertRegex(ended.stdout, "ringtally")
        self.assertRegex(Ended("version").stdout,
                         r"^ringtally \S+ \(commit \S+\)\nlibbpf \S+\nkernel \S+ \S+\n$")


class Machine(Case):
    """What the machine refuses."""

    def setUp(self):
        ringtally.require_kernel()
        super().setUp()

    def test_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            self.assert_one_line(Ended("run", f"--web.listen-address={address}"), 1,
                                 f"listen on {address}: Address already in use")

    def test_second_port_in_use(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            self.assert_one_line(Ended("run", LISTEN, f"--web.listen-address={address}"), 1,
                                 f"listen on {address}: Address already in use")

    def test_telemetry_path_is_taken(self):
        for path in ("/healthz", "/readyz"):
            with self.subTest(path):
                self.assert_one_line(Ended("run", LISTEN, f"--web.telemetry-path={path}"), 2, path)

    def test_no_root(self):
        """With a copy of the binary: others need not be able to reach the build."""
        setpriv = ringtally.require_tool("setpriv")
        os.chmod(self.folder, 0o755)
        copy = shutil.copy(binary(), self.path("ringtally"))
        nobody = [setpriv, "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"]
        bare_root = [setpriv, "--bounding-set=-all", "--inh-caps=-all"]
        for wrapper in (nobody, bare_root):
            with self.subTest(wrapper[1]):
                self.assert_one_line(Ended("run", LISTEN, wrapper=wrapper, program=copy), 4,
                                     "needs root, or the capabilities CAP_BPF and CAP_PERFMON")

    def test_no_btf(self):
        unshare = ringtally.require_tool("unshare")
        # Private from /sys down only: in a chroot / is no mount that could be made so.
        hide = [unshare, "--mount", "--propagation=unchanged", "/bin/sh", "-c",
                'mount --make-rprivate /sys && mount -t tmpfs none /sys/kernel/btf && exec "$@"',
                "sh"]
        if Ended(program="/bin/true", wrapper=hide).status != 0:
            self.skipTest("this machine does not let us hide its BTF (unshare, mount)")
        self.assert_one_line(Ended("run", LISTEN, wrapper=hide), 4, "no BTF .*--btf.path=FILE")

    def test_missing_btf_file(self):
        self.assert_one_line(Ended("run", LISTEN, "--btf.path=/nonexistent"), 4,
                             "BTF file /nonexistent: No such file or directory")

    def test_unreadable_btf_file_is_named(self):
        path = self.write("btf", "this is no BTF\n" * 10)
        ended = Ended("run", LISTEN, f"--btf.path={path}")
        self.assertEqual(ended.status, 4, ended.stderr)
        self.assertIn(path, ended.stderr)
        self.assertNotIn("Unknown error", ended.stderr)

    def test_btf_file_instead_of_the_kernels(self):
        with Daemon(args=["--btf.path=/sys/kernel/btf/vmlinux"]) as daemon:
            daemon.stop()

    def refusals(self, text):
        """The lines that tell of the program that tests/bpf/probes/refused.bpf.c has."""
        lines = text.splitlines()
        self.assertNotIn("libbpf", text)
        for line in lines:
            self.assertRegex(line, "^(level=(warn|info) msg=|ringtally: )")
        return [line for line in lines if "event=test_refused" in line]

    def assert_refusal(self, text):
        lines = self.refusals(text)
        self.assertEqual(len(lines), 1, text)
        self.assertRegex(lines[0], r"tp_btf/sys_enter: load: Permission denied \(verifier: "
                                   r"R\d+ invalid mem access '(scalar|inv)'")

    def test_refused_program(self):
        config = self.write("c.yaml", config_of([probe("refused")], "test_refused"))
        ended = Ended("run", LISTEN, f"--config.file={config}")
        self.assertEqual(ended.status, 4)
        self.assert_refusal(ended.stderr)
        self.assertEqual(ended.stderr.splitlines()[-1], "ringtally: no event could be attached")
        self.assertEqual(len(ended.stderr.splitlines()), 2, ended.stderr)

    def test_one_refused_of_two(self):
        """Once in one object, once in two."""
        for objects, other in (([probe("refused")], "test_beside"),
                               ([probe("refused")], "syscall_enter"),
                               ([probe("refused"), probe("call")], "test_call")):
            with self.subTest(other):
                text = config_of(objects, "test_refused", other)
                config = self.write("c.yaml", text)
                ended = Ended("run", LISTEN, f"--config.file={config}", "--config.strict")
                self.assertEqual(ended.status, 4, ended.stderr)
                self.assert_refusal(ended.stderr)
                self.goes_on_without_strict(text, other)

    def goes_on_without_strict(self, text, other):
        with Daemon(text) as daemon:
            self.assert_refusal(daemon.stderr())
            ready = daemon.request("/readyz")
            self.assertEqual(ready.status, 200)
            self.assertRegex(ready.text, "(?m)^not attached: test_refused: tp_btf/sys_enter: "
                                         "load: .*invalid mem access")
            attached = daemon.scrape().select("ringtally_self_probe_attached")
            self.assertEqual({labels["event"]: value for labels, value in attached},
                             {"test_refused": 0, other: 1})
            self.assertEqual(set(daemon.stop()), {other})

    def test_what_a_given_up_attempt_left_in_the_rings_is_not_in_the_books(self):
        """One event fires while the other turns out not to attach: both are loaded again."""
        with Daemon(config_of([probe("late")], "test_busy", "test_late")) as daemon:
            self.assertRegex(daemon.request("/readyz").text, "not attached: test_late: .*kprobe")
            daemon.scrape()
            ended = daemon.stop()
            self.assertEqual(set(ended), {"test_busy"})

    def test_last_alternative_attaches(self):
        with Daemon(config_of([probe("variants")], "test_variant"),
                    args=["--config.strict"]) as daemon:
            self.assertEqual(daemon.log("event attached"),
                             [{"level": "info", "msg": "event attached",
                               "event": "test_variant", "hooks": "tp_btf/sys_enter"}])
            self.assertEqual(daemon.request("/readyz").text, "ready\n")
            exposition = daemon.scrape()
            self.assertEqual(exposition.select("ringtally_self_probe_attached"),
                             [({"event": "test_variant", "program": "on_variant",
                                "hook": "tp_btf/sys_enter"}, 1)])
            self.assertGreater(exposition.total("ringtally_test_variant_total"), 0)
            daemon.stop(signal.SIGINT)


if __name__ == "__main__":
    ringtally.main()
