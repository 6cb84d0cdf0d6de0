# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples over ZeroMQ, from a plain publisher and from GNU Radio's own sink."""

import array
import signal
import unittest

import rx

try:
    from gnuradio import blocks, gr, zeromq
except ImportError:
    gr = None

RATE = 500_000
INTERVAL = 25 * rx.BLOCK  # 0.1 s in whole blocks
COUNT = 4 * INTERVAL + 1000
CF32 = array.array("f", [x / 128 for x in rx.samples_ci8(COUNT)]).tobytes()
MESSAGE_BYTES = 8 * 1024


class ZmqInput(rx.Case):
    def start(self, endpoint, *options):
        self.labels = self.folder / "labels.json"
        process = rx.start("--source", "zmq:" + endpoint, "--rate", "500k", "--freq", "100M", "--out",
                           "json:%s" % self.labels, *options)
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

    def test_survey_of_a_publisher(self):
        publisher, endpoint = self.publisher()
        process = self.start(endpoint, "--survey")
        publisher.recv()
        for start in range(0, len(CF32), MESSAGE_BYTES):
            publisher.send(CF32[start : start + MESSAGE_BYTES])
        self.wait_until(lambda: len(rx.lines(self.labels)) >= 3, "three labels")
        self.stop(process, signal.SIGTERM)
        starts = [(e["seq"], e["sample_start"]) for e in rx.events(self.labels)]
        interval = starts[1][1]
        self.assertAlmostEqual(interval, 0.1 * RATE, delta=0.02 * RATE)
        self.assertEqual(starts[:3], [(k, k * interval) for k in range(3)])

    def test_a_message_that_is_no_samples_ends_in_one_line(self):
        publisher, endpoint = self.publisher()
        process = self.start(endpoint)
        publisher.recv()
        publisher.send(b"abc")
        _, err = process.communicate(timeout=10)
        self.assertEqual(process.returncode, 1)
        self.assertEqual(len(err.splitlines()), 1, err)
        self.assertIn(b"no whole number of samples: found 3 bytes", err)

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
