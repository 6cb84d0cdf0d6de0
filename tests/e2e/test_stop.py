# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGINT and SIGTERM end the receiver in good order, also while its source is silent."""

import os
import signal
import unittest

import rx

SIGNALS = (signal.SIGINT, signal.SIGTERM)
RATE = 1_000_000


class Stop(rx.Case):
    def start(self, *arguments, start=rx.start):
        self.labels = self.folder / "labels.json"
        self.labels.unlink(missing_ok=True)
        process = start("--rate", RATE, "--out", "json:%s" % self.labels, *arguments)
        self.addCleanup(process.kill)
        return process

    def test_silent_stdin(self):
        for number in SIGNALS:
            with self.subTest(signal=number.name):
                process = self.start("--source", "stdin", "--format", "ci8")
                self.wait_until(self.labels.exists, "the receiver to open its output")
                self.stop(process, number)
                self.assertEqual(rx.lines(self.labels), [])

    def test_silent_zmq_source(self):
        for number in SIGNALS:
            with self.subTest(signal=number.name):
                process = self.start("--source", "zmq:" + rx.free_endpoint())
                self.wait_until(self.labels.exists, "the receiver to open its output")
                self.stop(process, number)
                self.assertEqual(rx.lines(self.labels), [])

    def test_a_fifo_that_nobody_writes_to(self):
        fifo = self.folder / "fifo"
        os.mkfifo(fifo)
        for number in SIGNALS:
            with self.subTest(signal=number.name):
                process = self.start("--source", fifo, "--format", "ci8")
                self.assertEqual(process.stderr.readline(),
                                 b"prunedamr-rx: %s: waiting for samples, nobody has written any yet\n" % os.fsencode(fifo))
                self.stop(process, number)

    def test_a_reader_that_stalls(self):
        """Labels go to a pipe that nobody empties: more of them than pipe and queue hold."""
        source = self.write("long.ci8", rx.samples_ci8(20_000).tobytes() * 400)
        read_end, write_end = os.pipe()
        self.addCleanup(os.close, read_end)
        process = rx.start_talking("--rate", RATE, "--source", source, "--interval", "0.001", "--out", "json:-",
                                   stdout=write_end)
        os.close(write_end)
        self.addCleanup(process.kill)
        before = 0
        for count in rx.sample_counts(process):
            if 0 < count == before:  # it has come to a halt
                break
            before = count
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
        self.assertEqual(process.returncode, 0)

    def test_what_came_before_is_decided_and_written(self):
        """A stdin that falls silent in the third interval."""
        count = 250_000
        for number in SIGNALS:
            with self.subTest(signal=number.name):
                process = self.start("--source", "stdin", "--format", "ci8", start=rx.start_talking)
                process.stdin.write(rx.samples_ci8(count).tobytes())
                process.stdin.flush()
                # The last sample may wait for the one after it.
                self.assertTrue(any(seen >= count - 1 for seen in rx.sample_counts(process)))
                self.stop(process, number, quiet=False)
                self.assert_complete(rx.events(self.labels), count, RATE // 10)


if __name__ == "__main__":
    unittest.main()
