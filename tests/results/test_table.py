# SPDX-License-Identifier: GPL-3.0-or-later
"""tools/results/table.py against plain computations on runs made up here; run.sh and queue against a stand-in of the
command."""

import json
import math
import os
import random
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

RESULTS = Path(__file__).resolve().parents[2] / "tools" / "results"
FAKE = Path(__file__).resolve().parent / "fake_prunedamr.py"
DATA = {"frames": 2000, "split": {"train": 1400, "validation": 200, "test": 400}, "provenance": {"recipe": "rml2016a"}}


def scores(rng):
    by_snr = {str(label): rng.random() for label in range(-6, 6, 2)}
    return {"accuracy": rng.random(), "by_snr": by_snr, "count": 400}


def run(rng, base, method, seed, params, macs, budget="macs=50%", options="", **changes):
    pruned = method != "train"
    result = {"name": f"{base}-{method}-{options}-{seed}", "base": base, "method": method, "seed": seed,
              "budget": budget if pruned else "", "options": options, "data": DATA, "host": "a host", "commit": "abc",
              "command": f"prunedamr {base} {method} {seed}", "minutes": rng.uniform(1, 9),
              "latency_us": rng.uniform(10, 90), "test": scores(rng),
              "cost": {"params": params, "macs": macs, "paper_flops": macs + 7, "bytes": 4 * params},
              "attacks": [{"kind": "fgsm", "norm": "l2", "level_db": -20.0, "accuracy": rng.random()}]}
    if pruned:
        result["base_cost"] = {"params": 100000, "macs": 2000000, "paper_flops": 2100000, "bytes": 400000}
        result["base_test"] = scores(rng)
    result.update(changes)
    result.setdefault("validation", result["test"]["accuracy"])
    return result


def accurate(value):
    return {"accuracy": value, "by_snr": {"0": value}, "count": 400}


class Case(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name)
        self.rng = random.Random(5)

    def table(self, *arguments):
        return subprocess.run([sys.executable, RESULTS / "table.py", "--runs", self.folder / "runs", "--out",
                               self.folder / "results.md", *arguments], capture_output=True, text=True)

    def page(self, runs):
        (self.folder / "runs").mkdir(exist_ok=True)
        for i, one in enumerate(runs):
            (self.folder / "runs" / f"{i}.json").write_text(json.dumps(one))
        result = self.table()
        self.assertEqual(result.returncode, 0, result.stderr)
        return (self.folder / "results.md").read_text()

    def rows(self, page):
        """Of all tables: method -> cells."""
        lines = [line.strip("| \n").split(" | ") for line in page.splitlines() if line.startswith("| ")]
        return {cells[0]: cells for cells in lines}

    def refused(self, runs, text):
        (self.folder / "runs").mkdir(exist_ok=True)
        for i, one in enumerate(runs):
            (self.folder / "runs" / f"{i}.json").write_text(json.dumps(one))
        result = self.table()
        self.assertEqual(result.returncode, 1)
        self.assertIn(text, result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1)
        self.assertFalse((self.folder / "results.md").exists())


