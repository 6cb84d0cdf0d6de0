# SPDX-License-Identifier: GPL-3.0-or-later
"""What `prunedamr eval` measures of the detector, and the judges that it fits."""

import json
import os
import resource
import signal
import subprocess
import tempfile
import unittest
from pathlib import Path

TOOL = os.environ["PRUNEDAMR_TOOL"]
SCENES = ("--scenes", 2, "--scene-rate", "250k", "--scene-duration", 0.3)


def run(*arguments, folder, **keywords):
    return subprocess.run([TOOL, "eval", *map(str, arguments)], cwd=folder, capture_output=True, text=True, timeout=120,
                          **keywords)


class Detector(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def done(self, *arguments):
        result = run(*arguments, folder=self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def refused(self, code, text, *arguments, **keywords):
        result = run(*arguments, folder=self.folder, **keywords)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertRegex(result.stderr, r"\Aprunedamr: [^\n]+\n\Z")
        self.assertIn(text, result.stderr)

    def content(self):
        return {path.name: path.read_bytes() for path in self.folder.iterdir()}

    def test_no_output_overwrites_an_input(self):
        self.done(*SCENES, "--proposals", "p")
        self.done("--fit-judge", "p", "--judge-out", "j.json", "--judge-trees", 1, "--judge-depth", 1)
        subprocess.run([TOOL, "synth", "scene", "--rate", "250k", "--duration", "0.2", "--out", "c"], cwd=self.folder,
                       capture_output=True, check=True)
        before = self.content()
        self.assertIn("c.sigmf-data", before)
        for text, *arguments in (
                ("c.sigmf-data: --proposals would overwrite --captures", "--captures", "c.sigmf-meta", "--proposals", "c.sigmf-data"),
                ("j.json: --proposals would overwrite --judge", *SCENES, "--judge", "j.json", "--proposals", "j.json"),
                ("p: --judge-out would overwrite --fit-judge", "--fit-judge", "p", "--judge-out", "p"),
                ("j.json: --judge-out would overwrite --judge-others", "--fit-judge", "p", "--judge-others", "j.json",
                 "--judge-out", "j.json"),
                ("x: --json would overwrite --proposals", *SCENES, "--json", "x", "--proposals", "x"),
                ("/nowhere/j: cannot write: folder does not exist", "--fit-judge", "p", "--judge-out", "/nowhere/j"),
                ("/dev/full: cannot write: is a device or pipe", *SCENES, "--proposals", "/dev/full")):
            self.refused(1, text, *arguments)
        self.assertEqual(self.content(), before)

    def test_a_disk_that_is_full_is_an_error_and_leaves_nothing(self):
        def fill():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))

        self.refused(1, "p: cannot write: found File too large", *SCENES, "--proposals", "p", preexec_fn=fill)
        self.assertEqual(self.content(), {})

    def test_what_the_receiver_said_is_no_truth(self):
        subprocess.run([TOOL, "synth", "scene", "--rate", "250k", "--duration", "0.2", "--signals", "3", "--out", "c"],
                       cwd=self.folder, capture_output=True, check=True)
        path = self.folder / "c.sigmf-meta"
        meta = json.loads(path.read_text())
        self.done("--captures", path, "--json", "r.json")
        count = json.loads((self.folder / "r.json").read_text())["emissions"]
        self.assertGreater(count, 0)
        for one in list(meta["annotations"]):
            meta["annotations"].append({**one, "core:generator": "gr-prunedamr 0.9, model onair-s"})
        path.write_text(json.dumps(meta))
        self.done("--captures", path, "--json", "r.json")  # what the receiver said is on top of it
        self.assertEqual(json.loads((self.folder / "r.json").read_text())["emissions"], count)

    def test_a_fit_tells_its_scores(self):
        self.done("--scenes", 12, *SCENES[2:], "--proposals", "p")
        self.done("--fit-judge", "p", "--judge-out", "j.json", "--judge-trees", 2, "--judge-depth", 2, "--json", "r.json")
        report = json.loads((self.folder / "r.json").read_text())
        self.assertGreater(report["emissions"], 0)
        self.done(*SCENES, "--judge", "j.json")

    def test_wrong_command_lines(self):
        self.refused(2, "model: has no part in --scenes", "onair-s", *SCENES)
        self.refused(2, "--data: has no part in --scenes", "--data", "d.h5", *SCENES)
        self.refused(2, "--scene-seed: found -1, expected 0 or more", *SCENES, "--scene-seed", -1)
        self.refused(2, "--scene-duration: found -1, expected 0.001 to 3600", "--scenes", 1, "--scene-duration", -1)
        self.refused(2, "--scene-seed requires --scenes", "onair-s", "--data", "d.h5", "--scene-seed", 3)
        self.refused(2, "--judge-out requires --fit-judge", *SCENES, "--judge-out", "j.json")
        self.refused(2, "--scenes excludes --fit-judge", *SCENES, "--fit-judge", "p", "--judge-out", "j.json")
        (self.folder / "empty").write_bytes(b"")
        (self.folder / "text").write_text("Dear sir, " * 100)
        self.refused(1, "empty: broken JSON: found nothing, expected a judge", *SCENES, "--judge", "empty")
        self.refused(1, "text: broken JSON: found line 1, column 1, expected a judge", *SCENES, "--judge", "text")
        self.refused(1, "too little to learn from", "--fit-judge", "empty", "--judge-out", "j.json")
        self.refused(1, "text: not what a judge learns from", "--fit-judge", "text", "--judge-out", "j.json")


if __name__ == "__main__":
    unittest.main()
