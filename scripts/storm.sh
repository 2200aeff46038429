#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# storm.sh [RUNS [SECONDS]]: exactness under everything at once, over and over (tests/bpf/test_storm.c):
# 20 runs of a minute unless told otherwise. As root.
set -euo pipefail
cd "$(dirname "$0")/.."

runs=${1:-20}
export RINGTALLY_STORM_SECONDS=${2:-60}
cmake --preset release >/dev/null
cmake --build build/release --target test_bpf_storm
for ((run = 1; run <= runs; run++)); do
	echo "== storm $run of $runs, $RINGTALLY_STORM_SECONDS s"
	build/release/tests/test_bpf_storm
done
