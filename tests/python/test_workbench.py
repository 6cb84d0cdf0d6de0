# SPDX-License-Identifier: GPL-3.0-or-later
"""What the Python module offers to people who make and measure models."""

import json
import math
import os
import tempfile
import unittest
from pathlib import Path

import numpy as np
import prunedamr

MODEL = os.environ["PRUNEDAMR_TEST_MODEL"]
RATE, COUNT = 1e6, 16384


def write_sigmf(folder, notes):
    """A tone in noise whose annotations are `notes`: (start, count, label)."""
    rng = np.random.default_rng(3)
    samples = 0.5 * np.exp(0.3j * np.arange(COUNT)) + 0.01 * (rng.normal(size=COUNT) + 1j * rng.normal(size=COUNT))
    (folder / "air.sigmf-data").write_bytes(samples.astype("<c8").tobytes())
    meta = {
        "global": {"core:datatype": "cf32_le", "core:sample_rate": RATE, "core:version": "1.0.0"},
        "captures": [{"core:sample_start": 0}],
        "annotations": [{"core:sample_start": start, "core:sample_count": count, "core:label": label}
                        for start, count, label in notes],
    }
    (folder / "air.sigmf-meta").write_text(json.dumps(meta))
    return folder / "air.sigmf-meta"


class Metrics(unittest.TestCase):
    def test_scores_are_those_of_a_plain_count(self):
        rng = np.random.default_rng(1)
        logits = rng.normal(size=(500, 3))
        labels = rng.integers(0, 3, 500)
        scores = prunedamr.evaluate(logits, labels, ["noise", "BPSK", "QPSK"], snr_db=np.where(labels == 0, 4.0, 11.0))
        right = logits.argmax(1) == labels
        self.assertEqual(scores["count"], 500)
        self.assertAlmostEqual(scores["accuracy"], right.mean())
        self.assertAlmostEqual(scores["by_class"]["BPSK"], right[labels == 1].mean())
        self.assertEqual(set(scores["by_snr"]), {"4", "12"})
        self.assertEqual(prunedamr.evaluate(logits, labels, ["a", "b", "c"])["by_snr"], {})

    def test_calibration_recovers_the_temperature_that_drew_the_labels(self):
        rng = np.random.default_rng(2)
        logits = 6 * rng.normal(size=(20000, 3))
        shares = np.exp(logits / 2.5)
        shares /= shares.sum(1, keepdims=True)
        labels = (rng.uniform(size=(20000, 1)) > shares.cumsum(1)).sum(1)
        decision = prunedamr.calibrate(logits, labels, ["BPSK", "QPSK", "OOK"], false_rejection=0.1)
        self.assertAlmostEqual(decision["temperature"], 2.5, delta=0.1)
        self.assertLess(decision["calibration_error"], 0.02)
        self.assertTrue(math.isfinite(decision["unknown_score"]))
        self.assertGreater(decision["min_confidence"], 1 / 3)

    def test_what_does_not_fit_is_refused(self):
        for call, message in [
            (lambda: prunedamr.evaluate(np.zeros((2, 2)), [0, 1], ["A", "B", "C"]), "a column per class name"),
            (lambda: prunedamr.evaluate(np.zeros((2, 2)), [0], ["A", "B"]), "different lengths"),
            (lambda: prunedamr.evaluate(np.zeros((2, 2)), [0, 2], ["A", "B"]), "label out of range"),
            (lambda: prunedamr.calibrate(np.zeros((0, 2)), [], ["A", "B"]), "no frames"),
            (lambda: prunedamr.calibrate(np.zeros((1, 2)), [0], ["A", "B"], 1.5), "false_rejection"),
        ]:
            with self.assertRaisesRegex(Exception, message):
                call()


class Recordings(unittest.TestCase):
    def test_captures_become_frames_for_a_model(self):
        model = prunedamr.Model(MODEL)
        with tempfile.TemporaryDirectory() as folder:
            path = write_sigmf(Path(folder), [(0, 8192, "CW"), (10000, 4096, "noise"), (16000, 5, "CW")])
            made = prunedamr.frames_from_captures([path], model.front_end)
            self.assertEqual(made["class_names"], ["CW", "noise"])
            count = len(made["labels"])
            self.assertEqual(made["frames"].shape, (count, 2, model.length))
            self.assertEqual(made["report"]["skipped"], {"too short for a frame": 1})
            self.assertEqual(set(zip(made["labels"], made["groups"])), {(0, 0), (1, 1)})
            self.assertTrue(np.isnan(made["snr_db"][made["labels"] == 1]).all())
            self.assertEqual(model.logits(made["frames"]).shape, (count, len(model.labels)))
            with self.assertRaisesRegex(ValueError, "no files"):
                prunedamr.frames_from_captures([], model.front_end)

    def test_a_recording_is_evaluated(self):
        with tempfile.TemporaryDirectory() as folder:
            path = write_sigmf(Path(folder), [(0, 8192, "BPSK")])
            scores = prunedamr.evaluate_recording(MODEL, path)
        self.assertEqual((scores["file"], scores["truth"], scores["family"]), ("air", "BPSK", "PSK"))
        self.assertEqual(scores["events"]["count"], sum(scores["labels"].values()))
        self.assertGreaterEqual(scores["frames"]["count"], scores["events"]["count"])


if __name__ == "__main__":
    unittest.main()