class Table(Case):
    def test_numbers_of_a_row_are_those_of_its_seeds(self):
        options = "--distill --epochs 16 --ema 0.9 --part channels"
        runs = [run(self.rng, "net", "psr", seed, 50000 + seed, 900000, options=options) for seed in (3, 1, 2)]
        runs.append(run(self.rng, "net", "train", 1, 100000, 2000000))
        rows = self.rows(self.page(runs))
        self.assertEqual(list(rows)[1], "**net**") # the base first
        cells = rows["psr --part channels"]
        accuracies = [100 * one["test"]["accuracy"] for one in runs[:3]]
        mean = sum(accuracies) / 3
        spread = math.sqrt(sum((value - mean) ** 2 for value in accuracies) / 2)
        high = [100 * (sum(one["test"]["by_snr"][label] for label in ("0", "2", "4")) / 3) for one in runs[:3]]
        lost = sum(100 * one["base_test"]["accuracy"] - accuracy for one, accuracy in zip(runs, accuracies)) / 3
        self.assertEqual(cells[1:4], ["macs=50%", "16 epochs, distilled, averaged", "3"])
        self.assertEqual(cells[4], f"{mean:.2f} ± {spread:.2f}")
        self.assertEqual(cells[5].replace("\N{MINUS SIGN}", "-"), f"{-lost:+.2f}")
        self.assertEqual(cells[6].split(" ±")[0], f"{sum(high) / 3:.2f}")
        self.assertEqual(cells[7], "50,001\N{EN DASH}50,003")
        self.assertEqual(cells[8:10], ["900,000", "900,007"])
        self.assertEqual(cells[10], f"{sum(one['latency_us'] for one in runs[:3]) / 3:.1f}")
        self.assertEqual(cells[11], "200,004\N{EN DASH}200,012")
        self.assertEqual(cells[12], f"{sum(one['minutes'] for one in runs[:3]) / 3:.1f}")
        self.assertEqual(cells[13], f"{100 * sum(one['attacks'][0]['accuracy'] for one in runs[:3]) / 3:.2f}")
        self.assertEqual(rows["method"][13], "FGSM \N{MINUS SIGN}20 dB, %")

    def test_one_seed_has_no_spread_and_what_is_absent_is_a_dash(self):
        one = run(self.rng, "net", "l1", 1, 5, 5, attacks=[], latency_us=None)
        page = self.page([one, run(self.rng, "net", "train", 1, 9, 9)])
        cells = self.rows(page)["l1"]
        self.assertNotIn("±", cells[4])
        self.assertEqual((cells[10], cells[13]), ("\N{EN DASH}", "\N{EN DASH}"))

    def test_the_same_files_give_the_same_page_and_a_changed_page_is_noticed(self):
        runs = [run(self.rng, "net", "psr", seed, 5, 5) for seed in (1, 2)]
        page = self.page(runs)
        self.assertEqual(self.page(runs[::-1]).split("## What")[0], page.split("## What")[0])
        self.assertEqual(self.table("--check").returncode, 0)
        (self.folder / "results.md").write_text(page.replace("2,000 frames", "2,001 frames"))
        self.assertIn("is not what", self.table("--check").stderr)

    def test_wrong_files_are_named(self):
        good = run(self.rng, "net", "psr", 1, 5, 5)
        self.refused([], "no run files")
        self.refused([good, good], "1.json: the same base, method, budget, options and seed")
        self.refused([good, dict(good, seed=2, data=dict(DATA, frames=1))], "different data or splits")
        self.refused([good, dict(good, seed=2, cost={})], "1.json: missing key 'params'")
        self.refused([good, 7], "1.json")


