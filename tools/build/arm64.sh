#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds the core for arm64 with Debian's cross compiler and runs the tests of its modules under user-mode QEMU.
# Exit 0 only if all pass.
set -eu
cd "$(dirname "$0")/../.."
jobs=$(nproc)

sh tools/build/install_packages.sh arm64
cmake --preset arm64
cmake --build --preset arm64 --parallel "$jobs" --target base_test graph_test engine_test engine_allocation_test
# vgg16 takes minutes in emulation and has no kind of layer that the others lack; how fast something is counts on a real
# processor.
for module in base graph engine; do
    ctest --test-dir "build-arm64/tests/$module" --output-on-failure --parallel "$jobs" --exclude-regex "vgg16|TakesWellUnderASecond|Peak"
done
