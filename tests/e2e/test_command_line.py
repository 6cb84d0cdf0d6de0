# SPDX-License-Identifier: GPL-3.0-or-later
"""Help, configuration file, where models are found, statistics."""

import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

import rx


class CommandLine(rx.Case):
    def setUp(self):
        super().setUp()
        self.source = self.write("x.ci8", rx.samples_ci8(50_000).tobytes())

    def test_help_and_version(self):
        for arguments, text in ((["--help"], "--min-confidence"), (["--version"], "0."),
                                (["--source", "help"], "soapy:driver=rtlsdr"), (["--out", "help"], "json:FILE"),
                                (["--format", "help"], "ci16_le")):
            with self.subTest(arguments=arguments):
                result = rx.run(*arguments, plain=True)
                self.assert_done(result)
                self.assertIn(text, result.stdout)

    def test_the_source_may_stand_without_its_option(self):
        path = self.write("x.ci8", rx.samples_ci8(3 * rx.BLOCK).tobytes())
        named = rx.run("--source", path, "--rate", "1M", "--interval", "0.002")
        bare = rx.run(path, "--rate", "1M", "--interval", "0.002")
        self.assertEqual(bare.code, 0, bare.stderr)
        self.assertEqual(bare.stdout, named.stdout)

    def test_config_file_and_command_line_wins(self):
        config = self.write("rx.ini", b'rate = "100k"\nname = "north"\ninterval = 0.05\n')
        events = rx.run("--config", config, "--source", self.source, "--rate", "200k").events
        self.assertEqual({(e["source"], e["sample_rate_hz"]) for e in events}, {("north", 200_000)})
        self.assert_complete(events, 50_000, 10_000)

    def test_models_are_found_by_name(self):
        shutil.copy(rx.MODEL, self.folder / "onair-s.safetensors")
        env = {**os.environ, "PRUNEDAMR_MODELS": str(self.folder)}
        for model in ([], ["--model", "onair-s"], ["--model", "onair-s.safetensors"]):
            with self.subTest(model=model):
                result = rx.run("--source", self.source, "--rate", "1M", "--quiet", *model, plain=True, env=env)
                self.assert_done(result)
                self.assertGreater(len(result.events), 0)

    def test_a_program_of_the_build_tree_finds_the_models_of_the_tree(self):
        env = {key: value for key, value in os.environ.items() if key != "PRUNEDAMR_MODELS"}
        result = rx.run("--source", self.source, "--rate", "1M", "--quiet", plain=True, env=env)
        self.assert_done(result)
        self.assertEqual({event["model"] for event in result.events}, {"onair-s"})

    def test_a_program_that_is_found_by_its_name_finds_its_models(self):
        program = Path(rx.RX)
        env = {key: value for key, value in os.environ.items() if key != "PRUNEDAMR_MODELS"}
        result = subprocess.run([program.name, "--source", self.source, "--rate", "1M", "--quiet"], cwd=self.folder,
                                env={**env, "PATH": str(program.parent)}, capture_output=True, text=True, timeout=60)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn('"model":"onair-s"', result.stdout)

    def test_onednn_runs_a_model_in_8_bits_too(self):
        model = Path(__file__).resolve().parents[2] / "models" / "onair-s.safetensors"
        labels = []
        for backend in ("native", "onednn"):
            result = rx.run("--source", self.source, "--rate", "1M", "--quiet", "--model", model, "--backend", backend,
                            plain=True)
            if "this build has no oneDNN" in result.stderr:
                self.skipTest("this build has no oneDNN")
            self.assert_done(result)
            labels.append([(event["label"], event["sample_start"]) for event in result.events])
        self.assertEqual(*labels)
        self.assertGreater(len(labels[0]), 0)

    def test_several_files_at_once(self):
        first, second = self.folder / "a.json", self.folder / "b.json"
        result = rx.run("--source", self.source, "--rate", "1M", "--out", "json:%s" % first, "--out",
                        "json:%s" % second)
        self.assert_done(result)
        self.assertEqual(result.stdout, "")
        self.assertEqual(first.read_text(), second.read_text())
        self.assertGreater(len(rx.events(first)), 0)

    def test_min_confidence_decides_what_is_unknown(self):
        def labeled(threshold):
            events = rx.run("--source", self.source, "--rate", "200k", "--interval", "0.01", "--min-confidence",
                            threshold).events
            self.assertGreater(len(events), 20)
            return [e["confidence"] for e in events if e["state"] == "signal"]

        sure = sorted(labeled(0))
        middle = (sure[0] + sure[-1]) / 2
        self.assertGreaterEqual(min(labeled(middle)), middle)
        self.assertLess(len(labeled(middle)), len(sure))

    def test_summary_counts_what_was_done(self):
        result = rx.run("--source", self.source, "--rate", "1M", "--model", rx.MODEL, plain=True)
        self.assertEqual(result.code, 0)
        self.assertRegex(result.stderr, r"\Aprunedamr-rx: amr_s: native [a-z0-9-]+, float32, 16 frames per call\n"
                                        r"prunedamr-rx: \d+\.\d s: 50000 samples \(\d+\.\d+ MS/s\), \d+ frames, "
                                        r"%d events, 0 dropped, 0 lost, \d+ %% busy\n\Z" % len(result.events))

    def test_profile_shares_the_time_out(self):
        result = rx.run("--source", self.source, "--rate", "1M", "--model", rx.MODEL, "--single", "--quiet", "--profile",
                        plain=True)
        head, *lines = result.stderr.splitlines()
        self.assertRegex(head, r"\Aprunedamr-rx: stage +CPU s +share +ns/sample\Z")
        shares = {}
        for line in lines:
            name, share = re.fullmatch(r"prunedamr-rx: (.+?) +\d+\.\d+ +(\d+\.\d)% +\d+\.\d+", line).groups()
            shares[name] = float(share)
        self.assertLessEqual({"start", "read and convert samples", "front end: frames", "network", "other"}, set(shares))
        self.assertEqual(shares.pop("all"), 100.0)
        self.assertAlmostEqual(sum(shares.values()), 100.0, delta=0.1 * len(shares))

    def test_statistics_once_a_second(self):
        process = subprocess.Popen([rx.RX, "--model", rx.MODEL, "--source", "-", "--format", "ci8", "--rate", "1M"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        self.assertIn(b"frames per call", process.stderr.readline())
        self.assertIn(b"waiting for samples", process.stderr.readline())
        for _ in range(2):
            self.assertRegex(process.stderr.readline(), rb"prunedamr-rx: \d\.\d s: 0 samples .* busy\n")
        summary = process.communicate()[1]
        self.assertEqual((process.returncode, summary.count(b"\n")), (0, 1))

    def test_starts_fast(self):
        _, seconds = rx.timed(lambda: rx.run("--source", self.source, "--rate", "1M"))
        self.assertLess(seconds, 3)


if __name__ == "__main__":
    unittest.main()
