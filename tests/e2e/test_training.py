# SPDX-License-Identifier: GPL-3.0-or-later
"""What `prunedamr train` and `eval` can be asked for: augmentation, recall constraints, costs, attacks; and what they refuse."""

import json
import os
import tempfile
import unittest
from pathlib import Path

from test_tool import FAILED, HAVE_TRAIN, TRAINING, USAGE, Case

DATA = ["--data", "d.safetensors"]


class Training(Case):
    @classmethod
    def setUpClass(cls):
        cls.kept = tempfile.TemporaryDirectory()
        cls.folder = cls.kept.name
        cls().done("synth", "--out", "d.safetensors", "--labels", "noise,OOK,OFDM", "--frames-per-class", 150, "--frame",
                   256, "--block-length", 2048, "--snr-low", 10, folder=cls.folder)
        Path(cls.folder, "costs.json").write_text('{"OOK": {"noise": 10}}')

    @classmethod
    def tearDownClass(cls):
        cls.kept.cleanup()

    def runTest(self):
        """For setUpClass, which needs an instance."""

    def train(self, out, *options):
        self.done("train", *DATA, "--out", out, *TRAINING, "--json", "t.json", *options, folder=self.folder)
        return json.loads(Path(self.folder, "t.json").read_text())

    @unittest.skipUnless(HAVE_TRAIN, "built without LibTorch")
    def test_options_reach_the_run_and_attacks_are_measured(self):
        report = self.train("all.safetensors", "--epochs", 2, "--augment", "rotate,conjugate,shift,resample,noise",
                            "--optimizer", "sgd", "--lr", 0.02, "--schedule", "constant", "--warmup-epochs", 1, "--ema",
                            0.9, "--clip-gradient", 5, "--cost-matrix", "costs.json", "--min-recall", "OOK=1%")
        config = report["train"]["config"]
        self.assertEqual(config["augment"], ["rotate", "conjugate", "shift", "resample", "noise"])
        self.assertEqual((config["optimizer"], config["ema"], config["min_recall"]), ("sgd", 0.9, ["OOK=1%"]))
        self.assertEqual(config["cost"], [[0, 1, 1], [10, 0, 1], [1, 1, 0]])
        self.assertEqual(len(report["train"]["epochs"][0]["recalls"]), 1)

        text = self.done("eval", "all.safetensors", *DATA, "--cost-matrix", "costs.json", "--attack", "pgd:-15dB:3",
                         "--attack", "offset:0.001", "--attack-frames", 60, "--json", "e.json", folder=self.folder)
        measured = json.loads(Path(self.folder, "e.json").read_text())
        self.assertIn("mean cost", text)
        self.assertEqual([a["attack"] for a in measured["attacks"]], ["pgd:-15dB:3", "offset:0.001"])
        for attack in measured["attacks"]:
            self.assertTrue(0 <= attack["accuracy"] <= 1 and 50 <= attack["frames"] <= 60, attack)
        names, rows = measured["scores"]["class_names"], measured["scores"]["confusion"]
        cost = sum(count * ((10 if (t, p) == (names.index("OOK"), names.index("noise")) else 1) if t != p else 0)
                   for t, row in enumerate(rows) for p, count in enumerate(row))
        self.assertAlmostEqual(measured["mean_cost"], cost / measured["scores"]["count"])

    @unittest.skipUnless(HAVE_TRAIN, "built without LibTorch")
    def test_a_recall_constraint_that_is_not_held_writes_no_model_but_keeps_the_checkpoint(self):
        self.refused_last(FAILED, "recall on validation data is too low: found ", "train", *DATA, "--out", "held.safetensors",
                          *TRAINING, "--epochs", 1, "--lr", 1e-9, "--min-recall", "OOK=99%", "--min-recall", "noise=99%")
        self.assertFalse(Path(self.folder, "held.safetensors").exists())
        self.assertTrue(Path(self.folder, "held.safetensors.checkpoint").exists())

    @unittest.skipUnless(HAVE_TRAIN, "built without LibTorch")
    def test_few_labels_with_a_teacher(self):
        self.train("teacher.safetensors", "--epochs", 2)
        report = self.train("student.safetensors", "--epochs", 1, "--teacher", "teacher.safetensors",
                            "--frames-per-class", 5, "--feature-weight", 1)
        self.assertEqual(report["train"]["config"]["frames_per_class"], 5)
        self.assertEqual(report["train"]["config"]["teacher"], "teacher")

    @unittest.skipUnless(HAVE_TRAIN, "built without LibTorch")
    def test_a_model_is_trained_further_on_data_of_its_classes(self):
        self.train("first.safetensors", "--epochs", 2)
        going_on = ["--epochs", "1", "--batch", "32", "--lr", "1e-9", "--from", "first.safetensors"]
        self.done("train", *DATA, "--out", "on.safetensors", "--json", "on.json", *going_on, folder=self.folder)
        first, on = (json.loads(Path(self.folder, name).read_text()) for name in ("t.json", "on.json"))
        self.assertAlmostEqual(first["validation_accuracy"], on["validation_accuracy"], delta=0.1)
        self.done("synth", "--out", "other.safetensors", "--labels", "noise,BPSK", "--frames-per-class", 20, "--frame", 256,
                  "--block-length", 2048, "--snr-low", 10, folder=self.folder)
        self.refused_last(FAILED, "BPSK", "train", "--data", "other.safetensors", "--out", "x.safetensors", *going_on)
        self.refused_last(USAGE, "--arch excludes --from", "train", *DATA, "--out", "x.safetensors", *going_on, "--arch",
                          "amr_s")

    @unittest.skipUnless(HAVE_TRAIN, "built without LibTorch")
    def test_calibration_changes_the_decision_alone(self):
        self.train("raw.safetensors", "--epochs", 1)
        self.refused_last(FAILED, "too few frames of named signals", "calibrate", "raw.safetensors", *DATA, "--out",
                          "x.safetensors")
        self.done("synth", "--out", "more.safetensors", "--labels", "noise,OOK,OFDM", "--frames-per-class", 800, "--frame",
                  256, "--block-length", 2048, "--snr-low", 10, folder=self.folder)
        scores = []
        for fraction in (0.001, 0.3):
            self.done("calibrate", "raw.safetensors", "--data", "more.safetensors", "--out", "set.safetensors",
                      "--false-rejection", fraction, "--json", "c.json", folder=self.folder)
            after = json.loads(Path(self.folder, "c.json").read_text())
            scores.append([after[key] for key in ("temperature", "unknown_score", "min_confidence")])
        self.assertEqual(scores[0][0], scores[1][0])
        self.assertGreater(scores[0][1], scores[1][1])
        self.assertLess(scores[0][2], scores[1][2])
        self.refused_last(FAILED, "not a name for a model file", "calibrate", "raw.safetensors", *DATA, "--out", "x.txt")
        self.refused_last(FAILED, "no/x.safetensors", "calibrate", "raw.safetensors", *DATA, "--out", "no/x.safetensors")

    def test_calibration_needs_no_libtorch(self):
        model = os.environ["PRUNEDAMR_TEST_MODEL"]
        recipe = self.done("synth", "--show-recipe", folder=self.folder)
        recipe = json.loads("\n".join(line.split("//")[0] for line in recipe.splitlines()))
        classes = recipe["classes"]
        recipe["classes"] = {"noise": classes["noise"], "BPSK": classes["BPSK"], "GFSK": classes["GFSK"],
                             "FM": classes["NBFM"]}  # the classes of the model
        recipe["weights"] = {}
        Path(self.folder, "four.json").write_text(json.dumps(recipe))
        self.done("synth", "--recipe", "four.json", "--out", "four.safetensors", "--labels", "noise,BPSK,GFSK,FM",
                  "--frames-per-class", 400, "--frame", 256, "--block-length", 2048, "--snr-low", 10, folder=self.folder)
        if HAVE_TRAIN:
            model = "four-model.safetensors"
            self.done("train", "--data", "four.safetensors", "--out", model, *TRAINING, "--epochs", 4, "--json", "t.json",
                      folder=self.folder)
        text = self.done("calibrate", model, "--data", "four.safetensors", "--out", "four-set.safetensors",
                         "--false-rejection", 0.2, "--json", "c.json", folder=self.folder)
        self.assertRegex(text, r"temperature \d+\.\d+, unknown above a score of .*, test \d+\.\d\d %")
        report = json.loads(Path(self.folder, "c.json").read_text())
        self.assertAlmostEqual(report["test"]["false_rejection"], 0.2, delta=0.15)
        if HAVE_TRAIN:  # the engine fits to the same frames what LibTorch did when the model was trained
            trained = json.loads(Path(self.folder, "t.json").read_text())
            self.assertAlmostEqual(report["temperature"], trained["temperature"], delta=0.01 * trained["temperature"])
            self.assertTrue(0.3 < report["temperature"] < 3, report["temperature"])
            self.assertLess(report["test"]["calibration_error"], 0.25)  # of 160 frames
        else:
            self.assertGreater(report["temperature"], 15)  # the model is untrained: its logits mean nothing
        shown = self.done("model", "show", "four-set.safetensors", folder=self.folder)
        self.assertIn('"temperature":%s' % json.dumps(report["temperature"]), shown)
        self.done("eval", "four-set.safetensors", "--data", "four.safetensors", "--json", "e.json", folder=self.folder)
        measured = json.loads(Path(self.folder, "e.json").read_text())
        self.assertEqual(measured["scores"]["confusion"], report["test"]["confusion"])

    def refused_last(self, code, text, *arguments):
        """As `refused`, after lines of progress."""
        from test_tool import run

        result = run(*arguments, folder=self.folder)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertIn(text, result.stderr.splitlines()[-1])

    @unittest.skipUnless(HAVE_TRAIN, "built without LibTorch")
    def test_wrong_options_are_refused_in_one_line(self):
        def refused(code, text, *options):
            self.refused(code, text, "train", *DATA, "--out", "x.safetensors", *options, folder=self.folder)

        refused(USAGE, "warp", "--augment", "rotate,warp")
        refused(USAGE, "lion", "--optimizer", "lion")
        refused(USAGE, "--ema", "--ema", 1)
        refused(FAILED, "expected CLASS=PERCENT%", "--min-recall", "OOK")
        refused(FAILED, "8PSK=9%: recall constraint on a class that the data set lacks", "--min-recall", "8PSK=9%")
        refused(FAILED, "warmup_epochs", "--warmup-epochs", 3, "--epochs", 3)
        Path(self.folder, "bad.json").write_text('{"OOK": {"9PSK": 1}}')
        refused(FAILED, "bad.json: cost matrix: unknown class: found 9PSK, expected", "--cost-matrix", "bad.json")
        self.assertFalse(Path(self.folder, "x.safetensors").exists())

    @unittest.skipIf(HAVE_TRAIN, "built with LibTorch")
    def test_attacks_need_the_workshop(self):
        self.refused(FAILED, "--attack: not in this build", "eval", "m.safetensors", *DATA, "--attack", "fgsm:-20dB",
                     folder=self.folder)


if __name__ == "__main__":
    unittest.main()
