# SPDX-License-Identifier: Apache-2.0
"""`where` is decided in the kernel: what passes is what passes by hand.

Programs of known names, ids and CPUs fire the test event with known arguments. Beside each
expression stands what it means, in Python; the expected series are counted with that.
"""

import collections
import dataclasses
import os
import re
import tempfile
import unittest

import loads
import ringtally
from exposition import LOST, OTHER
from loads import U64_MAX
from ringtally import Daemon, binary

US, MS, S, H = 10**3, 10**6, 10**9, 3600 * 10**9

KEYS = [1, 2, 3, 4, 5, 6, 7, 8, 100, 2**32, 2**63 - 1, 2**63, 2**63 + 1, U64_MAX]
VALUES = [0, 1, 999, US, US + 1, MS, S, H]
TRIPLES = [(key, VALUES[(3 * i + j) % len(VALUES)], 1 + (i + j) % 3)
           for i, key in enumerate(KEYS) for j in range(5)]
ROUNDS = 2


@dataclasses.dataclass(frozen=True)
class Event:
    comm: str
    uid: int
    cpu: int
    key: int
    value: int
    tag: int


@dataclasses.dataclass(frozen=True)
class Maker:
    """One process of the load."""
    comm: str
    uid: int
    cpu: int

    def fire(self):
        args = [":".join(map(str, triple)) for triple in TRIPLES]
        made = loads.run("seams", f"--name={self.comm}", f"--cpu={self.cpu}", f"--uid={self.uid}",
                         f"--rounds={ROUNDS}", *args)[0]["made"]
        events = [Event(self.comm, self.uid, self.cpu, *triple)
                  for triple in TRIPLES for _ in range(ROUNDS)]
        assert made == len(events)
        return events


CPUS = sorted(os.sched_getaffinity(0))
MAKERS = [
    Maker("rt-where", 0, CPUS[0]),  # eight bytes: one word of the kernel's sixteen
    Maker("rt-whereabouts", 4242, CPUS[-1]),
    Maker("rt-wher", 0, CPUS[-1]),
    Maker("two words", 4243, CPUS[0]),
    Maker("it's \"so\"", 65534, CPUS[0]),
    Maker("fifteen bytes!!", 4242, CPUS[0]),
]

LONG_KEYS = list(range(2, 40, 2))
LONG_COMMS = [f"rt-no-{i}" for i in range(9)] + ["rt-where", "fifteen bytes!!"]


def listed(values):
    return "[" + ", ".join(f"'{v}'" if " " in str(v) else str(v) for v in values) + "]"


def order(a):
    """Comparisons of a key with one number."""
    return [(f"key < {a}", lambda e: e.key < a), (f"key <= {a}", lambda e: e.key <= a),
            (f"key > {a}", lambda e: e.key > a), (f"key >= {a}", lambda e: e.key >= a),
            (f"key == {a}", lambda e: e.key == a), (f"key != {a}", lambda e: e.key != a)]


