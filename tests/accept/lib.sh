# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the acceptance runs share, to be sourced from the project's root: builds, and lines with a verdict each.

[ "$(id -u)" -eq 0 ] || {
	echo "acceptance runs load BPF programs: they need root" >&2
	exit 1
}

root=$PWD
verdicts=()
failed=0

# The release preset builds the binary only; the probes and loads of the tests come with it here.
build() { # PRESET [TARGET...], beside what all need
	local log=build/accept-$1.log
	echo "== build: $1"
	mkdir -p build
	{ cmake --preset "$1" && cmake --build "build/$1" --target ringtally test_probes test_loads "${@:2}"; } \
		>"$log" 2>&1 || {
		tail -n 30 "$log" >&2
		exit 1
	}
}

# A test program run with the binary and the objects of a build. A skip is no pass.
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

summary() {
	printf '\n== summary\n'
	printf '%s\n' "${verdicts[@]}"
	[ $failed -eq 0 ] && echo PASS || echo FAIL
	exit $failed
}
