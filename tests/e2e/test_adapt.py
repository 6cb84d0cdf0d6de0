# SPDX-License-Identifier: GPL-3.0-or-later
"""A model that learns a class from labeled recordings (`prunedamr adapt`), and the gate that judges it (`prunedamr gate`)."""

import json
import re
import shutil
import tempfile
import unittest
from pathlib import Path

from test_tool import FAILED, HAVE_TRAIN, MODEL, USAGE, Case, run

SMALL = ("--frame", 256, "--block-length", 2048)
SHORT = ("--frames-per-epoch", 1000, "--data-frames-per-class", 60, "--batch", 32, "--lr", 0.001, "--threads", 1)
CHECKS = ["better on new captures", "as good on old data", "no class is worse", "calibrated", "rejects no more", "costs no more", "as quick"]


class Adapt(Case):
    @classmethod
    def setUpClass(cls):
        cls.kept = tempfile.TemporaryDirectory()
        cls.folder = cls.kept.name
        case = cls()
        shown = case.done("synth", "--show-recipe", folder=cls.folder)
        recipe = json.loads(re.sub(r"(?m)\s*//.*$", "", shown))
        recipe["weights"] = {}
        recipe["classes"] = {name: recipe["classes"][name] for name in ("noise", "BPSK", "OFDM")} | {"unknown": {"modulator": "sweep"}}
        Path(cls.folder, "old.json").write_text(json.dumps(recipe))
        recipe["classes"]["8FSK"] = {"modulator": "cpm", "tones": 8, "index": 1}
        Path(cls.folder, "new.json").write_text(json.dumps(recipe))
        for seed, name in ((1, "roof"), (2, "yard")):
            case.done("synth", "scene", "--recipe", "new.json", "--labels", "8FSK,BPSK", "--signals", 8, "--rate", "2M", "--duration", 0.05,
                      "--bursts", 0, "--snr", "15,30", "--seed", seed, "--out", name + ".sigmf-meta", folder=cls.folder)
        if HAVE_TRAIN:
            case.done("train", "--data", "synth:old.json", *SMALL, "--arch", "amr_s", "--units", "1,1,1,1", "--out", "base.safetensors", *SHORT, "--epochs", 1,
                      folder=cls.folder)

    @classmethod
    def tearDownClass(cls):
        cls.kept.cleanup()

    def runTest(self):
        """For setUpClass, which needs an instance."""

    def refused_last(self, code, text, *words):
        """After the lines of progress."""
        result = run(*words, folder=self.folder)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertIn(text, result.stderr.splitlines()[-1])

    def adapt(self, out, *options, epochs=1):
        self.done("adapt", "base.safetensors", "--captures", "roof.sigmf-meta", "--replay", "synth:old.json", "--out", out, "--json", "a.json",
                  *SHORT, "--epochs", epochs, *options, folder=self.folder)
        return json.loads(Path(self.folder, "a.json").read_text())

    @unittest.skipUnless(HAVE_TRAIN, "built without LibTorch")
    def test_a_new_class_and_a_known_one_are_learned_from_recordings(self):
        report = self.adapt("one.safetensors")
        self.assertEqual(report["added"], ["8FSK"])
        self.assertEqual(sum(report["emissions"].values()), 8)
        self.assertLessEqual(report["offset"], 0)
        self.assertEqual(report["test"]["class_names"], ["noise", "BPSK", "OFDM", "unknown", "8FSK"])
        recipe = json.loads(Path(self.folder, "one.recipe.json").read_text())
        self.assertEqual(recipe["classes"]["8FSK"]["modulator"], "recorded")
        self.assertEqual(recipe["least_snr_db"], {"8FSK": 5})
        self.assertEqual([one["modulator"] for one in recipe["classes"]["BPSK"]], ["linear", "recorded"])
        again = self.adapt("two.safetensors")
        self.assertEqual([one["train_loss"] for one in again["train"]["epochs"]], [one["train_loss"] for one in report["train"]["epochs"]])
        self.assertEqual(again["temperature"], report["temperature"])
        self.done("quantize", "base.safetensors", "--data", "synth:old.json", *SMALL, "--data-frames-per-class", 60, "--out", "base8.safetensors", folder=self.folder)
        self.done("adapt", "base8.safetensors", "--captures", ".", "--replay", "synth:old.json", "--out", "new8.safetensors", *SHORT, "--epochs", 1, folder=self.folder)
        self.assertIn("int8", self.done("bench", "new8.safetensors", folder=self.folder))

    @unittest.skipUnless(HAVE_TRAIN, "built without LibTorch")
    def test_what_cannot_be_learned_from_is_refused(self):
        words = ("adapt", "base.safetensors", "--out", "x.safetensors", *SHORT)
        self.refused_last(FAILED, "the recipe has other classes than the model", *words, "--captures", "roof.sigmf-meta")
        self.refused_last(USAGE, "is a recipe", *words, "--captures", "roof.sigmf-meta", "--replay", "d.h5")
        meta = json.loads(Path(self.folder, "roof.sigmf-meta").read_text())
        for annotation in meta["annotations"]:
            del annotation["core:label"]
        Path(self.folder, "bare.sigmf-meta").write_text(json.dumps(meta))
        shutil.copy(Path(self.folder, "roof.sigmf-data"), Path(self.folder, "bare.sigmf-data"))
        self.refused_last(FAILED, "no labeled emission", *words, "--captures", "bare.sigmf-meta", "--replay", "synth:old.json")
        for annotation in meta["annotations"]:
            annotation.update({"core:label": "8FSK", "core:generator": "gr-prunedamr 0.1.0, model onair-s"})
        Path(self.folder, "bare.sigmf-meta").write_text(json.dumps(meta))
        self.refused_last(FAILED, "no labeled emission", *words, "--captures", "bare.sigmf-meta", "--replay", "synth:old.json", "--labeled-by-persons")
        for name in ("bare.sigmf-meta", "bare.sigmf-data"):
            Path(self.folder, name).unlink()

    def gate(self, new, old, *options, code):
        words = ("gate", new, old, "--json", "g.json", "--latency-ratio", 100, *options)
        result = run(*words, folder=self.folder)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        report = json.loads(Path(self.folder, "g.json").read_text())
        self.assertEqual([check["name"] for check in report["checks"]], CHECKS)
        self.assertEqual(report["passed"], code == 0)
        return result, {check["name"]: check["passed"] for check in report["checks"]}

    @unittest.skipUnless(HAVE_TRAIN, "built without LibTorch")
    def test_the_gate_lets_a_better_model_pass_and_no_worse_one(self):
        self.assertEqual(self.adapt("better.safetensors", "--new-weight", 4, "--max-loss", 100, epochs=4)["offset"], 0)
        self.done("synth", "--recipe", "new.json", "--labels", "8FSK", "--snr-low", 15, *SMALL, "--frames-per-class", 200, "--seed", 9,
                  "--out", "kept.safetensors", folder=self.folder)
        loose = ("--data", "kept.safetensors", "--old-data", "synth:old.json", "--old-frames-per-class", 200, "--margin", 0.5,
                 "--calibration-margin", 1, "--rejection-margin", 1, "--cost-matrix", "free.json")
        free = {truth: {other: 0 for other in ("noise", "BPSK", "OFDM", "unknown", "8FSK")} for truth in ("noise", "BPSK", "OFDM", "unknown", "8FSK")}
        Path(self.folder, "free.json").write_text(json.dumps(free))
        self.gate("better.safetensors", "base.safetensors", *loose, code=0)
        self.refused_last(FAILED, "does not know a class of the data: found 8FSK", "gate", "base.safetensors", "better.safetensors", *loose)

    def test_the_gate_names_what_fails(self):
        self.done("synth", "--labels", "noise,BPSK,GFSK", *SMALL, "--frames-per-class", 60, "--out", "few.safetensors", folder=self.folder)
        data = ("--data", "few.safetensors", "--old-data", "few.safetensors")
        result, passed = self.gate(MODEL, MODEL, *data, code=1)
        self.assertEqual(passed, {name: name != CHECKS[0] for name in CHECKS})
        self.assertRegex(result.stderr, r"\Aprunedamr: [^\n]*the model does not pass: found 'better on new captures'\n\Z")
        self.refused_last(FAILED, "does not know a class of the data", "gate", MODEL, MODEL, "--old-data", "few.safetensors", "--data", self.ofdm())
        self.refused_last(FAILED, "made by another front end", "gate", MODEL, MODEL, "--old-data", "few.safetensors", "--data", self.ofdm("--frame", 128))

    def ofdm(self, *options):
        self.done("synth", "--labels", "OFDM", *SMALL[2:], *(options or SMALL[:2]), "--frames-per-class", 10, "--out", "ofdm.safetensors", folder=self.folder)
        return "ofdm.safetensors"


if __name__ == "__main__":
    unittest.main()
