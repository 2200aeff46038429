# SPDX-License-Identifier: Apache-2.0
"""`ringtally bench footprint` with the built-in config, beside node_exporter and bpftrace, judged.

The whole form, with all of its starts. What is compared was measured in the same run.
"""

import json
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

from ringtally import binary, source  # noqa: E402

PATIENCE_S = 600
RSS_ANON_MAX = 3_000_000  # bytes
BPFTRACE_SHARE_MAX = 0.6  # of its time until its first event
STARTS_MIN = 10


def bench():
    """Rows by subject."""
    peers = subprocess.run([source("scripts", "peers.sh")], stdout=subprocess.PIPE, text=True)
    path = os.pathsep.join([os.environ["PATH"], *peers.stdout.split()])
    environment = {**os.environ, "PATH": path}
    environment.pop("RINGTALLY_BENCH_STARTS", None)
    with tempfile.TemporaryDirectory(prefix="ringtally-accept-") as folder:
        rows = os.path.join(folder, "rows.json")
        subprocess.run([binary(), "bench", "footprint", "--json", rows], env=environment,
                       timeout=PATIENCE_S, check=True)
        with open(rows, encoding="utf-8") as file:
            return {row["subject"]: row for row in json.load(file)["rows"]}


def figure(rows, subject):
    row = rows.get(subject)
    if not row or row["median"] is None:
        notes = [f"{name}: {r['note']}" for name, r in rows.items() if "note" in r]
        sys.exit(f"{subject} was not measured: {'; '.join(notes) or 'no such row'}")
    if len(row["samples"]) < STARTS_MIN:
        sys.exit(f"{subject}: {len(row['samples'])} starts, {STARTS_MIN} are needed")
    return row["median"]


def main():
    rows = bench()
    anon = figure(rows, "ringtally/rss_anon")
    largest = max(rows["ringtally/rss_anon"]["samples"])
    node_anon = figure(rows, "node_exporter/rss_anon")
    scrape = figure(rows, "ringtally/first_scrape")
    attached = figure(rows, "bpftrace/first_event")
    judged = [
        (f"RssAnon {anon / 1e6:.2f} MB, largest {largest / 1e6:.2f} MB "
         f"(at most {RSS_ANON_MAX / 1e6:.1f})", largest <= RSS_ANON_MAX),
        (f"RssAnon {anon / 1e6:.2f} MB, node_exporter's {node_anon / 1e6:.2f} MB",
         anon < node_anon),
        (f"first scrape {scrape:.1f} ms, bpftrace attached {attached:.1f} ms: "
         f"{scrape / attached:.2f} x (at most {BPFTRACE_SHARE_MAX})",
         scrape <= BPFTRACE_SHARE_MAX * attached),
    ]
    for text, holds in judged:
        print(f"{'ok  ' if holds else 'FAIL'} {text}")
    sys.exit(not all(holds for _, holds in judged))


if __name__ == "__main__":
    main()
