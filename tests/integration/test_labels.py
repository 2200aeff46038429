# SPDX-License-Identifier: Apache-2.0
"""Other labels are a restart with another config: no compiler, no helper program."""

import os
import re
import tempfile
import unittest

import ringtally
from ringtally import Daemon, binary


def config(*labels):
    return ("metrics:\n"
            "  - name: calls_total\n"
            "    event: syscall_enter\n"
            "    type: counter\n"
            f"    labels: [{', '.join(labels)}]\n")


class Labels(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()
        cls.strace = ringtally.require_tool("strace")

    def run_with(self, labels, folder):
        """Under strace, with a PATH that holds nothing; the scrape after 1000 calls."""
        trace = os.path.join(folder, "trace")
        empty = os.path.join(folder, "bin")
        os.makedirs(empty, exist_ok=True)
        wrapper = [self.strace, "-D", "-f", "-e", "trace=execve,execveat", "-o", trace]
        with Daemon(config(*labels), wrapper=wrapper, env={**os.environ, "PATH": empty}) as daemon:
            self.assertEqual(ringtally.make_calls("--name=rt-labels", "--uid=4242",
                                                  "--count=1000"), 1000)
            exposition = daemon.scrape()
            daemon.stop()
        with open(trace, encoding="utf-8") as file:
            execs = [line for line in file if re.search(r"\bexecve(at)?\(", line)]
        self.assertEqual(len(execs), 1, execs)
        self.assertRegex(execs[0], rf'execve\("{re.escape(binary())}", .* = 0$')
        print(f"labels {labels}: {execs[0].strip()[:100]}", flush=True)
        return exposition

    def test_change_of_labels_is_a_restart(self):
        name = "ringtally_calls_total"
        with tempfile.TemporaryDirectory() as folder:
            before = self.run_with(("comm", "syscall"), folder)
            after = self.run_with(("comm", "uid", "syscall"), folder)
        self.assertEqual(before.value(name, comm="rt-labels", syscall="getppid"), 1000)
        self.assertEqual(after.value(name, comm="rt-labels", uid="4242", syscall="getppid"), 1000)


if __name__ == "__main__":
    ringtally.main()
