#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# bench.sh [FLAG|SUITE...]: measures with the release build (root), the peers on PATH. The tables and all
# samples stay in bench/results/NAME.txt and .json; NAME comes from the environment, or is the time.
set -euo pipefail
cd "$(dirname "$0")/.."

name=${NAME:-$(date -u +%Y%m%dT%H%M%SZ)}
mkdir -p bench/results
for folder in $(scripts/peers.sh); do
	PATH=$PATH:$folder
done
build/release/ringtally bench --json "bench/results/$name.json" "$@" | tee "bench/results/$name.txt"
echo "bench: bench/results/$name.txt and .json"
