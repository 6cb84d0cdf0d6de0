# SPDX-License-Identifier: GPL-3.0-or-later
"""The models in models/: each computes here what it computed at home, keeps its size, and has a card of its own numbers;
off the air the on-air ones are right about most families."""

import json
import os
import subprocess
import tempfile
import unittest
from collections import Counter
from pathlib import Path

RX = os.environ["PRUNEDAMR_RX"]
TOOL = os.environ["PRUNEDAMR_TOOL"]
ROOT = Path(__file__).resolve().parents[2]
RECORDINGS = Path(os.environ.get("PRUNEDAMR_RECORDINGS", ROOT.parent / "shared/recordings"))
LARGEST_MACS = {"onair-s": 2_000_000, "onair-m": 20_000_000, "rml2016a-s": 2_000_000}


def run(*arguments):
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        done = subprocess.run([TOOL, *map(str, arguments), "--json", str(out)], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        return json.loads(out.read_text())


class ShippedModels(unittest.TestCase):
    def test_every_model_is_good_and_has_its_card(self):
        files = sorted((ROOT / "models").glob("*.safetensors"))
        self.assertEqual({file.stem for file in files}, set(LARGEST_MACS))
        for file in files:
            with self.subTest(model=file.stem):
                subprocess.run([TOOL, "model", "verify", str(file)], check=True, capture_output=True, timeout=60)
                shown = run("model", "show", file)
                self.assertEqual(shown["name"], file.stem)
                self.assertLessEqual(shown["macs"], LARGEST_MACS[file.stem])
                self.assertLessEqual(shown["accuracy"]["calibration_error"], 0.03)
                if "unknown" in [row["label"] for row in shown["classes"]]:
                    self.assertLessEqual(shown["accuracy"]["false_rejection"], 0.015)
                card = file.with_suffix(".md").read_text()
                self.assertIn(f"| {shown['params']:,} | {shown['macs']:,} |", card)
                self.assertIn(f"**{100 * shown['accuracy']['accuracy']:.2f} %**", card)

    def test_families_off_the_air(self):
        files = sorted(RECORDINGS.glob("*.sigmf-meta"))
        if len(files) < 20:
            self.skipTest(f"no recordings in {RECORDINGS}")
        for name, families, classes in (("onair-s", 18, 15), ("onair-m", 18, 15)):
            with self.subTest(model=name):
                report = run("eval", ROOT / f"models/{name}.safetensors", "--recordings", *files)["recordings"]
                self.assertEqual(report["summary"]["recordings"], len(files))
                self.assertGreaterEqual(report["summary"]["family_right"], families, report["summary"])
                self.assertGreaterEqual(report["summary"]["class_right"], classes, report["summary"])
                self.assertGreaterEqual(report["summary"]["frames_family_right"], 0.85, report["summary"])
                self.assertGreaterEqual(report["summary"]["frames_label_right"], 0.70, report["summary"])

    def events(self, capture, model, *options):
        path = RECORDINGS / f"wideband/{capture}.sigmf-meta"
        if not path.exists():
            self.skipTest(f"no recordings in {RECORDINGS}")
        done = subprocess.run([RX, "--source", str(path), "--quiet", "--model", str(ROOT / f"models/{model}.safetensors"),
                               *options], capture_output=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_radar_transponders_are_on_off_keying(self):
        for name in ("onair-s", "onair-m"):
            with self.subTest(model=name):
                families = Counter(e["family"] for e in self.events("adsb_1090", name))
                self.assertGreater(families.total(), 0)
                self.assertGreaterEqual(families["ASK"], 0.75 * families.total(), families)

    def test_bursts_of_a_remote_are_found_and_nothing_else_of_their_strength(self):
        """A power supply pulses 40 dB below them; those pulses may be found, too."""
        for name in ("onair-s", "onair-m"):
            with self.subTest(model=name):
                found = [e for e in self.events("led_remote_ook", name) if e["state"] != "noise"]
                bursts = [e for e in found if e["power_dbfs"] > -30]
                ends = [0] + [e["sample_start"] + e["sample_count"] for e in bursts]
                begun = sum(e["sample_start"] > end for e, end in zip(bursts, ends))  # a burst may come in two parts
                self.assertEqual(begun, 3, bursts)
                self.assertEqual({e["family"] for e in bursts}, {"ASK"})
                for event in bursts:
                    self.assertGreater(event["power_dbfs"], -10, event)
                self.assertGreater(sum(e["sample_count"] for e in bursts), 3 * 16_000, bursts)

    def test_both_sondes_of_a_wide_band_are_named(self):
        for name in ("onair-s", "onair-m"):
            with self.subTest(model=name):
                sides = {False: Counter(), True: Counter()}
                for event in self.events("dfm_two_sondes", name):
                    sides[event["center_freq_hz"] > 0][event["label"]] += 1
                for labels in sides.values():
                    self.assertGreater(labels.total(), 0)
                    self.assertIn(labels.most_common(1)[0][0], ("2FSK", "FSK"), labels)


if __name__ == "__main__":
    unittest.main()