class MustHold(Case):
    def claims(self, runs):
        text = self.page(runs).split("## What must hold")[1].split("## Commands")[0]
        return [line for line in text.splitlines() if line.startswith("- ")]

    def claim(self, runs, start):
        found = [line for line in self.claims(runs) if start in line]
        self.assertEqual(len(found), 1, found)
        return found[0]

    def psr(self, cut, accuracy, **changes):
        return run(self.rng, "resnet56", "psr", 1, round(100000 * (1 - cut)), round(2000000 * (1 - cut)),
                   test=accurate(accuracy), base_test=accurate(0.62), **changes)

    def test_psr_on_resnet56(self):
        start = "at most 0.96 points lost"
        self.assertIn("not measured", self.claim([self.psr(0.85, 0.62)], start))
        line = self.claim([self.psr(0.9, 0.615)], start)
        self.assertTrue(line.startswith("- **yes**"), line)
        self.assertIn("90.0 % gone, \N{MINUS SIGN}0.50 points", line)
        self.assertTrue(self.claim([self.psr(0.9, 0.6)], start).startswith("- **no**"))
        line = self.claim([self.psr(0.9, 0.62, options="--distill")], "with distillation nothing lost")
        self.assertTrue(line.startswith("- **yes**"), line)

    def test_validation_chooses_the_row_that_stands_for_a_claim(self):
        runs = [self.psr(0.9, 0.61, validation=0.7), self.psr(0.9, 0.62, validation=0.6, options="--ema 0.9")]
        self.assertIn("\N{MINUS SIGN}1.00 points", self.claim(runs, "at most 0.96 points lost"))

    def test_methods_against_baselines_at_the_same_budget(self):
        runs = [run(self.rng, "net", method, 1, 5, macs, test=accurate(accuracy), budget=budget)
                for method, macs, accuracy, budget in (("catro", 50, 0.5, "macs=50%"), ("l1", 49, 0.6, "macs=50%"),
                                                       ("random", 48, 0.4, "macs=50%"), ("l1", 20, 0.1, "macs=20%"))]
        lines = [line for line in self.claims(runs) if "catro above" in line]
        self.assertEqual(sorted(line[:9] for line in lines), ["- **no**:", "- **yes**"])
        self.assertIn("catro above l1 on net at macs=50%: \N{MINUS SIGN}10.00 points, at 50 against 49 MACs", "".join(lines))
        runs[0]["options"] = "--epochs 48" # more than the others had
        self.assertFalse([line for line in self.claims(runs) if "catro above" in line])

    def test_the_small_networks(self):
        ulcnn = run(self.rng, "ulcnn", "train", 1, 9751, 196000, test=accurate(0.6))
        large = run(self.rng, "amr_m", "train", 1, 300000, 5000000, test=accurate(0.61))
        small = run(self.rng, "amr_m", "auto: psr,catro", 1, 9000, 190000, test=accurate(0.605))
        self.assertTrue(self.claim([ulcnn, large, small], "above ULCNN").startswith("- **yes**"))
        self.assertTrue(self.claim([ulcnn, large, small], "above every larger one").startswith("- **no**"))
        distilled = run(self.rng, "ulcnn-distilled", "train", 1, 9751, 196000, test=accurate(0.606))
        line = self.claim([ulcnn, large, small, distilled], "above ULCNN") # the better of the two counts
        self.assertTrue(line.startswith("- **no**") and "60.60 % of ulcnn-distilled" in line, line)
        small["cost"]["macs"] = 200001
        self.assertIn("not measured", self.claim([ulcnn, large, small], "above ULCNN"))

    def test_dense_and_consensus(self):
        dense = run(self.rng, "dense", "odf2nna", 1, 29000, 5, test=accurate(0.5), base_test=accurate(0.5))
        self.assertTrue(self.claim([dense], "ODF2NNA").startswith("- **yes**"))
        dense["cost"]["params"] = 30001
        self.assertIn("not measured", self.claim([dense], "ODF2NNA"))
        base = run(self.rng, "net", "train", 1, 9, 9)
        pruned = run(self.rng, "net", "consensus", 1, 5, 5)
        expected = "yes" if pruned["attacks"][0]["accuracy"] >= base["attacks"][0]["accuracy"] else "no"
        self.assertTrue(self.claim([base, pruned], "no less robust").startswith(f"- **{expected}**"))

    def test_stability_of_the_consensus_against_the_best_single_distance(self):
        def ranked(seed, consensus, **singles):
            stability = {"consensus": consensus, "distances": singles, "sets": 4, "frames": 100}
            return run(self.rng, "net", "consensus", seed, 5, 5, stability=stability)

        start = "steadier than that of the best single"
        self.assertIn("not measured", self.claim([run(self.rng, "net", "consensus", 1, 5, 5)], start))
        line = self.claim([ranked(1, 0.9, cka=0.5, wasserstein=0.8), ranked(2, 0.8, cka=0.7, wasserstein=0.6)], start)
        self.assertTrue(line.startswith("- **yes**"), line)
        self.assertIn("0.850 against 0.700 of wasserstein (2 seeds)", line)
        line = self.claim([ranked(1, 0.5, cka=0.5, wasserstein=None), ranked(2, 0.5, cka=0.7, wasserstein=None)], start)
        self.assertTrue(line.startswith("- **no**"), line)


NETWORKS = """
base resnet56 --arch resnet56
base amr_s --arch amr_s
run resnet56-psr resnet56 units=5 psr
run resnet56-psr-distill resnet56 units=5 psr --distill
run resnet56-l1 resnet56 units=5 l1
run amr_s-l1 amr_s macs=50% l1
"""


class RunScript(Case):
    def start(self):
        (self.folder / "networks.sh").write_text(NETWORKS)
        environment = dict(os.environ, RUNS=str(self.folder / "runs"), PAGE=str(self.folder / "results.md"), SEEDS="1 2",
                           NETWORKS=str(self.folder / "networks.sh"))
        return subprocess.run(["sh", RESULTS / "run.sh", FAKE, self.folder / "work"], env=environment,
                              capture_output=True, text=True)

    def test_the_list_of_networks_is_shell_and_names_each_once(self):
        text = (RESULTS / "networks.sh").read_text()
        self.assertEqual(subprocess.run(["sh", "-n", RESULTS / "networks.sh"]).returncode, 0)
        names = re.findall(r"^(?:run|base) (\S+) ", text, re.MULTILINE)
        self.assertEqual(len(names), len(set(names)))
        bases = set(re.findall(r"^base (\S+) ", text, re.MULTILINE))
        self.assertLessEqual(set(re.findall(r"^run \S+ (\S+) ", text, re.MULTILINE)), bases)

    def test_makes_the_page_and_goes_on_where_it_was_stopped(self):
        result = self.start()
        self.assertEqual(result.returncode, 0, result.stderr)
        calls = (self.folder / "work" / "calls.txt").read_text().splitlines()
        listed = len(re.findall("^run ", NETWORKS, re.MULTILINE))
        self.assertEqual(sum(call.startswith("compress") for call in calls), 2 * listed)
        page = (self.folder / "results.md").read_text()
        cells = next(line.strip("| ").split(" | ") for line in page.splitlines() if "| distilled |" in line)
        self.assertEqual(cells[3:5], ["2", "50.00 ± 0.00"])
        self.assertEqual(cells[6:13], ["62.50 ± 0.00", "500", "2,500", "3,000", "7.5", "2,000", "2.5"])
        self.assertEqual(cells[13], "12.50") # the offset, which has no level, is left out
        base = json.loads((self.folder / "runs" / "resnet56.json").read_text())
        self.assertEqual((base["base"], base["minutes"]), ("resnet56", 1.5))

        gone = self.folder / "work" / "resnet56-l1-s2.json"
        gone.unlink()
        (self.folder / "runs" / "resnet56-l1-s2.json").unlink()
        self.assertEqual(self.start().returncode, 0)
        again = (self.folder / "work" / "calls.txt").read_text().splitlines()[len(calls):]
        self.assertEqual([call.split()[0] for call in again], ["compress"])
        self.assertIn("--seed 2", again[0])

    def test_wrong_usage(self):
        result = subprocess.run(["sh", RESULTS / "run.sh"], capture_output=True, text=True)
        self.assertEqual(result.returncode, 2)
        self.assertIn("usage: run.sh PRUNEDAMR WORK", result.stderr)


