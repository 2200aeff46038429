# SPDX-License-Identifier: Apache-2.0
"""Ten starts with what the built-in config was when these goals were set: exec to the first scrape with
a live series, and RssAnon. What it is now has goals of its own: start_events.py.

The time runs from before the fork until the scrape has been read, so this program's own share
(fork, polling for the port) is in it.
"""

import os
import statistics
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

import ringtally  # noqa: E402

CONFIG = """\
metrics:
  - { name: syscalls_total, event: syscall_enter, type: counter, labels: [comm, syscall] }
  - { name: runq_wait_seconds, event: runq_wait, type: histogram, value: wait, buckets: log2 }
  - { name: block_io_latency_seconds, event: block_io, type: histogram, value: latency,
      buckets: log2, labels: [device, operation] }
"""
STARTS = 10
MEDIAN_MS_MAX = 80
RSS_ANON_MAX = 2_000_000  # bytes


def main():
    starts = [ringtally.exec_to_first_series(CONFIG, "ringtally_syscalls_total") for _ in range(STARTS)]
    for i, (ms, rss) in enumerate(starts, 1):
        print(f"start {i:2}: first live series after {ms:5.1f} ms, RssAnon {rss / 1e6:.2f} MB")
    median = statistics.median(ms for ms, _ in starts)
    rss = max(rss for _, rss in starts)
    print(f"median {median:.1f} ms (at most {MEDIAN_MS_MAX}), "
          f"largest RssAnon {rss / 1e6:.2f} MB (at most {RSS_ANON_MAX / 1e6:.0f})")
    sys.exit(median > MEDIAN_MS_MAX or rss > RSS_ANON_MAX)


if __name__ == "__main__":
    main()
