# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pmt
from gnuradio import blocks, gr, gr_unittest, prunedamr

from support import KEYS, MODEL, RATE, messages, rx_time, store, tag

TUNED = 433e6
EPOCH = 131072  # samples that are searched at a time at this rate


def two_signals(count, seed=1):
    """QPSK of 10 kBd at -20 kHz and of 5 kBd at 25 kHz, Hann pulses of two symbols, 20 dB over the noise of the band."""
    rng = np.random.default_rng(seed)
    n = np.arange(count)
    x = 0.1 * (rng.standard_normal(count) + 1j * rng.standard_normal(count)) / np.sqrt(2)
    for per_symbol, offset in ((10, -20e3), (20, 25e3)):
        symbols = np.exp(1j * np.pi / 2 * rng.integers(0, 4, count // per_symbol + 1))
        impulses = np.zeros(len(symbols) * per_symbol, complex)
        impulses[::per_symbol] = symbols
        x += np.convolve(impulses, np.hanning(2 * per_symbol + 1))[:count] * np.exp(2j * np.pi * offset / RATE * n)
    return x.astype(np.complex64)


class qa_band(gr_unittest.TestCase):
    def run_block(self, samples, tags=(), max_noutput_items=None, **parameters):
        tb = gr.top_block()
        block = prunedamr.classifier(MODEL, RATE, **parameters)
        debug = store(tb, block, "labels")
        tb.connect(blocks.vector_source_c(samples, False, 1, list(tags)), block)
        if max_noutput_items:
            block.set_max_noutput_items(max_noutput_items)
        tb.run()
        return messages(debug), block

    def test_each_interval_has_an_event_for_each_signal(self):
        events, block = self.run_block(two_signals(3 * EPOCH), center_freq=TUNED, source="antenna")
        self.assertEqual([event["seq"] for event in events], list(range(len(events))))
        self.assertEqual(len(events), 6)
        for lower, upper in zip(events[::2], events[1::2]):
            self.assertEqual(set(lower), set(KEYS))
            self.assertEqual(lower["sample_start"], upper["sample_start"])
            self.assertAlmostEqual(lower["center_freq_hz"], TUNED - 20e3, delta=1000)
            self.assertAlmostEqual(upper["center_freq_hz"], TUNED + 25e3, delta=1000)
            self.assertEqual((lower["source"], lower["sample_rate_hz"]), ("antenna", RATE))
        self.assertEqual(block.stats().samples, 3 * EPOCH)
        self.assertEqual(block.stats().events, len(events))

    def test_same_events_for_any_size_of_work(self):
        samples = two_signals(EPOCH + 30000)
        expected = self.run_block(samples)[0]
        for size in (97, 1000):
            events = self.run_block(samples, max_noutput_items=size)[0]
            for key in set(KEYS) - {"time"}:
                self.assertEqual([e[key] for e in events], [e[key] for e in expected], (size, key))

    def test_times_and_a_retune_come_from_tags(self):
        half = 60000
        tags = [tag(0, "rx_time", rx_time(1700000000)), tag(half, "rx_freq", pmt.from_double(TUNED))]
        events = self.run_block(two_signals(2 * half), tags)[0]
        self.assertEqual(events[0]["time"], (1700000000, 0.0))
        for event in events:
            ends = event["sample_start"] + event["sample_count"]
            self.assertTrue(ends <= half or event["sample_start"] >= half)
            self.assertEqual(event["center_freq_hz"] > 400e6, event["sample_start"] >= half)

    def test_a_burst_is_one_event_and_its_label_a_tag(self):
        samples = two_signals(2 * EPOCH)
        quiet = np.r_[0:50000, 58000:2 * EPOCH]
        rng = np.random.default_rng(3)
        samples[quiet] = 0.1 / np.sqrt(2) * (rng.standard_normal(len(quiet)) + 1j * rng.standard_normal(len(quiet)))
        tb = gr.top_block()
        block = prunedamr.classifier(MODEL, RATE)
        sink = blocks.vector_sink_c()
        tb.connect(blocks.vector_source_c(samples), block, sink)
        tb.run()
        np.testing.assert_array_equal(np.array(sink.data(), np.complex64), samples)
        events = [pmt.to_python(t.value) for t in sink.tags() if pmt.symbol_to_string(t.key) == "prunedamr_label"]
        bursts = [e for e in events if e["bandwidth_hz"] < 0.9 * RATE]
        self.assertEqual(len(bursts), 2, events)
        for event in bursts:
            self.assertAlmostEqual(event["sample_start"], 50000, delta=600)
            self.assertAlmostEqual(event["sample_count"], 8000, delta=1200)

    def test_another_model_by_setter(self):
        block = prunedamr.classifier(MODEL, RATE)
        with self.assertRaisesRegex(RuntimeError, "absent.safetensors"):
            block.set_model("absent.safetensors")
        self.assertFalse(block.revert_model())
        block.set_model(MODEL)
        tb = gr.top_block()
        tb.connect(blocks.vector_source_c(two_signals(20000)), block)
        tb.run()
        self.assertEqual(block.stats().model_switches, 1)
        self.assertTrue(block.revert_model())

    def test_bad_parameters_are_refused_in_one_line(self):
        for name, value in (("sample_rate", -1.0), ("interval_s", -1.0)):
            parameters = dict(model_file=MODEL, sample_rate=RATE) | {name: value}
            with self.assertRaisesRegex(RuntimeError, name) as caught:
                prunedamr.classifier(**parameters)
            self.assertNotIn("\n", str(caught.exception))
        with self.assertRaisesRegex(RuntimeError, "classifier: center_freq"):
            prunedamr.classifier(MODEL, RATE).set_center_freq(float("nan"))


if __name__ == "__main__":
    gr_unittest.run(qa_band)
