#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# From nothing to labels: installs packages, builds the receiver, makes a labeled capture with the project's own
# synthesizer, runs the live receiver over it and prints its labels beside the truth.
#   examples/quickstart.sh [build folder, default build-quickstart]
set -eu
cd "$(dirname "$0")/.."
build=${1:-build-quickstart}

sh tools/build/install_packages.sh live
cmake -G Ninja -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DPRUNEDAMR_GNURADIO=OFF -DPRUNEDAMR_PYTHON=OFF \
    -DPRUNEDAMR_TRAIN=OFF -DPRUNEDAMR_ONEDNN=OFF -DPRUNEDAMR_HDF5=OFF -DPRUNEDAMR_MATIO=OFF \
    -DPRUNEDAMR_MQTT=OFF -DPRUNEDAMR_TLS=OFF -DPRUNEDAMR_UNITY=ALL -DBUILD_TESTING=OFF
cmake --build "$build" --parallel "$(nproc)" --target prunedamr-rx prunedamr-tool

capture=$build/demo.sigmf-meta
labels=$build/demo.jsonl
"$build/bin/prunedamr" synth scene --out "$capture" --in-turn --rate 1M --freq 433.92M --duration 3 --snr 25 --seed 7
rm -f "$labels" # of an earlier run, which would be appended to
"$build/bin/prunedamr-rx" --source "file:$capture" --single --model models/onair-m.safetensors --interval 0.032 \
    --out "json:$labels" --quiet
python3 examples/compare_labels.py "$capture" "$labels"
