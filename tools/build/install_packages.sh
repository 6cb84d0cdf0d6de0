#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Installs the Debian packages that a build needs: install_packages.sh live|all|arm64|docs
#   live:  receiver and synthesis (neither LibTorch nor GNU Radio)
#   all:   the same, GNU Radio blocks, the Python module, training and the tests
#   docs:  for the target docs, besides: the site, and the reference of the C++ headers
#   arm64: the core and its tests for arm64, built and run on another machine
set -eu

# VOLK's package carries its version in Debian 12 only.
volk=libvolk-dev
[ "$(sed -n 's/^VERSION_ID="\(.*\)"/\1/p' /etc/os-release)" = 12 ] && volk=libvolk2-dev

# libtorch-dev needs libgloo-dev, and uses whichever BLAS is there: OpenBLAS, not the reference one.
live="build-essential cmake ninja-build pkg-config nlohmann-json3-dev libcli11-dev libfmt-dev libboost-dev
 $volk libfftw3-dev libliquid-dev libzmq3-dev cppzmq-dev libdnnl-dev libhdf5-dev libsodium-dev zlib1g-dev
 libbz2-dev liblzma-dev libzstd-dev libsoapysdr-dev libmosquitto-dev libssl-dev libpqxx-dev libsqlite3-dev python3"
all="$live gnuradio gnuradio-dev libspdlog-dev pybind11-dev python3-dev python3-numpy python3-zmq python3-venv
 python3-wheel libmatio-dev libtorch-dev libgloo-dev libopenblas-dev libgtest-dev libbenchmark-dev libopencv-dnn-dev mosquitto mosquitto-clients postgresql sqlite3 openssl curl chromium prometheus mkdocs parallel slurm-wlm munge"

foreign=
case "${1:-}" in
live) packages=$live ;;
all) packages=$all ;;
docs) packages="mkdocs doxygen" ;;
arm64)
    foreign=arm64
    packages="build-essential cmake ninja-build pkg-config nlohmann-json3-dev libcli11-dev libgtest-dev
 g++-aarch64-linux-gnu qemu-user-static libfmt-dev:arm64 libsodium-dev:arm64 zlib1g-dev:arm64"
    ;;
*)
    echo "usage: install_packages.sh live|all|arm64|docs" >&2
    exit 2
    ;;
esac

missing=
for package in $packages; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
done
[ -z "$missing" ] && exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "install_packages.sh: needs root or sudo to install:$missing" >&2
        exit 1
    }
    as_root=sudo
fi
echo "installing:$missing"
[ -z "$foreign" ] || $as_root dpkg --add-architecture "$foreign"
$as_root apt-get update -q
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
