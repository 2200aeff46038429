#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Checks every #include against who may include whom. Prints offenders as FILE:LINE: reason.
#   base <- config <- aggregators <- exporters <- pipeline <- bench <- cli <- tests
#   bpf/wire.h <- pipeline, bench, tests, bpf/lib; the rest of bpf/ is for BPF programs only
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A rank=([base]=0 [config]=1 [aggregators]=2 [exporters]=3 [pipeline]=4 [bench]=5 [cli]=6 [tests]=7)

# Third-party headers and the files that may see them.
third_party=(
	'bpf/(bpf|btf|libbpf|libbpf_.*)\.h  ^(pipeline|bench|tests/bpf|tests/unit/pipeline|tests/fuzz)/'
	'bpf/.*                             ^(pipeline|bench|tests/bpf|bpf)/|\.bpf\.[ch]$'
	'uv\.h                              ^(pipeline|tests)/|^exporters/(http|round|prometheus|file|otlp)'
	'microhttpd\.h                      ^exporters/http_(server|answer)'
	'zlib\.h                            ^(exporters|tests/unit/exporters)/(test_)?gzip\.'
	'yaml\.h                            ^config/'
	'jansson\.h                         ^cli/|^tests/'
	'xxhash\.h                          ^base/hash\.c$'
	'cmocka\.h                          ^tests/'
)

offenders=0
offend() { # FILE:LINE INCLUDE REASON
	echo "$1: $2: $3"
	offenders=$((offenders + 1))
}

check_system() { # FILE LINE HEADER
	local rule header users
	for rule in "${third_party[@]}"; do
		read -r header users <<<"$rule"
		if [[ $3 =~ ^($header)$ ]]; then
			[[ $1 =~ $users ]] || offend "$1:$2" "<$3>" "not for this file"
			return
		fi
	done
}

check_ours() { # FILE LINE HEADER
	local from=${1%%/*} to=${3%%/*}
	if [[ $3 == ../* || $3 == */../* || $3 == ./* ]]; then
		offend "$1:$2" "$3" "paths start at the root of the tree"
	elif [[ $3 == *.skel.h ]]; then
		[[ $1 =~ ^(pipeline|bench|tests/bpf)/ ]] || offend "$1:$2" "$3" "a skeleton needs libbpf"
	elif [[ $3 == bpf/wire.h ]]; then
		[[ $1 =~ ^(pipeline|bench|tests|bpf/lib)/ ]] ||
			offend "$1:$2" "$3" "only pipeline, bench, tests and bpf/lib know the wire"
	elif [[ $to == bpf ]]; then
		[[ $from == bpf || $1 == *.bpf.[ch] ]] || offend "$1:$2" "$3" "for BPF programs only"
	elif [[ -z ${rank[$to]:-} ]]; then
		offend "$1:$2" "$3" "does not start with a folder of the tree"
	elif [[ $from == bpf ]]; then
		offend "$1:$2" "$3" "bpf/ includes nothing from outside bpf/"
	elif [[ ${rank[$from]:-99} -lt ${rank[$to]} ]]; then
		offend "$1:$2" "$3" "$from may not include $to"
	fi
}

while IFS=: read -r file line text; do
	file=${file#./}
	if [[ $text =~ \#[[:space:]]*include[[:space:]]*\<([^>]+)\> ]]; then
		check_system "$file" "$line" "${BASH_REMATCH[1]}"
	elif [[ $text =~ \#[[:space:]]*include[[:space:]]*\"([^\"]+)\" ]]; then
		check_ours "$file" "$line" "${BASH_REMATCH[1]}"
	fi
done < <(grep -rnE --include='*.[ch]' --exclude-dir=build --exclude-dir=.git \
	'^[[:space:]]*#[[:space:]]*include' . || true)
[ $offenders -eq 0 ]
