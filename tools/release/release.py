#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a release of the commit that is checked out, or says which step of the list fails.

    tools/release/release.py OUT             all of it; about an hour
    tools/release/release.py OUT --archive   only the source archive, without the checks of version and tests

1. The tree is clean. 2. One version everywhere: header (which CMake reads), changelogs, citation, upgrade note, README.
3. The source archive is the same from a clone of the tree, byte for byte. 4. Its quickstart passes, and 5. its tests do, unpacked,
with no git to be found. Only then OUT is written: it holds gr-prunedamr-VERSION.tar.xz and SHA256SUMS.
Nothing is tagged or uploaded.
"""

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]


class Refused(Exception):
    pass


def run(*command, **keywords):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **keywords)
    if done.returncode:
        said = done.stderr.decode(errors="replace").split("\n")
        raise Refused("%s: %s" % (" ".join(map(str, command[:3])), " ".join(line.strip() for line in said).strip()))
    return done.stdout


def version_of(tree):
    header = (tree / "lib/prunedamr/base/version.h").read_text()
    version = re.search(r'define PRUNEDAMR_VERSION "(.*)"', header)[1]
    parts = ".".join(re.search(r"define PRUNEDAMR_VERSION_%s (\d+)" % part, header)[1] for part in ("MAJOR", "MINOR", "PATCH"))
    if parts != version:
        raise Refused("lib/prunedamr/base/version.h: found the parts %s, expected those of %s" % (parts, version))
    return version


def check_clean(tree):
    changed = run("git", "status", "--porcelain", cwd=tree).decode().splitlines()
    if changed:
        raise Refused("the tree is not clean: %d files changed, the first is %s" % (len(changed), changed[0][3:]))


def check_version(tree, version):
    """Wherever the version stands."""
    minor = version.rsplit(".", 1)[0]
    for path, pattern, expected in (
        ("CHANGELOG.md", r"^## \[(.*?)\] - \d{4}-\d\d-\d\d$", version),
        ("packaging/debian/changelog", r"^gr-prunedamr \((.*)-\d+\) ", version),
        ("CITATION.cff", r"^version: (.*)$", version),
        ("docs/user/upgrade.md", r"^## From \S+ to (\S+)$", version if version.endswith(".0") else minor + ".0"),
        ("README.md", r"find_package\(prunedamr (\S+) ", minor),
    ):
        text = (tree / path).read_text()
        found = re.search(pattern, text, re.M)
        if not found or found[1] != expected:
            raise Refused("%s: found %s, expected %s" % (path, found[1] if found else "no version", expected))
        if path == "CHANGELOG.md" and re.search(r"^## \[Unreleased\]\n+(?!## )\S", text, re.M):
            raise Refused("CHANGELOG.md: found text under Unreleased, expected it under %s" % version)


def archive(tree, version):
    """Bytes of the archive: files by name with the times of the commit, in one stream of xz."""
    tar = run("git", "-c", "core.autocrlf=false", "-c", "tar.umask=0022", "archive", "--format=tar",
              "--prefix=gr-prunedamr-%s/" % version, "HEAD", cwd=tree)
    return subprocess.run(["xz", "--threads=1", "-6"], input=tar, stdout=subprocess.PIPE, check=True).stdout


def checked_archive(tree, version):
    """Bytes of the archive, which a clone gives too."""
    made = archive(tree, version)
    with tempfile.TemporaryDirectory() as scratch:
        clone = Path(scratch) / "clone"
        run("git", "clone", "--quiet", "--no-local", "--no-tags", "--depth=1", "file://%s" % tree, clone)
        if archive(clone, version) != made:
            raise Refused("the archive of a clone has other bytes")
    return made


def write(out, name, made):
    out.mkdir(parents=True, exist_ok=True)
    (out / name).write_bytes(made)
    (out / "SHA256SUMS").write_text("%s  %s\n" % (hashlib.sha256(made).hexdigest(), name))
    print("release: %s" % (out / name), flush=True)


def check_commands(made):
    """Those of an archive, as a person without the repository runs them."""
    with tempfile.TemporaryDirectory() as scratch:
        run("tar", "-C", scratch, "-xJ", input=made)
        (tree,) = Path(scratch).iterdir()
        programs = Path(scratch) / "programs"
        programs.mkdir()
        asked = Path(scratch) / "git-was-asked"
        (programs / "git").write_text("#!/bin/sh\necho \"$@\" >>'%s'\nexit 127\n" % asked)
        (programs / "git").chmod(0o755)
        for command in ("examples/quickstart.sh", "tests/run.sh"):
            print("release: %s of the archive" % command, flush=True)
            environment = {**os.environ, "PATH": "%s:%s" % (programs, os.environ["PATH"])}
            if subprocess.run([tree / command], cwd=tree, env=environment).returncode:
                raise Refused("%s of the archive fails" % command)
        if asked.exists():
            raise Refused("git was asked for: %s" % asked.read_text().splitlines()[0])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--archive", action="store_true", help="only the source archive")
    arguments = parser.parse_args()
    tree = Path(os.environ.get("PRUNEDAMR_RELEASE_TREE", SOURCE))  # for its own test
    try:
        if arguments.out.exists() and not arguments.out.is_dir():
            raise Refused("%s: found a file, expected a folder" % arguments.out)
        check_clean(tree)
        version = version_of(tree)
        if not arguments.archive:
            check_version(tree, version)
        made = checked_archive(tree, version)
        if not arguments.archive:
            check_commands(made)
        write(arguments.out, "gr-prunedamr-%s.tar.xz" % version, made)
    except (Refused, OSError, subprocess.CalledProcessError) as refusal:
        sys.exit("release: %s" % refusal)


if __name__ == "__main__":
    main()
