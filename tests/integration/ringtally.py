# SPDX-License-Identifier: Apache-2.0
"""The harness: a daemon to start, scrape and stop, loads that know what they made, and main().

A test program ends with 0 (all passed), 1 (something failed, or there was nothing to run) or 77
(something was skipped; the line `skip: REASON` says what).
The paths come from the environment, which ctest sets: RINGTALLY (the binary), RINGTALLY_PROBES
(folder of the test objects), RINGTALLY_LOADS (folder of the load programs), RINGTALLY_SOURCE.
"""

import ctypes
import http.client
import os
import platform
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from exposition import LOST, OTHER, Exposition

PATIENCE_S = 20  # for anything that should take milliseconds

CAP_PERFMON, CAP_BPF, CAP_SYSLOG = 38, 39, 34
_SYS_BPF = {"x86_64": 321, "aarch64": 280}
_INITIAL_NAMESPACES = {"pid": 4026531836, "user": 4026531837, "cgroup": 4026531835}


def _from_environment(name):
    value = os.environ.get(name)
    if not value:
        sys.exit(f"{name} is not set: run this by ctest (see tests/integration/CMakeLists.txt)")
    return value


def binary():
    return _from_environment("RINGTALLY")


def probe(name):
    return os.path.join(_from_environment("RINGTALLY_PROBES"), name + ".bpf.o")


def load_program(name):
    return os.path.join(_from_environment("RINGTALLY_LOADS"), name)


def source(*parts):
    return os.path.join(_from_environment("RINGTALLY_SOURCE"), *parts)


def repetitions(short):
    """How often something is repeated that accept repeats more often."""
    return int(os.environ.get("RINGTALLY_REPETITIONS", short))


# --- what this machine can do ---


def _bpf_refusal():
    """Asks the kernel for an array map: the errno's text when it says no."""
    attr = (ctypes.c_uint32 * 32)(2, 4, 8, 1)  # BPF_MAP_TYPE_ARRAY, key, value, entries
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.syscall(_SYS_BPF[platform.machine()], 0, ctypes.byref(attr), ctypes.sizeof(attr))
    if fd < 0:
        return os.strerror(ctypes.get_errno())
    os.close(fd)
    return None


def require_kernel():
    if os.geteuid() != 0:
        raise unittest.SkipTest("loading BPF programs needs root")
    refusal = _bpf_refusal()
    if refusal:
        raise unittest.SkipTest(f"this machine refuses bpf(): {refusal}")
    if not os.path.exists("/sys/kernel/btf/vmlinux"):
        raise unittest.SkipTest("this kernel has no BTF")


def require_tool(name):
    path = shutil.which(name)
    if not path:
        raise unittest.SkipTest(f"{name} is not installed")
    return path


def require_initial_namespace(kind):
    """Ids and paths are as the initial namespaces see them: elsewhere a load does not know them."""
    if os.stat(f"/proc/self/ns/{kind}").st_ino != _INITIAL_NAMESPACES[kind]:
        raise unittest.SkipTest(f"not in the initial {kind} namespace")


def cgroup2_mount():
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        for line in mounts:
            fields, _, kind = line.partition(" - ")
            if kind.split()[0] == "cgroup2" and fields.split()[3] == "/":
                return fields.split()[4]
    raise unittest.SkipTest("no cgroup2 hierarchy is mounted")


# --- loads ---


class Load:
    """tests/load/calls.c: makes exactly what it is told, and tells what it made."""

    def __init__(self, *args, wait=False):
        command = [load_program("calls"), *args] + (["--wait"] if wait else [])
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if wait:
            assert self.process.stdout.readline() == b"waiting\n"

    @property
    def pid(self):
        return self.process.pid

    def go(self):
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        return self

    def running(self):
        return self.process.poll() is None

    def threads(self):
        """Waits for the end; a dict of numbers per thread."""
        out, _ = self.process.communicate(timeout=120)
        assert self.process.returncode == 0, f"the load failed: {self.process.args}"
        return [{k: int(v) for k, v in (pair.split("=") for pair in line.split())}
                for line in out.decode().splitlines() if line.startswith("made=")]

    def made(self):
        return sum(thread["made"] for thread in self.threads())


