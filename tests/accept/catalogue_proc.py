# SPDX-License-Identifier: Apache-2.0
"""Events of the whole machine beside what /proc counts of the same (tests/integration/sandwich.py)."""

import subprocess

import loads
import sandwich
from ringtally import Daemon

METRIC = "ringtally_events_total"
FORKS = 300
WRITES = 2000
# The event, the label that tells what /proc tells apart, and /proc's count.
SOURCES = {
    "softirqs": ("softirq", "vec", sandwich.softirqs),
    "processes": ("process_fork", None, sandwich.processes),
    "interrupts": ("hardirq", "irq", sandwich.interrupts),
}


def load():
    """Some of all of them."""
    device = loads.LoopDevice()
    try:
        loads.run("io", device.path, f"write={WRITES}:4096", "sync=100")
    finally:
        device.close()
    for _ in range(FORKS):
        subprocess.run(["/bin/true"], check=True)


def config(event, label):
    return (f"metrics:\n  - {{ name: events_total, event: {event}, type: counter, "
            f"labels: [{label or ''}] }}\n")


def run(judge, source):
    event, label, theirs = SOURCES[source]
    print(f"-- /proc: {source}: {event}", flush=True)

    def ours():
        shown = daemon.scrape()
        if not label:
            return {source: shown.value(METRIC)}
        return {labels[label]: value for labels, value in loads.live(shown, METRIC)}

    with Daemon(config(event, label)) as daemon:
        before = sum(theirs().values())
        wrong = sandwich.wrong(source, ours, theirs, load)
        grew = sum(theirs().values()) - before
        ledger = daemon.stop()[event]
    judge(f"{source}: /proc counted some", grew > 0, grew)
    judge(f"{source}: each between two readings of ours", not wrong, "; ".join(wrong) or "all of them")
    judge.equal(f"{source}: lost", ledger.lost, 0)
