#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# May the bench be believed? One headed command each, with its figures; the last line is PASS or FAIL.
# As root, on a machine that does nothing else; takes a quarter of an hour.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/accept/lib.sh
. tests/accept/lib.sh

build release
mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing
cd tests/integration || exit 1

line 'three runs, one with the other CPU compiling: twins, planted costs, ratios' \
	with release ../accept/bench.py
line 'footprint: private memory, below node_exporter; first scrape, beside bpftrace' \
	with release ../accept/footprint.py

summary
