# SPDX-License-Identifier: GPL-3.0-or-later
"""A receiver learns what is usual where it stands, and tells when that is over."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import rx

TOOL = os.environ["PRUNEDAMR_TOOL"]
MODEL = Path(__file__).resolve().parents[2] / "models/onair-s.safetensors"
RATE, CENTER, STEP_S = 48e3, 433.9e6, 150.0
SCENE = {
    "sample_rate_hz": RATE, "center_freq_hz": CENTER, "duration_s": 200, "noise_dbfs_per_hz": -100, "seed": 4,
    "receiver": {"gain_step_db": 8, "gain_step_s": STEP_S},
    "signals": [{"label": ("2FSK", "BPSK")[i % 2], "offset_hz": -20900 + 2200 * i, "bandwidth_hz": 900, "snr_db": 18 + i % 5} for i in range(20)],
}


class Drift(rx.Case):
    @classmethod
    def setUpClass(cls):
        kept = tempfile.TemporaryDirectory()
        cls.addClassCleanup(kept.cleanup)
        scene = Path(kept.name) / "scene.json"
        scene.write_text(json.dumps(SCENE))
        cls.scene = Path(kept.name) / "scene.sigmf-meta"
        subprocess.run([TOOL, "synth", "scene", "--scene", scene, "--out", cls.scene], check=True, timeout=120, stdout=subprocess.DEVNULL)

    def play(self, *arguments, code=0):
        result = rx.run(self.scene, "--model", MODEL, "--no-measure", *arguments, plain=True, timeout=200)
        self.assertEqual(result.code, code, result.stderr)
        return result

    def told(self, result):
        """(seconds from the start, what is told) of each event that tells of drift."""
        return [(e["sample_start"] / RATE, e["drift"]) for e in result.events if "drift" in e]

    def test_what_was_learned_is_kept_and_a_step_of_the_gain_is_told(self):
        usual = self.folder / "usual.json"
        first = self.play("--drift", usual, "--drift-learn", 500, "--out", "json:-")
        for words in ("Learning what is usual here from 500 decisions", f"Learned what is usual here: {usual}", "Labels are no longer what they were"):
            self.assertIn(words, first.stderr)
        reference = json.loads(usual.read_text())
        self.assertEqual((reference["of"], reference["model"], reference["decisions"]), ("site", "onair-s", 500))
        told = self.told(first)
        self.assertTrue(told)
        for at, drift in told:
            self.assertGreater(at, STEP_S - 2)
            self.assertEqual(set(drift), {"quantity", "of", "change", "expected", "found"})
        self.assertIn(told[0][1]["quantity"], ("level_dbfs", "noise_dbfs_hz"))
        self.assertEqual(told[0][1]["change"], "higher")
        # The same again by what is in the file: nothing is learned, and the same is told.
        before = usual.read_bytes()
        again = self.play("--drift", usual, "--out", "json:-", "--snippets", self.folder / "kept", "--snippet-if", "drift")
        self.assertIn(f"Comparing labels with {usual}", again.stderr)
        self.assertEqual(usual.read_bytes(), before)
        self.assertEqual(self.told(again)[0][1]["quantity"], told[0][1]["quantity"])
        self.assertEqual(len(list((self.folder / "kept").glob("*.sigmf-meta"))), len(self.told(again)))
        self.assertFalse(self.told(self.play("--drift", "none", "--out", "json:-")))

    def test_a_calibration_says_what_frames_are_like(self):
        def tool(*words):
            subprocess.run([TOOL, *map(str, words)], check=True, timeout=120, stdout=subprocess.DEVNULL)
        data, calibrated = self.folder / "frames.safetensors", self.folder / "calibrated.safetensors"
        tool("synth", "--recipe", "onair", "--frames-per-class", 100, "--seed", 3, "--out", data)
        tool("calibrate", MODEL, "--data", data, "--out", calibrated)
        result = rx.run(self.scene, "--model", calibrated, "--no-measure", "--drift", "model", "--out", "json:/dev/null", plain=True, timeout=200)
        self.assertEqual(result.code, 0, result.stderr)
        self.assertIn("Comparing labels with the model's calibration", result.stderr)

    def test_a_reference_that_is_none_is_refused_by_name(self):
        self.assertIn("onair-s", self.play("--drift", "model", code=1).stderr)
        junk = self.write("junk.json", b'{"v": 1}')
        self.assertIn("junk.json", self.play("--drift", junk, code=1).stderr)
        self.assertIn("no/usual.json", self.play("--drift", "no/usual.json", code=1).stderr)
        self.assertIn("--drift-learn", self.play("--drift-learn", 10, code=2).stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
