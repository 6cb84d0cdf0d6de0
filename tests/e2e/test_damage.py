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
    def check(self, source, what):
        for band in (False, True) if TIMES > 2 else (False,):
            result = rx.run("--source", source, band=band)
            self.assertIn(result.code, (0, 1, 2), (what, result.stderr))
            self.assertLessEqual(result.stderr.count("\n"), 2, (what, result.stderr))
            self.assertTrue(result.code == 0 or result.stderr, what)  # what is refused is told

    def test_cut_and_flipped(self):
        chosen = os.environ.get("PRUNEDAMR_RECORDINGS")
        originals = Path(chosen) if chosen else self.folder / "originals"
        if not chosen:
            originals.mkdir()
            made(originals)
        rng = random.Random(SEED)
        runs = 0
        for file in sorted(path for path in originals.rglob("*") if path.is_file()):
            if file.suffix in (".md", ".txt"):
                continue
            content = file.read_bytes()
            if not chosen:
                whole = rx.run("--source", file)
                self.assertEqual(whole.code, 0, whole.stderr)
                self.assertTrue(whole.events, file.name)
            work = self.folder / "work"
            for k in range(2 * TIMES):
                work.mkdir()
                for beside in file.parent.glob(file.stem + ".*"):
                    shutil.copyfile(beside, work / beside.name)
                damaged = bytearray(content)
                if k % 2:
                    del damaged[rng.randrange(len(damaged)):]
                else:
                    for _ in range(20):
                        damaged[rng.randrange(min(len(damaged), rng.choice((64, 4096, 1 << 40))))] = rng.randrange(256)
                (work / file.name).write_bytes(damaged)
                self.check(work / file.name, "%s, seed %d, damage %d" % (file.name, SEED, k))
                shutil.rmtree(work)
                runs += 1
        print("%d damaged files" % runs)
        self.assertGreater(runs, 0)


if __name__ == "__main__":
    unittest.main()
