# SPDX-License-Identifier: Apache-2.0
"""What counting costs: in the daemon, on a real server beside bpftrace that counts the same, and on an
idle machine.

  workload.py pipeline|scrape  the targets of these suites of the bench
  workload.py redis [ROUNDS]   redis-server's CPU time per request; every round has a window of 2 s
                               with each subject, in random order, and one with none. syscount and
                               runqlat are libbpf-tools', and are here to be seen, not to be judged
  workload.py idle [SECONDS]   the daemon's own CPU time, with the built-in config, scraped every 15 s
"""

import os
import random
import signal
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

import catalogue_oracles  # noqa: E402
import ringtally  # noqa: E402
from bench_run import judge_targets  # noqa: E402
from judge import Judge  # noqa: E402
from redis_load import Redis, run_ns  # noqa: E402

PIPELINE_MAX = {
    "aggregating 100 keys, beside the bare drain": 4,
    "aggregating 100,000 keys, beside the bare drain": 9,
}
SCRAPE_MAX = {
    "text of a scrape, beside one snprintf per line": 0.25,
    "100,000 lines, beside 10,000": 11,
}
ROUNDS, WINDOW_S, SETTLE_S, END_S = 20, 2, 0.3, 2
SYSCALLS_TO_BPFTRACE_MAX, DEFAULT_TO_BPFTRACE_MAX = 0.35, 0.45
DAEMON_CPU_MAX = 1.0  # percent of a core, under load
IDLE_CPU_MAX, IDLE_S = 0.1, 120
SCRAPE_EVERY_S = 15

SYSCALLS = """\
metrics:
  - { name: syscalls_total, event: syscall_enter, type: counter, labels: [comm, syscall] }
"""
RUNQ = """\
metrics:
  - { name: runq_wait_seconds, event: runq_wait, type: histogram, value: wait, buckets: log2 }
"""
ONE_LINER = ('tracepoint:raw_syscalls:sys_enter { @[comm, args->id] = count(); } '
             'BEGIN { printf("attached\\n"); }')


class Nothing:
    cpu_percent = None

    def __init__(self, _cpus):
        pass

    def begin(self):
        pass

    def end(self):
        pass

    def close(self):
        pass


class Ours:
    """Scraped once in every window, which is far more often than anybody does."""

    config = None

    def __init__(self, cpus):
        self.daemon = ringtally.Daemon(self.config,
                                       preexec_fn=lambda: os.sched_setaffinity(0, cpus))

    def begin(self):
        self.began, self.ns = time.monotonic(), run_ns(self.daemon.pid)

    def end(self):
        self.daemon.scrape()
        ns = run_ns(self.daemon.pid) - self.ns
        self.cpu_percent = 100 * ns / 1e9 / (time.monotonic() - self.began)

    def close(self):
        with self.daemon as daemon:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait()


class OursSyscalls(Ours):
    config = SYSCALLS


class OursRunq(Ours):
    config = RUNQ


class Peer:
    """Says a word when it is attached, or shortly before its last probes are."""

    cpu_percent = None

    def __init__(self, cpus, word, *command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True,
                                        preexec_fn=lambda: os.sched_setaffinity(0, cpus))
        while word not in (line := self.process.stdout.readline()):
            assert line, f"{command[0]} did not attach"
        time.sleep(SETTLE_S)

    def begin(self):
        pass

    def end(self):
        pass

    def close(self):
        """A bpftrace that is about to wait for events does not see the signal: it gets another."""
        while self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.communicate(timeout=END_S)
            except subprocess.TimeoutExpired:
                pass


class BpftraceOneLiner(Peer):
    def __init__(self, cpus):
        super().__init__(cpus, "attached", "bpftrace", "-e", ONE_LINER)


class BpftraceScript(Peer):
    def __init__(self, cpus):
        super().__init__(cpus, "attached", "bpftrace",
                         ringtally.source("tests", "accept", "default.bt"))


class LibbpfTool(Peer):
    name = None

    def __init__(self, cpus):
        path = os.path.join(catalogue_oracles.folder(), self.name)
        super().__init__(cpus, "Tracing", "stdbuf", "-oL", path)


class Syscount(LibbpfTool):
    name = "syscount"


class Runqlat(LibbpfTool):
    name = "runqlat"


