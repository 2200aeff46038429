# SPDX-License-Identifier: Apache-2.0
"""May `ringtally bench probe-cost` be believed? Three runs, the last with the other CPU compiling: a
program entered twice agrees with itself, planted costs are found, ratios to the hash map are the same
in all of them. Prints figures and verdicts; status 0 when all hold. RUNS_KEPT names a folder for the
runs' JSON; runs that are there already are judged again."""

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile

from contextlib import contextmanager

BINARY = os.environ["RINGTALLY"]
SOURCE = os.environ["RINGTALLY_SOURCE"]
HOOKS = ("tp_btf", "raw_tp", "tp")  # whose ratios are judged
TWO_CPUS = ("contended", "uniform-2e5-2cpu")
WORTH_COMPARING_NS = 10

failures = []


def judge(title, holds, figures):
    print(f"{'ok  ' if holds else 'FAIL'} {title}: {figures}", flush=True)
    if not holds:
        failures.append(title)


@contextmanager
def compiling_on(cpu):
    """A compiler that is busy all the time on this CPU."""
    source = os.path.join(SOURCE, "pipeline", "plan.c")
    loop = f'while :; do gcc -O2 -D_GNU_SOURCE -I"{SOURCE}" -c "{source}" -o /dev/null; done'
    process = subprocess.Popen(["taskset", "-c", str(cpu), "sh", "-c", loop],
                               start_new_session=True)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def measure(path):
    if not os.path.exists(path):
        subprocess.run([BINARY, "bench", "probe-cost", f"--json={path}"], check=True,
                       stdout=subprocess.DEVNULL)
    with open(path, encoding="utf-8") as file:
        report = json.load(file)
    for remark in report["remarks"]:
        print("     " + remark)
    return {row["subject"]: row for row in report["rows"]}


def measure_all(folder):
    runs = []
    for i in range(2):
        print(f"-- run {i + 1}", flush=True)
        runs.append(measure(os.path.join(folder, f"run{i + 1}.json")))
    print("-- run 3, with the other CPU compiling", flush=True)
    with compiling_on(min(os.sched_getaffinity(0))):
        runs.append(measure(os.path.join(folder, "run3.json")))
    return runs


def judge_twins(runs):
    for i, rows in enumerate(runs):
        for name, again in rows.items():
            if not name.endswith("/again") or name.split("/")[0] not in HOOKS:
                continue
            first = rows[name.removesuffix("/again")]["above_empty"]
            off = abs(again["above_empty"] - first)
            judge(f"run {i + 1}: {name}", off <= max(1.5, 0.1 * first),
                  f"{first:.1f} and {again['above_empty']:.1f} ns")


def judge_planted(runs):
    for i, rows in enumerate(runs):
        extra = {int(name.removeprefix("planted/")): row["above_empty"]
                 for name, row in rows.items()
                 if name.startswith("planted/") and row["above_empty"] is not None}
        for n, once in sorted(extra.items()):
            if 2 * n not in extra:
                continue
            twice = extra[2 * n]
            off = abs(twice - 2 * once)
            judge(f"run {i + 1}: planted {n} and {2 * n}", off <= max(3, 0.1 * twice),
                  f"{once:.1f} and {twice:.1f} ns")


def is_compared(rows, name):
    hook, program, key = name.split("/", 2)
    hash_row = rows.get(f"{hook}/hash/{key}")
    return (program in ("percpu_hash", "stream", "combine") and hash_row is not None and
            hash_row["above_empty"] >= WORTH_COMPARING_NS)


def deviation(ratios):
    """How far the runs are from their median, at most."""
    middle = statistics.median(ratios)
    return max(abs(ratio / middle - 1) for ratio in ratios)


def judge_ratios(runs):
    deviations = {}
    for name in runs[0]:
        if name.split("/")[0] not in HOOKS or name.count("/") != 2:
            continue
        if not all(is_compared(rows, name) for rows in runs):
            continue
        # Those that use the other CPU themselves cannot share it with a compiler.
        uses_other = name.split("/")[2] in TWO_CPUS or name.split("/")[1] in ("stream", "combine")
        ratios = [rows[name]["ratio_to_hash"] for rows in (runs[:2] if uses_other else runs)]
        deviations[name] = deviation(ratios)
        print(f"     {name}: {' '.join(f'{ratio:.3f}' for ratio in ratios)}"
              f" ({100 * deviations[name]:.1f} %)")
    median = statistics.median(deviations.values())
    worst = max(deviations, key=deviations.get)
    judge(f"deviation of ratio_to_hash, median of {len(deviations)} rows", median <= 0.1,
          f"{100 * median:.1f} %")
    judge("deviation of ratio_to_hash, largest", deviations[worst] <= 0.3,
          f"{100 * deviations[worst]:.1f} % ({worst})")


def main():
    if os.cpu_count() < 2:
        sys.exit("this takes two CPUs")
    with tempfile.TemporaryDirectory() as scratch:
        runs = measure_all(os.environ.get("RUNS_KEPT", scratch))
    judge_twins(runs)
    judge_planted(runs)
    judge_ratios(runs)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
