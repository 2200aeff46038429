#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the first version promises, one headed command each, with its figures; the last line is PASS
# or FAIL. As root. The judgements are those of tests/integration, in their long form, with the
# release build, and what may crash with the sanitizers' build too.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

[ "$(id -u)" -eq 0 ] || {
	echo "skeleton.sh: loading BPF programs needs root" >&2
	exit 1
}

root=$PWD
verdicts=()
failed=0

# The release preset builds the binary only; the probes and loads of the tests come with it here.
build() { # PRESET
	echo "== build: $1"
	{ cmake --preset "$1" && cmake --build "build/$1" --target ringtally test_probes \
		load_calls load_compat; } >"build/accept-$1.log" 2>&1 || {
		tail -n 30 "build/accept-$1.log" >&2
		exit 1
	}
}

# A test program run with the binary and the objects of a build. A skip is no pass.
# shellcheck disable=SC2317 # line() calls it
with() { # PRESET PROGRAM [TEST...]
	local build=$root/build/$1
	shift
	env RINGTALLY="$build/ringtally" RINGTALLY_PROBES="$build/tests/bpf" \
		RINGTALLY_LOADS="$build/tests/load" RINGTALLY_SOURCE="$root" \
		PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 /usr/bin/python3 "$@"
}

line() { # TITLE COMMAND...
	local title=$1 verdict=PASS begin=$SECONDS
	shift
	printf '\n== %s\n$ %s\n' "$title" "$*"
	"$@" 2>&1 || {
		verdict="FAIL (status $?)"
		failed=1
	}
	verdicts+=("$verdict: $title, $((SECONDS - begin)) s")
	echo "${verdicts[-1]}"
}

mkdir -p build
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

printf '\n== summary\n'
printf '%s\n' "${verdicts[@]}"
[ $failed -eq 0 ] && echo PASS || echo FAIL
exit $failed
