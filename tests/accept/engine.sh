#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the engine promises, one headed command each, with its figures; the last line is PASS or FAIL. As
# root, on a machine that does nothing else; takes a quarter of an hour.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/accept/lib.sh
. tests/accept/lib.sh

build release test_bpf_storm test_bpf_combine test_bpf_load
build asan
mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing

line 'unit tests of the table, its flush and its marks' build/release/tests/test_bpf_combine
line 'verifier: instructions, stack and sizes of the plans, none grown by more than 10 %' \
	build/release/tests/test_bpf_load
line 'exact: six hooks into a table of four slots beside the shipped events, 10 s; without the guard it fails' \
	env RINGTALLY_STORM_SECONDS=10 build/release/tests/test_bpf_storm
cd tests/integration || exit 1
line 'a scrape waits for its flush; idle is idle' with release test_flush.py
line 'limits.kernel_memory holds' with release test_budget.py
line 'costs, from one run of the bench' with release ../accept/engine.py
cd ../.. || exit 1
line 'what the first version promises, with combine' tests/accept/skeleton.sh
line 'what three events promise, with combine' tests/accept/events.sh

summary
