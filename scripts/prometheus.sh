#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Prints the folder that holds prometheus and promtool, which are fetched but not installed.
set -euo pipefail
exec "$(dirname "$0")/fetch_deb.sh" prometheus
