# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings cut and with wrong bytes: labels or one clear line, never a crash or a hang.

PRUNEDAMR_DAMAGES says how often each file is cut and damaged (default 2); PRUNEDAMR_RECORDINGS names a folder of
recordings, else some are made.
"""

import gzip
import json
import os
import random
import shutil
import struct
import unittest
from pathlib import Path

import rx

TIMES = int(os.environ.get("PRUNEDAMR_DAMAGES", "2"))
SEED = int(os.environ.get("PRUNEDAMR_SEED", "1"))
BATCH = 50  # files in one run
DOUBTS = 4  # lines about all files of a run: what is doubtful, and how many failed
# Few copies are read in each of them, many in one each: their number is odd, so that each way gets cut and wrong ones.
# The first samples tell whether a header is understood.
SHORT = ["--length", "20000Sa"]
FEW = TIMES <= 2
WAYS = ((SHORT, False), ([], False), ([], True)) if FEW else (
    (SHORT, False), (SHORT, False), (SHORT, True),
    (SHORT, True), ([], False))


def made(folder):
    samples = rx.samples_ci8(20000).tobytes()
    meta = {"global": {"core:datatype": "ci8", "core:sample_rate": 200000, "core:version": "1.0.0"},
            "captures": [{"core:sample_start": 0, "core:frequency": 100e6}],
            "annotations": [{"core:sample_start": 10, "core:sample_count": 20, "core:label": "x"}]}
    (folder / "x.sigmf-data").write_bytes(samples)
    (folder / "x.sigmf-meta").write_text(json.dumps(meta, indent=1))
    (folder / "x.wav").write_bytes(b"RIFF" + struct.pack("<I", len(samples) + 36) + b"WAVEfmt " +
                                   struct.pack("<IHHIIHH", 16, 1, 2, 200000, 400000, 2, 8) + b"data" +
                                   struct.pack("<I", len(samples)) + samples)
    (folder / "x_200ksps.cs8.gz").write_bytes(gzip.compress(samples))


class Damage(rx.Case):
    def damaged(self, file, content, k):
        """A copy, cut (odd k) or with wrong bytes, in a folder of its own beside what belongs to it."""
        folder = self.folder / "work" / str(k)
        folder.mkdir(parents=True)
        for beside in file.parent.glob(file.stem + ".*"):
            if beside != file:
                (folder / beside.name).symlink_to(beside.resolve())
        damaged = bytearray(content)
        if k % 2:  # half of the places lie at the start, where headers are
            del damaged[self.rng.randrange(min(len(damaged), self.rng.choice((4096, 1 << 40)))):]
        else:
            for _ in range(20 if k % 4 else 100):
                damaged[self.rng.randrange(min(len(damaged), self.rng.choice((64, 4096, 1 << 40))))] = self.rng.randrange(256)
        (folder / file.name).write_bytes(damaged)
        return folder / file.name

    def check(self, copies, what, options, band):
        """All in one run, which is quicker; one by one where that goes wrong, and always the first."""
        result = rx.run(*copies, *options, band=band, timeout=600)
        lines = result.stderr.splitlines()
        named = [sum(str(copy.parent) + "/" in line for line in lines) for copy in copies]
        fine = result.code in (0, 1, 2) and max(named) <= 2 and len(lines) - sum(named) <= DOUBTS and (
            result.code == 0 or lines)
        for copy in copies[:1] if fine else copies:
            result = rx.run(copy, *options, band=band)
            where = "%s, seed %d, damage %s, %s" % (what, SEED, copy.parent.name, " ".join(options) + " band" * band)
            self.assertIn(result.code, (0, 1, 2), (where, result.stderr))
            self.assertLessEqual(result.stderr.count("\n"), 2, (where, result.stderr))
            self.assertTrue(result.code == 0 or result.stderr, where)  # what is refused is told
        self.assertTrue(fine, (what, options, named, lines[-5:]))

    def test_cut_and_flipped(self):
        chosen = os.environ.get("PRUNEDAMR_RECORDINGS")
        originals = Path(chosen) if chosen else self.folder / "originals"
        if not chosen:
            originals.mkdir()
            made(originals)
        self.rng = random.Random(SEED)
        files = sorted(path for path in originals.rglob("*") if path.is_file() and path.suffix not in (".md", ".txt"))
        self.assertTrue(files)
        for file in files:
            if not chosen:
                for band in (False, True):
                    whole = rx.run("--source", file, band=band)
                    self.assertEqual(whole.code, 0, whole.stderr)
                    self.assertTrue(whole.events, file.name)
            content = file.read_bytes()
            copies = [self.damaged(file, content, k) for k in range(2 * TIMES)]
            step = 1 if FEW else len(WAYS)
            for way, (options, band) in enumerate(WAYS):
                for start in range(way % step, len(copies), BATCH * step):
                    self.check(copies[start:start + BATCH * step:step], file.name, options, band)
            shutil.rmtree(self.folder / "work")
            print("%s: %d damaged files" % (file.name, len(copies)), flush=True)


if __name__ == "__main__":
    unittest.main()
