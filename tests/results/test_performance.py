# SPDX-License-Identifier: GPL-3.0-or-later
"""tools/benchmarks/page.py on a run made up here, and the committed page against its file."""

import copy
import json
import runpy
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "tools" / "benchmarks" / "page.py"


def row(backend, precision, batch, median):
    return {"model": "m", "backend": backend, "precision": precision, "batch": batch, "median_us": median,
            "p99_us": 2 * median, "share_of_peak": 0.5}


ROWS = [row("engine", "int8", 1, 10.0), row("engine", "float32", 1, 25.0), row("onednn", "float32", 1, 50.0),
        row("torch", "float32", 1, 490.0), row("engine", "int8", 8, 40.0), row("torch", "float32", 8, 400.0)]
RUN = {"host": "a host", "note": "", "rapl": False, "options": "BIN", "version": "1",
       "engine": [{"name": "small", "params": 10, "macs": 1_500_000, "samples": 128, "rows": ROWS, "avx2_rows": ROWS[:4],
                   "accuracy": {"frames": 220_000, "float32": 0.6, "calibrated": {"accuracy": -0.003, "standard_error": 0.0004},
                                "int8": {"accuracy": 0.001, "standard_error": 0.0003}}},
                  {"name": "large", "params": 10, "macs": 40_000_000, "samples": 128, "rows": ROWS},
                  {"name": "long", "params": 10, "macs": 1_500_000, "samples": 1024, "rows": ROWS}],
       "receiver": [{"name": "small", "file_ms_per_s": 21.0, "file_ms_per_cpu_s": 22.0, "resident_mb": 30.0,
                     "first_label_ms": 40.0, "first_label_worst_ms": 300.0,
                     "zmq": [{"rate": 15_000_000, "dropped_frames": 0}, {"rate": 20_000_000, "dropped_frames": 3}]}]}


class Performance(unittest.TestCase):
    def page(self, run, *arguments, others=()):
        with tempfile.TemporaryDirectory() as folder:
            runs, out = Path(folder, "runs"), Path(folder, "page.md")
            runs.mkdir()
            for number, one in enumerate([run, *others]):
                (runs / f"{number}.json").write_text(json.dumps(one))
            result = subprocess.run([sys.executable, PAGE, "--runs", runs, "--out", out, *arguments],
                                    capture_output=True, text=True)
            return result, out.read_text() if out.exists() else ""

    def text(self, run):
        result, text = self.page(run)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return text

    def test_an_update_keeps_the_other_models(self):
        measure = runpy.run_path(str(PAGE.parent / "measure.py"))
        new = {**copy.deepcopy(RUN), "options": "BIN large=...", "receiver": [],
               "engine": [{"name": "large", "params": 11, "macs": 40_000_000, "samples": 128, "rows": ROWS}]}
        result = measure["updated"](RUN, new)
        self.assertEqual([(row["name"], row["params"]) for row in result["engine"]], [("small", 10), ("large", 11), ("long", 10)])
        self.assertEqual(result["receiver"], RUN["receiver"])
        self.assertIn("Made by `tools/benchmarks/measure.py BIN`, then `tools/benchmarks/measure.py BIN large=... --update`.",
                      self.text(result))
        with self.assertRaises(Exception):
            measure["updated"]({**RUN, "host": "another"}, new)

    def test_a_board_without_a_name_is_a_dash(self):
        board = {"host": {"board": "", "processor": "", "machine": "aarch64"}, "engine": [{**ROWS[0], "model": "m"}],
                 "receiver": {"m": {"ms_per_s": 2.0}}, "scan": {"m": {"ms_per_s": 1.0, "cpu_fraction_live": 0.5, "resident_mb": 30.0}}}
        row = next(runpy.run_path(str(PAGE))["board_rows"](board))
        self.assertTrue(row.startswith("| \N{EN DASH} | aarch64 | m | 10 | 2.0 | 1.0 |"), row)

    def test_claims_are_computed(self):
        text = self.text(RUN)
        for line in ("**no**: small, batch 1, float32 at least 20 times faster than LibTorch: 19.6",
                     "**yes**: small, batch 1, int8 at least 40 times faster than LibTorch: 49.0",
                     "**yes**: small, batch 8, int8 at least 8 times LibTorch's throughput: 10.0",
                     "**yes**: small, AVX2 alone, batch 1, float32 at least 10 times faster: 19.6",
                     "**yes**: small in 8 bits, fine-tuned: at most 0.1 points lost: 0.00",
                     "**yes**: receiver with small: resident below 80 MB: 30.0",
                     "**yes**: receiver with small: 20 MS/s from a file: 21.0",
                     "**no**: receiver with small: 20 MS/s over ZeroMQ without loss: 15.0"):
            self.assertIn("- " + line + "\n", text)
        self.assertNotIn("large, batch 1", text)
        self.assertNotIn("long, batch 1", text)
        slower = copy.deepcopy(RUN)
        slower["engine"][0]["rows"][0]["median_us"] = 13.0
        slower["receiver"][0]["first_label_ms"] = 201.0
        text = self.text(slower)
        self.assertIn("- **no**: small, batch 1, int8 at least 40 times faster than LibTorch: 37.7\n", text)
        self.assertIn("- **no**: receiver with small: first label within 200 ms: 201.0\n", text)

    def test_tables_hold_every_case(self):
        text = self.text(RUN)
        self.assertIn("| small | 1,500,000 | 1 | int8 | 10.0 | 20.0 | 10.00 | 50.0 % | 49.0 | 5.0 |\n", text)
        self.assertIn("| small | 1,500,000 | 8 | int8 | 40.0 | 80.0 | 5.00 | 50.0 % | 10.0 | \N{EN DASH} |\n", text)
        self.assertIn("| small | 220,000 | 60.00 % | \N{MINUS SIGN}0.30 ± 0.04 | +0.10 ± 0.03 |\n", text)
        self.assertIn("| small | 21.0 | 22.0 | 15 | 40 | 300 | 30 |\n", text)

    def test_every_host_has_its_section(self):
        _, text = self.page(RUN, others=[{**RUN, "host": "another"}])
        self.assertEqual([line for line in text.splitlines() if line.startswith("## ")], ["## a host", "## another"])

    def test_what_was_not_measured_is_said(self):
        run = copy.deepcopy(RUN)
        del run["engine"][0]["avx2_rows"]
        self.assertIn("**not measured**: small, AVX2 alone, batch 1, int8", self.text(run))
        del run["host"]
        result, _ = self.page(run)
        self.assertEqual(result.returncode, 1)
        self.assertIn("missing key 'host'", result.stderr)

    def test_the_committed_page_is_what_its_file_says(self):
        result = subprocess.run([sys.executable, PAGE, "--check"], capture_output=True, text=True)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        result, _ = self.page(RUN, "--check")
        self.assertEqual(result.returncode, 1)
        self.assertIn("is not what", result.stderr)


if __name__ == "__main__":
    unittest.main()
