# SPDX-License-Identifier: GPL-3.0-or-later
"""The same samples in every format, from files and standard input."""

import array
import gzip
import io
import json
import os
import struct
import subprocess
import tarfile
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
        "cf64": array.array("d", [x / 128 for x in CI8]).tobytes(),
        "ci32": array.array("i", [x << 24 for x in CI8]).tobytes(),
        "ci16_be": struct.pack(">%dh" % len(CI16), *CI16),
    }


def sigmf_meta(**global_extra):
    return json.dumps({
        "global": {"core:datatype": "ci16_le", "core:sample_rate": RATE, "core:version": "1.0.0"},
        "captures": [{"core:sample_start": 0, **global_extra}],
        "annotations": [],
    }).encode()


class Formats:
    """What holds whether a band is searched or its samples are taken for one signal."""

    def setUp(self):
        super().setUp()
        self.raw = raw_formats()

    def command(self, *arguments):
        return rx.command(*arguments, band=self.band)

    def run_rx(self, *arguments, **keywords):
        return rx.run(*arguments, band=self.band, **keywords)

    def run_raw(self, name):
        path = self.write("x." + name, self.raw[name])
        result = self.run_rx("--source", path, "--format", name, "--rate", "200k", "--interval", INTERVAL_S)
        self.assert_done(result)
        return result

    def run_sigmf(self, **capture):
        self.write("s.sigmf-data", self.raw["ci16"])
        meta = self.write("s.sigmf-meta", sigmf_meta(**capture))
        result = self.run_rx("--source", "file:%s" % meta)
        self.assert_done(result)
        return result

    def test_same_samples_give_same_lines(self):
        expected = self.run_sigmf().stdout
        self.assertEqual(expected.count("\n"), len(self.run_raw("cu8").events))
        for name in set(self.raw) - {"cu8"}:
            with self.subTest(format=name):
                self.assertEqual(self.run_raw(name).stdout, expected)

    def test_archive_and_wav_equal_the_plain_files(self):
        expected = self.run_sigmf().stdout
        archive = self.folder / "s.sigmf"
        with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as tar:
            for name in ("s.sigmf-meta", "s.sigmf-data"):
                content = (self.folder / name).read_bytes()
                member = tarfile.TarInfo("s/" + name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
        samples = self.raw["ci16"]
        wav = self.write("s.wav", b"RIFF" + struct.pack("<I", len(samples) + 36) + b"WAVEfmt " +
                         struct.pack("<IHHIIHH", 16, 1, 2, RATE, 4 * RATE, 4, 16) +
                         b"data" + struct.pack("<I", len(samples)) + samples)
        for source in (archive, "file:%s#s" % archive, wav):
            with self.subTest(source=str(source)):
                result = self.run_rx("--source", source)
                self.assert_done(result)
                self.assertEqual(result.stdout, expected)

    def test_one_of_two_channels(self):
        frames = memoryview(self.raw["ci16"]).cast("I")
        both = array.array("I", [x for pair in zip([0] * len(frames), frames) for x in pair]).tobytes()
        meta = json.loads(sigmf_meta())
        meta["global"]["core:num_channels"] = 2
        expected = self.run_sigmf().stdout
        self.write("s.sigmf-data", both)
        path = self.write("s.sigmf-meta", json.dumps(meta).encode())
        second = self.run_rx("--source", path, "--channel", 1)
        self.assert_done(second)
        self.assertEqual(second.stdout, expected)
        first = self.run_rx("--source", path)
        self.assertEqual(first.code, 0)
        self.assertIn("warning", first.stderr)
        self.assertIn("core:num_channels 2", first.stderr)
        self.assert_refused(self.run_rx("--source", path, "--channel", 2), 1, "no such channel")

    def test_stdin_equals_file_but_for_its_time(self):
        from_file = self.run_raw("cf32").events
        result = self.run_rx("--source", "stdin", "--format", "cf32", "--rate", RATE, stdin=self.raw["cf32"])
        self.assert_done(result)
        from_stdin = result.events
        self.assertEqual({e.pop("time_source") for e in from_file}, {"file"})
        self.assertEqual({e.pop("time_source") for e in from_stdin}, {"system"})
        for event in from_file + from_stdin:
            del event["time"]
        self.assertEqual(from_stdin, from_file)

    def test_an_existing_file_wins_over_a_prefix(self):
        self.write("12:00:00.ci16", self.raw["ci16"])
        result = subprocess.run(self.command("12:00:00.ci16", "--rate", RATE), cwd=self.folder, capture_output=True, timeout=60)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(result.stdout.splitlines()), len(self.run_raw("ci16").events))

    def test_pipes_with_a_path_are_read_as_standard_input_is(self):
        expected = self.run_rx("--source", "-", "--format", "ci16", "--rate", RATE, stdin=self.raw["ci16"]).events
        result = self.run_rx("--source", "/dev/stdin", "--format", "ci16", "--rate", RATE, stdin=self.raw["ci16"])
        self.assert_done(result)
        self.assertEqual([e["label"] for e in result.events], [e["label"] for e in expected])
        fifo = self.folder / "fifo"
        os.mkfifo(fifo)
        with subprocess.Popen(self.command(fifo, "--format", "ci16", "--rate", RATE), stdout=subprocess.PIPE) as process:
            fifo.write_bytes(self.raw["ci16"])
            self.assertEqual(len(process.stdout.read().splitlines()), len(expected))
        self.assertEqual(process.returncode, 0)
        self.assert_refused(self.run_rx("--source", fifo, "--rate", RATE), 2, "--format")

    def test_a_compressed_file_equals_the_plain_one(self):
        packed = self.write("s.ci16.gz", gzip.compress(self.raw["ci16"]))
        result = self.run_rx("--source", packed, "--rate", RATE)
        self.assert_done(result)
        self.assertEqual(result.stdout, self.run_raw("ci16").stdout)


