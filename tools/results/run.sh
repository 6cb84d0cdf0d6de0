#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Makes what docs/results.md is made of: data, bases, pruned networks (each with SEEDS), their accuracy under attack
# and latency; then docs/results/runs and the page. Run again it goes on where it was stopped.
#   usage: run.sh PRUNEDAMR WORK
#   PRUNEDAMR: the command; WORK: folder for data and models
#   FRAMES (200): frames per cell; SEEDS ("1 2 3"); RUNS: folder for the run files;
#   NETWORKS (networks.sh): the list of networks
set -eu
[ $# -eq 2 ] || { sed -n 's/^#   //p' "$0" >&2; exit 2; }
prunedamr=$1
work=$2
here=$(cd "$(dirname "$0")" && pwd)
runs=${RUNS:-$here/../../docs/results/runs}
seeds=${SEEDS:-1 2 3}
data=$work/data.h5
attacks="--attack fgsm:-30dB --attack fgsm:-20dB --attack fgsm:-10dB"
host="$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1), $(nproc) of $(nproc --all) threads"
commit=$(git -C "$here" describe --always --dirty 2>/dev/null || echo unknown)
mkdir -p "$work" "$runs"

# once FILE COMMAND...: unless FILE is there. COMMAND must not leave half of it: the verbs do not.
once() {
    file=$1
    shift
    [ -e "$file" ] || "$@"
}

# finish NAME BASE OPTIONS: measures NAME.safetensors and writes its run file.
finish() {
    once "$work/$1.eval.json" "$prunedamr" eval "$work/$1.safetensors" --data "$data" $attacks \
        --json "$work/$1.eval.json"
    once "$work/$1.bench.json" "$prunedamr" bench "$work/$1.safetensors" --batch 1 --json "$work/$1.bench.json"
    once "$runs/$1.json" /usr/bin/python3 "$here/collect.py" "$work/$1.json" --name "$1" --base "$2" \
        --options="$3" --eval "$work/$1.eval.json" --bench "$work/$1.bench.json" --data "$work/data.json" \
        --host "$host" --commit "$commit" --out "$runs/$1.json"
}

# base NAME OPTIONS...: trains a base network of that name.
base() {
    name=$1
    shift
    once "$work/$name.json" "$prunedamr" train --data "$data" --resume "$@" \
        --out "$work/$name.safetensors" --json "$work/$name.json"
    finish "$name" "" ""
}

# run NAME BASE BUDGET METHOD OPTIONS...: prunes a base with every seed; BUDGET "" where the method has its own.
run() {
    name=$1 from=$2 budget=$3 method=$4
    shift 4
    options=$*
    [ -z "$budget" ] || set -- --budget "$budget" "$@"
    for seed in $seeds; do
        once "$work/$name-s$seed.json" "$prunedamr" compress "$work/$from.safetensors" --method "$method" \
            --data "$data" --seed "$seed" --resume "$@" \
            --out "$work/$name-s$seed.safetensors" --json "$work/$name-s$seed.json"
        finish "$name-s$seed" "$from" "$options"
    done
}

once "$data" "$prunedamr" synth --recipe rml2016a --frames-per-cell "${FRAMES:-200}" --out "$data"
once "$work/data.json" "$prunedamr" data info "$data" --json "$work/data.json"

. "${NETWORKS:-$here/networks.sh}"

/usr/bin/python3 "$here/table.py" --runs "$runs" --out "${PAGE:-$here/../results.md}"
