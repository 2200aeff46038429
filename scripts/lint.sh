#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# lint.sh [CHECK...]: all checks, or the named ones. Prints offenders only, then one line.
# clang-format and clang-tidy are pinned to version 14: others format and judge differently.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

all=(format layers licence shell spelling cppcheck tidy)

files() { # find's tests...
	find . \( -path ./build -o -path ./.git \) -prune -o -type f \( "$@" \) -print
}

pinned() { # TOOL: the name under which version 14 is installed
	local name
	for name in "$1-14" "$1"; do
		[[ $("$name" --version 2>/dev/null) == *"version 14."* ]] && echo "$name" && return
	done
	echo "$1 version 14 is needed (scripts/deps.sh lint installs it)" >&2
	return 1
}

check_format() {
	local tool said
	tool=$(pinned clang-format) || return
	said=$(files -name '*.[ch]' | xargs -r "$tool" --dry-run 2>&1) || {
		echo "$said"
		return 1
	}
	sed -n 's/^\([^:]*\):\([0-9]*\):.*clang-format-violations.*/\1 \2/p' <<<"$said" |
		awk -v tool="$tool" '!seen[$1]++ { print $1 ":" $2 ": not as " tool " -i would leave it" }
			END { exit NR > 0 }'
}

check_layers() {
	scripts/layers.sh
}

# The first line, or the second below a #!.
check_licence() {
	local file wanted status=0
	local apache='Apache-2\.0' dual='\(GPL-2\.0-only OR BSD-2-Clause\)'
	while read -r file; do
		case $file in
		./bpf/*) wanted=$dual ;;
		*.bpf.[ch]) wanted="$apache|$dual" ;;
		*) wanted=$apache ;;
		esac
		sed -n '1{/^#!/n};p;q' "$file" |
			grep -qE "^(/\*|//|#) SPDX-License-Identifier: ($wanted)( \*/)?$" || {
			echo "$file:1: no SPDX line, or not the licence of this folder"
			status=1
		}
	done < <(files -name '*.[ch]' -o -name '*.sh' -o -name '*.cmake' -o -path ./.ci/run)
	return $status
}

check_shell() {
	files -name '*.sh' -o -path ./.ci/run | xargs -r shellcheck -x
}

check_spelling() {
	# Nd is a macro of man pages; the others are misspelt on purpose, by tests of suggestions.
	codespell --quiet-level 2 --ignore-words-list nd,nam,nmae,nnumber,lables,feild,sise,raed \
		--skip './build,./bench/results,./.git,./tests/config/bad,./LICENSE,./bpf/LICENSE-*,./tests/fuzz/corpus,./tests/fuzz/regression'
}

# Without the system's headers: quick, and our macros are enough for it. varFuncNullUB is about systems
# whose NULL is not a pointer.
check_cppcheck() {
	files -name '*.c' -not -name '*.bpf.c' |
		cppcheck --file-list=- --std=c11 -I . -j "$(nproc)" --quiet --inline-suppr \
			--enable=warning,performance,portability --library=scripts/cppcheck.cfg \
			--suppress=missingIncludeSystem --suppress=varFuncNullUB \
			--template='{file}:{line}: {severity}: {message} [{id}]' --error-exitcode=1
}

# One file. Its last clean result holds while it, the headers, the flags and the settings are the same.
tidy_file() { # TOOL STATE FILE
	local stamp
	stamp=build/lint/$({ echo "$2 $3" && cat "$3"; } | sha256sum | cut -c 1-40)
	[ -e "$stamp" ] && return
	"$1" -p build/dev --quiet "$3" 2> >(grep -v ' warnings\? generated\.$' >&2) || return 1
	touch "$stamp"
}
export -f tidy_file

# What the dev build compiles, and with its flags; it is built first for the generated headers.
check_tidy() {
	local tool state
	tool=$(pinned clang-tidy) || return
	{ cmake --preset dev && cmake --build --preset dev; } >build/lint/build.log 2>&1 || {
		echo "the dev build fails:"
		tail -n 20 build/lint/build.log
		return 1
	}
	state=$({ files -name '*.h' -o -name .clang-tidy | sort | xargs cat; cat build/dev/compile_commands.json; } |
		sha256sum | cut -c 1-40)
	find build/lint -type f -mtime +7 -delete
	sed -n "s|^ *\"file\": \"$PWD/\(.*\.c\)\",\?$|\1|p" build/dev/compile_commands.json |
		grep -v '^build/' | sort -u |
		xargs -r -P "$(nproc)" -I '{}' bash -c 'tidy_file "$@"' _ "$tool" "$state" '{}'
}

mkdir -p build/lint
failed=()
for check in "${@:-${all[@]}}"; do
	declare -F "check_$check" >/dev/null || {
		echo "usage: lint.sh [${all[*]}]" >&2
		exit 2
	}
	"check_$check" || failed+=("$check")
done
if [ ${#failed[@]} -gt 0 ]; then
	echo "lint: offenders found by ${failed[*]}"
	exit 1
fi
echo "lint: clean (${*:-${all[*]}})"
