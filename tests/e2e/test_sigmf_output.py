# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels as SigMF annotations: of a SigMF recording, of raw samples; and where they cannot be written."""

import json
import subprocess
import unittest
from os import environ

import rx

RATE = 200_000
COUNT = 80_000
CI8 = rx.samples_ci8(COUNT).tobytes()
OURS = "gr-prunedamr"
META = {
    "global": {"core:datatype": "ci8", "core:sample_rate": RATE, "core:version": "1.0.0", "core:author": "somebody",
               "other:thing": {"kept": True}},
    "captures": [{"core:sample_start": 0, "core:frequency": 100e6}],
    "annotations": [{"core:sample_start": 10, "core:sample_count": 20, "core:label": "by hand",
                     "core:freq_lower_edge": 99.99e6, "core:freq_upper_edge": 100.01e6}],
}


class SigmfOutput(rx.Case):
    def label(self, source, *arguments):
        return rx.run("--source", source, "--interval", "0.05", "--min-confidence", 0, *arguments)

    def sigmf(self, name="x"):
        self.write(name + ".sigmf-data", CI8)
        return self.write(name + ".sigmf-meta", json.dumps(META).encode())

    def check_annotations(self, meta, events, center):
        """Those of ours tell of every event that is no noise, in order, and of nothing else."""
        found = [a for a in meta["annotations"] if a.get("core:generator", "").startswith(OURS)]
        wanted = [e for e in events if e["state"] != "noise"]
        self.assertGreater(len(wanted), 2)
        for event in wanted:
            inside = [a for a in found if a["core:sample_start"] <= event["sample_start"] and event["sample_start"] +
                      event["sample_count"] <= a["core:sample_start"] + a["core:sample_count"]]
            self.assertEqual([a["core:label"] for a in inside], [event["label"]])
            self.assertIn(event["model"], inside[0]["core:generator"])
        self.assertEqual(sum(a["core:sample_count"] for a in found), sum(e["sample_count"] for e in wanted))
        for annotation in found:
            self.assertLess(annotation["core:freq_lower_edge"], annotation["core:freq_upper_edge"])
            self.assertLess(abs(annotation["core:freq_lower_edge"] - center), RATE)
            self.assertRegex(annotation["core:comment"], r"^confidence \d\.\d\d")
        return found

    def test_a_recording_is_annotated_in_place_and_again(self):
        path = self.sigmf()
        result = self.label(path, "--out", "json:-", "--out", "sigmf:" + str(self.folder / "x"))
        self.assert_done(result)
        first = json.loads(path.read_text())
        found = self.check_annotations(first, result.events, 100e6)
        self.assertEqual(first["global"], META["global"])
        self.assertEqual(first["captures"], META["captures"])
        self.assertIn(META["annotations"][0], first["annotations"])
        self.assertEqual(len(first["annotations"]), len(found) + 1)

        self.assert_done(self.label(path, "--out", "sigmf:" + str(path)))  # ours are replaced, not doubled
        self.assertEqual(json.loads(path.read_text()), first)

    def test_another_name_refers_to_the_same_samples(self):
        self.assert_done(self.label(self.sigmf(), "--out", "sigmf:" + str(self.folder / "y.sigmf-meta")))
        self.assertEqual(json.loads((self.folder / "x.sigmf-meta").read_text()), META)
        self.assertEqual(json.loads((self.folder / "y.sigmf-meta").read_text())["global"]["core:dataset"], "x.sigmf-data")
        result = self.label(self.folder / "y.sigmf-meta", "--out", "json:-")
        self.assert_done(result)
        self.assert_complete(result.events, COUNT, RATE // 20)

    def test_raw_samples_get_metadata(self):
        raw = self.write("capture.ci8", CI8)
        result = self.label(raw, "--rate", RATE, "--out", "json:-", "--out", "sigmf:" + str(self.folder / "capture"))
        self.assert_done(result)
        meta = json.loads((self.folder / "capture.sigmf-meta").read_text())
        self.check_annotations(meta, result.events, 0)
        again = self.label(self.folder / "capture.sigmf-meta", "--out", "json:-")
        self.assert_done(again)
        self.assertEqual([e["label"] for e in again.events], [e["label"] for e in result.events])

    @unittest.skipUnless(environ.get("PRUNEDAMR_TOOL"), "no command prunedamr")
    def test_a_labeled_capture_can_be_imported(self):
        path = self.sigmf()
        path.write_text(json.dumps({**META, "annotations": []}))  # overlapping ones are not imported
        self.assert_done(self.label(path, "--out", "sigmf:" + str(path)))
        done = subprocess.run([environ["PRUNEDAMR_TOOL"], "data", "import", path, "--out", self.folder / "d.safetensors"],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_where_annotations_cannot_be_written(self):
        path = self.sigmf()
        self.assert_refused(self.label(path, "--out", "sigmf:/tmp/elsewhere"), 1, "where the samples are")
        self.sigmf("z")
        self.assert_refused(self.label(path, "--out", "sigmf:" + str(self.folder / "z")), 1, "another recording")
        self.assert_refused(rx.run("--source", "stdin", "--format", "ci8", "--rate", RATE, "--out", "sigmf:x"), 2, "--out")
        self.assertEqual(json.loads(path.read_text()), META)


if __name__ == "__main__":
    unittest.main()
