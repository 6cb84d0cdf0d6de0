#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# collect.sh RESULTS: all labels of the folder as one CSV, by capture, on standard output.
set -eu
[ $# -eq 1 ] || { echo "usage: collect.sh RESULTS" >&2; exit 2; }
list=$(mktemp)
trap 'rm -f "$list"' EXIT
find "$1" -name '*.csv' -size +0 | sort > "$list"
[ -s "$list" ] || { echo "collect.sh: $1: no labels" >&2; exit 1; }
head -n 1 "$(head -n 1 "$list")"
tr '\n' '\0' < "$list" | xargs -0 -n 1 tail -n +2
