# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong is an exception of Python's own kind, with the library's one line."""

import errno
import os
import tempfile
import unittest
from pathlib import Path

import numpy as np

import prunedamr

MODEL = prunedamr.Model(os.environ["PRUNEDAMR_TEST_MODEL"])
SAMPLES = np.zeros(4096, np.complex64)


def signal(**options):
    return prunedamr.SignalClassifier(MODEL, **{"sample_rate_hz": 1e6, **options})


class Errors(unittest.TestCase):
    def refused(self, kind, text, call):
        with self.assertRaises(kind, msg=text) as refusal:
            call()
        self.assertIs(type(refusal.exception), kind)
        self.assertIn(text, str(refusal.exception))
        self.assertNotIn("\n", str(refusal.exception))
        return refusal.exception

    def test_files(self):
        with tempfile.TemporaryDirectory() as folder:
            gone = os.path.join(folder, "gone.safetensors")
            found = self.refused(FileNotFoundError, gone, lambda: prunedamr.Model(gone))
            self.assertEqual(found.errno, errno.ENOENT)
            self.refused(FileNotFoundError, "no such model: found onair-z", lambda: prunedamr.Model("onair-z"))
            found = self.refused(IsADirectoryError, folder, lambda: prunedamr.Model(folder))
            self.assertEqual(found.errno, errno.EISDIR)
            loop = Path(folder) / "loop"
            loop.symlink_to(loop)
            self.refused(OSError, "loop: cannot open", lambda: prunedamr.Model(loop))
            self.refused(OSError, "not a regular file", lambda: prunedamr.Model("/dev/null"))
            broken = Path(folder) / "broken.safetensors"
            broken.write_bytes(b"x" * 100)
            self.refused(prunedamr.Error, "broken.safetensors: not a safetensors file", lambda: prunedamr.Model(broken))
            self.refused(prunedamr.Error, r"\u00ff: not a safetensors", lambda: prunedamr.Model(
                broken.rename(os.fsdecode(os.fsencode(folder) + b"/\xff"))))
        self.assertTrue(issubclass(prunedamr.Error, RuntimeError))

    def test_values(self):
        for text, call in (
            ("sample_rate_hz", lambda: signal(sample_rate_hz=0)),
            ("sample_rate_hz", lambda: signal(sample_rate_hz=float("nan"))),
            ("interval_s", lambda: signal(interval_s=-1)),
            ("min_confidence", lambda: signal(min_confidence=2)),
            ("source", lambda: signal(source="")),
            ("max_lag_s", lambda: signal(live=True, max_lag_s=0)),
            ("interval_s", lambda: prunedamr.WidebandScanner(MODEL, 1e6, interval_s=-1)),
            ("center_freq_hz", lambda: signal().set_center_freq_hz(float("inf"))),
            ("time_source", lambda: signal().set_time(0, 0, "gps")),
            ("complex64 [2, 2048]", lambda: signal().process(SAMPLES.reshape(2, 2048))),
        ):
            self.refused(ValueError, text, call)

    def test_types(self):
        self.refused(TypeError, "samples: wrong array: found float32 [4096], expected complex64 [n]",
                     lambda: signal().process(SAMPLES.real))
        self.refused(TypeError, "found object []", lambda: signal().process(None))
        for call in (lambda: prunedamr.SignalClassifier(None, 1e6), lambda: prunedamr.SignalClassifier(5, 1e6),
                     lambda: prunedamr.SignalClassifier(MODEL), lambda: signal(rate=5), lambda: prunedamr.Model(7),
                     lambda: signal().set_model(None)):
            self.assertRaises(TypeError, call)

    def test_a_refused_call_changes_nothing(self):
        stream = signal(time_ns=0)
        for call in (lambda: stream.process(SAMPLES.real), lambda: stream.set_model("onair-z"),
                     lambda: stream.set_center_freq_hz(float("nan"))):
            self.assertRaises((TypeError, ValueError, OSError), call)
        self.assertEqual(stream.process(SAMPLES) + stream.flush(), MODEL.classify(SAMPLES, 1e6))


if __name__ == "__main__":
    unittest.main()
