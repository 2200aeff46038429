#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the version with three events, histograms and filters promises, one headed command each, with
# its figures; the last line is PASS or FAIL. As root. The judgements are those of tests/integration
# with the release build, and of tests/accept where times and memory are judged.
# RINGTALLY_LONG=1: run queues for ten seconds, memory for ten minutes instead of 20 s.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/accept/lib.sh
. tests/accept/lib.sh

# shellcheck disable=SC2317 # line() calls it
long() { # COMMAND...
	RINGTALLY_LONG=1 "$@"
}

build release
build asan
cd tests/integration || exit 1

line '500 O_DIRECT writes of 4 KiB are 500 and 2,048,000 bytes of their program' \
	with release test_block.py Requests.test_writes_are_those_of_their_program
line 'block I/O: operations, several programs, inserted or not' \
	with release test_block.py Requests Absent
line 'block I/O between two readings of /proc/diskstats' \
	with release test_block.py Diskstats
line 'run-queue waits per thread: count = pcount ± 1, sum within 5 % of run_delay' \
	with release test_runq.py
line 'seams: values from 0 to 2^64 - 1 land in the right le, sums go on beyond 64 bits' \
	with release test_seams.py Seams
export RINGTALLY_REPETITIONS=20
line 'a 64 KiB ring, the daemon stopped for 200 ms: counts, sums and buckets are the truth, 20 times' \
	with release test_seams.py Loss
unset RINGTALLY_REPETITIONS
line 'where: what passes in the kernel is what passes by hand' \
	with release test_where.py Table Together Names
line 'another label, where or bound is a restart with other YAML: no compiler, no helper' \
	with release test_where.py Restart
line 'exec to the first scrape in which every family of the built-in config lives' \
	with release ../accept/start_events.py
line 'Prometheus 2.42 scrapes for a minute; promtool check metrics' \
	long with release test_prometheus.py
line "memory with the built-in config under 200 forks a second$([ "${RINGTALLY_LONG:-}" = 1 ] ||
	echo ' (short form: RINGTALLY_LONG=1 takes ten minutes)')" \
	with release ../accept/memory.py
line 'broken configs give exactly the expected lines' \
	with release test_errors.py Configs
line 'with the sanitizers: block I/O' with asan test_block.py
line 'with the sanitizers: run queues' with asan test_runq.py
line 'with the sanitizers: seams and loss' with asan test_seams.py
line 'with the sanitizers: where' with asan test_where.py Table Together Names

summary
