#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes models/onair-m.safetensors, models/onair-s.safetensors and the numbers of their cards from nothing; run again it
# goes on where it stopped.
#   tools/models/onair.sh PRUNEDAMR PRUNEDAMR_RX WORK [RECORDINGS]
# PRUNEDAMR, PRUNEDAMR_RX: the built commands; WORK: a folder for checkpoints; RECORDINGS: a folder of SigMF files to
# measure on, with a folder wideband/ of uncentered ones in it.
# Frames are made while it trains, none is seen twice. Some hours on one core.
set -eu
[ $# -ge 3 ] || { sed -n '5,7p' "$0" >&2; exit 2; }
prunedamr=$(realpath "$1")
receiver=$(realpath "$2")
tools=$(realpath "$(dirname "$0")")
models=$(realpath "$tools/../../models")
recordings=${4:+$(realpath "$4")}
mkdir -p "$3"
cd "$3"
export OMP_NUM_THREADS=1
few="--data-frames-per-class 600 --data-seed 7"   # to choose epochs on
many="--data-frames-per-class 3000 --data-seed 8" # to calibrate and measure on
learning="--batch 128 --schedule cosine --seed 1 --threads 1 --resume"

# once NAME COMMAND...: unless NAME.json, which is written last, is there.
once() {
    name=$1
    shift
    [ -e "$name.json" ] || "$prunedamr" "$@" --data synth:onair --frames-per-epoch 46000 $learning --out "$name.safetensors" --json "$name.json"
}

# The network of most accuracy: long at a high rate, and once more from there.
once first-m train --arch amr_m4 $few --epochs 40 --lr 0.002 --warmup-epochs 1
once base-m train --from first-m.safetensors $few --epochs 133 --lr 0.001 --warmup-epochs 1

# A small one that learns from it: whole, with less and less, and long with what is left.
once base-s train --arch amr_s4 --teacher base-m.safetensors $few --epochs 26 --lr 0.002
once pruned-s compress base-s.safetensors --method psr:macs=3M,l1 --part channels --budget macs=2M \
    --teacher base-m.safetensors --stage-epochs 2 $few --epochs 11 --lr 0.002
once tuned-s train --from pruned-s.safetensors --teacher base-m.safetensors $few --epochs 118 --lr 0.002
once onair-s quantize tuned-s.safetensors --teacher base-m.safetensors $many --epochs 3 --lr 0.0004

once onair-m quantize base-m.safetensors $many --epochs 5 --lr 0.0005 --distill-weight 0.4

for name in onair-m onair-s; do
    [ -e "$name.bench.json" ] || "$prunedamr" bench "$name.safetensors" --against torch --json "$name.bench.json"
    [ -e "$name.ood.json" ] ||
        /usr/bin/python3 "$tools/ood_eval.py" "$receiver" "$name.safetensors" "$name.ood.json"
    [ -e "$name.receiver.json" ] ||
        /usr/bin/python3 "$tools/receiver_eval.py" "$prunedamr" "$name.safetensors" "$name.receiver.json"
    if [ -n "$recordings" ] && [ ! -e "$name.recordings.json" ]; then
        "$prunedamr" eval "$name.safetensors" --recordings "$recordings"/*.sigmf-meta \
            "$recordings"/wideband/*.sigmf-meta --json "$name.recordings.json"
    fi
    "$prunedamr" model show "$name.safetensors" --json "$name.show.json" >&2
    cp "$name.safetensors" "$models/"
    /usr/bin/python3 "$tools/card.py" "$models/$name.md" .
done