CASES = [
    # Numbers, at the ends and where a signed comparison would err.
    *order(3), *order(0), *order(2**63), *order(U64_MAX),
    # A field with a unit.
    ("value == 0", lambda e: e.value == 0),
    ("value == 1us", lambda e: e.value == US),
    ("value < 1us", lambda e: e.value < US),
    ("value <= 1us", lambda e: e.value <= US),
    ("value > 1000ns", lambda e: e.value > US),
    ("value >= 1ms", lambda e: e.value >= MS),
    ("value in [1ns, 1us, 1ms, 1s, 60m]", lambda e: e.value in (1, US, MS, S, H)),
    ("value not in [0, 1h]", lambda e: e.value not in (0, H)),
    # Lists.
    ("key in [1, 2, 3]", lambda e: e.key in (1, 2, 3)),
    ("key not in [1, 2, 3]", lambda e: e.key not in (1, 2, 3)),
    ("not key in [1, 2, 3]", lambda e: e.key not in (1, 2, 3)),
    ("key in [1, 1, 1]", lambda e: e.key == 1),
    (f"key in {listed(LONG_KEYS)}", lambda e: e.key in LONG_KEYS),
    (f"key not in {listed(LONG_KEYS)}", lambda e: e.key not in LONG_KEYS),
    (f"comm in {listed(LONG_COMMS)}", lambda e: e.comm in LONG_COMMS),
    (f"comm not in {listed(LONG_COMMS)}", lambda e: e.comm not in LONG_COMMS),
    # Texts: shorter than a word, one word, more than one, all of it; quotes.
    ("comm == rt-where", lambda e: e.comm == "rt-where"),
    ("comm == rt-wher", lambda e: e.comm == "rt-wher"),
    ("comm != rt-whereabouts", lambda e: e.comm != "rt-whereabouts"),
    ("comm == 'fifteen bytes!!'", lambda e: e.comm == "fifteen bytes!!"),
    ("comm == 'two words'", lambda e: e.comm == "two words"),
    ('comm == "two words"', lambda e: e.comm == "two words"),
    ("comm == 'it''s \"so\"'", lambda e: e.comm == "it's \"so\""),
    ('comm == "it\'s \\"so\\""', lambda e: e.comm == "it's \"so\""),
    ("comm starts_with r", lambda e: e.comm.startswith("r")),
    ("comm starts_with rt-wher", lambda e: e.comm.startswith("rt-wher")),
    ("comm starts_with rt-where", lambda e: e.comm.startswith("rt-where")),
    ("comm starts_with rt-wherea", lambda e: e.comm.startswith("rt-wherea")),
    ("comm starts_with 'fifteen bytes!!'", lambda e: e.comm.startswith("fifteen bytes!!")),
    ("not comm starts_with rt-", lambda e: not e.comm.startswith("rt-")),
    ("comm starts_with ''", lambda e: True),
    ("comm == ''", lambda e: False),
    # The rest of the context.
    ("uid == 4242", lambda e: e.uid == 4242),
    ("uid > 0 and uid < 4243", lambda e: 0 < e.uid < 4243),
    ("uid in [0, 65534]", lambda e: e.uid in (0, 65534)),
    (f"cpu == {CPUS[0]}", lambda e: e.cpu == CPUS[0]),
    (f"cpu != {CPUS[0]}", lambda e: e.cpu != CPUS[0]),
    (f"cpu > {CPUS[0]} or uid == 4243", lambda e: e.cpu > CPUS[0] or e.uid == 4243),
    # What binds how.
    ("key == 1 or key == 2 and tag == 1", lambda e: e.key == 1 or (e.key == 2 and e.tag == 1)),
    ("(key == 1 or key == 2) and tag == 1", lambda e: e.key in (1, 2) and e.tag == 1),
    ("tag == 1 and key == 1 or key == 2", lambda e: (e.tag == 1 and e.key == 1) or e.key == 2),
    ("not key == 1 and tag == 1", lambda e: e.key != 1 and e.tag == 1),
    ("not (key == 1 and tag == 1)", lambda e: not (e.key == 1 and e.tag == 1)),
    ("not (key < 3 or tag == 2)", lambda e: not (e.key < 3 or e.tag == 2)),
    ("not not key == 3", lambda e: e.key == 3),
    ("not (not key == 1 and not key == 2)", lambda e: e.key in (1, 2)),
    ("not (key > 2 and (tag == 1 or value >= 1ms)) or comm == rt-wher",
     lambda e: not (e.key > 2 and (e.tag == 1 or e.value >= MS)) or e.comm == "rt-wher"),
    ("((((key >= 2)))) and key <= 5 and not key in [3, 4]", lambda e: e.key in (2, 5)),
    ("key == 2 and key == 3", lambda e: False),
    ("key < 3 or key >= 3", lambda e: True),
    ("(tag == 1 or tag == 2) and (key < 5 or key > 100) and (value < 1ms or uid == 4242)",
     lambda e: e.tag in (1, 2) and (e.key < 5 or e.key > 100) and (e.value < MS or e.uid == 4242)),
    ("comm starts_with rt- and not comm in [rt-where, rt-wher] and value >= 1us and tag != 3",
     lambda e: e.comm == "rt-whereabouts" and e.value >= US and e.tag != 3),
]

