#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes models/rml2016a-s.safetensors and the numbers of its card from nothing; run again it goes on where it stopped.
#   tools/models/rml2016a-s.sh PRUNEDAMR WORK
# PRUNEDAMR: the built command; WORK: a folder for data and checkpoints (1 GB). The networks are those of
# docs/results.md (resnet56, amr_ds_m-long): its folder of work serves as WORK.
set -eu
[ $# -eq 2 ] || { sed -n '4,6p' "$0" >&2; exit 2; }
prunedamr=$(realpath "$1")
tools=$(realpath "$(dirname "$0")")
models=$(realpath "$tools/../../models")
mkdir -p "$2"
cd "$2"

[ -e data.h5 ] || "$prunedamr" synth --recipe rml2016a --frames-per-cell 200 --seed 1 --out data.h5 --json data.json
[ -e resnet56.json ] || "$prunedamr" train --data data.h5 --resume --arch resnet56 --epochs 32 --schedule cosine \
    --weight-decay 0.05 --out resnet56.safetensors --json resnet56.json
[ -e amr_ds_m-long.json ] || "$prunedamr" train --data data.h5 --resume --arch amr_ds_m --teacher resnet56.safetensors \
    --teacher-once --augment rotate,conjugate --epochs 120 --ema 0.998 --schedule cosine --lr 0.004 --weight-decay 0.02 \
    --out amr_ds_m-long.safetensors --json amr_ds_m-long.json
[ -e rml2016a-s.json ] || "$prunedamr" quantize amr_ds_m-long.safetensors --data data.h5 --epochs 3 --resume \
    --out rml2016a-s.safetensors --json rml2016a-s.json
[ -e rml2016a-s.bench.json ] ||
    "$prunedamr" bench rml2016a-s.safetensors --against torch --json rml2016a-s.bench.json
"$prunedamr" model show rml2016a-s.safetensors --json rml2016a-s.show.json >&2
cp rml2016a-s.safetensors "$models/"
/usr/bin/python3 "$tools/card.py" "$models/rml2016a-s.md" .
