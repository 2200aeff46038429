#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Fetches the programs that `ringtally bench footprint` measures beside ringtally, and prints the folders to
# put on PATH for it. node_exporter is unpacked below build/, as its package would start a service; bpftrace
# is installed. One that cannot be had is no failure: the bench has a row that says so.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

scripts/deps.sh peers >&2 || echo "peers.sh: going on without bpftrace" >&2
scripts/fetch_deb.sh prometheus-node-exporter || echo "peers.sh: going on without node_exporter" >&2
