# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands in README.md and docs/user, run as a reader runs them: page by page, in order, in an empty folder.

A fenced `sh` block is run unless the comment before it says why not: `<!-- not run, needs: a radio -->`, with one of the
reasons below. `<!-- needs: train, hdf5 -->` runs it where these parts are built; `<!-- first: command -->` runs the command before it,
for files that the page takes for granted. A line with `...` is abbreviated, and is not run. Of all commands that are not run,
every option must be one that the program's subcommand knows. They are run as they are written, but with free ports, and with small
numbers of frames.

The lines of a plain block after `<!-- prints -->` must be among those that the block before it prints, in this order;
`<!-- prints: command -->` is for what a terminal would show.
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
if os.environ.get("PRUNEDAMR_HUB_PROGRAM"):
    PROGRAMS["prunedamr-hub"] = os.environ["PRUNEDAMR_HUB_PROGRAM"]
MODULES = os.environ.get("PRUNEDAMR_GNURADIO_MODULES", "")  # empty where the blocks are not built
PARTS = {"train": os.environ["PRUNEDAMR_HAVE_TRAIN"] == "ON", "hdf5": os.environ["PRUNEDAMR_HAVE_HDF5"] == "1", "gnuradio": bool(MODULES)}
REASONS = {"root", "a radio", "a broker", "a browser", "a board", "hours", "files from elsewhere"}
PAGES = [SOURCE / "README.md", *sorted((SOURCE / "docs" / "user").glob("*.md"))]
BLOCK = re.compile(r"((?:^ *<!-- [^\n]* -->\n)*)^( *)```sh\n(.*?)^\2```$", re.M | re.S)
PRINTED = re.compile(r"^ *<!-- prints(?:: ([^\n]*))? -->\n( *)```\n(.*?)^\2```$", re.M | re.S)
FRAMES = 20  # of a class, at most
SECONDS = 600  # for a page, on a busy machine


def unindented(indent, text):
    return re.sub("^" + indent, "", text, flags=re.M)


class Block:
    def __init__(self, comments, indent, text, printed):
        said = dict(re.findall(r"<!-- (not run, needs|needs|first): (.*) -->", comments))
        self.reason, needs, self.first = (said.get(key) for key in ("not run, needs", "needs", "first"))
        self.parts = needs.split(", ") if needs else []
        self.printed = printed  # [(command or "", lines)]
        lines = re.sub(r"\\\n\s*", " ", unindented(indent, text)).splitlines()
        self.run = [line for line in lines if not self.reason and "..." not in line]
        self.left_out = [line for line in lines if self.reason or "..." in line]


def blocks(page):
    text = page.read_text()
    found = list(BLOCK.finditer(text))
    ends = [block.start() for block in found[1:]] + [len(text)]
    return [Block(*block.groups(), [(command, unindented(indent, lines).splitlines())
                                    for command, indent, lines in PRINTED.findall(text[block.end():end])])
            for block, end in zip(found, ends)]


def known_options():
    """{"program subcommand": the options that its manual page lists there}, also those of the program without any."""
    known = {}
    for program, path in PROGRAMS.items():
        page = subprocess.run([path, "--print-man"], capture_output=True, text=True, check=True, timeout=SECONDS).stdout
        command, known[program] = program, set()
        for line in page.replace("\\-", "-").splitlines():
            if line.startswith(".SS "):
                command = "%s %s" % (program, line[4:].strip('"'))
                known[command] = {"--help"}
            elif line.startswith("\\fB-"):
                known[command].update(re.findall(r"--[a-z][a-z0-9-]*", line))
    return known


def options_used(line, known):
    """[(program and its subcommand, option)] of a command line."""
    command = None
    for word in shlex.split(line, comments=True):
        name = Path(word).name
        if name in PROGRAMS:
            command = name
        elif word in ("|", "&&", ";") or word.endswith(";"):
            command = None
        elif command and re.match(r"--[a-z]", word):
            yield command, word.split("=")[0]
        elif command and "%s %s" % (command, word) in known:
            command += " " + word


