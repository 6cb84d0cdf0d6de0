# SPDX-License-Identifier: GPL-3.0-or-later
"""Another model while samples flow: by a signal, by a watched file; a bad one is refused and said so; and back again."""

import json
import signal
import time
import unittest

import rx

RATE = 200_000
EVENTS = 4  # of 10,240 samples, in a buffer
SAMPLES = rx.samples_ci8(40_960).tobytes()


class ModelSwap(rx.Case):
    def start(self, *arguments):
        self.model = self.write("m.safetensors", rx.renamed_model("first"))
        self.labels = self.folder / "labels.jsonl"
        line = [rx.RX, "--single", "--model", str(self.model), "--source", "stdin", "--format", "ci8", "--rate", str(RATE), "--quiet",
                "--interval", "0.05", "--out", f"json:{self.labels}", *arguments]
        self.process = rx.subprocess.Popen(line, stdin=rx.subprocess.PIPE, stderr=rx.subprocess.PIPE)
        self.addCleanup(self.process.kill)
        self.fed = 0
        self.wait_for("first")

    def feed(self):
        """One buffer of samples; returns the models of its labels."""
        before = self.fed
        self.fed += EVENTS
        self.process.stdin.write(SAMPLES)
        self.process.stdin.flush()
        self.wait_until(lambda: len(rx.lines(self.labels)) >= self.fed, "labels")
        return {json.loads(line)["model"] for line in rx.lines(self.labels)[before:]}

    def wait_for(self, model):
        end = time.monotonic() + 10
        while model not in self.feed():
            self.assertLess(time.monotonic(), end, "no label of " + model)

    def finish(self):
        """The rest of standard error; and no sample was lost."""
        self.process.stdin.close()
        text = self.process.stderr.read().decode()
        self.assertEqual(self.process.wait(10), 0, text)
        self.process.stderr.close()
        next_sample = 0
        for number, event in enumerate(rx.events(self.labels)):
            self.assertEqual((event["seq"], event["sample_start"], event["dropped_frames"]), (number, next_sample, 0))
            next_sample += event["sample_count"]
        return text

    def replace(self, content):
        self.write("new", content).replace(self.model)

    def test_a_watched_file_and_a_signal(self):
        self.start("--watch-model")
        self.replace(rx.renamed_model("other"))
        self.wait_for("other")
        self.replace(b"no model at all")
        text = self.process.stderr.readline().decode()
        self.wait_for("other")
        self.process.send_signal(signal.SIGUSR1)
        self.wait_for("first")
        self.replace(rx.renamed_model("third"))
        self.wait_for("third")
        text += self.finish()
        self.assertRegex(text, r"\Aprunedamr-rx: Model not replaced: [^\n]*m\.safetensors[^\n]*\n\Z")

    def test_a_signal_reads_the_file_again(self):
        self.start()
        self.process.send_signal(signal.SIGUSR1)
        text = self.process.stderr.readline().decode()
        self.replace(rx.renamed_model("other"))
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            self.assertEqual(self.feed(), {"first"})  # it is not watched
        self.process.send_signal(signal.SIGUSR2)
        self.wait_for("other")
        self.assertEqual(text + self.finish(), "prunedamr-rx: No previous model to switch back to\n")

    def test_nobody_waits_for_a_model_that_loads(self):
        """It is asked for without end, so that a load is under way when the program is to stop."""
        self.start("--max-latency-us", "100000")  # measured again with each load
        for _ in range(20):
            self.process.send_signal(signal.SIGUSR2)
        self.wait_for("first")
        self.process.send_signal(signal.SIGUSR2)
        time.sleep(0.1)
        self.process.send_signal(signal.SIGTERM)
        _, seconds = rx.timed(lambda: self.process.wait(10))
        self.assertLess(seconds, 3)
        self.assertEqual(self.process.returncode, 0, self.process.stderr.read())

    def test_label_files_are_opened_anew(self):
        self.start()
        old = self.labels.rename(self.folder / "old.jsonl")
        before = rx.lines(old)
        self.process.send_signal(signal.SIGHUP)
        self.wait_until(self.labels.exists, "the new file")
        self.process.stdin.write(SAMPLES)
        self.process.stdin.close()
        self.assertEqual(self.process.wait(10), 0)
        self.process.stderr.close()
        numbers = [event["seq"] for event in rx.events(old) + rx.events(self.labels)]
        self.assertEqual(numbers, list(range(self.fed + EVENTS)))
        self.assertEqual(rx.lines(old), before)


if __name__ == "__main__":
    unittest.main()
