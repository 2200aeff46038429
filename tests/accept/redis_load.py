# SPDX-License-Identifier: Apache-2.0
"""redis-server as Debian ships it, unpacked and not installed, and redis-benchmark that keeps it busy
with GETs over ten connections. The server has a CPU of its own; everybody else has the others."""

import glob
import os
import socket
import subprocess
import tempfile
import time

import ringtally

PACKAGES = ("redis-tools", "libjemalloc2", "liblzf1")  # the first has the server's program as well
CLIENTS = 10


def _fetch(package):
    done = subprocess.run([ringtally.source("scripts", "fetch_deb.sh"), package], check=True,
                          stdout=subprocess.PIPE, text=True)
    return os.path.join(done.stdout.strip().split("/root/")[0], "root")


def run_ns(pid):
    """Time that all threads of a process have been on a CPU."""
    total = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with open(path, encoding="ascii") as file:
            total += int(file.read().split()[0])
    return total


class Redis:
    def __init__(self, server_cpu, other_cpus):
        roots = [_fetch(package) for package in PACKAGES]
        libraries = [folder for root in roots for folder in glob.glob(f"{root}/usr/lib/*-linux-gnu")]
        self.env = dict(os.environ, LD_LIBRARY_PATH=":".join(libraries))
        self.programs = os.path.join(roots[0], "usr", "bin")
        self.folder = tempfile.TemporaryDirectory(prefix="ringtally-redis-")
        self.port = ringtally.free_port()
        self.server = self._start("redis-check-rdb", {server_cpu}, "redis-server", "--port",
                                  str(self.port), "--save", "", "--appendonly", "no",
                                  "--dir", self.folder.name)
        self._connect()
        self.client = self._start("redis-benchmark", other_cpus, "redis-benchmark", "-p",
                                  str(self.port), "-c", str(CLIENTS), "-t", "get", "-n",
                                  str(10**9), "-q")
        time.sleep(1)

    def _start(self, program, cpus, *args):
        return subprocess.Popen(args, executable=os.path.join(self.programs, program), env=self.env,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                preexec_fn=lambda: os.sched_setaffinity(0, cpus))

    def _connect(self):
        end = time.monotonic() + ringtally.PATIENCE_S
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", self.port))
                self.replies = self.socket.makefile("rb")
                return
            except ConnectionRefusedError:
                assert self.server.poll() is None, "redis-server does not start"
                assert time.monotonic() < end, "redis-server does not listen"
                time.sleep(0.05)

    def requests(self):
        """That it has answered since its start."""
        self.socket.sendall(b"INFO stats\r\n")
        length = int(self.replies.readline()[1:])
        text = self.replies.read(length + 2).decode()
        return int(text.split("total_commands_processed:")[1].split("\r\n")[0])

    def ns_per_request(self, seconds):
        requests, ns = self.requests(), run_ns(self.server.pid)
        time.sleep(seconds)
        ns, requests = run_ns(self.server.pid) - ns, self.requests() - requests
        assert self.client.poll() is None, "redis-benchmark has ended"
        return ns / requests, requests

    def close(self):
        for process in (self.client, self.server):
            process.kill()
            process.wait()
        self.folder.cleanup()