def missing_line(expected, printed):
    """The first line that does not come in its turn, or None."""
    rest = iter(printed)
    return next((line for line in expected if line not in rest), None)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def small(line):
    return re.sub(r"(--frames-per-(?:class|cell)) +(\d+)", lambda found: "%s %d" % (found[1], min(int(found[2]), FRAMES * 5)), line)


def runnable(page):
    return [block for block in blocks(page) if block.run and all(PARTS[part] for part in block.parts)]


def script(page):
    """Runs what can be run; what block N prints is in ../printed.N, and what its command M for that prints in ../printed.N.M."""
    lines, port = ["set -eu"], free_port()
    for number, block in enumerate(runnable(page)):
        lines += ["echo '### %s' >&2" % block.run[0].replace("'", ""), "{"]
        lines += ([block.first] if block.first else []) + block.run + ["} >../printed.%d" % number]
        lines += ["%s >../printed.%d.%d" % (command, number, at) for at, (command, _) in enumerate(block.printed) if command]
    return "\n".join(small(line).replace("127.0.0.1:8080", "127.0.0.1:%d" % port) for line in lines) + "\n"


def environment(folder):
    programs = folder / "programs"
    programs.mkdir()
    for name, path in {**PROGRAMS, "python3": sys.executable}.items():
        (programs / name).write_text('#!/bin/sh\nexec "%s" "$@"\n' % path)
        (programs / name).chmod(0o755)
    return {**os.environ, "PATH": "%s:%s" % (programs, os.environ["PATH"]), "HOME": str(folder), "PYTHONPATH": MODULES}


class Docs(unittest.TestCase):
    def check_printed(self, page, folder):
        for number, block in enumerate(runnable(page)):
            for at, (command, lines) in enumerate(block.printed):
                name = "printed.%d.%d" % (number, at) if command else "printed.%d" % number
                printed = (folder / name).read_text().splitlines()
                self.assertIsNone(missing_line(lines, printed), "%s: a line that is not printed in its turn, by %s"
                                  % (page.name, command or block.run))

    def run_page(self, page):
        if not runnable(page):
            self.skipTest("nothing of %s can be run here" % page.name)
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
            self.check_printed(page, folder)

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
            marks = len(re.findall(r"^ *<!-- (?:not run, needs: |needs: |first: |prints)", page.read_text(), re.M))
            taken = sum(bool(mark) for block in blocks(page) for mark in (block.reason, block.parts, block.first, *block.printed))
            self.assertEqual(taken, marks, page.name)

    def test_options_of_commands_that_are_not_run_are_known(self):
        known, checked = known_options(), 0
        for page in PAGES:
            for line in (line for block in blocks(page) for line in block.left_out):
                for command, option in options_used(line, known):
                    self.assertIn(option, known[command], "%s: %s" % (page.name, line))
                    checked += 1
        self.assertGreater(checked, 50)

    def test_an_option_is_that_of_its_subcommand(self):
        known = known_options()
        self.assertEqual(list(options_used("prunedamr synth scene --snr 5 | prunedamr-rx ctl tune --url=x && prunedamr data --help", known)),
                         [("prunedamr synth scene", "--snr"), ("prunedamr-rx ctl tune", "--url"), ("prunedamr data", "--help")])
        self.assertIn("--snr", known["prunedamr synth scene"])
        self.assertNotIn("--snr", known["prunedamr eval"])

    def test_lines_are_printed_in_their_turn(self):
        self.assertIsNone(missing_line(["a", "a", "c"], ["a", "b", "a", "c"]))
        self.assertEqual(missing_line(["a", "c", "b"], ["a", "b", "c"]), "b")
        self.assertEqual(missing_line(["a", "a"], ["a", "b"]), "a")


def add_page(page):
    name = re.sub(r"\W", "_", page.stem.lower())
    if blocks(page):
        setattr(Docs, "test_commands_of_%s" % name, lambda self: self.run_page(page))


for each in PAGES:
    add_page(each)

if __name__ == "__main__":
    unittest.main()
