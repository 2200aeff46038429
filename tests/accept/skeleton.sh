#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the first version promises, one headed command each, with its figures; the last line is PASS
# or FAIL. As root. The judgements are those of tests/integration, in their long form, with the
# release build, and what may crash with the sanitizers' build too.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/accept/lib.sh
. tests/accept/lib.sh

build release
build asan
cd tests/integration || exit 1

line 'a million getppid calls are exactly a million, scraped every 100 ms' \
	with release test_exact.py Exact.test_a_million_getppid
line 'exact: both CPUs, 32-bit calls, cgroups, ids, odd names' \
	with release test_exact.py
export RINGTALLY_REPETITIONS=20
line 'a small ring, the daemon stopped for 200 ms: made = seen = consumed + lost, 20 times' \
	with release test_loss.py Loss.test_made_is_consumed_and_lost
unset RINGTALLY_REPETITIONS
line 'the same on both CPUs at full speed' \
	with release test_loss.py Loss.test_hammered_on_both_cpus
line 'other labels are a restart: no compiler on PATH, none run' \
	with release test_labels.py
line 'exec to the first live series, and memory' \
	with release ../accept/start.py
line 'broken configs, objects, machines: one clear line, the right exit status' \
	with release test_errors.py
line 'the same with the sanitizers' \
	with asan test_errors.py
line 'listeners and pages' \
	with release test_http.py
line 'signals: nothing is lost at the end, privileges are given up' \
	with release test_shutdown.py
line 'with the sanitizers: exact' with asan test_exact.py
line 'with the sanitizers: loss' with asan test_loss.py
line 'with the sanitizers: HTTP' with asan test_http.py
line 'with the sanitizers: signals' with asan test_shutdown.py
line 'the tests themselves: a failing assertion fails' \
	with release test_harness.py

summary
