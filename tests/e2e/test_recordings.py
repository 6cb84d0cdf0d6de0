# SPDX-License-Identifier: GPL-3.0-or-later
"""Every off-air recording from end to end: no crash, the right number of events; the signals of a wide one found.

The recordings are not part of the project: they lie in shared/recordings beside its root or where
PRUNEDAMR_RECORDINGS says; without them the test is skipped.
"""

import json
import os
import sys
import unittest
from pathlib import Path

import rx

BYTES = {"cu8": 2, "ci8": 2, "ci16_le": 4, "ci16_be": 4, "cf32_le": 8, "cf32_be": 8}


def folder():
    beside = Path(__file__).resolve().parents[2].parent / "shared" / "recordings"
    return Path(os.environ.get("PRUNEDAMR_RECORDINGS", beside))


class Recordings(rx.Case):
    def test_every_recording(self):
        for meta in sorted(folder().rglob("*.sigmf-meta")):
            facts = json.loads(meta.read_text())["global"]
            rate = facts["core:sample_rate"]
            count = meta.with_suffix(".sigmf-data").stat().st_size // BYTES[facts["core:datatype"]]
            interval_s = min(0.1, count / rate / 5)
            with self.subTest(recording=meta.stem):
                result = rx.run("--source", meta, "--interval", "%.9f" % interval_s)
                self.assertEqual(result.code, 0)
                clipped = any(event["clipped"] > 0 for event in result.events)
                self.assertRegex(result.stderr, "^prunedamr-rx: Samples are clipped.*\n$" if clipped else "^$")
                self.assert_complete(result.events, count, round(round(interval_s, 9) * rate))
                self.assertTrue(all(e["sample_rate_hz"] == rate for e in result.events))

    def test_every_recording_as_a_band(self):
        for meta in sorted(folder().rglob("*.sigmf-meta")):
            facts = json.loads(meta.read_text())["global"]
            count = meta.with_suffix(".sigmf-data").stat().st_size // BYTES[facts["core:datatype"]]
            with self.subTest(recording=meta.stem):
                result = rx.run("--source", meta, band=True, timeout=300)
                self.assertEqual(result.code, 0)
                clipped = any(event["clipped"] > 0 for event in result.events)
                self.assertRegex(result.stderr, "^prunedamr-rx: Samples are clipped.*\n$" if clipped else "^$")
                self.assertGreater(len(result.events), 0)
                self.assertEqual([e["seq"] for e in result.events], list(range(len(result.events))))
                for event in result.events:
                    self.assertEqual(event["sample_rate_hz"], facts["core:sample_rate"])
                    self.assertGreaterEqual(event["sample_start"], 0, event)
                    self.assertGreater(event["sample_count"], 0, event)
                    self.assertLessEqual(event["sample_start"] + event["sample_count"], count, event)

    def test_finds_both_radiosondes_and_no_other_steady_signal(self):
        meta = folder() / "wideband" / "dfm_two_sondes.sigmf-meta"
        if not meta.exists():
            print("SKIP: no recording %s" % meta)
            self.skipTest("no recording")
        result = rx.run(meta, band=True)
        self.assert_done(result)
        intervals = len({e["sample_start"] for e in result.events})
        self.assertGreater(intervals, 5)
        rest = list(result.events)
        for a in json.loads(meta.read_text())["annotations"]:
            low, high = a["core:freq_lower_edge"], a["core:freq_upper_edge"]
            found = [e for e in rest if rx.overlap(rx.edges(e), (low, high)) > 0.5]
            rest = [e for e in rest if e not in found]
            self.assertEqual(len(found), intervals)
            center = sum(e["center_freq_hz"] for e in found) / len(found)
            width = sum(e["bandwidth_hz"] for e in found) / len(found)
            self.assertLess(abs(center - (low + high) / 2), 1000)
            self.assertLess(abs(width - (high - low)), 0.3 * (high - low))
        self.assertLess(len(rest), 0.05 * intervals, rest)


if __name__ == "__main__":
    if not any(folder().rglob("*.sigmf-meta")):
        print("SKIP: no recordings in %s; set PRUNEDAMR_RECORDINGS" % folder())
        sys.exit(rx.SKIPPED)
    unittest.main()