def make_calls(*args):
    return Load(*args).made()


# --- logs ---


def parse_logfmt(line):
    """A line of --log.format=logfmt as a dict; None when it is not one."""
    if not line.startswith("level="):
        return None
    fields = {}
    for word in shlex.split(line, posix=True):
        key, equals, value = word.partition("=")
        if not equals:
            return None
        fields[key] = value
    return fields


class Ledger:
    """A `final ledger` line."""

    def __init__(self, fields):
        self.event = fields["event"]
        self.equal = fields["equal"]
        self.terms = {k: int(v) for k, v in fields.items() if v.isdigit()}

    def __getattr__(self, term):
        try:
            return self.terms[term]
        except KeyError:
            raise AttributeError(term) from None

    def __str__(self):
        return " ".join(f"{term}={n}" for term, n in self.terms.items())

    def check(self):
        """All of the equalities of docs/architecture.md."""
        sums = (
            (self.fired, self.seen + self.unpaired + self.skipped),
            (self.seen, self.filtered + self.accepted),
            (self.accepted, self.consumed + self.pending + self.lost),
            (self.pending, 0),
        )
        assert all(left == right for left, right in sums), f"{self.event}: {self}"
        assert self.equal == "yes", f"{self.event}: equal={self.equal}"


# --- HTTP ---


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def text(self):
        return self.body.decode("utf-8")


def request(url, path, method="GET", headers=None):
    """url: what the daemon said, http://HOST:PORT or unix:PATH."""
    if url.startswith("unix:"):
        connection = _UnixConnection(url[len("unix:"):])
    else:
        connection = http.client.HTTPConnection(url[len("http://"):], timeout=PATIENCE_S)
    try:
        connection.request(method, path, headers=headers or {})
        return Answer(connection.getresponse())
    finally:
        connection.close()


def scrape(url, path="/metrics"):
    answer = request(url, path)
    assert answer.status == 200, f"{path}: {answer.status} {answer.text}"
    content_type = answer.headers["Content-Type"]
    assert content_type == "text/plain; version=0.0.4; charset=utf-8", content_type
    return Exposition(answer.body)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# --- the daemon ---


def sanitizer_report(text):
    return re.search(r"Sanitizer|runtime error:", text)


