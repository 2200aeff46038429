# SPDX-License-Identifier: Apache-2.0
"""`ringtally audit` of a daemon that lies: every number that is off by one is found."""

import json
import os
import socket
import subprocess
import tempfile
import unittest

import ringtally
from fake_daemon import LEDGER, FakeDaemon, with_change, with_event
from ringtally import Ended

TERMS = [
    *((("events", 0, term), term) for term in
      ("fired", "seen", "unpaired", "skipped", "filtered", "accepted")),
    *((("events", 0, "marks", term), term) for term in ("accepted", "consumed", "lost", "off")),
    *((("events", 0, "marks", "cpus", 1, term), term) for term in
      ("accepted", "consumed", "lost")),
    *((("metrics", 0, term), term) for term in ("series", "other", "lost", "retired", "total")),
    *((("metrics", 0, "expected", term), term) for term in ("consumed", "lost")),
]


def audit(server, *args):
    return Ended("audit", f"--server={server}", "-i", "1ms", *args)


class Fake(unittest.TestCase):
    def test_what_holds_is_told_so(self):
        with FakeDaemon(LEDGER) as daemon:
            ended = audit(daemon.url)
        self.assertEqual((ended.status, ended.stderr), (0, ""))
        lines = ended.stdout.splitlines()
        self.assertIn("  fired     4321 = seen 4300 + unpaired 20 + skipped 1", lines)
        self.assertIn("  total     4000 = consumed 3000 + lost 1000", lines)
        self.assertIn("block_io  not attached: no such hook", lines)
        self.assertTrue(any(line.startswith("  –  has a where") for line in lines))
        self.assertEqual(lines[-1], "all equations hold")
        self.assertNotIn("\033", ended.stdout)
        self.assertNotIn("≠", ended.stdout)

    def test_each_wrong_number_is_found(self):
        """That the daemon calls itself balanced is not what counts."""
        for path, term in TERMS:
            with self.subTest(path=path), \
                    FakeDaemon(with_change(path, lambda n: n + 1)) as daemon:
                text, as_json = audit(daemon.url), audit(daemon.url, "-o", "json")
                self.assertEqual((text.status, as_json.status), (1, 1))
                wrong = [line for line in text.stdout.splitlines() if "≠" in line]
                self.assertTrue(wrong and any(term in line for line in wrong), text.stdout)
                self.assertEqual(text.stdout.splitlines()[-1], "not all equations hold")
                found = json.loads(as_json.stdout)
                self.assertIs(found["holds"], False)
                self.assertEqual(len([e for e in found["equations"] if e["holds"] is False]),
                                 len(wrong))

    def test_a_term_that_is_missing_is_an_error(self):
        for path, _ in TERMS:
            for wrong in (None, "7", 1.5, -1):
                if path == ("events", 0, "attached") and wrong is None:
                    continue
                with self.subTest(path=path, wrong=wrong), \
                        FakeDaemon(with_change(path, lambda _, wrong=wrong: wrong)) as daemon:
                    ended = audit(daemon.url)
                self.assertEqual((ended.status, ended.stdout), (1, ""))
                self.assertRegex(ended.stderr, r"^ringtally: [^\n]*'[a-z_.]+' is no number in "
                                               r"this ledger\n$")

    def test_answers_that_are_no_ledger(self):
        cases = (
            ("{", 200, r"is not JSON: line 1: "),
            ("[]", 200, r"is no JSON object"),
            ("{}", 200, r"no 'events' and 'metrics'"),
            ('{"events":[{}],"metrics":[]}', 200, r"an event without a name"),
            ('{"a":1,"a":2}', 200, r"is not JSON: line 1: duplicate object key"),
            ('{"error":"shutting down"}', 503, r"HTTP status 503: shutting down"),
            ("not found", 404, r"has no /api/v1/ledger: is it a ringtally daemon"),
        )
        for body, status, message in cases:
            with self.subTest(body=body), FakeDaemon(body, status) as daemon:
                ended = audit(daemon.url)
            self.assertEqual((ended.status, ended.stdout), (1, ""))
            self.assertRegex(ended.stderr, f"^ringtally: [^\n]*{message}[^\n]*\n$")

    def test_proc_is_held_against_it(self):
        """Softirqs and forks of this machine as /proc has them, and one that stands still."""
        def softirqs():
            with open("/proc/softirqs", encoding="ascii") as file:
                return sum(int(n) for line in file.readlines()[1:] for n in line.split()[1:])

        def forks():
            with open("/proc/stat", encoding="ascii") as file:
                return next(int(line.split()[1]) for line in file if line.startswith("processes"))

        for event, now in (("softirq", softirqs), ("process_fork", forks)):
            still = now()
            for fired, status in ((now, 0), (lambda still=still: still, 1)):
                with self.subTest(event=event, status=status), \
                        FakeDaemon(lambda: with_event(event, fired())) as daemon:
                    load = subprocess.Popen("while :; do /bin/true; done", shell=True)
                    try:
                        ended = audit(daemon.url, "-i", "50ms")
                    finally:
                        load.kill()
                        load.wait()
                self.assertEqual(ended.status, status, ended.stdout)
                line = next(line for line in ended.stdout.splitlines() if "/proc/" in line)
                self.assertEqual("≠" in line, status == 1, line)

    def test_nobody_answers(self):
        with tempfile.TemporaryDirectory() as folder:
            for server in (f"http://127.0.0.1:{ringtally.free_port()}", f"unix:{folder}/none"):
                ended = audit(server)
                self.assertEqual((ended.status, ended.stdout), (1, ""))
                self.assertRegex(ended.stderr, f"^ringtally: no daemon answers at {server} "
                                               r"\([^)]+\): start one with `ringtally run`")

    def test_what_answers_is_no_http(self):
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
            path = os.path.join(folder, "socket")
            server.bind(path)
            server.listen()
            pid = os.fork()
            if pid == 0:
                for _ in range(2):
                    client, _ = server.accept()
                    client.sendall(b"220 mail.example.org ESMTP\r\n")
                    client.close()
                os._exit(0)
            ended = audit(f"unix:{path}")
            os.kill(pid, 9)
            os.waitpid(pid, 0)
        self.assertEqual(ended.status, 1)
        self.assertEqual(len(ended.stderr.splitlines()), 1)

    def test_wrong_usage(self):
        for args in (["--server=localhost:1"], ["--server=http://"], ["--server=http://a:0"],
                     ["--server=http://[::1:9]"], ["--server=http://127.0.0.1:1/metrics"],
                     ["--server=unix:"], ["--server=unix:/" + "x" * 200], ["-o", "yaml"],
                     ["-i", "1"], ["-i", "2h"], ["syscall_enter"]):
            ended = Ended("audit", *args)
            self.assertEqual((ended.status, ended.stdout), (2, ""), args)
            self.assertEqual(len(ended.stderr.splitlines()), 1, args)


if __name__ == "__main__":
    ringtally.main()
