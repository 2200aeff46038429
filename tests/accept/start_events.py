# SPDX-License-Identifier: Apache-2.0
"""Ten starts with the built-in config: exec to the first scrape in which every family has a live
series above 0.

The load is small: a program that writes a block to a loop device once a millisecond, and whatever
else this machine does. The time runs from before the fork until the scrape has been read, so this
program's own share (fork, polling for the port) is in it.
"""

import os
import statistics
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))

import loads  # noqa: E402
import ringtally  # noqa: E402
from exposition import Exposition  # noqa: E402

STARTS = 10
MEDIAN_MS_MAX = 100
GIVE_UP_MS = 10_000


def families_without_life(exposition):
    """Of the config's own."""
    without = []
    for name, family in exposition.families.items():
        if not name.startswith("ringtally_") or name.startswith("ringtally_self_"):
            continue
        series = name + "_count" if family.type == "histogram" else name
        if not any(value > 0 for _, value in loads.live(exposition, series)):
            without.append(name)
    return without


def try_scrape(url):
    """The body; None while nobody listens, or nothing is loaded yet."""
    try:
        answer = ringtally.request(url, "/metrics")
    except ConnectionRefusedError:
        return None
    return answer.body if answer.status == 200 else None


def start():
    """Milliseconds, the scrapes it took, and the families."""
    port = ringtally.free_port()
    scrapes, without = 0, ["not up"]
    begin = time.monotonic()
    with ringtally.Daemon(listen=[f"127.0.0.1:{port}"], ready=False) as daemon:
        while without:
            body = try_scrape(f"http://127.0.0.1:{port}")
            ms = (time.monotonic() - begin) * 1000
            if ms > GIVE_UP_MS:
                sys.exit(f"after {ms:.0f} ms there is no life in {without}:\n{daemon.stderr()}")
            if body is None:
                time.sleep(0.0005)
                continue
            scrapes += 1
            exposition = Exposition(body)
            without = families_without_life(exposition)
        daemon.wait_ready()
        daemon.stop()
    families = [name for name in exposition.families
                if name.startswith("ringtally_") and not name.startswith("ringtally_self_")]
    return ms, scrapes, families


def main():
    device = loads.LoopDevice()
    load = loads.Program("io", "--name=rt-start", "--pace=1000", device.path, "write=10000:4096")
    try:
        starts = [start() for _ in range(STARTS)]
    finally:
        load.kill()
        device.close()
    print(f"families: {', '.join(starts[0][2])}")
    for i, (ms, scrapes, _) in enumerate(starts, 1):
        print(f"start {i:2}: every family lives after {ms:5.1f} ms, in scrape {scrapes}")
    median = statistics.median(ms for ms, _, _ in starts)
    print(f"median {median:.1f} ms (at most {MEDIAN_MS_MAX})")
    sys.exit(median > MEDIAN_MS_MAX)


if __name__ == "__main__":
    main()
