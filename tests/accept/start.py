# SPDX-License-Identifier: Apache-2.0
"""Ten starts with the built-in config: exec to the first scrape with a live series, and RssAnon.

The time runs from before the fork until the scrape has been read, so this program's own share
(fork, polling for the port) is in it.
"""

import os
import statistics
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

import ringtally  # noqa: E402

STARTS = 10
MEDIAN_MS_MAX = 80
RSS_ANON_MAX = 2_000_000  # bytes


def main():
    starts = [ringtally.exec_to_first_series("ringtally_syscalls_total") for _ in range(STARTS)]
    for i, (ms, rss) in enumerate(starts, 1):
        print(f"start {i:2}: first live series after {ms:5.1f} ms, RssAnon {rss / 1e6:.2f} MB")
    median = statistics.median(ms for ms, _ in starts)
    rss = max(rss for _, rss in starts)
    print(f"median {median:.1f} ms (at most {MEDIAN_MS_MAX}), "
          f"largest RssAnon {rss / 1e6:.2f} MB (at most {RSS_ANON_MAX / 1e6:.0f})")
    sys.exit(median > MEDIAN_MS_MAX or rss > RSS_ANON_MAX)


if __name__ == "__main__":
    main()
