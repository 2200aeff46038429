# SPDX-License-Identifier: Apache-2.0
"""RssAnon with the built-in config, scraped once a second under 200 forks a second.

Every child has a name of its own, so the labels are new ones all the time. With RINGTALLY_LONG=1 it
takes ten minutes, and what minute 2 had is what is compared with; else 24 s, and the first half: in
the first epoch, 10 s long, books of the limits are used for the first time.
"""

import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

import loads  # noqa: E402
from ringtally import Daemon  # noqa: E402

RATE = 200
RSS_ANON_MAX = 3_000_000  # bytes
GROWTH_MAX = 256 * 1024
LONG_S, LONG_MARK_S = 600, 120
SHORT_S = 24
PRINTED = 20  # lines at most


def seconds():
    """How long, and when it is looked at first."""
    given = os.environ.get("RINGTALLY_MEMORY_SECONDS")
    if given:
        return int(given), max(1, int(given) // 5)
    return (LONG_S, LONG_MARK_S) if loads.long_form() else (SHORT_S, SHORT_S // 2)


def watch(daemon, duration):
    """RssAnon by second."""
    memory, begin = [], time.monotonic()
    for second in range(duration + 1):
        time.sleep(max(0, begin + second - time.monotonic()))
        daemon.scrape()
        memory.append(daemon.memory())
        if second % max(1, duration // PRINTED) == 0:
            print(f"second {second:4}: RssAnon {memory[-1] / 1e6:.3f} MB", flush=True)
    return memory


def main():
    duration, mark = seconds()
    with Daemon() as daemon:
        daemon.scrape()
        idle = daemon.memory()
        load = loads.Program("forks", "--name=rt-forks", f"--rate={RATE}",
                             f"--ms={duration * 1000}", "--rename")
        try:
            memory = watch(daemon, duration)
            made = load.lines()[0]["made"]
        finally:
            load.kill()
        ledgers = daemon.stop()
    for ledger in ledgers.values():
        print(f"final ledger: {ledger.event} {ledger}")
    growth = memory[-1] - memory[mark]
    print(f"made={made} forks in {duration} s, at first {idle / 1e6:.3f} MB, "
          f"largest {max(memory) / 1e6:.3f} MB (at most {RSS_ANON_MAX / 1e6:.1f})")
    print(f"from second {mark} to second {duration}: {growth / 1024:+.0f} KiB "
          f"(at most {GROWTH_MAX // 1024})")
    sys.exit(made < 0.95 * RATE * duration or max(memory) > RSS_ANON_MAX or growth > GROWTH_MAX)


if __name__ == "__main__":
    main()
