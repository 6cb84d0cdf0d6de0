# SPDX-License-Identifier: GPL-3.0-or-later
"""tools/benchmarks/board.py measures something of everything, and docs/performance.md takes it."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
PROGRAMS = Path(os.environ["PRUNEDAMR_RX"]).parent
BENCHMARKS = SOURCE / "tools" / "benchmarks"


class Board(unittest.TestCase):
    def test_one_file_has_engine_receiver_scan_and_memory(self):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            subprocess.run([sys.executable, BENCHMARKS / "board.py", folder / "x.json", "--programs", PROGRAMS, "--seconds", "1",
                            "--repetitions", "1"], check=True, stdout=subprocess.DEVNULL, timeout=280)
            board = json.loads((folder / "x.json").read_text())
            self.assertEqual({row["model"] for row in board["engine"]}, {"onair-s", "onair-m"})
            self.assertTrue(all(row["median_us"] > 0 for row in board["engine"]))
            for part in ("receiver", "scan"):
                for row in board[part].values():
                    self.assertGreater(row["ms_per_s"], 0)
                    self.assertGreater(row["resident_mb"], 5)
            page = folder / "page.md"
            subprocess.run([sys.executable, BENCHMARKS / "page.py", "--boards", folder, "--out", page], check=True, timeout=60)
            rows = [line for line in page.read_text().splitlines() if line.startswith("| %s |" % (board["host"]["board"] or "\N{EN DASH}"))]
            self.assertEqual(len(rows), 2)

    def test_what_cannot_be_measured_is_said_at_once_in_one_line(self):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            (folder / "programs").mkdir()
            (folder / "programs" / "prunedamr-rx").symlink_to(os.environ["PRUNEDAMR_RX"])
            for out, programs, options, said in (("x.json", folder / "programs", [], "programs/prunedamr is not there"),
                                                 ("x.json", folder / "none", [], "none/prunedamr is not there"),
                                                 ("none/x.json", PROGRAMS, [], "none/x.json cannot be written"),
                                                 (".", PROGRAMS, [], "cannot be written"),
                                                 ("x.json", PROGRAMS, ["--seconds", "0"], "--seconds: 0: expected 1 or more"),
                                                 ("x.json", PROGRAMS, ["--repetitions", "-1"], "--repetitions: -1: expected 1 or more")):
                with self.subTest(said):
                    result = subprocess.run([sys.executable, BENCHMARKS / "board.py", folder / out, "--programs", programs, *options],
                                            capture_output=True, text=True, timeout=60)
                    self.assertNotEqual(result.returncode, 0)
                    self.assertRegex(result.stderr, r"(?m)^board.py: .*%s" % said)
                    self.assertEqual(result.stderr.count("board.py: "), 1)
                    self.assertNotIn("Traceback", result.stderr)


if __name__ == "__main__":
    unittest.main()
