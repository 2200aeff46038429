# SPDX-License-Identifier: Apache-2.0
"""/api/v1/top of a running daemon, against what the loads say they made."""

import decimal
import json
import unittest

import loads
import ringtally
from ringtally import Daemon, make_calls

CONFIG = """\
metrics:
  - name: calls_total
    event: syscall_enter
    type: counter
    labels: [comm, syscall]
    where: comm starts_with rt-top and syscall == getppid
  - name: full_total
    event: syscall_enter
    type: counter
    labels: [comm]
    max_series: 1
    where: comm starts_with rt-top and syscall == getppid
  - name: all_total
    event: syscall_enter
    type: counter
    where: comm starts_with rt-top and syscall == getppid
  - name: queue_seconds
    event: runq_wait
    type: histogram
    value: wait
    buckets: { log2: { min: 1us, max: 64s } }
    labels: [comm]
"""

# Each load's calls, in the order in which they are made.
CALLS = {"rt-top-a": 3000, "rt-top-b": 5000, "rt-top-c": 4000, "rt-top-d": 1}


def numbers_exact(text):
    return json.loads(text, parse_float=decimal.Decimal)


class Top(unittest.TestCase):
    """All over one daemon."""

    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()
        cls.daemon = Daemon(CONFIG)
        cls.made = {}
        for name, count in CALLS.items():
            cls.made[name] = make_calls(f"--name={name}", f"--count={count}")
            cls.daemon.scrape()  # so that they arrive in this order

    @classmethod
    def tearDownClass(cls):
        with cls.daemon:
            cls.daemon.stop()

    def ask(self, query, status=200):
        answer = self.daemon.request(f"/api/v1/top?{query}")
        self.assertEqual(answer.status, status, answer.text)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        return numbers_exact(answer.text)

    def ranking(self):
        return sorted(self.made.items(), key=lambda item: -item[1])

    def test_the_heaviest_first(self):
        for k in (1, 2, 20, 1000):
            with self.subTest(k):
                top = self.ask(f"metric=ringtally_calls_total&k={k}")
                series = [{"labels": {"comm": name, "syscall": "getppid"}, "value": made}
                          for name, made in self.ranking()]
                self.assertEqual(top, {"metric": "ringtally_calls_total", "k": k,
                                       "error_bound": 0, "series": series[:k],
                                       "other": 0, "lost": 0})

    def test_k_is_20_by_default(self):
        self.assertEqual(self.ask("metric=ringtally_calls_total")["k"], 20)

    def test_what_found_no_place_is_other(self):
        top = self.ask("metric=ringtally_full_total")
        first = next(iter(self.made))
        self.assertEqual(top["series"],
                         [{"labels": {"comm": first}, "value": self.made[first]}])
        self.assertEqual(top["other"], sum(self.made.values()) - self.made[first])

    def test_without_labels(self):
        top = self.ask("metric=ringtally_all_total")
        self.assertEqual(top["series"], [{"labels": {}, "value": sum(self.made.values())}])

    def test_a_histogram_by_its_count(self):
        loads.run("runq", "--name=rt-topq", "--ms=100", "--threads=3")
        top = self.ask("metric=ringtally_queue_seconds&k=1000")
        values = [series["value"] for series in top["series"]]
        self.assertEqual(values, sorted(values, reverse=True))
        mine = [s["value"] for s in top["series"] if s["labels"]["comm"].startswith("rt-topq")]
        counted = self.daemon.scrape().select("ringtally_queue_seconds_count")
        self.assertEqual(sum(mine), sum(value for labels, value in counted
                                        if labels["comm"].startswith("rt-topq")))
        self.assertGreater(sum(mine), 0)

    def test_queries_are_decoded(self):
        top = self.ask("k=%31&m%65tric=ringtally%5Fcalls%5ftotal")
        self.assertEqual((top["metric"], top["k"]), ("ringtally_calls_total", 1))

    def test_bad_questions(self):
        for query in ("", "k=3", "metric=", "metric=ringtally_calls_total%00x"):
            with self.subTest(query):
                self.assertIn("'metric' is missing", self.ask(query, 400)["error"])
        for k in ("0", "-1", "1001", "x", "", "1e3", "%zz", "9" * 100):
            with self.subTest(k):
                self.assertEqual(self.ask(f"metric=ringtally_calls_total&k={k}", 400),
                                 {"error": "'k' must be a number from 1 to 1000"})

    def test_unknown_metrics(self):
        for name, best in (("ringtally_cals_total", "ringtally_calls_total"),
                           ("full_total", "ringtally_full_total"), ("nowhere", None),
                           ("ringtally_self_series", None)):
            with self.subTest(name):
                said = f" (did you mean '{best}'?)" if best else ""
                self.assertEqual(self.ask(f"metric={name}", 404),
                                 {"error": f"unknown metric '{name}'{said}"})

    def test_methods(self):
        path = "/api/v1/top?metric=ringtally_all_total"
        get, head = self.daemon.request(path), self.daemon.request(path, "HEAD")
        self.assertEqual((head.status, head.body), (200, b""))
        self.assertEqual(head.headers["Content-Length"], str(len(get.body)))
        self.assertEqual(self.daemon.request(path, "POST").status, 405)

    def test_self_metrics(self):
        exposition = self.daemon.scrape()
        for metric in ("calls_total", "full_total", "all_total", "queue_seconds"):
            self.assertEqual(exposition.value("ringtally_self_retired_total", metric=metric), 0)
        self.assertEqual(exposition.select("ringtally_self_topk_error_bound"), [])


if __name__ == "__main__":
    ringtally.main()
