# SPDX-License-Identifier: GPL-3.0-or-later
"""The same samples in every format, from files and standard input."""

import array
import json
import unittest

import rx

RATE = 200_000
COUNT = 131_071  # prime: ends within a block
INTERVAL_S = 0.1
CI8 = rx.samples_ci8(COUNT)
CI16 = array.array("h", [256 * x for x in CI8])


def raw_formats():
    return {
        "cu8": bytes(x + 128 for x in CI8),
        "ci8": CI8.tobytes(),
        "ci16": CI16.tobytes(),
        "cf32": array.array("f", [x / 128 for x in CI8]).tobytes(),
    }


def sigmf_meta(**global_extra):
    return json.dumps({
        "global": {"core:datatype": "ci16_le", "core:sample_rate": RATE, "core:version": "1.0.0"},
        "captures": [{"core:sample_start": 0, **global_extra}],
        "annotations": [],
    }).encode()


class Formats(rx.Case):
    def setUp(self):
        super().setUp()
        self.raw = raw_formats()

    def run_raw(self, name):
        path = self.write("x." + name, self.raw[name])
        result = rx.run("--source", path, "--format", name, "--rate", "200k", "--interval", INTERVAL_S)
        self.assert_done(result)
        return result

    def run_sigmf(self, **capture):
        self.write("s.sigmf-data", self.raw["ci16"])
        meta = self.write("s.sigmf-meta", sigmf_meta(**capture))
        result = rx.run("--source", "file:%s" % meta)
        self.assert_done(result)
        return result

    def test_one_event_per_interval_in_every_format(self):
        for name in self.raw:
            with self.subTest(format=name):
                self.assert_complete(self.run_raw(name).events, COUNT, int(RATE * INTERVAL_S))

    def test_same_samples_give_same_lines(self):
        expected = self.run_sigmf().stdout
        self.assertEqual(expected.count("\n"), len(self.run_raw("cu8").events))
        for name in ("ci8", "ci16", "cf32"):
            with self.subTest(format=name):
                self.assertEqual(self.run_raw(name).stdout, expected)

    def test_stdin_equals_file_but_for_its_time(self):
        from_file = self.run_raw("cf32").events
        result = rx.run("--source", "stdin", "--format", "cf32", "--rate", RATE, stdin=self.raw["cf32"])
        self.assert_done(result)
        from_stdin = result.events
        self.assertEqual({e.pop("time_source") for e in from_file}, {"file"})
        self.assertEqual({e.pop("time_source") for e in from_stdin}, {"system"})
        for event in from_file + from_stdin:
            del event["time"]
        self.assertEqual(from_stdin, from_file)

    def test_a_file_without_date_starts_at_1970(self):
        event = self.run_raw("ci8").events[0]
        self.assertEqual((event["time"], event["time_source"]), ("1970-01-01T00:00:00.000000000Z", "file"))

    def test_sigmf_tells_time_and_frequency(self):
        event = self.run_sigmf(**{"core:datetime": "2024-02-29T12:00:00.5Z", "core:frequency": 433.92e6}).events[0]
        self.assertEqual(event["time"], "2024-02-29T12:00:00.500000000Z")
        self.assertLess(abs(event["center_freq_hz"] - 433.92e6), RATE / 2)

    def test_fewer_samples_than_the_front_end_needs_give_no_event(self):
        result = rx.run("--source", self.write("one.cf32", self.raw["cf32"][:8]), "--rate", RATE)
        self.assert_done(result)
        self.assertEqual(result.stdout, "")


if __name__ == "__main__":
    unittest.main()
