# SPDX-License-Identifier: GPL-3.0-or-later
"""The receiver's survey of a wide band: scenes against their truth, outputs, contradictions."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import rx

TOOL = os.environ["PRUNEDAMR_TOOL"]
RATE = 2.4e6
SCENE = {
    "sample_rate_hz": RATE, "center_freq_hz": 433.92e6, "duration_s": 0.6, "noise_dbfs_per_hz": -112,
    "noise_tilt_db": 2, "bits": 12, "seed": 5,
    "signals": [
        {"label": "QPSK", "offset_hz": -1000e3, "bandwidth_hz": 30e3, "snr_db": 15},
        {"label": "GFSK", "offset_hz": -700e3, "bandwidth_hz": 12e3, "snr_db": 12},
        {"label": "16QAM", "offset_hz": -400e3, "bandwidth_hz": 250e3, "snr_db": 20},
        {"label": "8PSK", "offset_hz": -150e3, "bandwidth_hz": 60e3, "snr_db": 10},
        {"label": "MSK", "offset_hz": 100e3, "bandwidth_hz": 40e3, "snr_db": 30},
        {"label": "BPSK", "offset_hz": 160e3, "bandwidth_hz": 20e3, "snr_db": 14},
        {"label": "OFDM", "offset_hz": 600e3, "bandwidth_hz": 200e3, "snr_db": 18},
        {"label": "QPSK", "offset_hz": 1000e3, "bandwidth_hz": 25e3, "snr_db": 25, "start_s": 0.1, "duration_s": 0.05,
         "repeat": {"count": 4, "period_s": 0.12}},
    ],
}


class Survey(rx.Case):
    @classmethod
    def setUpClass(cls):
        kept = tempfile.TemporaryDirectory()
        cls.addClassCleanup(kept.cleanup)
        text = Path(kept.name) / "scene.json"
        text.write_text(json.dumps(SCENE))
        cls.scene = Path(kept.name) / "scene.sigmf-meta"
        subprocess.run([TOOL, "synth", "scene", "--scene", text, "--out", cls.scene], check=True, timeout=60,
                       stdout=subprocess.DEVNULL)

    def test_finds_the_signals_of_a_scene_and_no_others(self):
        result = rx.run("--survey", self.scene)
        self.assert_done(result)
        self.assertEqual([e["seq"] for e in result.events], list(range(len(result.events))))
        truth = {}
        for a in json.loads(self.scene.read_text())["annotations"]:
            band = a["core:freq_lower_edge"], a["core:freq_upper_edge"]
            truth.setdefault(band, []).append((a["core:sample_start"], a["core:sample_start"] + a["core:sample_count"]))
        self.assertEqual(len(truth), 8)
        for event in result.events:
            self.assertEqual(sum(rx.overlap(rx.edges(event), band) > 0.5 for band in truth), 1, event)
        starts = sorted({e["sample_start"] for e in result.events})
        self.assertGreaterEqual(len(starts), 5)
        for band, bursts in truth.items():
            found = [e for e in result.events if rx.overlap(rx.edges(e), band) > 0.5]
            self.assertEqual(len({e["sample_start"] for e in found}), len(found), band)  # once an interval
            if len(bursts) == 1:
                self.assertEqual(len(found), len(starts), band)
            else:
                self.assertGreaterEqual(len(found), 3, band)
            width = band[1] - band[0]
            for event in found:
                self.assertLess(abs(sum(rx.edges(event)) - sum(band)) / 2, 0.15 * width, (event, band))
                self.assertTrue(0.6 * width < event["bandwidth_hz"] < 1.6 * width, (event, band))

    def test_annotations_follow_each_signal(self):
        target = self.scene.with_name("found.sigmf-meta")
        self.assert_done(rx.run("--survey", self.scene, "--min-confidence", "0", "--out", "sigmf:%s" % target))
        annotations = [a for a in json.loads(target.read_text())["annotations"]
                       if a.get("core:generator", "").startswith("gr-prunedamr")]
        longest = max(a["core:sample_count"] for a in annotations)
        self.assertGreaterEqual(longest, 0.2 * RATE)  # intervals of a signal that go on are one
        self.assertGreaterEqual(len(annotations), 7)

    def test_noise_is_one_event_an_interval(self):
        result = rx.run("--survey", self.write("x.ci8", rx.samples_ci8(20000)), "--rate", "100k")
        self.assert_done(result)
        self.assertGreater(len(result.events), 0)
        for event in result.events:
            self.assertEqual((event["state"], event["bandwidth_hz"], event["snr_db"]), ("noise", 100e3, None))

    def test_contradictions_are_told_in_one_line(self):
        path = self.write("x.ci8", rx.samples_ci8(2000))
        self.assert_refused(rx.run("--survey", "--bursts", path, "--rate", "100k"), 2, "--bursts")
        self.assert_refused(rx.run("--survey", "--survey-signals", "0", path, "--rate", "100k"), 2, "--survey-signals")
        self.assert_refused(rx.run("--survey-signals", "3", path, "--rate", "100k"), 2, "requires --survey")


if __name__ == "__main__":
    unittest.main()
