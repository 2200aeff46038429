# SPDX-License-Identifier: Apache-2.0
"""`ringtally audit` of a running daemon, while the machine is at work."""

import json
import tempfile
import unittest

import loads
import ringtally
from loads import LoopDevice
from ringtally import Daemon, Ended, Load

CONFIG = """\
metrics:
  - { name: calls_total, event: syscall_enter, type: counter, labels: [comm, syscall], max_series: 20 }
  - { name: some_total, event: syscall_enter, type: counter, where: comm == rt-audit }
  - { name: wait_seconds, event: runq_wait, type: histogram, value: wait, buckets: log2 }
  - { name: ios_total, event: block_io, type: counter, labels: [device] }
"""


class Audit(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()

    def test_holds_while_events_go_on(self):
        """Without privileges."""
        with Daemon(CONFIG) as daemon:
            load = Load("--name=rt-audit", "--count=3000000")
            ended = Ended("audit", f"--server={daemon.url}", "-i", "100ms", user=65534)
            self.assertTrue(load.running(), "the load was over before the audit")
            load.process.kill()
            load.process.communicate()
            daemon.stop()
        print(ended.stdout, flush=True)
        self.assertEqual((ended.status, ended.stderr), (0, ""))
        for line in ("syscall_enter", "runq_wait", "block_io", "ringtally_calls_total",
                     "all equations hold"):
            self.assertIn(line, ended.stdout.splitlines())

    def test_disks_are_as_the_kernel_counts_them(self):
        device = LoopDevice()
        self.addCleanup(device.close)
        with tempfile.TemporaryDirectory() as folder, \
                Daemon(CONFIG, listen=[f"unix:{folder}/socket"]) as daemon:
            load = loads.Program("io", "--name=rt-audit", "--pace=500", device.path,
                                 "write=4000:4096", wait=True)
            self.addCleanup(load.kill)
            load.go()
            ended = Ended("audit", f"--server={daemon.url}", "-i", "300ms", "-o", "json")
            daemon.stop()
        found = json.loads(ended.stdout)
        print(found["proc"], flush=True)
        self.assertEqual(ended.status, 0, ended.stdout)
        [disks] = found["proc"]
        self.assertEqual((disks["event"], disks["file"]), ("block_io", "diskstats"))
        self.assertGreater(disks["least"], 100)
        if disks["holds"] is not None:
            self.assertTrue(disks["least"] <= disks["change"] <= disks["most"])


if __name__ == "__main__":
    ringtally.main()
