# SPDX-License-Identifier: GPL-3.0-or-later
import os
import tempfile
import time
from pathlib import Path
from unittest import mock

import numpy as np
import pmt
from gnuradio import blocks, gr, gr_unittest, prunedamr

from support import KEYS, MODEL, RATE, Inbox, messages, qpsk, rx_time, store, tag


class qa_classifier(gr_unittest.TestCase):
    def run_block(self, samples, tags=(), max_noutput_items=None, interval_s=0.01, with_output=False, **parameters):
        """Runs a classifier over the samples: (events, block, output samples, output tags)."""
        tb = gr.top_block()
        source = blocks.vector_source_c(samples, False, 1, list(tags))
        block = prunedamr.classifier(MODEL, RATE, single=True, interval_s=interval_s, min_confidence=0.0, **parameters)
        debug = store(tb, block, "labels")
        sink = blocks.vector_sink_c()
        tb.connect(source, block)
        if with_output:
            tb.connect(block, sink)
        if max_noutput_items:
            block.set_max_noutput_items(max_noutput_items)
        tb.run()
        return messages(debug), block, np.array(sink.data(), np.complex64), sink.tags()

    def test_events_have_the_keys_of_the_schema_and_cover_the_stream(self):
        events, block, _, _ = self.run_block(qpsk(10240), source="antenna", center_freq=433.92e6)
        self.assertEqual([event["seq"] for event in events], list(range(len(events))))
        self.assertEqual(set(events[0]), set(KEYS))
        self.assertEqual(events[0]["source"], "antenna")
        self.assertEqual(events[0]["model"], "tiny")
        self.assertEqual(events[0]["sample_rate_hz"], RATE)
        self.assertAlmostEqual(events[0]["center_freq_hz"], 433.92e6, delta=RATE)
        starts = [event["sample_start"] for event in events]
        ends = [event["sample_start"] + event["sample_count"] for event in events]
        self.assertEqual([0] + ends[:-1], starts)
        self.assertEqual(ends[-1], 10240)
        self.assertEqual(block.stats().samples, 10240)
        self.assertEqual(block.stats().events, len(events))

    def test_top_is_ordered_and_led_by_the_label(self):
        for event in self.run_block(qpsk(4096))[0]:
            self.assertEqual(event["state"], "signal")
            self.assertEqual(event["top"][0][0], event["label"])
            probabilities = [p for _, p in event["top"]]
            self.assertEqual(probabilities, sorted(probabilities, reverse=True))

    def test_last_partial_interval_reaches_message_blocks(self):
        # many short runs: a message sent too late arrives in some of them only
        for _ in range(20):
            events = self.run_block(qpsk(1024 + 512), interval_s=1024 / RATE)[0]
            self.assertEqual([event["sample_count"] for event in events], [1024, 512])

    def test_same_events_for_any_size_of_work(self):
        samples = qpsk(20000)
        expected = self.run_block(samples)[0]
        self.assertGreater(len(expected), 10)
        for size in (1, 7, 128, 1000):
            events = self.run_block(samples, max_noutput_items=size)[0]
            for key in set(KEYS) - {"time"}:
                self.assertEqual([e[key] for e in events], [e[key] for e in expected], (size, key))

    def test_samples_pass_through_unchanged_with_tags(self):
        samples = qpsk(10240)
        events, _, output, tags = self.run_block(samples, with_output=True, tags=[tag(5, "mine", pmt.PMT_T)])
        np.testing.assert_array_equal(output, samples)
        by_key = {}
        for t in tags:
            by_key.setdefault(pmt.symbol_to_string(t.key), []).append((t.offset, pmt.to_python(t.value)))
        self.assertEqual(by_key["mine"], [(5, True)])
        self.assertEqual([value for _, value in by_key["prunedamr_label"]], events)
        for key in ("prunedamr_label", "prunedamr_block"):
            ends = [value["sample_start"] + value["sample_count"] for _, value in by_key[key]]
            self.assertEqual(ends[-1], len(samples))
            self.assertEqual([offset for offset, _ in by_key[key]], ends[:-1] + [len(samples) - 1])

    def test_noise_free_silence_is_noise(self):
        for event in self.run_block(np.zeros(4096, np.complex64))[0]:
            self.assertEqual((event["state"], event["label"]), ("noise", "noise"))

    def test_input_shorter_than_a_frame_gives_no_event(self):
        for count in (1, 17):
            events, block, output, _ = self.run_block(qpsk(count), with_output=True)
            self.assertEqual((events, len(output), block.stats().samples), ([], count, count))

    def test_a_device_that_counts_from_power_on_is_anchored_to_system_time(self):
        before = time.time()
        events = self.run_block(qpsk(4096), [tag(0, "rx_time", rx_time(12, 0.5))])[0]
        self.assertEqual(events[0]["time_source"], "system")
        self.assertTrue(before - 1 < sum(events[0]["time"]) < time.time() + 1, events[0]["time"])

    def test_rx_time_tags_set_hardware_time_and_jumps_count_as_overflows(self):
        half = 5120
        samples = qpsk(2 * half)
        start = 1700000000
        lost_s = 0.25
        tags = [
            tag(0, "rx_time", rx_time(start)),
            tag(half, "rx_time", rx_time(start, half / RATE + lost_s)),
        ]
        events = self.run_block(samples, tags)[0]
        first, last = events[0], events[-1]
        self.assertEqual(first["time"], (start, 0.0))
        self.assertEqual(first["time_source"], "hw")
        self.assertAlmostEqual(last["time"][1], last["sample_start"] / RATE + lost_s, places=6)
        self.assertEqual((first["overflows"], last["overflows"]), (0, 1))
        regular = [tag(n, "rx_time", rx_time(start, n / RATE)) for n in (0, half)]
        self.assertEqual(self.run_block(samples, regular)[0][-1]["overflows"], 0)

    def test_start_time_of_a_recording(self):
        tb = gr.top_block()
        block = prunedamr.classifier(MODEL, RATE, single=True)
        block.set_start_time(1234567890123456789, True)
        debug = store(tb, block, "labels")
        tb.connect(blocks.vector_source_c(qpsk(4096)), block)
        tb.run()
        event = messages(debug)[0]
        self.assertEqual(event["time_source"], "file")
        self.assertEqual(event["time"][0], 1234567890)
        self.assertAlmostEqual(event["time"][1], 0.123456789, places=9)

    def test_center_freq_by_tag_by_setter_and_by_command(self):
        samples = qpsk(10240)
        offset = self.run_block(samples)[0][-1]["center_freq_hz"]
        event = self.run_block(samples, [tag(0, "rx_freq", pmt.from_double(100e6))])[0][-1]
        self.assertAlmostEqual(event["center_freq_hz"], 100e6 + offset, places=3)

        block = prunedamr.classifier(MODEL, RATE, single=True)
        block.set_center_freq(200e6)
        block._post(pmt.intern("command"), pmt.dict_add(pmt.make_dict(), pmt.intern("center_freq"), pmt.intern("x")))
        block._post(pmt.intern("command"), pmt.from_long(3))
        tb = gr.top_block()
        debug = store(tb, block, "labels")
        tb.connect(blocks.vector_source_c(samples), block)
        tb.run()
        self.assertAlmostEqual(messages(debug)[-1]["center_freq_hz"], 200e6 + offset, places=3)

        block = prunedamr.classifier(MODEL, RATE, single=True)
        command = pmt.dict_add(pmt.make_dict(), pmt.intern("center_freq"), pmt.from_double(300e6))
        block._post(pmt.intern("command"), command)
        tb = gr.top_block()
        debug = store(tb, block, "labels")
        tb.connect(blocks.vector_source_c(samples), block)
        tb.run()
        self.assertAlmostEqual(messages(debug)[-1]["center_freq_hz"], 300e6 + offset, places=3)

    def test_numbers_of_any_type_in_tags_and_commands(self):
        samples = qpsk(10240)
        offset = self.run_block(samples)[0][-1]["center_freq_hz"]
        for value in (pmt.from_long(433920000), pmt.from_uint64(433920000), pmt.to_pmt(433920000)):
            event = self.run_block(samples, [tag(0, "rx_freq", value)])[0][-1]
            self.assertAlmostEqual(event["center_freq_hz"], 433.92e6 + offset, places=3)
        for command in (pmt.cons(pmt.intern("freq"), pmt.from_double(433.92e6)),
                        pmt.cons(pmt.intern("freq"), pmt.from_long(433920000)), pmt.to_pmt({"freq": 433.92e6})):
            block = prunedamr.classifier(MODEL, RATE, single=True)
            block._post(pmt.intern("command"), command)
            tb = gr.top_block()
            debug = store(tb, block, "labels")
            tb.connect(blocks.vector_source_c(samples), block)
            tb.run()
            self.assertAlmostEqual(messages(debug)[-1]["center_freq_hz"], 433.92e6 + offset, places=3)

    def test_tags_that_a_source_repeats_after_an_overflow_count_it_and_cut_the_label(self):
        def tags(rate, *changes):
            said = [(0, rate, 100e6), (3000, rate, 100e6), (6000, rate, 100e6), *changes]
            return [tag(offset, key, pmt.from_double(value))
                    for offset, rate, freq in said for key, value in (("rx_rate", rate), ("rx_freq", freq))]

        events = self.run_block(qpsk(10240), tags(RATE), interval_s=0.05)[0]
        cuts = [(e["sample_start"], e["overflows"]) for e in events]
        self.assertEqual(cuts, [(0, 0), (3000, 1), (6000, 2)])
        events = self.run_block(qpsk(10240), tags(RATE, (8000, RATE, 200e6)), interval_s=0.05)[0]
        self.assertEqual([(e["sample_start"], e["overflows"]) for e in events][3:], [(8000, 2)])  # a retune is no loss

    def renamed_model(self, name):
        """The test model under another name of the same length, which stands in the text of the file."""
        content = Path(MODEL).read_bytes()
        old = b'\\"name\\":\\"tiny\\"'
        self.assertEqual(content.count(old), 1)
        file = tempfile.NamedTemporaryFile(suffix=".safetensors")
        self.addCleanup(file.close)
        file.write(content.replace(old, old.replace(b"tiny", name)))
        file.flush()
        return file.name

    def test_another_model_by_setter_and_by_command_while_samples_flow(self):
        block = prunedamr.classifier(MODEL, RATE, single=True, interval_s=0.01)
        with self.assertRaisesRegex(RuntimeError, "absent.safetensors"):
            block.set_model("absent.safetensors")
        self.assertFalse(block.revert_model())
        tb = gr.top_block()
        inbox = Inbox(tb, block, "labels")
        tb.connect(blocks.vector_source_c(qpsk(4096), True), blocks.throttle(gr.sizeof_gr_complex, 20 * RATE), block)
        tb.start()

        events = []

        def wait_for(name):
            end = time.monotonic() + 10
            while not events or events[-1]["model"] != name:
                self.assertLess(time.monotonic(), end, "no event of model " + name)
                events.append(pmt.to_python(inbox.get()))

        def command(key, value):
            block._post(pmt.intern("command"), pmt.dict_add(pmt.make_dict(), pmt.intern(key), value))

        wait_for("tiny")
        block.set_model(self.renamed_model(b"tidy"))
        wait_for("tidy")
        command("model", pmt.intern("absent.safetensors"))  # is reported, and changes nothing
        command("model", pmt.intern(self.renamed_model(b"tint")))
        wait_for("tint")
        command("revert_model", pmt.PMT_T)
        wait_for("tidy")
        tb.stop()
        tb.wait()
        events += map(pmt.to_python, inbox.rest())
        self.assertEqual([event["seq"] for event in events], list(range(len(events))))
        ends = [event["sample_start"] + event["sample_count"] for event in events]
        self.assertEqual([event["sample_start"] for event in events], [0] + ends[:-1])
        self.assertEqual(block.stats().model_switches, 3)

    def test_a_second_run_of_the_same_block_goes_on_counting(self):
        tb = gr.top_block()
        source = blocks.vector_source_c(qpsk(2048), False)
        block = prunedamr.classifier(MODEL, RATE, single=True, interval_s=0.01)
        debug = store(tb, block, "labels")
        tb.connect(source, block)
        tb.run()
        source.rewind()
        tb.run()
        events = messages(debug)
        self.assertEqual([event["seq"] for event in events], list(range(len(events))))
        self.assertEqual(events[-1]["sample_start"] + events[-1]["sample_count"], 4096)

    def assert_refused(self, pattern, **changes):
        parameters = dict(model_file=MODEL, sample_rate=RATE, single=True) | changes
        with self.assertRaisesRegex(RuntimeError, pattern) as caught:
            prunedamr.classifier(**parameters)
        self.assertNotIn("\n", str(caught.exception))

    def test_bad_parameters_are_refused_in_one_line(self):
        with tempfile.NamedTemporaryFile("w", suffix=".safetensors") as text:
            text.write("This is not a model.\n" * 100)
            text.flush()
            self.assert_refused(text.name, model_file=text.name)
        self.assert_refused("absent.safetensors", model_file="absent.safetensors")
        for rate in (0, -1, float("nan"), float("inf")):
            self.assert_refused("sample_rate", sample_rate=rate)
        for interval in (-1, float("nan"), 1e300):
            self.assert_refused("interval_s", interval_s=interval)
        self.assert_refused("center_freq", center_freq=float("inf"))
        self.assert_refused("confidence", min_confidence=1.5)
        with self.assertRaisesRegex(RuntimeError, "center_freq"):
            prunedamr.classifier(MODEL, RATE, single=True).set_center_freq(float("nan"))

    def test_unknown_model_name_lists_what_there_is(self):
        with mock.patch.dict(os.environ, PRUNEDAMR_MODELS=str(Path(MODEL).parent)):
            self.assert_refused("no-such-model.*%s in" % Path(MODEL).stem, model_file="no-such-model")
            prunedamr.classifier(Path(MODEL).stem, RATE)


if __name__ == "__main__":
    gr_unittest.run(qa_classifier)