SUBJECTS = {
    "nothing": Nothing,
    "ringtally, syscalls_total": OursSyscalls,
    "bpftrace, one-liner": BpftraceOneLiner,
    "syscount (by number only)": Syscount,
    "ringtally, runq_wait_seconds": OursRunq,
    "runqlat": Runqlat,
    "ringtally, built-in config": Ours,
    "bpftrace, the same as a script": BpftraceScript,
}


def measure(kind, redis, cpus):
    """ns of the server per request, and the daemon's CPU time in percent of a core."""
    subject = kind(cpus)
    try:
        time.sleep(SETTLE_S)
        subject.begin()
        ns, requests = redis.ns_per_request(WINDOW_S)
        subject.end()
        return ns, requests, subject.cpu_percent
    finally:
        subject.close()


class Table:
    def __init__(self):
        self.ns = {name: [] for name in SUBJECTS}
        self.cpu = {name: [] for name in SUBJECTS}

    def added(self, name):
        """In percent of what a request takes with nothing attached, round by round."""
        return [100 * (with_ - without) / without
                for with_, without in zip(self.ns[name], self.ns["nothing"])]

    def print(self):
        for name in SUBJECTS:
            added = sorted(self.added(name))
            low, high = added[len(added) // 4], added[-1 - len(added) // 4]
            cpu = f", daemon {statistics.median(self.cpu[name]):.2f} % of a core" \
                if self.cpu[name] else ""
            print(f"{name:32} {statistics.median(self.ns[name]) / 1000:6.2f} us a request, "
                  f"{statistics.median(added):+6.1f} % [quartiles {low:+.1f} .. {high:+.1f}]{cpu}")

    def ratio(self, ours, theirs):
        return statistics.median(self.added(ours)) / statistics.median(self.added(theirs))


def judge_redis(judge, rounds=ROUNDS):
    cpus = sorted(os.sched_getaffinity(0))
    assert len(cpus) > 1, "needs two CPUs"
    others = set(cpus[1:])
    redis = Redis(cpus[0], others)
    table = Table()
    try:
        for i in range(rounds):
            names = list(SUBJECTS)
            random.shuffle(names)
            for name in names:
                ns, _, cpu = measure(SUBJECTS[name], redis, others)
                table.ns[name].append(ns)
                if cpu is not None:
                    table.cpu[name].append(cpu)
            print(f"\rround {i + 1} of {rounds}", end="" if sys.stdout.isatty() else "\n",
                  flush=True)
    finally:
        redis.close()
    table.print()
    judge.at_most("syscalls_total, beside bpftrace's one-liner",
                  table.ratio("ringtally, syscalls_total", "bpftrace, one-liner"),
                  SYSCALLS_TO_BPFTRACE_MAX, " x")
    judge.at_most("the built-in config, beside bpftrace's script",
                  table.ratio("ringtally, built-in config", "bpftrace, the same as a script"),
                  DEFAULT_TO_BPFTRACE_MAX, " x")
    judge.at_most("the daemon's own CPU time",
                  max(statistics.median(cpu) for cpu in table.cpu.values() if cpu),
                  DAEMON_CPU_MAX, " % of a core")


def judge_idle(judge, seconds=IDLE_S):
    with ringtally.Daemon() as daemon:
        daemon.scrape()
        time.sleep(1)
        begin, ns = time.monotonic(), run_ns(daemon.pid)
        for _ in range(seconds // SCRAPE_EVERY_S):
            time.sleep(SCRAPE_EVERY_S)
            daemon.scrape()
        ns = run_ns(daemon.pid) - ns
        percent = 100 * ns / 1e9 / (time.monotonic() - begin)
        daemon.send_signal(signal.SIGTERM)
        daemon.wait()
    judge.at_most("an idle machine", percent, IDLE_CPU_MAX, " % of a core")


LINES = {
    "pipeline": lambda judge: judge_targets(judge, "pipeline", {}, PIPELINE_MAX),
    "scrape": lambda judge: judge_targets(judge, "scrape", {}, SCRAPE_MAX),
    "redis": judge_redis,
    "idle": judge_idle,
}


def main():
    judge = Judge()
    LINES[sys.argv[1]](judge, *(int(n) for n in sys.argv[2:]))
    judge.end()


if __name__ == "__main__":
    main()
