# SPDX-License-Identifier: Apache-2.0
"""The harness judges rightly: a failure is exit 1, a skip 77, bad expositions are refused."""

import fractions
import os
import subprocess
import sys
import tempfile
import unittest

import prom
import ringtally
from exposition import Exposition, ExpositionError

HERE = os.path.dirname(os.path.abspath(__file__))

GOOD = b"""# HELP a_total Text with \\\\ and \\n in it.
# TYPE a_total counter
a_total{x="1",y="quote \\" backslash \\\\ newline \\n end"} 18446744073709551617
a_total{x="2",y=""} 0
# TYPE g gauge
g -1.5e-3
# HELP h_seconds Times.
# TYPE h_seconds histogram
h_seconds_bucket{le="0.5"} 1
h_seconds_bucket{le="1"} 1
h_seconds_bucket{le="+Inf"} 3
h_seconds_sum 4.5
h_seconds_count 3
"""

BAD = {
    "no end of the last line": (b"# TYPE a_total counter\na_total 1", "no end"),
    "not UTF-8": (b"# TYPE a gauge\na{x=\"\xff\"} 1\n", "not UTF-8"),
    "empty line": (b"# TYPE a gauge\na 1\n\n", "line 3: neither"),
    "comment": (b"# hello\n", "neither"),
    "sample before its type": (b"a 1\n", "before its HELP and TYPE"),
    "type without samples": (b"# TYPE a gauge\n# TYPE b gauge\nb 1\n", "no samples"),
    "help without type": (b"# HELP a x\na 1\n", "before its HELP and TYPE"),
    "type of another family": (b"# HELP a x\n# TYPE b gauge\nb 1\n", "does not follow"),
    "unknown type": (b"# TYPE a number\na 1\n", "not a type"),
    "family in two places": (
        b"# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\na{x=\"\"} 1\n",
        "family was there before"),
    "sample of another family": (b"# TYPE a gauge\na 1\nb 1\n", "another family"),
    "series twice": (b"# TYPE a gauge\na{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 1\n",
                     "series was there before"),
    "label twice": (b"# TYPE a gauge\na{x=\"1\",x=\"2\"} 1\n", "comes twice"),
    "reserved label": (b"# TYPE a gauge\na{__x=\"1\"} 1\n", "reserved"),
    "bad label name": (b"# TYPE a gauge\na{0x=\"1\"} 1\n", "NAME="),
    "label without quotes": (b"# TYPE a gauge\na{x=1} 1\n", "NAME="),
    "open label value": (b"# TYPE a gauge\na{x=\"1\\\"} 1\n", "no end"),
    "unknown escape": (b"# TYPE a gauge\na{x=\"\\t\"} 1\n", "unknown escape"),
    "missing comma": (b"# TYPE a gauge\na{x=\"1\"y=\"2\"} 1\n", "commas"),
    "comma at the end": (b"# TYPE a gauge\na{x=\"1\",} 1\n", "comma"),
    "two spaces": (b"# TYPE a gauge\na  1\n", "not a number"),
    "timestamp": (b"# TYPE a gauge\na 1 1700000000000\n", "not a number"),
    "hexadecimal": (b"# TYPE a gauge\na 0x10\n", "not a number"),
    "no value": (b"# TYPE a gauge\na{x=\"1\"}\n", "no space"),
    "negative counter": (b"# TYPE a_total counter\na_total -1\n", "below 0"),
    "counter that is no number": (b"# TYPE a_total counter\na_total NaN\n", "below 0"),
    "histogram without +Inf": (GOOD.replace(b'h_seconds_bucket{le="+Inf"} 3\n', b""),
                               "not a histogram"),
    "buckets that fall": (GOOD.replace(b'le="1"} 1', b'le="1"} 0'), "not a histogram"),
    "bounds out of order": (GOOD.replace(b'le="0.5"', b'le="2"'), "not a histogram"),
    "count that is not the last bucket": (GOOD.replace(b"_count 3", b"_count 4"),
                                          "not a histogram"),
    "histogram without sum": (GOOD.replace(b"h_seconds_sum 4.5\n", b""), "not a histogram"),
}


class Parser(unittest.TestCase):
    def test_takes_a_good_exposition(self):
        e = Exposition(GOOD)
        self.assertEqual(e.value("a_total", x="1", y='quote " backslash \\ newline \n end'),
                         18446744073709551617)
        self.assertEqual(e.families["a_total"].help, "Text with \\ and \n in it.")
        self.assertEqual(e.total("a_total"), 18446744073709551617)
        self.assertIsNone(e.value("a_total", x="2"))
        self.assertEqual(e.select("a_total", x="2"), [({"x": "2", "y": ""}, 0)])

    def test_refuses_bad_ones(self):
        for name, (body, reason) in BAD.items():
            with self.subTest(name), self.assertRaisesRegex(ExpositionError, reason):
                Exposition(body)