LABELS = (("comm",), ("key",), ("tag", "comm"), ())
AT_ONCE = 7  # metrics of one event; the limit is 16, and 64 comparisons


RINGS = "ring: { size: 8MiB }\nlimits: { kernel_memory: 64MiB }\n"


def quoted(text):
    """In single quotes of YAML."""
    return "'" + text.replace("'", "''") + "'"


def config(cases):
    """A metric for each (name, labels, where)."""
    return (RINGS +
            f"objects: [\"{ringtally.probe('call')}\"]\n"
            "metrics:\n" + "".join(
                f"  - {{ name: {name}_total, event: test_call, type: counter, "
                f"labels: [{', '.join(labels)}]{', where: ' + quoted(where) if where else ''} }}\n"
                for name, labels, where in cases))


def expected_series(events, labels, accepts):
    return dict(collections.Counter(tuple(str(getattr(e, label)) for label in labels)
                                    for e in events if accepts(e)))


def shown_series(exposition, name, labels):
    return {tuple(series[label] for label in labels): value
            for series, value in loads.live(exposition, f"ringtally_{name}_total") if value}


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()
        ringtally.require_initial_namespace("user")

    def fire(self, metrics):
        """What metrics show after all makers' events, and the ledger. Each is (name, labels, where)."""
        with Daemon(config(metrics)) as daemon:
            events = [event for maker in MAKERS for event in maker.fire()]
            shown = daemon.scrape()
            ledger = daemon.stop()["test_call"]
        self.assertEqual((ledger.seen, ledger.lost), (len(events), 0))
        self.assertEqual(shown.total("ringtally_self_events_filtered_total", event="test_call"),
                         ledger.filtered)
        for name, labels, _ in metrics:
            for special in (OTHER, LOST) if labels else ():
                self.assertEqual(shown.value(f"ringtally_{name}_total",
                                             **{label: special for label in labels}), 0)
        return events, shown, ledger


class Table(Case):
    def check_batch(self, cases):
        metrics = [(f"m{i}", LABELS[i % len(LABELS)], text) for i, (text, _) in enumerate(cases)]
        events, shown, ledger = self.fire(metrics)
        for (name, labels, text), (_, accepts) in zip(metrics, cases):
            with self.subTest(text):
                self.assertEqual(shown_series(shown, name, labels),
                                 expected_series(events, labels, accepts))
        unwanted = sum(not any(accepts(e) for _, accepts in cases) for e in events)
        self.assertEqual(ledger.filtered, unwanted, [text for text, _ in cases])
        return f"{len(events)} events, {ledger.filtered} filtered"

    def test_expressions(self):
        """The narrow ones together, so that events are left that none of them takes."""
        sample = [Event(maker.comm, maker.uid, maker.cpu, *triple)
                  for maker in MAKERS for triple in TRIPLES]
        cases = sorted(CASES, key=lambda case: sum(case[1](e) for e in sample))
        for i in range(0, len(cases), AT_ONCE):
            print(f"{i + 1} ... {min(i + AT_ONCE, len(cases))} of {len(cases)}: "
                  f"{self.check_batch(cases[i:i + AT_ONCE])}", flush=True)

    def test_alone(self):
        """Without others beside it, a filter and a key have another form."""
        for case in CASES[0], CASES[2], *CASES[40:44], CASES[-1]:
            print(f"{case[0]}: {self.check_batch([case])}", flush=True)


