#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# A picture of what the receiver finds in a band, without a radio: makes a wideband capture of eight signals, finds
# them, and draws its waterfall with a box and a label for each signal. Needs python3-matplotlib and python3-pil.
#   examples/waterfall.sh [build folder, default build] [picture, default waterfall.png]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$root/build}
picture=${2:-waterfall.png}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$build/bin/prunedamr" synth scene --scene "$root/tools/docs/waterfall.json" --out "$scratch/scene.sigmf-meta"
"$build/bin/prunedamr-rx" "$scratch/scene.sigmf-meta" --interval 0.25 --model onair-m --quiet \
    > "$scratch/labels.jsonl"
/usr/bin/python3 "$root/tools/docs/waterfall.py" "$scratch/scene.sigmf-meta" "$scratch/labels.jsonl" "$picture"
echo "$picture"
