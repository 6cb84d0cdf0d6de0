# SPDX-License-Identifier: GPL-3.0-or-later
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from gnuradio import gr_unittest, prunedamr

from support import EXAMPLES, MODEL, RATE, qpsk


class qa_grc(gr_unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.temporary.name)
        # grcc keeps a cache of block descriptions at home
        cls.environment = os.environ | {"HOME": cls.temporary.name, "XDG_CACHE_HOME": cls.temporary.name}
        cls.examples = sorted(Path(EXAMPLES).glob("*.grc"))
        cls.compiled = cls.call("grcc", "-o", str(cls.folder), *map(str, cls.examples))

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    @classmethod
    def call(cls, *command):
        done = subprocess.run(command, env=cls.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60)
        if done.returncode != 0:
            raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def capture(self, count):
        path = self.folder / "capture.sigmf-data"
        samples = qpsk(count) * 8000
        np.stack([samples.real, samples.imag], axis=1).astype("<i2").tofile(path)
        return str(path)

    def run_program(self, name, *options, count=40000):
        return self.call(sys.executable, str(self.folder / f"{name}.py"), "--capture", self.capture(count),
                         "--samp-rate", str(RATE), "--model", MODEL, *options)

    def test_classify_file_prints_labels(self):
        output = self.run_program("classify_file", "--interval", "0.05",
                                  "--endpoint", f"ipc://{self.folder}/labels")
        seqs = [int(seq) for seq in re.findall(r"\(seq \. (\d+)\)", output)]
        self.assertEqual(seqs, list(range(8)), output)
        self.assertEqual(len(re.findall(r"\(label \. (BPSK|QPSK|FM|unknown)\)", output)), 8, output)

    def test_find_file_prints_labels(self):
        """Samples for several epochs of the detector."""
        output = self.run_program("find_file", "--interval", "0.05", "--endpoint", f"ipc://{self.folder}/find", count=700_000)
        seqs = [int(seq) for seq in re.findall(r"\(seq \. (\d+)\)", output)]
        self.assertEqual(seqs, list(range(len(seqs))), output)
        self.assertGreaterEqual(len(re.findall(r"\(label \. (BPSK|QPSK|FM|unknown)\)", output)), 5, output)

    def test_classify_bursts_prints_labels(self):
        output = self.run_program("classify_bursts", "--burst-len", "4000")
        self.assertEqual(len(re.findall(r"\(label \. (BPSK|QPSK|FM|unknown)\)", output)), 10, output)

    def test_every_example_compiles_to_python(self):
        self.assertEqual(len(self.examples), 6, self.compiled)
        for example in self.examples:
            program = self.folder / f"{example.stem}.py"
            self.assertTrue(program.is_file(), self.compiled)
            compile(program.read_text(), str(program), "exec")

    def test_a_callback_names_only_methods_that_exist(self):
        for example in self.examples:
            text = (self.folder / f"{example.stem}.py").read_text()
            for block, method in re.findall(r"self\.(classifier|zmq_labels)\.(\w+)\(", text):
                kind = {"classifier": prunedamr.classifier, "zmq_labels": prunedamr.zmq_label_sink}[block]
                self.assertTrue(hasattr(kind, method), method)

    def test_wrong_model_ends_in_one_clear_line(self):
        with self.assertRaisesRegex(AssertionError, r"RuntimeError: .*absent\.safetensors"):
            self.call(sys.executable, str(self.folder / "classify_file.py"), "--capture", self.capture(40000),
                      "--model", "absent.safetensors", "--endpoint", f"ipc://{self.folder}/absent")


if __name__ == "__main__":
    gr_unittest.run(qa_grc)
