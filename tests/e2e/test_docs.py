# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands in README.md and docs/user, run as a reader runs them: page by page, in order, in an empty folder.

A fenced `sh` block is run unless the comment before it says why not: `<!-- not run, needs: a radio -->`, with one of the
reasons below. `<!-- needs: train, hdf5 -->` runs it where these parts are built; `<!-- first: command -->` runs the command before it,
for files that the page takes for granted. A line with `...` is abbreviated, and is not run. Of all commands that are not run,
every option must be one that the program knows. They are run as they are written, but with free ports, and with small
numbers of frames.
"""

import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
PROGRAMS = {"prunedamr-rx": os.environ["PRUNEDAMR_RX"], "prunedamr": os.environ["PRUNEDAMR_TOOL"]}
MODULES = os.environ.get("PRUNEDAMR_GNURADIO_MODULES", "")  # empty where the blocks are not built
PARTS = {"train": os.environ["PRUNEDAMR_HAVE_TRAIN"] == "ON", "hdf5": os.environ["PRUNEDAMR_HAVE_HDF5"] == "1", "gnuradio": bool(MODULES)}
REASONS = {"root", "a radio", "a broker", "a database", "a browser", "a board", "hours", "files from elsewhere"}
PAGES = [SOURCE / "README.md", *sorted((SOURCE / "docs" / "user").glob("*.md"))]
BLOCK = re.compile(r"((?:^ *<!-- [^\n]* -->\n)*)^( *)```sh\n(.*?)^\2```$", re.M | re.S)
FRAMES = 20  # of a class, at most
SECONDS = 600  # for a page, on a busy machine


class Block:
    def __init__(self, comments, indent, text):
        said = dict(re.findall(r"<!-- (not run, needs|needs|first): (.*) -->", comments))
        self.reason, needs, self.first = (said.get(key) for key in ("not run, needs", "needs", "first"))
        self.parts = needs.split(", ") if needs else []
        lines = re.sub(r"\\\n\s*", " ", re.sub("^" + indent, "", text, flags=re.M)).splitlines()
        self.run = [line for line in lines if not self.reason and "..." not in line]
        self.left_out = [line for line in lines if self.reason or "..." in line]


def blocks(page):
    return [Block(*found) for found in BLOCK.findall(page.read_text())]


def known_options():
    """{program: every option that it describes}."""

    def said(*command):
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=SECONDS).stdout

    pages = {name: said(path, "--print-man") for name, path in PROGRAMS.items()}
    pages["prunedamr-rx"] += said(PROGRAMS["prunedamr-rx"], "ctl", "--help")
    return {name: set(re.findall(r"--[a-z][a-z0-9-]*", page.replace("\\-", "-"))) for name, page in pages.items()}


def options_used(line):
    """[(program, option)] of a command line."""
    program = None
    for word in shlex.split(line, comments=True):
        name = Path(word).name
        if name in PROGRAMS:
            program = name
        elif word in ("|", "&&", ";") or word.endswith(";"):
            program = None
        elif program and re.match(r"--[a-z]", word):
            yield program, word.split("=")[0]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def small(line):
    return re.sub(r"(--frames-per-(?:class|cell)) +(\d+)", lambda found: "%s %d" % (found[1], min(int(found[2]), FRAMES * 5)), line)


def script(page):
    lines, port = ["set -eu"], free_port()
    for number, block in enumerate(blocks(page), 1):
        if not all(PARTS[part] for part in block.parts):
            continue
        lines.append("echo '### block %d' >&2" % number)
        lines += ([block.first] if block.first else []) + block.run
    return "\n".join(small(line).replace("127.0.0.1:8080", "127.0.0.1:%d" % port) for line in lines) + "\n"


def environment(folder):
    programs = folder / "programs"
    programs.mkdir()
    for name, path in {**PROGRAMS, "python3": sys.executable}.items():
        (programs / name).write_text('#!/bin/sh\nexec "%s" "$@"\n' % path)
        (programs / name).chmod(0o755)
    return {**os.environ, "PATH": "%s:%s" % (programs, os.environ["PATH"]), "HOME": str(folder), "PYTHONPATH": MODULES}


class Docs(unittest.TestCase):
    def run_page(self, page):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            work = folder / "work"
            work.mkdir()
            (work / "examples").symlink_to(SOURCE / "examples")
            with open(folder / "said", "w+") as said:
                done = subprocess.run(["sh", "-c", script(page)], cwd=work, env=environment(folder), stdin=subprocess.DEVNULL,
                                      stdout=subprocess.DEVNULL, stderr=said, timeout=SECONDS)
                said.seek(0)
                self.assertEqual(done.returncode, 0, "%s: %s" % (page.name, "".join(said.readlines()[-12:])))

    def test_reasons_are_ones_that_hold(self):
        found = {True: 0, False: 0}
        for page in PAGES:
            for block in blocks(page):
                found[bool(block.run)] += 1
                if block.reason:
                    self.assertIn(block.reason, REASONS, page.name)
                self.assertLessEqual(set(block.parts), set(PARTS), page.name)
        print("docs: %d blocks are run, %d are not" % (found[True], found[False]), file=sys.stderr)
        self.assertGreater(found[True], 15)

    def test_a_comment_is_not_far_from_its_block(self):
        for page in PAGES:
            marks = len(re.findall(r"^ *<!-- (?:not run, needs|needs|first): ", page.read_text(), re.M))
            taken = sum(bool(mark) for block in blocks(page) for mark in (block.reason, block.parts, block.first))
            self.assertEqual(taken, marks, page.name)

    def test_options_of_commands_that_are_not_run_are_known(self):
        known, checked = known_options(), 0
        for page in PAGES:
            for line in (line for block in blocks(page) for line in block.left_out):
                for program, option in options_used(line):
                    self.assertIn(option, known[program], "%s: %s" % (page.name, line))
                    checked += 1
        self.assertGreater(checked, 50)


def add_page(page):
    name = re.sub(r"\W", "_", page.stem.lower())
    if any(block.run for block in blocks(page)):
        setattr(Docs, "test_commands_of_%s" % name, lambda self: self.run_page(page))


for each in PAGES:
    add_page(each)

if __name__ == "__main__":
    unittest.main()
