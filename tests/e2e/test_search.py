# SPDX-License-Identifier: GPL-3.0-or-later
"""`prunedamr compress` where it searches: --method auto and --budget drop<=, their fronts, files and refusals."""

import json
import os
import tempfile
import unittest
from pathlib import Path

from test_tool import FAILED, HAVE_TRAIN, TRAINING, USAGE, Case

LINE = ["compress", "base.safetensors", "--data", "d.safetensors", *TRAINING]
COSTS = ("macs", "params", "latency_us")


@unittest.skipUnless(HAVE_TRAIN, "built without LibTorch")
class Search(Case):
    @classmethod
    def setUpClass(cls):
        cls.kept = tempfile.TemporaryDirectory()
        cls.folder = cls.kept.name
        case = cls("runTest")
        case.done("synth", "--out", "d.safetensors", "--labels", "noise,OOK,OFDM", "--frames-per-class", 200, "--frame", 256,
                  "--block-length", 2048, "--snr-low", 10, folder=cls.folder)
        case.done("train", "--arch", "amr_s", "--data", "d.safetensors", "--out", "base.safetensors", "--epochs", 2,
                  *TRAINING, folder=cls.folder)

    @classmethod
    def tearDownClass(cls):
        cls.kept.cleanup()

    def runTest(self):
        """For setUpClass, which needs an instance."""

    def found(self, *options):
        text = self.done(*LINE, *options, "--out", "x.safetensors", "--json", "x.json", folder=self.folder)
        self.assertEqual([name for name in os.listdir(self.folder) if ".checkpoint." in name], [])
        self.assertIn("Pareto front", text)
        return json.loads(Path(self.folder, "x.json").read_text())

    def check_front(self, trials):
        """On the front is what no other trial equals or beats in all."""
        def no_worse(a, b):
            return a["validation_accuracy"] >= b["validation_accuracy"] and all(a[c] <= b[c] for c in COSTS)

        for trial in trials:
            beaten = any(no_worse(other, trial) and not no_worse(trial, other) for other in trials)
            self.assertFalse(trial["on_front"] and beaten, trial)
            self.assertTrue(trial["on_front"] or any(no_worse(o, trial) for o in trials if o is not trial), trial)

    def test_auto_finds_the_best_chain_within_the_budget_and_prints_the_front(self):
        report = self.found("--method", "auto", "--chains", "l1", "psr,l1", "--budget", "macs=50%,params=60%",
                            "--epochs", 2)
        self.assertLessEqual(report["cost"]["after"]["macs"], 0.5 * report["cost"]["before"]["macs"])
        self.assertLessEqual(report["cost"]["after"]["params"], 0.6 * report["cost"]["before"]["params"])
        trials = report["front"]
        # Two chains, the better one again with half and with all epochs, then at the two looser budgets of the way.
        self.assertEqual([t["epochs"] for t in trials], [1, 1, 1, 2, 2, 2])
        self.assertEqual({t["chain"] for t in trials[:2]}, {"l1", "psr,l1"})
        best = max(trials[:2], key=lambda t: t["validation_accuracy"])
        self.assertEqual({t["chain"] for t in trials[2:]}, {best["chain"]})
        self.assertEqual(sorted(t["macs"] for t in trials[3:]), [t["macs"] for t in (trials[3], trials[5], trials[4])])
        self.check_front(trials)

    def test_drop_finds_the_smallest_network_that_loses_no_more(self):
        report = self.found("--method", "l1", "--budget", "drop<=20", "--epochs", 1, "--max-trials", 3)
        trials = report["front"]
        self.assertEqual(len(trials), 3)
        self.check_front(trials)
        taken = next(t for t in trials if t["macs"] == report["cost"]["after"]["macs"])
        least = report["min_validation_accuracy"]
        self.assertGreaterEqual(taken["validation_accuracy"], least)
        for trial in trials:
            self.assertTrue(trial["validation_accuracy"] < least or trial["macs"] >= taken["macs"], trial)

    def test_what_cannot_be_found_is_said_and_nothing_is_written(self):
        def refused(code, text, *options):
            from test_tool import run
            result = run(*LINE, *options, "--out", "no.safetensors", folder=self.folder)
            self.assertEqual(result.returncode, code, result.stderr)
            self.assertIn(text, result.stderr.splitlines()[-1])
            self.assertFalse(Path(self.folder, "no.safetensors").exists())

        refused(FAILED, "no chain can meet the budget", "--method", "auto", "--chains", "psr", "--budget", "params=1%",
                "--epochs", 1)
        refused(FAILED, "no network tried loses so little", "--budget", "drop<=0", "--max-trials", 1, "--epochs", 1, "--lr",
                1e-9)
        refused(FAILED, "auto", "--method", "auto", "--epochs", 1)
        refused(USAGE, "--max-trials", "--budget", "drop<=1", "--max-trials", 0)
        refused(FAILED, "magic", "--method", "auto", "--chains", "magic", "--budget", "macs=50%")


if __name__ == "__main__":
    unittest.main()
