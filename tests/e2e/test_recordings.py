# SPDX-License-Identifier: GPL-3.0-or-later
"""Every off-air recording from end to end: no crash, the right number of events.

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
                self.assert_done(result)
                self.assert_complete(result.events, count, round(round(interval_s, 9) * rate))
                self.assertTrue(all(e["sample_rate_hz"] == rate for e in result.events))


if __name__ == "__main__":
    if not any(folder().rglob("*.sigmf-meta")):
        print("SKIP: no recordings in %s; set PRUNEDAMR_RECORDINGS" % folder())
        sys.exit(rx.SKIPPED)
    unittest.main()
