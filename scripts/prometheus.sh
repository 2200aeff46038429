#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Fetches Debian's prometheus package and unpacks it below build/: nothing is installed, no service is
# started. Prints the folder that holds prometheus and promtool. What was fetched before is used again.
set -euo pipefail
cd "$(dirname "$0")/.."

cache=$PWD/build/prometheus

fail() {
	echo "prometheus.sh: $*" >&2
	exit 1
}

fetch() {
	local packages
	command -v apt-get >/dev/null || fail "no apt-get here to fetch prometheus with"
	command -v dpkg >/dev/null || fail "no dpkg here to unpack prometheus with"
	rm -rf "$cache/download"
	mkdir -p "$cache/download"
	# As root apt would hand the download to a user who may not be able to write here.
	(cd "$cache/download" && apt-get -q -o APT::Sandbox::User=root download prometheus) \
		>"$cache/download.log" 2>&1 ||
		fail "apt-get download prometheus: $(tail -n 1 "$cache/download.log")"
	packages=("$cache"/download/prometheus_*.deb)
	rm -rf "$cache/new" "$cache/root"
	dpkg -x "${packages[0]}" "$cache/new"
	mv "$cache/new" "$cache/root" # whole, or not there
	rm -rf "$cache/download"
}

[ -x "$cache/root/usr/bin/prometheus" ] || fetch
echo "$cache/root/usr/bin"
