#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# mutants.sh [NAME...]: whether the unit tests notice when a rule is broken. Every
# tests/mutants/NAME.patch breaks one, and says above its diff which, and which tests must fail:
#   # rule: the error is what purges took away
#   # tests: test_aggregators_tracker
# All happens in a copy below build/mutants. A mutant that survives, does not apply or does not
# compile is an error; so is a test that fails without one.
set -euo pipefail
cd "$(dirname "$0")/.."

mutants=$PWD/tests/mutants
copy=$PWD/build/mutants/tree
log=$PWD/build/mutants/log
seconds=60 # a test that takes longer has failed, as with ctest

tell() { # MESSAGE: an error, with the end of the log
	echo "$1" >&2
	tail -n 15 "$log" >&2
}

said() { # KEY NAME: what the patch says of itself
	sed -n "/^---/q; s/^# $1: *//p" "$mutants/$2.patch"
}

copy_tree() {
	rm -rf build/mutants
	mkdir -p "$copy"
	tar -c --exclude=./build --exclude=./.git . | tar -x -C "$copy"
	(cd "$copy" && cmake --preset dev) >"$log" 2>&1 || {
		tell "mutants: the copy cannot be configured"
		exit 1
	}
}

build() { # TEST...
	cmake --build "$copy/build/dev" --target "$@" >"$log" 2>&1
}

fails() { # TEST
	! timeout "$seconds" "$copy/build/dev/tests/$1" >"$log" 2>&1
}

check_unchanged() { # TEST...
	local test
	build "$@" || {
		tell "mutants: the tests do not compile without a mutant"
		exit 1
	}
	for test in "$@"; do
		! fails "$test" || {
			tell "mutants: $test fails without a mutant"
			exit 1
		}
	done
}

patched() { # NAME [OPTION...]
	patch -d "$copy" -p1 --fuzz=0 --batch --no-backup-if-mismatch "${@:2}" <"$mutants/$1.patch" >"$log" 2>&1
}

judge_applied() { # NAME: as judge, once the patch is in the copy
	local test tests
	read -ra tests < <(said tests "$1")
	build "${tests[@]}" || {
		tell "$1: does not compile"
		return 1
	}
	for test in "${tests[@]}"; do
		fails "$test" || {
			echo "$1: survives $test. The rule: $(said rule "$1")" >&2
			return 1
		}
	done
	echo "$1: noticed by ${tests[*]}"
}

judge() { # NAME
	local status=0
	patched "$1" --dry-run || {
		tell "$1: does not apply"
		return 1
	}
	patched "$1"
	judge_applied "$1" || status=1
	patched "$1" -R
	return $status
}

names=("$@")
if [ ${#names[@]} -eq 0 ]; then
	for file in "$mutants"/*.patch; do
		names+=("$(basename "$file" .patch)")
	done
fi
tests=()
for name in "${names[@]}"; do
	if [ ! -r "$mutants/$name.patch" ]; then
		echo "mutants: there is no tests/mutants/$name.patch" >&2
		exit 2
	fi
	if [ -z "$(said rule "$name")" ] || [ -z "$(said tests "$name")" ]; then
		echo "$name: must start with '# rule: ...' and '# tests: ...'" >&2
		exit 1
	fi
	read -ra more < <(said tests "$name")
	tests+=("${more[@]}")
done
copy_tree
mapfile -t tests < <(printf '%s\n' "${tests[@]}" | sort -u)
check_unchanged "${tests[@]}"

done=0
failed=()
for name in "${names[@]}"; do
	printf '%d/%d ' $((++done)) ${#names[@]}
	judge "$name" || failed+=("$name")
done
if [ ${#failed[@]} -gt 0 ]; then
	echo "mutants: ${#failed[@]} of ${#names[@]} were not noticed: ${failed[*]}"
	exit 1
fi
echo "mutants: all ${#names[@]} were noticed"
