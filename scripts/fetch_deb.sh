#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# fetch_deb.sh PACKAGE: fetches a package of Debian's and unpacks it below build/: nothing is installed, no
# service is started. Prints the folder that holds its programs. What was fetched before is used again.
set -euo pipefail
cd "$(dirname "$0")/.."

package=${1:?usage: fetch_deb.sh PACKAGE}
cache=$PWD/build/debs/$package

fail() {
	echo "fetch_deb.sh: $*" >&2
	exit 1
}

# As root apt would hand the download to a user who may not be able to write here.
download() {
	(cd "$cache/download" && apt-get -q -o APT::Sandbox::User=root download "$package") \
		>"$cache/download.log" 2>&1
}

fetch() {
	local packages
	command -v apt-get >/dev/null || fail "no apt-get here to fetch $package with"
	command -v dpkg >/dev/null || fail "no dpkg here to unpack $package with"
	rm -rf "$cache/download"
	mkdir -p "$cache/download"
	download || { apt-get update -qq >/dev/null 2>&1 && download; } || # the lists may be old
		fail "apt-get download $package: $(tail -n 1 "$cache/download.log")"
	packages=("$cache/download/${package}"_*.deb)
	rm -rf "$cache/new" "$cache/root"
	dpkg -x "${packages[0]}" "$cache/new"
	mv "$cache/new" "$cache/root" # whole, or not there
	rm -rf "$cache/download"
}

[ -d "$cache/root" ] || fetch
programs=$cache/root/usr/bin
[ -d "$programs" ] || programs=$cache/root/usr/sbin
echo "$programs"
