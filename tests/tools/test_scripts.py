# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with files and programs the scripts of tools/ and examples/ say in one line, without a traceback."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]


class Scripts(unittest.TestCase):
    def refused(self, script, *arguments):
        done = subprocess.run([sys.executable, SOURCE / script, *map(str, arguments)], capture_output=True, text=True, timeout=60)
        self.assertNotEqual(done.returncode, 0, script)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertTrue(done.stderr.startswith(Path(script).name + ": "), done.stderr)
        return done.stderr

    def test_wrong_input_is_named(self):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            broken, other = folder / "broken.json", folder / "other.json"
            broken.write_text('{"a": ')
            other.write_text('{"other": 1}')
            (folder / "card.md").write_text("# A card\n")
            (folder / "whole.md").write_text((SOURCE / "models/onair-s.md").read_text())
            (folder / "whole.json").write_text('{"a": ')
            for said, script, *arguments in (
                    ("absent.json: No such file", "tools/results/collect.py", folder / "absent.json", "--name", "x", "--data", other, "--out", folder / "out"),
                    ("broken.json", "tools/results/collect.py", broken, "--name", "x", "--data", other, "--out", folder / "out"),
                    ("absent/accuracy.svg: No such file", "tools/docs/errors.py", folder / "absent"),
                    ("absent.md: No such file", "tools/models/card.py", folder / "absent.md", folder),
                    ("card.md: expected one", "tools/models/card.py", folder / "card.md", folder),
                    ("whole.json: not JSON", "tools/models/card.py", folder / "whole.md", folder),
                    ("absent: No such file", "tools/models/receiver_eval.py", folder / "absent", "onair-s", folder / "out"),
                    ("false ended with 1", "tools/models/receiver_eval.py", "false", "onair-s", folder / "out"),
                    ("absent: No such file", "tools/results/adapt.py", "measure", "--host", "x", "--work", folder / "work", "--prunedamr", folder / "absent"),
                    ("false ended with 1", "tools/results/detection.py", "measure", "--host", "x", "--prunedamr", "false"),
                    ("broken.json", "tools/benchmarks/page.py", "--runs", folder, "--out", folder / "page.md"),
                    ("No such file", "examples/compare_labels.py", folder / "absent", other),
                    ("missing key 'annotations'", "examples/compare_labels.py", other, other),
                    ("compare_labels.py: Expecting value", "examples/compare_labels.py", broken, other)):
                self.assertIn(said, self.refused(script, *arguments), script)


if __name__ == "__main__":
    unittest.main()
