# SPDX-License-Identifier: Apache-2.0
"""The targets of bounded aggregation: the suite `aggregators`, of all streams the worst counts."""

from bench_run import judge_targets

AT_LEAST = {
    "events a second and core": 10,  # millions
    "as fast as a growing exact table": 0.7,
    "the tracker's recall of the heaviest 100, Zipf": 1,
    "the tracker's recall of the heaviest 100, words": 0.97,
    "the tracker's recall of the heaviest 100, system calls": 0.98,
    "events in series of their own, in parts of what can be named knowing the future": 0.95,
    "events in series of their own, beside first come, first served, words": 2,
}
AT_MOST = {
    "memory of a counter of 1000 series": 256,  # KiB
    "memory that a counter took after its start": 0,
    "CPU time of an epoch of a counter of 10,000 series, p99": 1000,  # us
}


def run(judge):
    judge_targets(judge, "aggregators", AT_LEAST, AT_MOST)
