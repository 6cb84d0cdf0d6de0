# SPDX-License-Identifier: GPL-3.0-or-later
"""The offsets and the `modern` fading of the recipe rml2016a against gr::channels: the same samples through both."""

import subprocess
import sys
import unittest

import numpy as np

try:
    from gnuradio import blocks, channels, gr
except ImportError:
    print("SKIPPED: this Python imports no gnuradio.channels")
    sys.exit(77)

PROBE = sys.argv.pop(1)
RATE = 200e3
RUNS = 60


def ours(stage, samples, keep, runs=1, step_hz=0.0, limit_hz=1.0):
    command = [PROBE, stage, str(step_hz), str(limit_hz), str(keep), str(runs)]
    out = subprocess.run(command, input=samples.tobytes(), capture_output=True, check=True).stdout
    return np.frombuffer(out, np.complex64).reshape(runs, keep).astype(complex)


def theirs(make_block, samples, keep, runs=1):
    rows = []
    for seed in range(1, runs + 1):
        source, sink, tb = blocks.vector_source_c(samples), blocks.vector_sink_c(), gr.top_block()
        tb.connect(source, make_block(seed), sink)
        tb.run()
        rows.append(np.array(sink.data()[:keep], dtype=complex))
    return np.array(rows)


def tone(frequency, count):
    return np.exp(2j * np.pi * frequency * np.arange(count)).astype(np.complex64)


def growth(values):
    """Mean square of a walk over the runs, at a quarter, half and the whole of its length."""
    count = values.shape[1]
    return np.mean(values[:, [count // 4, count // 2, count - 1]] ** 2, axis=0)


class ChannelModels(unittest.TestCase):
    def assert_alike(self, a, b):
        """Variances from RUNS walks each have a relative deviation of sqrt(2 / RUNS) = 0.18."""
        for x, y in zip(a, b):
            self.assertLess(abs(np.log(x / y)), 1.0, (a, b))

    def test_sample_rate_offset(self):
        frequency, count, keep = 0.02, 20000, 19000
        samples = tone(frequency, count)

        def shift(rows):
            """How far the place that was read has moved from n + 3, in samples."""
            expected = 2 * np.pi * frequency * (np.arange(keep) + 3)
            return np.unwrap(np.angle(rows * np.exp(-1j * expected)), axis=1) / (2 * np.pi * frequency)

        mine = shift(ours("rate", samples, keep, RUNS, 0.2, 50.0))
        peer = shift(theirs(lambda seed: channels.sro_model(RATE, 0.2, 50.0, seed), samples, keep, RUNS))
        np.testing.assert_allclose(mine[:, 0], 0, atol=0.01)  # the same delay
        np.testing.assert_allclose(peer[:, 0], 0, atol=0.01)
        self.assert_alike(growth(mine), growth(peer))
        expected = (0.2 / RATE) ** 2 * np.array([1 / 64, 1 / 8, 1]) * keep**3 / 3
        self.assert_alike(growth(mine), expected)

    def test_carrier_offset(self):
        count = 16000
        samples = np.ones(count, np.complex64)

        def offset_hz(rows):
            """Frequency over 50 samples: the peer's sine table has 8192 steps."""
            phase = np.unwrap(np.angle(rows), axis=1)
            return (phase[:, 50::50] - phase[:, :-50:50]) / 50 * RATE / (2 * np.pi)

        mine = offset_hz(ours("carrier", samples, count, RUNS, 5.0, 2000.0))
        peer = offset_hz(theirs(lambda seed: channels.cfo_model(RATE, 5.0, 2000.0, seed), samples, count, RUNS))
        self.assert_alike(growth(mine), growth(peer))
        self.assert_alike(growth(mine), 25.0 * count * np.array([0.25, 0.5, 1.0]))

        # Both reach the limit and stay within. The peer's frequency is known to one step of its table over 50 samples.
        mine = offset_hz(ours("carrier", samples, count, 4, 30.0, 1500.0))
        peer = offset_hz(theirs(lambda seed: channels.cfo_model(RATE, 30.0, 1500.0, seed), samples, count, 4))
        table_step_hz = RATE / 8192 / 50
        for rows in (mine, peer):
            self.assertLessEqual(np.max(np.abs(rows)), 1500.0 + table_step_hz)
            self.assertGreater(np.max(np.abs(rows)), 1400.0)

    def test_modern_fading_is_gnuradios(self):
        rng = np.random.default_rng(1)
        samples = (rng.standard_normal(40000) + 1j * rng.standard_normal(40000)).astype(np.complex64)
        keep = 39000
        mine = ours("fading", samples, keep)[0]
        peer = theirs(lambda seed: channels.selective_fading_model(8, 1 / RATE, True, 4.0, 0x1337, [0.0, 0.9, 1.7],
                                                                   [1.0, 0.8, 0.3], 8), samples, keep)[0]
        error = np.sqrt(np.mean(np.abs(mine - peer) ** 2) / np.mean(np.abs(peer) ** 2))
        print(f"relative difference {error:.4f}")
        self.assertLess(error, 0.02)  # its sine tables have 1024 and 8192 steps, its phases are float32


if __name__ == "__main__":
    unittest.main()
