# SPDX-License-Identifier: GPL-3.0-or-later
"""The headless flowgraph of examples/flowgraph_python, on a file."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from gnuradio import gr_unittest

from support import EXAMPLES, KEYS, MODEL, RATE, qpsk

PROGRAM = Path(EXAMPLES) / "flowgraph_python" / "classify_file.py"
COUNT = 35_000  # three intervals of 0.1 s in whole blocks, and a part of one


class qa_flowgraph(gr_unittest.TestCase):
    def run_program(self, *arguments):
        return subprocess.run([sys.executable, PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=60)

    def test_prints_a_label_for_every_interval_of_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            samples = Path(folder) / "x.cf32"
            qpsk(COUNT).tofile(samples)
            done = self.run_program(MODEL, samples, RATE)
        self.assertEqual(done.returncode, 0, done.stderr)
        labels = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual([label["seq"] for label in labels], list(range(len(labels))))
        self.assertEqual({key for label in labels for key in label}, set(KEYS))
        position = 0
        for label in labels:
            self.assertEqual(label["sample_start"], position)
            position += label["sample_count"]
        self.assertEqual(position, COUNT)
        self.assertGreater(len(labels), 3)

    def test_says_how_it_is_used(self):
        done = self.run_program()
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("usage", done.stderr)


if __name__ == "__main__":
    gr_unittest.run(qa_flowgraph)
