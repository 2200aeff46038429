#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs what a goal needs and this machine lacks: deps.sh build|test|lint|mutants|peers ...
# Everything comes from Debian 12. Without apt or root it names the missing packages and stops.
set -euo pipefail

build=(gcc libc6-dev make cmake ninja-build pkg-config clang llvm bpftool
	libbpf-dev libelf-dev zlib1g-dev libuv1-dev libmicrohttpd-dev libyaml-dev libxxhash-dev
	libjansson-dev)
test=(libcmocka-dev python3 strace libfaketime util-linux iproute2 e2fsprogs)
lint=(clang-format clang-tidy cppcheck shellcheck codespell git)
fuzz=(libclang-rt-14-dev)
mutants=(patch)
coverage=(gcovr)
peers=(bpftrace) # what the bench measures beside ours, if it is no service

usage() {
	echo "usage: deps.sh build|test|lint|fuzz|mutants|coverage|peers ..." >&2
	exit 2
}

wanted=()
[ $# -gt 0 ] || usage
for goal in "$@"; do
	case $goal in
	build) wanted+=("${build[@]}") ;;
	test) wanted+=("${test[@]}") ;;
	lint) wanted+=("${lint[@]}") ;;
	fuzz) wanted+=("${fuzz[@]}") ;;
	mutants) wanted+=("${mutants[@]}") ;;
	coverage) wanted+=("${coverage[@]}") ;;
	peers) wanted+=("${peers[@]}") ;;
	*) usage ;;
	esac
done

missing=()
for package in "${wanted[@]}"; do
	dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
		missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
	echo "deps: missing packages, and installing them needs apt-get and root:" >&2
	echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
	exit 1
fi
echo "deps: installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 || {
	tail -n 20 "$log" >&2
	exit 1
}
