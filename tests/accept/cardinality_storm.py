# SPDX-License-Identifier: Apache-2.0
"""Two million names in a minute, on all CPUs, and 20,000 programs: the limits hold, nothing is
killed, every scrape is quick, every number exact, the heavy hitters among all that are named."""

import http.client
import os
import shutil
import tempfile
import time

import loads
import ringtally
from exposition import LOST, OTHER, Exposition

SECONDS, NAMES, EXECS = 60, 2_000_000, 20_000
HEAVY, EACH, AFTER_S = 20, 10_000, 5  # they begin when the table is long full
SCRAPE_EVERY_S, P99_MS_MAX = 0.2, 50
MEMORY, KERNEL_MEMORY, BESIDE = 24 * 2**20, 16 * 2**20, 8 * 10**6
SAMPLES, MAX_SERIES = 20_000, 1000
LINGER_S = 5  # who wins a place gets it when its loser is gone
KERNEL_GROWTH_MAX = 2**20  # of the kernel's own count, with its slabs
UID = 61234  # nobody else's, so that foreign getppid calls do not count

LIMITED, ATTACKED = "ringtally_renames_total", "ringtally_attacked_total"
KERNEL_BYTES = "ringtally_self_kernel_memory_bytes"


def config():
    """The second metric could take more lines than there may be: the process's limit stops it."""
    ours = f"event: syscall_enter, type: counter, where: syscall == getppid and uid == {UID}"
    return f"""\
limits:
  samples: {SAMPLES}
  memory: {MEMORY // 2**20}MiB
  kernel_memory: {KERNEL_MEMORY // 2**20}MiB
defaults: {{ linger: {LINGER_S}s }}
metrics:
  - {{ name: renames_total, {ours}, labels: [comm], max_series: {MAX_SERIES} }}
  - {{ name: attacked_total, {ours}, labels: [comm, cpu], max_series: 100000 }}
"""


class MemoryCgroup:
    """A memory cgroup of one's own, of version 2 or 1, with a limit; a context manager."""

    def __init__(self, limit):
        self.v2 = "memory" in self._controllers()
        base = "/sys/fs/cgroup" if self.v2 else "/sys/fs/cgroup/memory"
        self.path = f"{base}/ringtally-accept-{os.getpid()}"
        os.mkdir(self.path)
        self._write("memory.max" if self.v2 else "memory.limit_in_bytes", limit)
        if self.v2:
            self._write("memory.swap.max", 0)

    @staticmethod
    def _controllers():
        try:
            with open("/sys/fs/cgroup/cgroup.subtree_control", encoding="ascii") as file:
                return file.read().split()
        except FileNotFoundError:
            return []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for _ in range(100):  # it empties a little after its last process ended
            try:
                os.rmdir(self.path)
                return
            except OSError:
                time.sleep(0.05)

    def _write(self, name, value):
        with open(os.path.join(self.path, name), "w", encoding="ascii") as file:
            file.write(str(value))

    def _read(self, name):
        with open(os.path.join(self.path, name), encoding="ascii") as file:
            return file.read()

    def _word(self, name, word):
        return int(dict(line.split() for line in self._read(name).splitlines())[word])

    def wrapper(self):
        """Starts a command in it, so that its maps are charged to it as well."""
        return ("sh", "-c", f'echo $$ >"{self.path}/cgroup.procs" && exec "$@"', "sh")

    def largest(self):
        return int(self._read("memory.peak" if self.v2 else "memory.max_usage_in_bytes"))

    def kernel(self):
        """What the kernel counts as its own: maps, stacks, slabs."""
        if self.v2:
            return self._word("memory.stat", "kernel")
        return int(self._read("memory.kmem.usage_in_bytes"))

    def kills(self):
        return self._word("memory.events" if self.v2 else "memory.oom_control", "oom_kill")


class Scrapes:
    """Scrapes on a beat; read only afterwards, so that reading takes no time from the storm."""

    def __init__(self, daemon, cgroup):
        self.daemon, self.cgroup = daemon, cgroup
        self.bodies, self.times_ms, self.kernel, self.anon = [], [], [], []

    def take(self):
        connection = http.client.HTTPConnection(self.daemon.url[len("http://"):],
                                                timeout=ringtally.PATIENCE_S)
        begin = time.monotonic()
        connection.request("GET", "/metrics", headers={"User-Agent": "storm"})
        response = connection.getresponse()
        body = response.read()
        self.times_ms.append((time.monotonic() - begin) * 1000)
        connection.close()
        assert response.status == 200, response.status
        self.bodies.append(body)
        self.kernel.append(self.cgroup.kernel())
        self.anon.append(self.daemon.memory())

    def take_while(self, running):
        beat = time.monotonic()
        while running():
            self.take()
            beat = max(beat + SCRAPE_EVERY_S, time.monotonic())
            time.sleep(max(0, beat - time.monotonic()))

    def p99_ms(self):
        return sorted(self.times_ms)[int(0.99 * len(self.times_ms))]


