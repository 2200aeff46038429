# SPDX-License-Identifier: Apache-2.0
"""Accesses to pages that nobody has touched before: as many faults as pages, by who made which
access, and as many in all as the kernel counts for the process."""

import unittest

import loads
import ringtally
from ringtally import Daemon

FAULTS = "ringtally_faults_total"
CONFIG = """\
defaults: { max_series: 20000 }
metrics:
  - { name: faults_total, event: page_fault, type: counter, labels: [tgid, space, access] }
"""
PAGES = {"read": 3000, "write": 2000, "exec": 16, "kernel_read": 700, "kernel_write": 500}
KINDS = {"read": ("user", "read"), "write": ("user", "write"), "exec": ("user", "exec"),
         "kernel_read": ("kernel", "read"), "kernel_write": ("kernel", "write")}


def counted_by_the_kernel(pid):
    """Minor and major faults of a process."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return int(fields[7]) + int(fields[9])


class PageFault(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()
        ringtally.require_initial_namespace("pid")

    def read(self, daemon, pid):
        """By kind, and the kernel's count: the process waits."""
        shown = daemon.scrape()
        ours = {name: shown.total(FAULTS, tgid=str(pid), space=space, access=access)
                for name, (space, access) in KINDS.items()}
        return ours, counted_by_the_kernel(pid)

    def test_pages_by_kind(self):
        with Daemon(CONFIG) as daemon:
            load = loads.Program("faults", "--name=rt-faults",
                                 *(f"{kind}={n}" for kind, n in PAGES.items()), wait=True)
            self.addCleanup(load.kill)
            before, theirs_before = self.read(daemon, load.pid)
            told = load.go().lines_until("quiet")
            after, theirs_after = self.read(daemon, load.pid)
            load.go().lines()
            ledger = daemon.stop()["page_fault"]
        ours = {kind: n - before[kind] for kind, n in after.items()}
        theirs = theirs_after - theirs_before
        print(f"ours {ours}, {sum(ours.values())} in all; the kernel's: {theirs}; {ledger}",
              flush=True)
        self.assertEqual(ours, PAGES)
        self.assertEqual(ours, {kind: line["faults"] for line in told for kind in line
                                if kind != "faults"})
        self.assertEqual(sum(ours.values()), theirs)
        self.assertEqual(ledger.lost, 0)


if __name__ == "__main__":
    ringtally.main()