class Daemon:
    """`ringtally run` with a config text; a context manager that leaves nothing behind."""

    def __init__(self, config=None, *, args=(), listen=("127.0.0.1:0",), wrapper=(), ready=True,
                 **popen):
        self.folder = tempfile.mkdtemp(prefix="ringtally-test-")
        command = [*wrapper, binary(), "run", *args]
        command += [f"--web.listen-address={address}" for address in listen]
        if config is not None:
            path = os.path.join(self.folder, "config.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(config)
            command.append(f"--config.file={path}")
        self.stderr_path = os.path.join(self.folder, "stderr")
        with open(self.stderr_path, "wb") as stderr:
            self.started = time.monotonic()
            self.process = subprocess.Popen(command, stderr=stderr, stdout=stderr,
                                            stdin=subprocess.DEVNULL, **popen)
        self.url = None
        if ready:
            try:
                self.wait_ready()
            except BaseException:
                self.__exit__()
                raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder)

    @property
    def pid(self):
        return self.process.pid

    def stderr(self):
        with open(self.stderr_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def log(self, msg):
        """The fields of all lines with this message so far."""
        lines = (parse_logfmt(line) for line in self.stderr().splitlines())
        return [line for line in lines if line and line.get("msg") == msg]

    def wait_log(self, msg):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            lines = self.log(msg)
            if lines:
                return lines[-1]
            assert self.process.poll() is None, \
                f"it ended with {self.process.returncode}:\n{self.stderr()}"
            time.sleep(0.002)
        raise AssertionError(f"no '{msg}' in {PATIENCE_S} s:\n{self.stderr()}")

    def wait_ready(self):
        self.url = self.wait_log("ready")["url"]

    def request(self, path, method="GET", headers=None):
        return request(self.url, path, method, headers)

    def scrape(self):
        return scrape(self.url)

    def send_signal(self, signum):
        self.process.send_signal(signum)

    def wait(self):
        """Its exit status; every line it wrote is a log line."""
        status = self.process.wait(PATIENCE_S)
        text = self.stderr()
        assert not sanitizer_report(text), text
        for line in text.splitlines():
            assert parse_logfmt(line), f"not a log line: {line}"
        return status

    def stop(self, signum=signal.SIGTERM):
        """Ends it in good order; its final ledgers by event, all of which are equalities."""
        self.send_signal(signum)
        status = self.wait()
        assert status == 0, f"exit status {status}:\n{self.stderr()}"
        ledgers = {}
        for fields in self.log("final ledger"):
            ledger = Ledger(fields)
            ledger.check()
            ledgers[ledger.event] = ledger
        assert ledgers, "no final ledger"
        return ledgers

    def memory(self, field="RssAnon"):
        """In bytes."""
        with open(f"/proc/{self.pid}/status", encoding="utf-8") as status:
            for line in status:
                if line.startswith(field + ":"):
                    return int(line.split()[1]) * 1024
        raise AssertionError(f"no {field}")


class Monotonic:
    """Fed with scrapes: no counter may ever go down or away."""

    def __init__(self):
        self.last = {}
        self.scrapes = 0

    def add(self, exposition):
        now = exposition.counters()
        for series, value in self.last.items():
            assert series in now, f"gone: {series}, it was {value}"
            assert now[series] >= value, f"went down: {series}: {value} -> {now[series]}"
        self.last = now
        self.scrapes += 1


def scrape_while(daemon, running, interval_s=0.1):
    """Scrapes on a fixed beat as long as running() says so, and once more; the last one."""
    monotonic = Monotonic()
    beat = time.monotonic()
    while running():
        monotonic.add(daemon.scrape())
        beat += interval_s
        time.sleep(max(0, beat - time.monotonic()))
    exposition = daemon.scrape()
    monotonic.add(exposition)
    return exposition, monotonic.scrapes


def _try_get(port):
    """The whole answer to a scrape; empty while nobody listens."""
    with socket.socket() as s:
        s.settimeout(PATIENCE_S)
        try:
            s.connect(("127.0.0.1", port))
        except ConnectionRefusedError:
            return b""
        s.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        chunks = []
        while chunk := s.recv(65536):
            chunks.append(chunk)
        return b"".join(chunks)


def exec_to_first_series(config, metric, settle_s=0.5):
    """Milliseconds from before the fork to having read a scrape with a live series above 0, and
    RssAnon after some scrapes, in bytes."""
    port = free_port()
    begin = time.monotonic()
    with Daemon(config, listen=[f"127.0.0.1:{port}"], ready=False) as daemon:
        live = False
        while not live:
            body = _try_get(port).partition(b"\r\n\r\n")[2]
            ms = (time.monotonic() - begin) * 1000
            live = bool(body) and any(
                value > 0 and not {OTHER, LOST} & set(labels.values())
                for labels, value in Exposition(body).select(metric))
            assert ms < 10000, f"nothing in 10 s:\n{daemon.stderr()}"
            if not body:
                time.sleep(0.0005)
        daemon.wait_ready()
        time.sleep(settle_s)
        daemon.scrape()
        rss = daemon.memory()
        daemon.stop()
    return ms, rss


# --- one-shot runs ---


class Ended:
    """A run that is expected to end by itself."""

    def __init__(self, *args, wrapper=(), program=None, **popen):
        popen.setdefault("timeout", PATIENCE_S)
        done = subprocess.run([*wrapper, program or binary(), *args], stdin=subprocess.DEVNULL,
                              capture_output=True, **popen)
        self.status = done.returncode
        self.stdout = done.stdout.decode("utf-8")
        self.stderr = done.stderr.decode("utf-8")
        assert not sanitizer_report(self.stderr), self.stderr


def main():
    """What a test program calls at its end."""
    result = unittest.main(module="__main__", exit=False, verbosity=2).result
    if not result.wasSuccessful():
        sys.exit(1)
    if result.skipped:
        reasons = sorted({reason for _, reason in result.skipped})
        ran = result.testsRun - len(result.skipped)
        print(f"skip: {'; '.join(reasons)}" + (f" ({ran} others passed)" if ran > 0 else ""))
        sys.exit(77)
    if result.testsRun == 0:
        print("no test ran")
        sys.exit(1)
