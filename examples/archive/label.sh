#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# label.sh RESULTS CAPTURE...: a CSV file of labels in the folder RESULTS for each capture. What is there already is not done
# again, and nothing is there that is not whole, so that it can be stopped and started at any time. A capture that cannot
# be read is named, and the others are labeled. Options of prunedamr-rx: $RX_OPTIONS.
set -u
[ $# -ge 1 ] || { echo "usage: label.sh RESULTS CAPTURE..." >&2; exit 2; }
results=$1
shift
mkdir -p "$results" || exit 1
failed=0
for capture; do
    # The name of a capture and, as other folders may have the same one, some digits of its path.
    result=$results/$(basename "$capture").$(printf %s "$capture" | sha256sum | cut -c1-8).csv
    [ -e "$result" ] && continue
    part=$result.part.$$
    # shellcheck disable=SC2086
    if ${PRUNEDAMR_RX:-prunedamr-rx} "$capture" --quiet --name "$(printf %s "$capture" | tail -c 48)" ${RX_OPTIONS-} --out "csv:$part"; then
        [ -e "$part" ] || : > "$part" # nothing on the air
        mv "$part" "$result" || failed=1
    else
        rm -f "$part"
        failed=1
    fi
done
exit $failed