class Band(Formats, rx.Case):
    band = True

    def test_one_event_per_burst(self):
        """The tone is on in every second stretch of 20,000 samples."""
        result = self.run_rx(self.write("x.ci8", self.raw["ci8"]), "--rate", "200k")
        self.assert_done(result)
        self.assertEqual(len(result.events), COUNT // 40_000)
        for number, event in enumerate(result.events):
            self.assertLess(abs(event["sample_start"] - 20_000 * (2 * number + 1)), 100)
            self.assertLess(abs(event["sample_count"] - 20_000), 200)
            self.assertLess(abs(event["power_dbfs"] + 10), 1)  # 40 of 128


class Single(Formats, rx.Case):
    band = False

    def test_one_event_per_interval_in_every_format(self):
        for name in self.raw:
            with self.subTest(format=name):
                self.assert_complete(self.run_raw(name).events, COUNT, int(RATE * INTERVAL_S))

    def test_a_retune_ends_a_label_and_the_next_has_its_frequency_and_time(self):
        start = 50_000
        self.write("s.sigmf-data", self.raw["ci16"])
        meta = json.loads(sigmf_meta(**{"core:frequency": 100e6, "core:datetime": "2024-02-29T12:00:00Z"}))
        meta["captures"].append({"core:sample_start": start, "core:frequency": 200e6,
                                 "core:datetime": "2024-02-29T13:00:00Z"})
        path = self.write("s.sigmf-meta", json.dumps(meta).encode())
        result = self.run_rx("--source", path, "--interval", INTERVAL_S)
        self.assert_done(result)
        before = [e for e in result.events if e["sample_start"] < start]
        after = [e for e in result.events if e["sample_start"] >= start]
        self.assertEqual(after[0]["sample_start"], start)
        self.assertEqual(after[0]["time"], "2024-02-29T13:00:00.000000000Z")
        self.assertEqual({e["time_source"] for e in result.events}, {"file"})
        self.assertEqual({e["overflows"] for e in result.events}, {0})
        for events, freq in ((before, 100e6), (after, 200e6)):
            self.assertGreater(len(events), 1)
            for event in events:
                self.assertLess(abs(event["center_freq_hz"] - freq), RATE)
        self.assertLessEqual(before[-1]["sample_start"] + before[-1]["sample_count"], start)
        tuned = self.run_rx("--source", path, "--freq", "300M")
        for event in tuned.events:
            self.assertLess(abs(event["center_freq_hz"] - 300e6), RATE)

    def test_a_live_pipe_says_the_same_when_labels_keep_up(self):
        part = self.raw["ci8"][: 2 * 40_000]
        said = []
        for flags in ([], ["--live"]):
            result = self.run_rx("--source", "stdin", "--format", "ci8", "--rate", RATE, "--interval", "0.05", *flags, stdin=part)
            self.assert_done(result)
            said.append([{key: value for key, value in event.items() if key != "time"} for event in result.events])
        self.assertEqual(*said)
        self.assertGreater(len(said[0]), 2)

    def test_a_file_without_date_starts_at_1970(self):
        event = self.run_raw("ci8").events[0]
        self.assertEqual((event["time"], event["time_source"]), ("1970-01-01T00:00:00.000000000Z", "file"))

    def test_sigmf_tells_time_and_frequency(self):
        event = self.run_sigmf(**{"core:datetime": "2024-02-29T12:00:00.5Z", "core:frequency": 433.92e6}).events[0]
        self.assertEqual(event["time"], "2024-02-29T12:00:00.500000000Z")
        self.assertLess(abs(event["center_freq_hz"] - 433.92e6), RATE / 2)

    def test_fewer_samples_than_the_front_end_needs_give_no_event(self):
        result = self.run_rx("--source", self.write("one.cf32", self.raw["cf32"][:8]), "--rate", RATE)
        self.assert_done(result)
        self.assertEqual(result.stdout, "")


if __name__ == "__main__":
    unittest.main()
