# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGINT and SIGTERM end the receiver in good order, also while its source is silent."""

import signal
import unittest

import rx

SIGNALS = (signal.SIGINT, signal.SIGTERM)
RATE = 1_000_000


class Stop(rx.Case):
    def start(self, *arguments):
        self.labels = self.folder / "labels.json"
        self.labels.unlink(missing_ok=True)
        process = rx.start("--rate", RATE, "--out", "json:%s" % self.labels, *arguments)
        self.addCleanup(process.kill)
        return process

    def test_silent_stdin(self):
        for number in SIGNALS:
            with self.subTest(signal=number.name):
                process = self.start("--source", "stdin", "--format", "ci8")
                rx.wait_until(self.labels.exists, "the receiver to open its output")
                self.stop(process, number)
                self.assertEqual(rx.lines(self.labels), [])

    def test_silent_zmq_source(self):
        for number in SIGNALS:
            with self.subTest(signal=number.name):
                process = self.start("--source", "zmq:" + rx.free_endpoint())
                rx.wait_until(self.labels.exists, "the receiver to open its output")
                self.stop(process, number)
                self.assertEqual(rx.lines(self.labels), [])

    def test_what_came_before_is_decided_and_written(self):
        """A stdin that falls silent in the third interval."""
        count = 250_000
        for number in SIGNALS:
            with self.subTest(signal=number.name):
                process = self.start("--source", "stdin", "--format", "ci8")
                process.stdin.write(rx.samples_ci8(count).tobytes())
                process.stdin.flush()
                rx.wait_until(lambda: len(rx.lines(self.labels)) >= 2, "two labels")
                self.stop(process, number)
                self.assert_complete(rx.events(self.labels), count, RATE // 10)


if __name__ == "__main__":
    unittest.main()
