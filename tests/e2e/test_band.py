# SPDX-License-Identifier: GPL-3.0-or-later
"""Every emission in a band: scenes against their truth, outputs, options of former days."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import rx

TOOL = os.environ["PRUNEDAMR_TOOL"]
RATE = 2.4e6
SCENE = {  # longer than what is searched at a time: 2^21 samples
    "sample_rate_hz": RATE, "center_freq_hz": 433.92e6, "duration_s": 1.2, "noise_dbfs_per_hz": -112,
    "noise_tilt_db": 2, "bits": 12, "seed": 5,
    "signals": [
        {"label": "QPSK", "offset_hz": -1000e3, "bandwidth_hz": 30e3, "snr_db": 15},
        {"label": "GFSK", "offset_hz": -700e3, "bandwidth_hz": 12e3, "snr_db": 12},
        {"label": "16QAM", "offset_hz": -400e3, "bandwidth_hz": 250e3, "snr_db": 20},
        {"label": "8PSK", "offset_hz": -150e3, "bandwidth_hz": 60e3, "snr_db": 10},
        {"label": "MSK", "offset_hz": 100e3, "bandwidth_hz": 40e3, "snr_db": 30},
        {"label": "BPSK", "offset_hz": 160e3, "bandwidth_hz": 20e3, "snr_db": 14},
        {"label": "OFDM", "offset_hz": 600e3, "bandwidth_hz": 200e3, "snr_db": 18},
        {"label": "QPSK", "offset_hz": 1000e3, "bandwidth_hz": 25e3, "snr_db": 25, "start_s": 0.06, "duration_s": 0.05,
         "repeat": {"count": 8, "period_s": 0.12}},
    ],
}


class Band(rx.Case):
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
        result = rx.run(self.scene, band=True)
        self.assert_done(result)
        self.assertEqual([e["seq"] for e in result.events], list(range(len(result.events))))
        truth = {}
        for a in json.loads(self.scene.read_text())["annotations"]:
            band = a["core:freq_lower_edge"], a["core:freq_upper_edge"]
            truth.setdefault(band, []).append((a["core:sample_start"], a["core:sample_start"] + a["core:sample_count"]))
        self.assertEqual(len(truth), 8)
        for event in result.events:
            self.assertEqual(sum(rx.overlap(rx.edges(event), band) > 0.5 for band in truth), 1, event)
        for band, times in truth.items():
            found = [e for e in result.events if rx.overlap(rx.edges(e), band) > 0.5]
            width = band[1] - band[0]
            followed = {}  # the events of each signal
            for event in found:
                self.assertLess(abs(sum(rx.edges(event)) - sum(band)) / 2, 0.15 * width, (event, band))
                self.assertTrue(0.6 * width < event["bandwidth_hz"] < 1.6 * width, (event, band))
                followed.setdefault(event["track"], []).append(event)
            self.assertEqual(len(followed), len(times), band)
            for events, (start, end) in zip(followed.values(), times):
                self.assertEqual(len(events), 1 if len(times) > 1 else 2, band)
                for event, after in zip(events, events[1:]):
                    self.assertEqual(event["sample_start"] + event["sample_count"], after["sample_start"])
                from_, to = events[0]["sample_start"], events[-1]["sample_start"] + events[-1]["sample_count"]
                self.assertGreater(min(end, to) - max(start, from_), 0.9 * max(end - start, to - from_), (events, band))
        self.assertEqual(len({e["track"] for e in result.events}), sum(map(len, truth.values())))

    def test_measurements_and_their_evidence_are_there_as_asked_for(self):
        events = {name: rx.run(self.scene, *options, band=True).events for name, options in
                  (("default", []), ("evidence", ["--evidence"]), ("none", ["--no-measure"]))}
        self.assertTrue(any(e["measured"] for e in events["default"]))
        self.assertFalse(any("evidence" in e for e in events["default"] + events["none"]))
        self.assertFalse(any(e["measured"] or e["measured_error"] for e in events["none"]))
        kept = [e.pop("evidence") for e in events["evidence"] if "evidence" in e]
        self.assertGreater(len(kept), 0)
        for evidence in kept:
            (name, points), = evidence.items()
            self.assertIn(name, ("symbols", "phase_advances"))
            self.assertGreater(len(points), 0)
        self.assertEqual(events["evidence"], events["default"])
        place = ("sample_start", "sample_count", "center_freq_hz", "track")
        self.assertEqual(*([[e[key] for key in place] for e in events[name]] for name in ("none", "default")))

    def test_annotations_follow_each_signal(self):
        target = self.scene.with_name("found.sigmf-meta")
        self.assert_done(rx.run(self.scene, "--min-confidence", "0", "--out", "sigmf:%s" % target, band=True))
        annotations = [a for a in json.loads(target.read_text())["annotations"]
                       if a.get("core:generator", "").startswith("gr-prunedamr")]
        longest = max(a["core:sample_count"] for a in annotations)
        self.assertGreaterEqual(longest, 0.2 * RATE)
        self.assertGreaterEqual(len(annotations), 7)

    def test_noise_is_one_event_an_interval(self):
        result = rx.run(self.write("x.ci8", rx.samples_ci8(20000)), "--rate", "100k", band=True)
        self.assert_done(result)
        self.assertGreater(len(result.events), 0)
        for event in result.events:
            self.assertEqual((event["state"], event["bandwidth_hz"], event["snr_db"]), ("noise", 100e3, None))

    def test_what_options_of_former_days_became_is_told_in_one_line(self):
        path = self.write("x.ci8", rx.samples_ci8(2000))
        for options in (["--survey"], ["--bursts"], ["--survey-signals", "3"], ["--burst-gap", "0.01"]):
            self.assert_refused(rx.run(path, "--rate", "100k", *options, band=True), 2, options[0])
            self.assert_refused(rx.run(path, "--rate", "100k", *options, band=True), 2, "--single")


if __name__ == "__main__":
    unittest.main()
