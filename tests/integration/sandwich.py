# SPDX-License-Identifier: Apache-2.0
"""The kernel's own counts, each between two of ours.

No two counts can be read at one moment. So ours are read, theirs, and ours again, before and after a
load: what theirs grew by lies between what ours grew by from the second reading to the third, and
from the first to the last. A count is a dict of numbers by any key.
"""


def _grown(after, before):
    return {key: n - before.get(key, 0) for key, n in after.items()}


def _turn(ours, theirs, load):
    """The growth of theirs by key, with its bounds in front and behind."""
    a0, proc0, b0 = ours(), theirs(), ours()
    load()
    a1, proc1, b1 = ours(), theirs(), ours()
    least, most = _grown(a1, b0), _grown(b1, a0)
    return {key: (least.get(key, 0), n, most.get(key, 0))
            for key, n in _grown(proc1, proc0).items()}


def wrong(title, ours, theirs, load, retries=1):
    """The lines that do not hold, of the last turn; all lines of something that happened are
    printed. A further turn is for what was under way at a reading."""
    for turn in range(retries + 1):
        lines = []
        for key, (least, proc, most) in _turn(ours, theirs, load).items():
            what = key if isinstance(key, str) else " ".join(key)
            line = f"{title} {what}: {least} <= {proc} <= {most}"
            if any((least, proc, most)):
                print("     " + line, flush=True)
            if not least <= proc <= most:
                lines.append(line)
        if not lines:
            break
        print(f"     {len(lines)} do not hold{', again' if turn < retries else ''}", flush=True)
    return lines


# --- theirs ---


def _lines(path):
    with open(path, encoding="ascii") as file:
        return [line.split() for line in file]


def softirqs():
    """By vector, in small letters."""
    return {line[0].rstrip(":").lower(): sum(map(int, line[1:]))
            for line in _lines("/proc/softirqs")[1:]}


def processes():
    """Processes and threads that were started."""
    return {"processes": next(int(line[1]) for line in _lines("/proc/stat")
                              if line[0] == "processes")}


def interrupts():
    """Of devices, by number. A line that several share is left out: each of them is asked, and only
    what was is counted."""
    lines = _lines("/proc/interrupts")
    ncpus = len(lines[0])
    return {number.rstrip(":"): sum(map(int, rest[:ncpus])) for number, *rest in lines[1:]
            if number.rstrip(":").isdigit() and len(rest) > ncpus and not rest[-2].endswith(",")}


def handlers():
    """By the same numbers: whom each is for."""
    lines = _lines("/proc/interrupts")
    ncpus, names = len(lines[0]), {}
    for number, *rest in lines[1:]:
        if not number.rstrip(":").isdigit() or len(rest) <= ncpus:
            continue
        first = len(rest) - 1
        while rest[first - 1].endswith(","):
            first -= 1
        names[number.rstrip(":")] = [name.rstrip(",") for name in rest[first:]]
    return names
