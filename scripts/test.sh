#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What `make test` runs: the unit tests of the dev and asan builds, then the root tests of the dev
# build, one at a time. Ends with what was skipped and why, what failed, and the counts. A skip that
# tests/expected-skips.txt does not list is a failure of the run.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

results=build/test-results.tsv # preset, test, pass|fail|skip, reason
expected=tests/expected-skips.txt
broken=0

build() { # PRESET
	cmake --preset "$1" >"build/configure-$1.log" 2>&1 || {
		cat "build/configure-$1.log" >&2
		exit 1
	}
	cmake --build --preset "$1" || exit 1
}

# One line per test from ctest's JUnit file. The reason of a skip is its `skip: ...` line, else the
# last line it printed.
junit_to_tsv() { # PRESET FILE
	awk -v preset="$1" '
	function attr(name) {
		match($0, " " name "=\"[^\"]*\"")
		return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
	}
	function plain(text) {
		gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text)
		gsub(/&apos;/, "\047", text); gsub(/&amp;/, "\\&", text); gsub(/\t/, " ", text)
		return text
	}
	/<testcase / {
		name = attr("name"); verdict = "fail"; said = last = ""
		if (attr("status") == "run") verdict = "pass"
		if (attr("status") == "disabled") verdict = "skip"
		next
	}
	/<skipped message="SKIP_RETURN_CODE=/ { verdict = "skip"; next }
	/<\/testcase>/ {
		reason = said != "" ? said : last
		print preset "\t" name "\t" verdict "\t" (verdict == "skip" ? plain(reason) : "")
		next
	}
	{
		sub(/^.*<system-out>/, ""); sub(/<\/system-out>.*$/, "")
		if ($0 ~ /^skip: / && said == "") said = substr($0, 7)
		if ($0 ~ /[^ \t]/) last = $0
	}' "$2"
}

# A failed ctest without a failed test (no test found, a crash of its own) is a failure too.
run() { # PRESET
	local junit=$PWD/build/junit-$1.xml status
	rm -f "$junit"
	echo "== tests: $1"
	ctest --preset "$1" --output-junit "$junit"
	status=$?
	[ -f "$junit" ] || touch "$junit"
	junit_to_tsv "$1" "$junit" >"$junit.tsv"
	cat "$junit.tsv" >>"$results"
	if [ $status -ne 0 ] && ! grep -qP '\tfail\t' "$junit.tsv"; then
		echo "test.sh: ctest --preset $1 failed (status $status)" >&2
		broken=1
	fi
}

is_expected() { # TEST REASON
	local name regex
	while IFS=$'\t' read -r name regex; do
		[[ $name == "$1" && -n $regex && $2 =~ $regex ]] && return 0
	done < <(grep -v '^#' "$expected")
	return 1
}

count() { # VERDICT
	cut -f 3 "$results" | grep -cx "$1"
}

mkdir -p build
: >"$results"
build release # what is shipped: -O2 finds more to warn about
build dev
build asan
run dev
run asan
run root

echo "== summary"
while IFS=$'\t' read -r preset name verdict reason; do
	case $verdict in
	fail) echo "failed:  $preset $name" ;;
	skip)
		if is_expected "$name" "$reason"; then
			echo "skipped: $preset $name: $reason"
		else
			echo "skipped: $preset $name: $reason (not in $expected: this fails the run)"
			broken=1
		fi
		;;
	esac
done <"$results"
failed=$(count fail)
echo "$(count pass) passed, $failed failed, $(count skip) skipped"
[ "$failed" -eq 0 ] && [ $broken -eq 0 ]