class Judgement(unittest.TestCase):
    def test_counter_that_goes_down_or_away(self):
        monotonic = ringtally.Monotonic()
        monotonic.add(Exposition(GOOD))
        monotonic.add(Exposition(GOOD.replace(b"g -1.5e-3", b"g -2")))
        with self.assertRaisesRegex(AssertionError, "went down"):
            monotonic.add(Exposition(GOOD.replace(b"709551617", b"709551616")))
        with self.assertRaisesRegex(AssertionError, "gone"):
            monotonic.add(Exposition(GOOD.replace(b'a_total{x="2",y=""} 0\n', b"")))

    def test_ledger_that_is_no_equality(self):
        line = ('level=info msg="final ledger" event=e fired=10 seen=10 unpaired=0 skipped=0 '
                "filtered=2 accepted=8 consumed=7 pending=0 lost=1 equal=yes")
        ringtally.Ledger(ringtally.parse_logfmt(line)).check()
        for term, wrong in (("fired=10", "fired=11"), ("filtered=2", "filtered=1"),
                            ("lost=1", "lost=2"), ("consumed=7 pending=0", "consumed=6 pending=1"),
                            ("equal=yes", "equal=no")):
            with self.subTest(wrong), self.assertRaises(AssertionError):
                ringtally.Ledger(ringtally.parse_logfmt(line.replace(term, wrong))).check()

    def test_report_of_a_sanitizer(self):
        self.assertTrue(ringtally.sanitizer_report("==1==ERROR: AddressSanitizer: heap-use"))
        self.assertTrue(ringtally.sanitizer_report("a.c:1:2: runtime error: shift"))
        self.assertFalse(ringtally.sanitizer_report("level=info msg=ready"))


class RawSamples(unittest.TestCase):
    def test_increase_is_what_was_added(self):
        for samples, expected in (([], 0), ([7], 0), ([0, 3, 3, 5], 5), ([4, 6], 2),
                                  ([0, 5, 0, 2], 7),  # a new start from 0
                                  ([0, 5, 3], 5)):  # a new start that was seen too late
            self.assertEqual(prom.increase(list(enumerate(samples))), expected, samples)

    def test_lives_end_at_gaps_and_falls(self):
        samples = [(0, 0), (1, 2), (2, 2), (6, 2), (7, 4), (8, 0), (9, 1)]
        self.assertEqual(prom.lives(samples, 2.5), [samples[:3], samples[3:5], samples[5:]])
        self.assertEqual(prom.lives([], 2.5), [])

    def test_nearest_whole_number(self):
        for ns in (0, 1, 999_999_999, 10**13 + 7):
            self.assertEqual(prom.nearest(fractions.Fraction(repr(ns / 1e9))), ns)
        with self.assertRaisesRegex(AssertionError, "no multiple"):
            prom.nearest(fractions.Fraction("1.0000000005"))


class ExitStatus(unittest.TestCase):
    """Of test programs as ctest sees them."""

    def outcome(self, *tests):
        body = "\n".join(f"    def test_{i}(self):\n        {test}"
                         for i, test in enumerate(tests)) or "    pass"
        text = ("import unittest, ringtally\n"
                f"class T(unittest.TestCase):\n{body}\n"
                "ringtally.main()\n")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "test_it.py")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            done = subprocess.run([sys.executable, path], capture_output=True, text=True,
                                  env={**os.environ, "PYTHONPATH": HERE})
        return done.returncode, done.stdout

    def test_passed(self):
        self.assertEqual(self.outcome("self.assertEqual(1, 1)"), (0, ""))

    def test_failing_assertion(self):
        self.assertEqual(self.outcome("pass", "self.assertEqual(1, 2)")[0], 1)
        self.assertEqual(self.outcome("assert False")[0], 1)

    def test_error(self):
        self.assertEqual(self.outcome("raise OSError")[0], 1)

    def test_failed_beside_a_skip(self):
        self.assertEqual(self.outcome("self.skipTest('x')", "assert False")[0], 1)

    def test_failing_subtest(self):
        self.assertEqual(self.outcome("with self.subTest(1): self.fail()")[0], 1)

    def test_skipped(self):
        self.assertEqual(self.outcome("self.skipTest('no moon')"), (77, "skip: no moon\n"))

    def test_skipped_beside_a_pass(self):
        self.assertEqual(self.outcome("pass", "self.skipTest('no moon')"),
                         (77, "skip: no moon (1 others passed)\n"))

    def test_nothing_ran(self):
        self.assertEqual(self.outcome(), (1, "no test ran\n"))


if __name__ == "__main__":
    ringtally.main()