class Together(Case):
    """Several metrics of one event, each with a `where` of its own."""

    def test_labels_of_those_that_do_not_accept_do_not_show(self):
        """A series of key 0 would be a word that nobody wrote."""
        metrics = [("all", ("comm",), None), ("few", ("key", "tag"), "tag == 2"),
                   ("some", ("value",), "key < 4"), ("none", ("uid",), "key == 17")]
        events, shown, ledger = self.fire(metrics)
        for (name, labels, _), accepts in zip(metrics, (
                lambda e: True, lambda e: e.tag == 2, lambda e: e.key < 4, lambda e: False)):
            with self.subTest(name):
                self.assertEqual(shown_series(shown, name, labels),
                                 expected_series(events, labels, accepts))
        self.assertEqual(ledger.filtered, 0)
        self.assertEqual(len(loads.live(shown, "ringtally_all_total")), len(MAKERS))

    def test_as_many_metrics_as_there_may_be(self):
        keys = KEYS[:8]
        metrics = [(f"is{key}", ("comm",), f"key == {key}") for key in keys] + \
            [(f"isnot{key}", (), f"key != {key}") for key in keys]
        events, shown, ledger = self.fire(metrics)
        for key in keys:
            self.assertEqual(shown_series(shown, f"is{key}", ("comm",)),
                             expected_series(events, ("comm",), lambda e, key=key: e.key == key))
            self.assertEqual(shown.value(f"ringtally_isnot{key}_total"),
                             sum(e.key != key for e in events))
        self.assertEqual(ledger.filtered, 0)

    def test_as_large_as_a_where_may_be(self):
        """64 comparisons; 32 alternatives."""
        odd = [2 * i + 1 for i in range(64)]
        pairs = [(key, tag) for key in (*KEYS[:10], 17) for tag in (1, 2, 3)][:31]
        for text, accepts in (
                (f"key in {listed(odd)}", lambda e: e.key in odd),
                (f"comm in {listed(LONG_COMMS + [f'rt-not-{i}' for i in range(21)])}",
                 lambda e: e.comm in LONG_COMMS),
                (" or ".join(f"key == {key} and tag == {tag}" for key, tag in pairs),
                 lambda e: (e.key, e.tag) in pairs),
                (" and ".join(f"(key != {i + 1} or tag == 1)" for i in range(5)),
                 lambda e: e.key > 5 or e.tag == 1)):
            with self.subTest(text):
                events, shown, ledger = self.fire([("m", ("key", "tag"), text)])
                self.assertEqual(shown_series(shown, "m", ("key", "tag")),
                                 expected_series(events, ("key", "tag"), accepts))
                self.assertEqual(ledger.filtered, sum(not accepts(e) for e in events))

    def test_histogram_and_sum_of_what_passes(self):
        text = config([("calls", ("comm",), None)]) + """\
  - { name: sum_seconds_total, event: test_call, type: counter, value: value, labels: [tag],
      where: 'value >= 1us and tag != 2' }
  - { name: time_seconds, event: test_call, type: histogram, value: value, labels: [comm],
      buckets: [1us, 1ms, 1s], where: 'not comm starts_with rt- and value < 1h' }
"""
        with Daemon(text) as daemon:
            events = [event for maker in MAKERS for event in maker.fire()]
            shown = daemon.scrape()
            daemon.stop()
        for tag in (1, 2, 3):
            self.assertEqual(
                loads.exact_sum(shown, "ringtally_sum_seconds_total", tag=str(tag)),
                sum(e.value for e in events if e.value >= US and e.tag != 2 and e.tag == tag))
        timed = [e.value for e in events if not e.comm.startswith("rt-") and e.value < H]
        ours = loads.Histogram(shown, "ringtally_time_seconds")
        self.assertEqual(ours.filled(), loads.expected_buckets(timed, [US, MS, S]))
        self.assertEqual((ours.count, ours.sum), (len(timed), sum(timed)))

    def test_ids_of_a_process(self):
        """tgid and tid; only the kernel knows them before."""
        ringtally.require_initial_namespace("pid")
        load = loads.Program("seams", "--name=rt-where", "--rounds=100", "1:1:1", wait=True)
        self.addCleanup(load.kill)
        with Daemon(config([("mine", ("tgid",), f"tgid == {load.pid} and tid == {load.pid}"),
                            ("others", (), f"tgid != {load.pid}")])) as daemon:
            load.go().lines()
            loads.run("seams", "--name=rt-where", "--rounds=30", "1:1:1")
            shown = daemon.scrape()
            daemon.stop()
        self.assertEqual(shown_series(shown, "mine", ("tgid",)), {(str(load.pid),): 100})
        self.assertEqual(shown.value("ringtally_others_total"), 30)


