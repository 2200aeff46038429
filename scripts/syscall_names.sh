#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# syscall_names.sh CC HEADER OUTPUT: writes the system calls that a kernel header numbers (__NR_*) as
# designated initialisers in ascending order, `[0] = "read",`, and what it depends on to OUTPUT.d.
# Without HEADER (""): an empty list.
set -euo pipefail

cc=$1 header=$2 output=$3

# Some names stand for a name (__NR_mmap for __NR3264_mmap). Two names are not calls: how many calls
# there are, and where an architecture may put its own.
numbers_and_names() {
	awk '
	$1 == "#define" && $2 ~ /^__NR/ { value[$2] = $3 }
	END {
		delete value["__NR_syscalls"]
		delete value["__NR_arch_specific_syscall"]
		for (name in value) {
			number = value[name]
			while (number in value)
				number = value[number]
			if (name ~ /^__NR_/ && number ~ /^[0-9]+$/)
				print number, substr(name, length("__NR_") + 1)
		}
	}' | sort -k 1,1n -k 2,2 | sort -s -u -k 1,1n
}

exec >"$output"
if [ -z "$header" ]; then
	echo "$output:" >"$output.d"
	exit
fi
echo "#include <$header>" |
	"$cc" -E -dM -MD -MF "$output.d" -MT "$output" -x c - |
	numbers_and_names |
	sed 's/^\([0-9]*\) \(.*\)$/[\1] = "\2",/'
grep -q '"read"' "$output" || {
	echo "syscall_names.sh: <$header> numbers no system calls" >&2
	exit 1
}
