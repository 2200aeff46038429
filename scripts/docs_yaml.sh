#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs_yaml.sh RINGTALLY: every ```yaml block of the documentation is a config that `check` takes. A
# fence that says ```yaml fragment is not whole and left out. Places in messages are those in the
# document.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
ringtally=${1:?usage: docs_yaml.sh RINGTALLY}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# Each block becomes a file of its own, with blank lines for what stands above it.
split_blocks() { # DOCUMENT FOLDER
	awk -v folder="$2" '
	/^```/ && inside { inside = 0; close(file); next }
	/^```/ && other { other = 0; next }
	/^```yaml[ \t]*$/ {
		inside = 1
		file = sprintf("%s/%05d.yaml", folder, NR)
		for (i = 1; i <= NR; i++) print "" >file
		next
	}
	/^```/ { other = 1; next }
	inside { print >file }' "$1"
}

blocks=0
failed=0
for document in README.md CONTRIBUTING.md docs/*.md docs/man/*; do
	folder=$work/$document
	mkdir -p "$folder"
	split_blocks "$document" "$folder"
	for file in "$folder"/*.yaml; do
		[ -e "$file" ] || continue
		blocks=$((blocks + 1))
		said=$("$ringtally" check "$file" 2>&1 >/dev/null)
		status=$?
		[ $status -eq 0 ] && continue
		line=$(basename "$file" .yaml)
		echo "$document:$((10#$line)): \`ringtally check\` exits with $status:"
		echo "${said//"$file"/"$document"}"
		failed=$((failed + 1))
	done
done
echo "$blocks blocks, $failed failed"
[ $blocks -gt 0 ] && [ $failed -eq 0 ]