QUEUE = """
frames train.h5 2201 2200 0.1
frames report.h5 9001 200
network first train.h5 report.h5 --arch ulcnn
network second train.h5 report.h5 --arch amr_lk
"""


class Queue(Case):
    def command(self, text):
        (self.folder / "list.sh").write_text(text)
        return ["sh", RESULTS / "queue", FAKE, self.folder / "work", self.folder / "list.sh"]

    def start(self, text=QUEUE):
        return subprocess.run(self.command(text), capture_output=True, text=True)

    def calls(self):
        return (self.folder / "work" / "calls.txt").read_text().splitlines()

    def test_the_shipped_list_is_shell_and_names_each_once(self):
        text = (RESULTS / "frontier.sh").read_text()
        self.assertEqual(subprocess.run(["sh", "-n", RESULTS / "frontier.sh"]).returncode, 0)
        names = re.findall(r"^network (\S+) ", text, re.MULTILINE)
        self.assertEqual(len(names), len(set(names)))

    def test_trains_each_and_reports_once_on_frames_of_their_own(self):
        result = self.start()
        self.assertEqual(result.returncode, 0, result.stderr)
        run = json.loads((self.folder / "work" / "first.run.json").read_text())
        self.assertEqual(run["test"]["accuracy"], 0.625) # of eval, not of the training
        self.assertEqual(run["test_data"]["frames"], 100)
        calls = self.calls()
        trainings = [call for call in calls if call.startswith("train")]
        self.assertEqual(["first" in call for call in trainings], [True, False])
        self.assertTrue(all("--resume" in call for call in trainings))
        self.assertEqual(sum("--part all" in call for call in calls), 2)
        self.assertEqual(self.start().returncode, 0)
        self.assertEqual(self.calls(), calls) # nothing again

    def test_a_signal_ends_the_training_and_the_next_start_goes_on_with_it(self):
        os.mkfifo(self.folder / "pipe")
        waiting = QUEUE.replace("--arch amr_lk", f"--arch amr_lk --wait-for {self.folder}/pipe")
        with subprocess.Popen(self.command(waiting), stdout=subprocess.PIPE, text=True) as queue:
            while queue.stdout.readline() != "waits\n":
                pass
            refused = self.start()
            self.assertEqual(refused.returncode, 1)
            self.assertIn("another one is at work", refused.stderr)
            queue.terminate()
            self.assertEqual(queue.stdout.read(), "") # ends when the training has
            self.assertEqual(queue.wait(), 143)
        done = self.calls()
        self.assertTrue((self.folder / "work" / "first.run.json").exists())
        self.assertFalse((self.folder / "work" / "second.run.json").exists())
        self.assertEqual(self.start().returncode, 0)
        again = self.calls()[len(done):]
        self.assertEqual([call.split()[0] for call in again], ["train", "eval", "data", "data"])
        self.assertIn("amr_lk", again[0])

    def test_a_training_that_fails_ends_the_queue(self):
        result = self.start(QUEUE.replace("frames report.h5 9001 200", "false"))
        self.assertNotEqual(result.returncode, 0)
        self.assertFalse((self.folder / "work" / "first.run.json").exists())

    def test_wrong_usage(self):
        result = subprocess.run(["sh", RESULTS / "queue"], capture_output=True, text=True)
        self.assertEqual(result.returncode, 2)
        self.assertIn("usage: queue PRUNEDAMR WORK", result.stderr)


if __name__ == "__main__":
    unittest.main()
