#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What bounded series promise, one headed command each, with its figures; the last line is PASS or
# FAIL. As root, on a machine that does nothing else; takes some minutes, and what the bench takes.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/accept/lib.sh
. tests/accept/lib.sh

build release
mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing
cd tests/integration || exit 1

line 'through Prometheus 2.42, a moving hot set: what all increases add up to is the truth' \
	with release ../accept/cardinality.py prometheus
line 'storm: two million names, 20,000 programs: limits, quick scrapes, exact totals, heavy hitters' \
	with release ../accept/cardinality.py storm
line 'a wall clock stepped by an hour leaves series, rates and linger alone' \
	with release ../accept/cardinality.py clock
line '100,000 live series: memory, and time to render' \
	with release ../accept/cardinality.py scale
line 'bench: throughput, recall, named share, memory, pauses' \
	with release ../accept/cardinality.py bench
line 'every query of docs/cardinality.md, through Prometheus' \
	with release test_cardinality.py

summary
