#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the catalogue of events promises, one headed command each, with its figures; the last line is
# PASS or FAIL. As root, on a machine that does nothing else; takes some ten minutes.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/accept/lib.sh
. tests/accept/lib.sh

build release
mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing
cd tests/integration || exit 1

for tool in runqlat softirqs cpudist biolatency; do
	line "$tool of libbpf-tools beside us, 10 s: totals within 0.5 %, distributions within 0.02" \
		with release ../accept/catalogue.py $tool
done
for source in softirqs processes interrupts; do
	line "$source between two readings of /proc" \
		with release ../accept/catalogue.py proc-$source
done
line 'block I/O between two readings of /proc/diskstats' \
	with release test_block.py Diskstats
line 'processes: known forks, threads, execs of a hard link, exits by code and by signal' \
	with release test_process.py
line 'the time on a CPU against schedstat and steal, growing with every scrape' \
	with release test_oncpu.py
line 'page faults against the own count of their load' \
	with release test_page_fault.py
line 'moves between CPUs against the own count of their load' \
	with release test_cpu_migrate.py
line 'cgroups: made, used and removed before the scrape; made after its where was loaded' \
	with release test_cgroups.py
line 'what a number means: texts, absent values, time, names, restarts' \
	with release test_meaning.py
line 'what the kernel refuses, and a tracepoint that is not there, are told with their reason' \
	with release test_refusal.py
line 'the built-in config: exec to the first scrape in which every family lives, and RssAnon' \
	with release ../accept/catalogue.py start
line 'selftest: at most 25 lines and 20 s' \
	with release ../accept/catalogue.py selftest

summary
