#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs what is missing, builds everything and runs every test. Exit 0 only if all pass.
#   tests/run.sh [build folder, default build]
set -eu
cd "$(dirname "$0")/.."
build=${1:-build}
jobs=$(nproc)

sh tools/build/install_packages.sh all
cmake -G Ninja -S . -B "$build" -DCMAKE_BUILD_TYPE=Release \
    -DPRUNEDAMR_GNURADIO=ON -DPRUNEDAMR_TRAIN=ON -DPRUNEDAMR_ONEDNN=ON -DPRUNEDAMR_HDF5=ON -DPRUNEDAMR_MQTT=ON -DPRUNEDAMR_TLS=ON -DPRUNEDAMR_HUB=ON \
    -DPRUNEDAMR_UNITY=ALL
cmake --build "$build" --parallel "$jobs"
ctest --test-dir "$build" --output-on-failure --parallel "$jobs"
