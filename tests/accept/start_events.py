# SPDX-License-Identifier: Apache-2.0
"""Ten starts with the built-in config: exec to the first scrape in which every family has a live
series above 0, and the private memory then.

The load is small: a program that writes a block to a loop device once a millisecond, another that
starts a program every few, and whatever else this machine does. The time runs from before the fork
until the scrape has been read, so this program's own share (fork, polling for the port) is in it.
"""

import os
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

import loads  # noqa: E402
import ringtally  # noqa: E402
from exposition import Exposition  # noqa: E402
from judge import Judge  # noqa: E402

STARTS = 10
MEDIAN_MS_MAX = 150
RSS_ANON_MAX = 3e6  # bytes
GIVE_UP_MS = 10_000
SETTLE_S = 0.5  # before its memory is looked at


class Load:
    """Fires every event of the built-in config."""

    def __enter__(self):
        self.device = loads.LoopDevice()
        self.writer = loads.Program("io", "--name=rt-start", "--pace=1000", self.device.path,
                                    "write=16000:4096")
        self.starter = subprocess.Popen(["sh", "-c", "while sleep 0.003; do :; done"])
        return self

    def __exit__(self, *_):
        self.starter.kill()
        self.starter.wait()
        self.writer.kill()
        self.device.close()


def families():
    """Of the built-in config, by name: the series that tells whether it lives."""
    empty = Exposition(ringtally.Ended("check", "--exposition").stdout.encode())
    return {name: name + "_count" if family.type == "histogram" else name
            for name, family in empty.families.items()
            if name.startswith("ringtally_") and not name.startswith("ringtally_self_")}


def without_life(exposition, wanted):
    return [name for name, series in wanted.items()
            if not any(value > 0 for _, value in loads.live(exposition, series))]


def try_scrape(url):
    """The body; None while nobody listens, or nothing is loaded yet."""
    try:
        answer = ringtally.request(url, "/metrics")
    except ConnectionRefusedError:
        return None
    return answer.body if answer.status == 200 else None


def start(wanted):
    """Milliseconds, the scrapes it took, and RssAnon."""
    port = ringtally.free_port()
    scrapes, missing = 0, list(wanted)
    begin = time.monotonic()
    with ringtally.Daemon(listen=[f"127.0.0.1:{port}"], ready=False) as daemon:
        while missing:
            body = try_scrape(f"http://127.0.0.1:{port}")
            ms = (time.monotonic() - begin) * 1000
            if ms > GIVE_UP_MS:
                sys.exit(f"after {ms:.0f} ms there is no life in {missing}:\n{daemon.stderr()}")
            if body is None:
                time.sleep(0.0005)
                continue
            scrapes += 1
            missing = without_life(Exposition(body), wanted)
        daemon.wait_ready()
        time.sleep(SETTLE_S)
        daemon.scrape()
        memory = daemon.memory()
        daemon.stop()
    return ms, scrapes, memory


def run(judge):
    wanted = families()
    print(f"-- start: {len(wanted)} families: {', '.join(wanted)}", flush=True)
    with Load():
        starts = [start(wanted) for _ in range(STARTS)]
    for i, (ms, scrapes, memory) in enumerate(starts, 1):
        print(f"     start {i:2}: every family lives after {ms:5.1f} ms, in scrape {scrapes}, "
              f"RssAnon {memory / 1e6:.2f} MB")
    judge("the built-in config has families", bool(wanted), len(wanted))
    judge.at_most("exec to the first scrape in which every family lives, median",
                  statistics.median(ms for ms, _, _ in starts), MEDIAN_MS_MAX, " ms")
    judge.at_most("largest RssAnon", max(memory for _, _, memory in starts) / 1e6,
                  RSS_ANON_MAX / 1e6, " MB")


if __name__ == "__main__":
    whole = Judge()
    run(whole)
    whole.end()
