# SPDX-License-Identifier: GPL-3.0-or-later
"""Another model while samples flow: by SIGHUP, by a watched file; a bad one is refused and said so; and back again."""

import signal
import threading
import time
import unittest

import rx

RATE = 200_000
SAMPLES = rx.samples_ci8(40_960).tobytes()


class ModelSwap(rx.Case):
    def start(self, *arguments):
        self.model = self.write("m.safetensors", rx.renamed_model("first"))
        self.labels = self.folder / "labels.jsonl"
        line = [rx.RX, "--model", str(self.model), "--source", "stdin", "--format", "ci8", "--rate", str(RATE), "--quiet",
                "--interval", "0.05", "--out", f"json:{self.labels}", *arguments]
        self.process = rx.subprocess.Popen(line, stdin=rx.subprocess.PIPE, stderr=rx.subprocess.PIPE)
        self.addCleanup(self.process.kill)
        self.feeding = True
        self.feeder = threading.Thread(target=self.feed)
        self.feeder.start()
        self.wait_for("first")

    def feed(self):
        while self.feeding:
            self.process.stdin.write(SAMPLES)
            self.process.stdin.flush()
            time.sleep(0.02)
        self.process.stdin.close()

    def wait_for(self, model):
        seen = len(rx.events(self.labels))
        rx.wait_until(lambda: model in {e["model"] for e in rx.events(self.labels)[seen:]}, "events of " + model)

    def finish(self):
        """Standard error; and no sample was lost."""
        self.feeding = False
        self.feeder.join()
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
        time.sleep(0.5)
        self.wait_for("other")
        self.process.send_signal(signal.SIGUSR1)
        self.wait_for("first")
        self.replace(rx.renamed_model("third"))
        self.wait_for("third")
        text = self.finish()
        self.assertRegex(text, r"\Aprunedamr-rx: keeps its model: [^\n]*m\.safetensors[^\n]*\n\Z")

    def test_a_signal_reads_the_file_again(self):
        self.start()
        self.process.send_signal(signal.SIGUSR1)
        self.replace(rx.renamed_model("other"))
        time.sleep(0.5)
        self.wait_for("first")  # it is not watched
        self.process.send_signal(signal.SIGHUP)
        self.wait_for("other")
        self.assertEqual(self.finish(), "prunedamr-rx: has no model before the present one\n")


if __name__ == "__main__":
    unittest.main()