class Names(unittest.TestCase):
    """A system call by its name."""

    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()

    def test_system_calls(self):
        wheres = {
            "one": "syscall == getppid",
            "mine": "syscall in [getppid, syscall_999] and comm == rt-where",
            "unknown": "syscall == syscall_999",
            "rest": "comm == rt-where and not syscall in [getppid, syscall_999]",
        }
        text = RINGS + "metrics:\n" + "".join(
            f"  - {{ name: {name}_total, event: syscall_enter, type: counter, "
            f"labels: [comm, syscall], where: '{where}' }}\n" for name, where in wheres.items())
        with Daemon(text) as daemon:
            ringtally.make_calls("--name=rt-where", "--count=3000")
            ringtally.make_calls("--name=rt-elsewhere", "--count=200")
            ringtally.make_calls("--name=rt-where", "--call=999", "--count=50")
            shown = daemon.scrape()
            daemon.stop()
        ours = {name: {(labels["comm"], labels["syscall"]): n for labels, n in
                       loads.live(shown, f"ringtally_{name}_total")} for name in wheres}
        self.assertEqual({k: n for k, n in ours["one"].items() if k[0].startswith("rt-")},
                         {("rt-where", "getppid"): 3000, ("rt-elsewhere", "getppid"): 200})
        self.assertEqual(ours["mine"], {("rt-where", "getppid"): 3000,
                                        ("rt-where", "syscall_999"): 50})
        self.assertEqual(ours["unknown"], {("rt-where", "syscall_999"): 50})
        self.assertEqual({comm for comm, _ in ours["rest"]}, {"rt-where"})
        self.assertFalse({syscall for _, syscall in ours["rest"]} & {"getppid", "syscall_999"})


class Restart(unittest.TestCase):
    """Another label, `where` or bound is a restart with other YAML: no compiler, no helper."""

    @classmethod
    def setUpClass(cls):
        ringtally.require_kernel()
        cls.strace = ringtally.require_tool("strace")

    def run_with(self, metric, folder):
        """Under strace, with a PATH that holds nothing; the scrape after the load."""
        trace, empty = os.path.join(folder, "trace"), os.path.join(folder, "bin")
        os.makedirs(empty, exist_ok=True)
        wrapper = [self.strace, "-D", "-f", "-e", "trace=execve,execveat", "-o", trace]
        text = f"objects: [\"{ringtally.probe('call')}\"]\nmetrics:\n  - {metric}\n"
        with Daemon(text, wrapper=wrapper, env={**os.environ, "PATH": empty}) as daemon:
            loads.run("seams", "--name=rt-where", "--rounds=10", "1:1000:1", "2:1001:2", "3:5000:3")
            shown = daemon.scrape()
            daemon.stop()
        with open(trace, encoding="utf-8") as file:
            execs = [line for line in file if re.search(r"\bexecve(at)?\(", line)]
        self.assertEqual(len(execs), 1, execs)
        self.assertRegex(execs[0], rf'execve\("{re.escape(binary())}", .* = 0$')
        print(f"{metric}: {len(execs)} exec", flush=True)
        return shown

    def test_label_where_and_bounds(self):
        counter = "{ name: c_total, event: test_call, type: counter, labels: [%s], where: '%s' }"
        timer = ("{ name: t_seconds, event: test_call, type: histogram, value: value, "
                 "buckets: %s, labels: [] }")
        with tempfile.TemporaryDirectory() as folder:
            shown = [self.run_with(metric, folder) for metric in (
                counter % ("comm", "key == 1"), counter % ("key", "key == 1"),
                counter % ("key", "key != 1"), timer % "[1us, 2us]", timer % "[1001ns]")]
        self.assertEqual(shown_series(shown[0], "c", ("comm",)), {("rt-where",): 10})
        self.assertEqual(shown_series(shown[1], "c", ("key",)), {("1",): 10})
        self.assertEqual(shown_series(shown[2], "c", ("key",)), {("2",): 10, ("3",): 10})
        self.assertEqual([loads.Histogram(s, "ringtally_t_seconds").buckets for s in shown[3:]],
                         [{1000: 10, 2000: 10, None: 10}, {1001: 20, None: 10}])


if __name__ == "__main__":
    ringtally.main()
