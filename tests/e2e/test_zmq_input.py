# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples over ZeroMQ, from a plain publisher and from GNU Radio's own sink."""

import array
import signal
import unittest

import rx
import zmq

try:
    import pmt
    from gnuradio import blocks, gr, zeromq
except ImportError:
    gr = None

RATE = 500_000
INTERVAL = 25 * rx.BLOCK  # 0.1 s in whole blocks
COUNT = 4 * INTERVAL + 1000
CF32 = array.array("f", [x / 128 for x in rx.samples_ci8(COUNT)]).tobytes()
MESSAGE_BYTES = 8 * 1024


class ZmqInput(rx.Case):
    def start(self, endpoint, *options, band=False):
        self.labels = self.folder / "labels.json"
        process = rx.start("--source", "zmq:" + endpoint, "--rate", "500k", "--freq", "100M", "--out",
                           "json:%s" % self.labels, *options, band=band)
        self.addCleanup(process.kill)
        return process

    def test_raw_samples_of_a_publisher(self):
        publisher, endpoint = self.publisher()
        process = self.start(endpoint)
        publisher.recv()  # the receiver has subscribed
        for start in range(0, len(CF32), MESSAGE_BYTES):
            publisher.send(CF32[start : start + MESSAGE_BYTES])
        self.wait_until(lambda: len(rx.lines(self.labels)) >= 4, "four labels")
        self.stop(process, signal.SIGTERM)
        events = rx.events(self.labels)
        self.assertEqual({(e["time_source"], e["sample_rate_hz"]) for e in events}, {("system", RATE)})
        self.assert_complete(events[:4], 4 * INTERVAL, INTERVAL)

    def test_band_of_a_publisher(self):
        publisher, endpoint = self.publisher()
        process = self.start(endpoint, band=True)
        publisher.recv()
        bursts = array.array("f", [x / 128 for x in rx.samples_ci8(COUNT, turns=3)]).tobytes()
        for _ in range(3):  # more than is searched at a time
            for start in range(0, len(bursts), MESSAGE_BYTES):
                publisher.send(bursts[start : start + MESSAGE_BYTES])
        self.wait_until(lambda: len(rx.lines(self.labels)) >= 3, "three labels", 30.0)
        self.stop(process, signal.SIGTERM, quiet=False)
        for event in rx.events(self.labels)[:3]:
            start = event["sample_start"] % COUNT
            self.assertLess(abs(start % 60_000 - 40_000), 100, event)
            self.assertLess(abs(event["sample_count"] - 20_000), 200, event)
            self.assertLess(abs(event["power_dbfs"] + 10), 1, event)
            self.assertEqual(event["time_source"], "system")

    def test_messages_that_are_no_samples_are_told_in_one_line_and_left_out(self):
        publisher, endpoint = self.publisher()
        process = self.start(endpoint)
        publisher.recv()
        for number, start in enumerate(range(0, len(CF32), MESSAGE_BYTES)):
            if number % 3 == 1:
                publisher.send(b"abc")
            publisher.send(CF32[start : start + MESSAGE_BYTES])
        self.wait_until(lambda: len(rx.lines(self.labels)) >= 4, "four labels")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=10)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(len(err.splitlines()), 1, err)
        self.assertIn(b"no whole number of samples: found 3 bytes", err)
        self.assert_complete(rx.events(self.labels)[:4], 4 * INTERVAL, INTERVAL)

    def test_one_key_of_several_into_a_socket_that_is_bound(self):
        endpoint = rx.free_endpoint()
        process = self.start("@" + endpoint, "--format", "ci8", "--source-key", "antenna")
        context = zmq.Context()
        self.addCleanup(context.destroy, 0)
        publisher = context.socket(zmq.XPUB)
        publisher.connect(endpoint)
        publisher.recv()
        samples = rx.samples_ci8(COUNT).tobytes()
        for start in range(0, len(samples), MESSAGE_BYTES):
            publisher.send_multipart([b"antenna-2", b"no samples"])
            publisher.send_multipart([b"antenna", samples[start : start + MESSAGE_BYTES]])
        self.wait_until(lambda: len(rx.lines(self.labels)) >= 4, "four labels")
        self.stop(process, signal.SIGTERM)
        self.assert_complete(rx.events(self.labels)[:4], 4 * INTERVAL, INTERVAL)

    @unittest.skipUnless(gr, "GNU Radio is not there")
    def test_tags_of_a_gnuradio_sink(self):
        flowgraph = gr.top_block()
        endpoint = rx.free_endpoint()
        tags = [gr.python_to_tag((offset, pmt.intern(key), value, pmt.intern("test")))
                for offset, key, value in ((0, "rx_time", pmt.make_tuple(pmt.from_uint64(1700000000), pmt.from_double(0.5))),
                                           (0, "rx_freq", pmt.from_double(200e6)),
                                           (2 * INTERVAL, "rx_freq", pmt.from_long(300_000_000)))]
        flowgraph.connect(blocks.vector_source_c([complex(0.3, 0.2)] * COUNT, False, 1, tags),
                          zeromq.push_sink(gr.sizeof_gr_complex, 1, endpoint, 100, True))
        labels = self.folder / "labels.json"
        process = rx.start("--source", "zmq-pull:" + endpoint, "--rate", "500k", "--out", "json:%s" % labels)
        self.addCleanup(process.kill)
        flowgraph.start()
        self.wait_until(lambda: len(rx.lines(labels)) >= 4, "four labels")
        flowgraph.stop()
        flowgraph.wait()
        self.stop(process, signal.SIGINT)
        events = rx.events(labels)
        self.assertEqual([round(e["center_freq_hz"] / 1e8) for e in events[:4]], [2, 2, 3, 3])
        self.assertEqual((events[0]["time_source"], events[0]["time"]), ("hw", "2023-11-14T22:13:20.500000000Z"))
        self.assertEqual({e["overflows"] for e in events}, {0})

    @unittest.skipUnless(gr, "GNU Radio is not there")
    def test_gnuradio_sink(self):
        flowgraph = gr.top_block()
        endpoint = rx.free_endpoint()
        flowgraph.connect(blocks.null_source(gr.sizeof_gr_complex), blocks.throttle(gr.sizeof_gr_complex, RATE),
                          zeromq.pub_sink(gr.sizeof_gr_complex, 1, endpoint))
        process = self.start(endpoint)
        flowgraph.start()
        try:
            self.wait_until(lambda: len(rx.lines(self.labels)) >= 2, "two labels")
        finally:
            flowgraph.stop()
            flowgraph.wait()
        self.stop(process, signal.SIGINT)
        self.assertEqual({e["state"] for e in rx.events(self.labels)}, {"noise"})


if __name__ == "__main__":
    unittest.main()
