# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong outside ends in one clear line and the right exit code: 1 failed work, 2 usage."""

import json
import os
import unittest

import rx

FAILED, USAGE = 1, 2


class BadFile(rx.Case):
    def refuse(self, code, text, *arguments, stdin=b""):
        self.assert_refused(rx.run(*arguments, stdin=stdin), code, text)

    def test_missing(self):
        self.refuse(FAILED, "nowhere.cf32", "--source", "nowhere.cf32", "--rate", "1M")

    def test_empty(self):
        path = self.write("empty.ci16", b"")
        self.refuse(FAILED, "empty", "--source", path, "--rate", "1M")

    def test_truncated(self):
        path = self.write("cut.cf32", bytes(8003))
        self.assert_warned(rx.run("--source", path, "--rate", "1M"), "the last sample is cut", 1000)

    def assert_warned(self, result, text, samples):
        """All whole samples are labeled, and one line says what was strange."""
        self.assertEqual(result.code, 0, result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
        self.assertIn("warning: ", result.stderr)
        self.assertIn(text, result.stderr)
        self.assertEqual(sum(event["sample_count"] for event in result.events), samples)

    def test_text(self):
        self.refuse(FAILED, "format", "--source", self.write("letter.txt", b"Dear sir,\n"), "--rate", "1M")

    def test_text_as_metadata(self):
        self.write("x.sigmf-data", bytes(4000))
        self.refuse(FAILED, "x.sigmf-meta", "--source", self.write("x.sigmf-meta", b"Dear sir,\n"))

    def test_truncated_sigmf(self):
        meta = {"global": {"core:datatype": "ci16_le", "core:sample_rate": 1e6, "core:version": "1.0.0"},
                "captures": [{"core:sample_start": 0}], "annotations": []}
        self.write("x.sigmf-data", bytes(4001))
        path = self.write("x.sigmf-meta", json.dumps(meta).encode())
        self.assert_warned(rx.run("--source", path), "the last sample is cut", 1000)

    def test_broken_json(self):
        self.write("x.sigmf-data", bytes(4000))
        path = self.write("x.sigmf-meta", b'{"global":\n {"core:datatype" "ci16_le"}}')
        self.refuse(FAILED, "broken JSON: found line 2, column ", "--source", path)

    def test_unknown_format_names_the_options_that_help(self):
        self.refuse(FAILED, "--format, --rate", "--source", self.write("x.bin", bytes(range(256)) * 16), "--rate", "1M")

    def test_containers_are_no_samples(self):
        wav = b"RIFF\0\0\0\0WAVEfmt " + bytes(1000)
        self.refuse(FAILED, "WAV", "--source", "-", "--format", "ci16", "--rate", "1M", stdin=wav)
        zipped = self.write("x.ci16", b"PK\x03\x04" + bytes(1000))
        self.refuse(FAILED, "ZIP", "--source", zipped, "--rate", "1M")

    def test_rate_that_contradicts_the_metadata(self):
        meta = {"global": {"core:datatype": "ci16_le", "core:sample_rate": 1e6, "core:version": "1.0.0"},
                "captures": [{"core:sample_start": 0}], "annotations": []}
        self.write("x.sigmf-data", bytes(4000))
        path = self.write("x.sigmf-meta", json.dumps(meta).encode())
        self.refuse(FAILED, "contradicts", "--source", path, "--rate", "2M")

    def test_stdin_that_ends_within_a_sample(self):
        result = rx.run("--source", "-", "--format", "cf32", "--rate", "1M", stdin=bytes(8003))
        self.assert_warned(result, "the last sample is cut", 1000)

    def test_parts_that_a_recording_does_not_have(self):
        line = "--source", self.write("x.ci16", bytes(40_000)), "--rate", "1M"
        self.assert_warned(rx.run(*line, "--start", "1"), "the start lies behind the end", 0)
        self.refuse(FAILED, "0..1e18", *line, "--start", "1e30")
        self.refuse(USAGE, "--start", *line, "--start", "-1")
        self.refuse(USAGE, "--length", *line, "--length", "0")
        self.refuse(FAILED, "ppm", *line, "--ppm", "1e9")

    def test_raw_file_without_rate(self):
        self.refuse(FAILED, "rate", "--source", self.write("x.cu8", bytes(100)))


class BadModel(rx.Case):
    def refuse(self, text, model, env=None):
        source = self.write("x.ci16", bytes(40000))
        result = rx.run("--source", source, "--rate", "1M", "--model", model, plain=True, env=env)
        self.assert_refused(result, FAILED, text)

    def test_missing(self):
        self.refuse("nowhere.safetensors", "/nowhere.safetensors")

    def test_unknown_name(self):
        self.refuse("no such model", "nonsense")

    def test_text(self):
        self.refuse("letter.safetensors", self.write("letter.safetensors", b"Dear sir, " * 100))

    def test_empty(self):
        self.refuse("empty.safetensors", self.write("empty.safetensors", b""))

    def test_truncated(self):
        with open(rx.MODEL, "rb") as model:
            content = model.read()
        self.refuse("cut.safetensors", self.write("cut.safetensors", content[: len(content) // 2]))


class BadOption(rx.Case):
    def refuse(self, text, *arguments):
        source = self.write("x.ci16", bytes(40000))
        self.assert_refused(rx.run("--source", source, *arguments), USAGE, text)

    def test_rates(self):
        for rate in ("0", "-1M", "abc", "1MM", "", "nan", "inf", "1e400"):
            with self.subTest(rate=rate):
                self.refuse("--rate", "--rate", rate)

    def test_numbers(self):
        self.refuse("--interval", "--rate", "1M", "--interval", "0")
        self.refuse("--freq", "--rate", "1M", "--freq", "high")
        self.refuse("--min-confidence", "--rate", "1M", "--min-confidence", "1.5")

    def test_each_message_says_what_was_found_and_expected(self):
        for text, *words in (("--min-confidence: found 1.5, expected 0 to 1", "--min-confidence", "1.5"),
                             ("--backend: found gpu, expected native", "--backend", "gpu"),
                             ("--rate: found no value, expected NUMBER[k|M|G]", "--rate"),
                             ("unknown option --ratee: did you mean --rate?", "--ratee", "1M"),
                             ("unknown option -q (see", "-q"),
                             ("--channel: found -1, expected 0 or more", "--channel", "-1"),
                             ("--channel: found x, expected 0 or more", "--channel", "x"),
                             ("--model: found 2 values, expected one", "--model", "onair-s"),
                             ("--name: found 2 values, expected one", "--name", "a", "--name", "b"),
                             ("--systems: found '', expected a file", "--systems", ""),
                             ("ctl: stands before all options", "ctl")):
            with self.subTest(words=words):
                self.refuse(text, *words)

        nameless = rx.run(self.write("x.ci16", bytes(4000)), "--rate", "1M", "--model", "", plain=True)
        self.assert_refused(nameless, USAGE, "--model: found '', expected a model file, or the name of a model")

    def test_what_annotates_a_recording_reads_it_once(self):
        self.refuse("--loop: does not go with --out sigmf", "--rate", "1M", "--loop", "--out", "sigmf:%s" % (self.folder / "x"))
        self.assertEqual([path.name for path in self.folder.iterdir()], ["x.ci16"])

    def test_a_pipe_cannot_be_read_again(self):
        for option in ("--loop", "--realtime"):
            result = rx.run("stdin", "--format", "ci8", "--rate", "1M", option)
            self.assert_refused(result, USAGE, option + ": applies to files only")

    def test_unknown(self):
        self.refuse("--color", "--rate", "1M", "--color", "red")
        self.refuse("cf33", "--rate", "1M", "--format", "cf33")
        self.refuse("morse", "--rate", "1M", "--out", "morse:-")

    def test_unknown_source(self):
        self.assert_refused(rx.run("--source", "antenna:1"), USAGE, "antenna")
        self.assert_refused(rx.run("soapy", "--rate", "1M"), USAGE, "--source: found soapy, expected soapy:driver=")

    def test_missing(self):
        self.assert_refused(rx.run(), USAGE, "--source")
        self.assert_refused(rx.run("--source", "zmq:tcp://127.0.0.1:1"), USAGE, "--rate")
        self.assert_refused(rx.run("--source", "stdin", "--rate", "1M"), USAGE, "--format")
        self.assert_refused(rx.run("--source", "soapy:driver=rtlsdr", "--rate", "1M"), USAGE, "--freq")

    def test_gain_of_a_file(self):
        self.refuse("--gain", "--rate", "1M", "--gain", "20")
        self.refuse("--gain", "--rate", "1M", "--gain", "LNA=20")
        self.refuse("--gain", "--rate", "1M", "--gain", "LNA=much")
        self.refuse("--antenna", "--rate", "1M", "--antenna", "RX")
        self.refuse("--offset-tune", "--rate", "1M", "--offset-tune", "100k")

    def test_a_file_is_not_live(self):
        self.refuse("--live", "--rate", "1M", "--live")
        self.refuse("--exit-on-loss", "--rate", "1M", "--exit-on-loss")
        self.refuse("--source-key", "--rate", "1M", "--source-key", "rx0")

    def test_parts_and_channels(self):
        self.refuse("--bandwidth", "--rate", "1M", "--offset", "100k")
        self.refuse("--start", "--rate", "1M", "--start", "-1")
        self.refuse("--length", "--rate", "1M", "--length", "5 m")
        result = rx.run(self.write("x.ci8", bytes(40000)), "--rate", "1M", "--offset", "450k", "--bandwidth", "200k")
        self.assert_refused(result, FAILED, "outside of the band")

    def test_addresses(self):
        for source in ("tcp:127.0.0.1", "tcp:127.0.0.1:99999", "udp:0", "udp:5000x", "rtl_tcp:127.0.0.1:", "zmq:tcp://127.0.0.1:0",
                       "zmq:tcp://127.0.0.1:5000/../"):
            with self.subTest(source=source):
                result = rx.run("--source", source, "--rate", "1M", *(["--freq", "100M"] if "rtl" in source else []),
                                *(["--format", "cu8"] if source[:3] in ("tcp", "udp") else []))
                self.assert_refused(result, FAILED, "bad address")

    def test_config_file(self):
        config = self.write("rx.ini", b"color = red\n")
        self.refuse("color", "--rate", "1M", "--config", config)
        self.refuse("nowhere.ini", "--rate", "1M", "--config", "nowhere.ini")


class BadPlace(rx.Case):
    def refuse(self, text, *arguments):
        source = self.write("x.ci16", bytes(40000))
        self.assert_refused(rx.run("--source", source, "--rate", "1M", *arguments), FAILED, text)

    def test_output_folder_is_missing(self):
        self.refuse("/nowhere/labels.json", "--out", "json:/nowhere/labels.json")

    def test_endpoint(self):
        self.refuse("nonsense", "--zmq", "nonsense")

    def test_receiver_is_missing(self):
        result = rx.run("--source", "soapy:driver=nonsense", "--rate", "1M", "--freq", "100M")
        self.assert_refused(result, FAILED, "soapy:driver=nonsense")

    def test_zmq_source_is_no_endpoint(self):
        self.assert_refused(rx.run("--source", "zmq:nonsense", "--rate", "1M"), FAILED, "nonsense")

    def test_home_is_missing(self):
        source = self.write("x.ci16", bytes(40000))
        env = {**os.environ, "HOME": "/nonexistent", "TMP": str(self.folder)}
        self.assert_done(rx.run("--source", source, "--rate", "1M", env=env))


if __name__ == "__main__":
    unittest.main()
