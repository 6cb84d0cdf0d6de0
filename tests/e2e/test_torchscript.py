# SPDX-License-Identifier: GPL-3.0-or-later
"""A network as TorchScript in the receiver: the same labels as from the engine, by --backend torch."""

import os
import shutil
import subprocess
import unittest

import rx

TOOL = os.environ["PRUNEDAMR_TOOL"]
HAVE_TRAIN = os.environ["PRUNEDAMR_HAVE_TRAIN"] == "ON"
SOURCE = ["--format", "ci8", "--rate", "200k", "--interval", 0.05]


class TorchScript(rx.Case):
    def label(self, *arguments):
        capture = self.write("x.ci8", rx.samples_ci8(60_000))
        return rx.run("--single", "--source", capture, *SOURCE, "--quiet", *arguments, plain=True)

    @unittest.skipUnless(HAVE_TRAIN, "this build has no LibTorch")
    def test_labels_are_those_of_the_engine(self):
        script = self.folder / "user.pt"
        subprocess.run([TOOL, "model", "export-torchscript", rx.MODEL, "--out", script], check=True, capture_output=True)
        results = [self.label("--model", rx.MODEL), self.label("--model", script, "--backend", "torch"),
                   self.label("--model", rx.MODEL, "--max-latency-us", 5000)]
        for result in results:
            self.assert_done(result)
            self.assertEqual(len(result.events), len(results[0].events))
            for event, expected in zip(result.events, results[0].events):
                self.assertEqual(event["label"], expected["label"])
                self.assertAlmostEqual(event["confidence"], expected["confidence"], delta=1e-3)
        self.assertGreater(len(results[0].events), 3)

        (self.folder / "user.json").unlink()
        self.assert_refused(self.label("--model", script, "--backend", "torch"), 1, "user.json")

    def test_what_cannot_be_run_is_refused(self):
        self.assert_refused(self.label("--model", rx.MODEL, "--backend", "cuda"), 2, "--backend")
        self.assert_refused(self.label("--model", rx.MODEL, "--max-latency-us", 0.001), 1, "single frame")
        script = self.write("bad.pt", b"no module")
        (self.folder / "bad.json").write_text(
            '{"labels": ["a", "b"], "front_end": {"kind": "as_is", "frame_length": 128}}')
        self.assert_refused(self.label("--model", script, "--backend", "torch"), 1,
                            "TorchScript" if HAVE_TRAIN else "plug-in")
        shutil.copy(rx.MODEL, self.folder / "not.pt")
        shutil.copy(self.folder / "bad.json", self.folder / "not.json")
        self.assert_refused(self.label("--model", self.folder / "not.pt", "--backend", "torch"), 1,
                            "not.pt" if HAVE_TRAIN else "plug-in")


if __name__ == "__main__":
    unittest.main()
