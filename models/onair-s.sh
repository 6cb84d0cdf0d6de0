#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes models/onair-s.safetensors and the numbers of its card from nothing; run again it goes on where it stopped.
#   models/onair-s.sh PRUNEDAMR WORK [RECORDINGS]
# PRUNEDAMR: the built command; WORK: a folder for data sets and checkpoints (1 GB); RECORDINGS: a folder of SigMF files,
# with a folder wideband/ of uncentred ones in it.
# About 45 minutes on one core (AMD EPYC of the Zen 4 generation).
set -eu
[ $# -ge 2 ] || { sed -n '3,7p' "$0" >&2; exit 2; }
prunedamr=$(realpath "$1")
models=$(realpath "$(dirname "$0")")
recordings=${3:+$(realpath "$3")}
mkdir -p "$2"
cd "$2"
export OMP_NUM_THREADS=1

[ -f onair-base.h5 ] || "$prunedamr" synth --recipe onair --frames-per-class 3000 --seed 11 --out onair-base.h5
"$prunedamr" train --arch amr_s --data onair-base.h5 --out base.safetensors --epochs 24 --batch 64 --lr 0.002 \
    --schedule cosine --seed 1 --threads 1 --resume --json base.json
[ -f onair-fine.h5 ] || "$prunedamr" synth --recipe onair --frames-per-class 5000 --seed 12 --out onair-fine.h5
"$prunedamr" compress base.safetensors --method psr --budget units=7 --data onair-fine.h5 --out onair-s.safetensors \
    --distil --epochs 12 --batch 64 --lr 0.0015 --schedule cosine --seed 1 --threads 1 --resume --json onair-s.json
"$prunedamr" bench onair-s.safetensors --against onednn,torch --json bench.json
if [ -n "$recordings" ]; then
    "$prunedamr" eval onair-s.safetensors --recordings "$recordings"/*.sigmf-meta \
        "$recordings"/wideband/*.sigmf-meta --json recordings.json
fi
cp onair-s.safetensors "$models/"
/usr/bin/python3 "$models/card.py" "$models/onair-s.md" .
