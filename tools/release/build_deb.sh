#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Builds the Debian packages of the commit that is checked out, from an archive of it, and has lintian check them.
#   tools/release/build_deb.sh [folder of the packages, default build-deb [architecture, default the machine's]]
# Needs dpkg-dev, lintian and what packaging/debian/control names (apt-get build-dep). For another architecture, whose packages
# leave out Python and GNU Radio, this is: dpkg --add-architecture arm64; apt-get install crossbuild-essential-arm64;
# apt-get build-dep -aarm64 -Pcross,nocheck.
set -eu
cd "$(dirname "$0")/../.."
out=${1:-build-deb}
native=$(dpkg --print-architecture)
architecture=${2:-$native}
profiles=
[ "$architecture" = "$native" ] || profiles=-Pcross,nocheck
version=$(sed -n 's/.*define PRUNEDAMR_VERSION "\(.*\)".*/\1/p' lib/prunedamr/base/version.h)
packaged=$(dpkg-parsechangelog -l packaging/debian/changelog -S Version)
[ "${packaged%-*}" = "$version" ] || {
    echo "build_deb.sh: packaging/debian/changelog: found $packaged, expected $version-..." >&2
    exit 1
}

mkdir -p "$out"
out=$(cd "$out" && pwd)
name=gr-prunedamr-$version
rm -rf "${out:?}/$name"
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
tools/release/release.py "$out" --archive
cp "$out/$name.tar.xz" "$out/gr-prunedamr_$version.orig.tar.xz"
tar -C "$out" -xf "$out/gr-prunedamr_$version.orig.tar.xz"
cp -r "$out/$name/packaging/debian" "$out/$name/debian"

cd "$out/$name"
# Debian's own Python and compilers, whatever stands before them.
PATH=/usr/sbin:/usr/bin:/sbin:/bin dpkg-buildpackage -us -uc "-a$architecture" ${profiles:+"$profiles"} "-j${JOBS:-$(nproc)}"
cd ..
# Nothing is uploaded to Debian, where a first version closes the request for it.
lintian --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs "gr-prunedamr_${packaged}_$architecture.changes"
