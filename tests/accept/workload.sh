#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What counting costs: records and pages in the daemon, a real server, an idle machine. One headed command
# each, with its figures; the last line is PASS or FAIL. As root, on a machine that does nothing else;
# takes some twelve minutes.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/accept/lib.sh
. tests/accept/lib.sh

build release
mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing
cd tests/integration || exit 1

line 'pipeline: aggregating beside the bare drain: at most 4 x with 100 keys, 9 x with 100,000' \
	with release ../accept/workload.py pipeline
line 'scrape: at most 0.25 x one snprintf per line, and 100,000 lines at most 11 x of 10,000' \
	with release ../accept/workload.py scrape
line 'redis-server: CPU time per request, beside bpftrace, 20 rounds' \
	with release ../accept/workload.py redis
line 'an idle machine: at most 0.1 % of a core' \
	with release ../accept/workload.py idle

summary