def storm(daemon, cgroup):
    """The scrapes, the names the load had, and how often it called."""
    # Beside the program: a hard link stays on its file system.
    folder = tempfile.mkdtemp(prefix="ringtally-test-", dir=os.path.dirname(
        ringtally.load_program("execs")))
    os.chmod(folder, 0o755)
    started = []
    try:
        for name, args in (
                ("renames", (f"--names={NAMES}", f"--heavy={HEAVY}", f"--each={EACH}",
                             f"--after={AFTER_S * 1000}")),
                ("execs", (f"--count={EXECS}", f"--folder={folder}"))):
            started.append(loads.Program(name, *args, f"--uid={UID}", f"--ms={SECONDS * 1000}",
                                         wait=True))
        scrapes = Scrapes(daemon, cgroup)
        for _ in range(4):  # who scrapes counts from the third on
            scrapes.take()
            time.sleep(SCRAPE_EVERY_S)
        begin = time.monotonic()
        for load in started:
            load.go()
        scrapes.take_while(lambda: any(load.running() for load in started))
        took = time.monotonic() - begin
        renames, execs = (load.lines() for load in started)
        scrapes.take()
    finally:
        for load in started:
            load.kill()
        shutil.rmtree(folder)
    made = sum(line["made"] for line in renames if "cpu" in line) + execs[0]["made"]
    names = sum(line["names"] for line in renames if "cpu" in line)
    heavy = {f"h{line['heavy']}": line["made"] for line in renames if "heavy" in line}
    print(f"     {names} names and {execs[0]['made']} programs in {took:.1f} s, {made} calls, "
          f"{len(scrapes.bodies)} scrapes", flush=True)
    return scrapes, names, execs[0]["made"], heavy, made


def lines_of(body):
    return sum(not line.startswith(b"#") for line in body.splitlines())


def live(exposition, name):
    """Value by label set; folded and lost ones are not among them."""
    return {tuple(sorted(labels.items())): value
            for labels, value in exposition.select(name)
            if not {OTHER, LOST} & set(labels.values())}


def judge_numbers(judge, name, last, made):
    retired = loads.retired(last, name)
    total = last.total(name) + retired
    judge.equal(f"{name}: series, __other__, __lost__ and retired", total, made)
    print(f"     {name}: {len(live(last, name))} series, __other__ "
          f"{sum(v for s, v in last.select(name) if OTHER in s.values())}, __lost__ "
          f"{sum(v for s, v in last.select(name) if LOST in s.values())}, retired {retired}",
          flush=True)


def judge_heavy(judge, name, last, heavy):
    named = {}
    for labels, value in live(last, name).items():
        comm = dict(labels)["comm"]
        if comm in heavy:
            named[comm] = named.get(comm, 0) + value
    judge.equal(f"{name}: heavy hitters that are named", sum(v > 0 for v in named.values()), HEAVY)
    judge(f"{name}: none of them has more than its own",
          all(value <= heavy[comm] for comm, value in named.items()),
          f"{sum(named.values())} of {sum(heavy.values())}")


def quick_live(body):
    """As live(), of the limited metric alone, without judging the text."""
    values = {}
    for line in body.splitlines():
        series, _, value = line.partition(b" ")
        if series.startswith(LIMITED.encode() + b"{") and b'"__' not in series:
            values[series] = int(value)
    return values


def judge_course(judge, bodies):
    """From scrape to scrape: no counter falls, what comes late comes at 0."""
    fell, above, late, full, before = 0, 0, 0, False, {}
    for body in bodies:
        now = quick_live(body)
        fell += sum(value < before[series] for series, value in now.items() if series in before)
        new = [value for series, value in now.items() if full and series not in before]
        late += len(new)
        above += sum(value > 0 for value in new)
        full = full or len(now) >= MAX_SERIES
        before = now
    judge(f"{LIMITED}: the table gets full, no counter falls, late series start at 0",
          full and not fell and not above,
          f"full: {full}, {fell} fell, {late} came late, {above} of them above 0")


def judge_memory(judge, scrapes, cgroup, last_expositions):
    limit = MEMORY + KERNEL_MEMORY + BESIDE
    judge.equal("processes killed for memory", cgroup.kills(), 0)
    judge.at_most("largest use of the cgroup", cgroup.largest() / 1e6, limit / 1e6, " MB")
    judge.at_most("largest RssAnon", max(scrapes.anon) / 1e6, MEMORY / 1e6, " MB")
    own = {exposition.total(KERNEL_BYTES) for exposition in last_expositions}
    judge(f"{KERNEL_BYTES} is constant", len(own) == 1, sorted(int(n) for n in own))
    judge.at_most("growth of what the kernel counts for the cgroup",
                  (max(scrapes.kernel) - scrapes.kernel[3]) / 1024, KERNEL_GROWTH_MAX / 1024,
                  " KiB")
    print(f"     kernel memory of the cgroup {min(scrapes.kernel)} to {max(scrapes.kernel)} bytes",
          flush=True)


def run(judge):
    print(f"-- storm: {NAMES} names in {SECONDS} s", flush=True)
    with MemoryCgroup(MEMORY + KERNEL_MEMORY + BESIDE) as cgroup:
        with ringtally.Daemon(config(), wrapper=cgroup.wrapper()) as daemon:
            scrapes, names, execs, heavy, made = storm(daemon, cgroup)
            expositions = [Exposition(body)
                           for body in [*scrapes.bodies[3::10], scrapes.bodies[-1]]]
            judge.equal("names", (names, execs), (NAMES, EXECS))
            judge_memory(judge, scrapes, cgroup, expositions)
            daemon.stop()
    last = expositions[-1]
    judge.at_most("p99 of a scrape", scrapes.p99_ms(), P99_MS_MAX, " ms")
    print(f"     scrapes: median {sorted(scrapes.times_ms)[len(scrapes.times_ms) // 2]:.1f} ms, "
          f"longest {max(scrapes.times_ms):.1f} ms, largest {max(map(len, scrapes.bodies))} bytes")
    judge.at_most("lines of an exposition", max(map(lines_of, scrapes.bodies)), SAMPLES)
    for name in (LIMITED, ATTACKED):
        judge_numbers(judge, name, last, made)
        judge_heavy(judge, name, last, heavy)
    judge_course(judge, scrapes.bodies)
