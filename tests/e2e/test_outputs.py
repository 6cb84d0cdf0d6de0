# SPDX-License-Identifier: GPL-3.0-or-later
"""Outputs of prunedamr-rx: they eat no input, stand on their own, and end when nobody reads them."""

import hashlib
import os
import shutil
import signal
import unittest

import zmq.auth

import rx

RATE = 1_000_000
FORMAT = ("--format", "ci8", "--rate", RATE, "--interval", "1e-6")
EVENTS = -(-40_000 // rx.BLOCK)  # the last is shorter than a block
CHUNK = rx.samples_ci8(40_000).tobytes()


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Outputs(rx.Case):
    def setUp(self):
        super().setUp()
        self.recording = self.folder / "in.ci8"
        self.recording.write_bytes(CHUNK)
        self.labels = self.folder / "labels.jsonl"

    def refuse(self, file, *arguments, problem, plain=False):
        before = digest(file)
        result = rx.run(*arguments, plain=plain)
        self.assertEqual((result.code, digest(file)), (1, before), result.stderr)
        self.assertIn(problem, result.stderr)
        self.assertEqual(result.stderr.count("\n"), 1, result.stderr)

    def test_an_output_that_is_an_input_is_refused_and_leaves_it_as_it_was(self):
        link, model, key = self.folder / "link", self.folder / "m.safetensors", self.folder / "secret"
        link.symlink_to(self.recording)
        shutil.copy(rx.MODEL, model)
        key.write_text("JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6")
        key.chmod(0o600)
        for out in (self.recording, link, self.folder / "." / "in.ci8"):
            self.refuse(self.recording, self.recording, *FORMAT, "--out", f"json:{out}",
                        problem="--out json would overwrite the source")
        self.refuse(model, self.recording, *FORMAT, "--model", model, "--out", f"json:{model}",
                    problem="--out json would overwrite the model", plain=True)
        self.refuse(key, self.recording, *FORMAT, "--zmq", rx.free_endpoint(), "--zmq-key", key, "--out", f"json:{key}",
                    problem="--out json would overwrite the key")
        stranger = self.folder / "notes.txt"
        stranger.write_text("not labels\n")
        self.refuse(stranger, self.recording, *FORMAT, "--out", f"json:{stranger}",
                    problem="holds something else than labels")

    def test_labels_on_standard_output_do_not_go_into_the_recording(self):
        before = digest(self.recording)
        with open(self.recording, "ab") as appended:
            done = rx.subprocess.run(rx.command(self.recording, *FORMAT), stdout=appended, stderr=rx.subprocess.PIPE)
        self.assertEqual((done.returncode, digest(self.recording)), (1, before))

    def test_one_file_is_one_output_and_a_second_run_appends(self):
        twice = ("--out", f"json:{self.labels}", "--out", f"json:{self.folder}/./labels.jsonl")
        result = rx.run(self.recording, *FORMAT, *twice)
        self.assertEqual(result.code, 1)
        self.assertIn("--out json would overwrite --out json", result.stderr)
        self.assertFalse(self.labels.exists())
        for run in (1, 2):
            self.assertEqual(rx.run(self.recording, *FORMAT, "--out", f"json:{self.labels}").code, 0)
            self.assertEqual(len(rx.lines(self.labels)), run * EVENTS)

    def test_a_second_process_is_refused_by_the_file_of_the_first(self):
        first = rx.start("stdin", *FORMAT, "--out", f"json:{self.labels}")
        self.addCleanup(first.kill)
        self.wait_until(self.labels.exists, "the label file")
        second = rx.run(self.recording, *FORMAT, "--out", f"json:{self.labels}")
        self.assertEqual(second.code, 1)
        self.assertIn(f"{self.labels}: somebody else writes labels to this file", second.stderr)
        first.communicate(CHUNK)
        self.assertEqual(len(rx.lines(self.labels)), EVENTS)

    def test_a_failed_output_is_said_and_the_other_gets_everything(self):
        result = rx.run(self.recording, *FORMAT, "--out", "json:/dev/full", "--out", f"json:{self.labels}")
        self.assertEqual(result.code, 1)
        self.assertEqual(len(rx.lines(self.labels)), EVENTS)
        self.assertEqual(result.stderr.splitlines(),
                         ["prunedamr-rx: /dev/full: cannot write labels: found No space left on device",
                          "prunedamr-rx: 1 of 2 outputs failed"])

    def test_a_stalled_reader_keeps_nothing_from_the_others(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # never reads
        self.addCleanup(os.close, reader)
        process = rx.start("stdin", *FORMAT, "--live", "--out", f"json:{pipe}", "--out", f"json:{self.labels}")
        self.addCleanup(process.kill)
        self.wait_until(self.labels.exists, "the label file")
        for _ in range(30):  # 570 labels, some 200 kB: the pipe takes 64
            process.stdin.write(CHUNK)
            process.stdin.flush()
        self.wait_until(lambda: len(rx.lines(self.labels)) >= 400, "the labels of the other output")
        process.send_signal(signal.SIGTERM)
        process.stdin.close()
        process.stdin = None
        process.communicate(timeout=30)

    def test_the_run_ends_when_the_last_reader_has_left(self):
        process = rx.subprocess.Popen(rx.command("stdin", *FORMAT), stdin=rx.subprocess.PIPE,
                                      stdout=rx.subprocess.PIPE, stderr=rx.subprocess.PIPE)
        self.addCleanup(process.kill)
        process.stdin.write(CHUNK)
        process.stdin.flush()
        self.assertTrue(process.stdout.readline())
        process.stdout.close()
        try:
            while process.poll() is None:
                process.stdin.write(CHUNK)
        except BrokenPipeError:
            pass
        self.assertEqual(process.wait(timeout=30), 0)
        process.stderr.close()

    def test_a_served_ipc_endpoint_and_an_odd_port_are_refused(self):
        endpoint = f"ipc://{self.folder}/i.sock"
        first = rx.start("stdin", *FORMAT, "--zmq", endpoint)
        self.addCleanup(first.kill)
        self.wait_until((self.folder / "i.sock").exists, "the socket")
        result = rx.run(self.recording, *FORMAT, "--zmq", endpoint)
        self.assertEqual(result.code, 1)
        self.assertIn("another process that serves it", result.stderr)
        for port in ("99999", "5701/../"):
            self.assertEqual(rx.run(self.recording, *FORMAT, "--zmq", f"tcp://127.0.0.1:{port}").code, 1)
        result = rx.run(self.recording, *FORMAT, "--zmq", "tcp://127.0.0.1:0")
        self.assertRegex(result.stderr, r"Publishing at tcp://127.0.0.1:\d+\n$")
        first.communicate(b"")

    def test_a_key_that_others_can_read_gives_a_warning(self):
        _, secret = zmq.auth.create_certificates(self.folder, "antenna")
        for mode, warns in ((0o600, False), (0o644, True)):
            os.chmod(secret, mode)
            result = rx.run(self.recording, *FORMAT, "--zmq", rx.free_endpoint(), "--zmq-key", secret,
                            "--out", f"json:{self.labels}")
            self.assertEqual((result.code, "warning" in result.stderr), (0, warns), result.stderr)

    def test_a_model_that_is_rewritten_in_place_all_the_time_ends_nothing(self):
        model, whole = self.folder / "m.safetensors", rx.Path(rx.MODEL).read_bytes()
        model.write_bytes(whole)
        line = [rx.RX, "--model", model, "--quiet", "--single", "stdin", *FORMAT, "--watch-model", "--out", f"json:{self.labels}"]
        process = rx.subprocess.Popen([str(word) for word in line], stdin=rx.subprocess.PIPE, stderr=rx.subprocess.PIPE)
        self.addCleanup(process.kill)
        self.wait_until(self.labels.exists, "the label file")
        for cut in list(range(1, 60)) + [len(whole)]:  # truncated, then written, as cp and editors do it
            model.write_bytes(whole[:cut * len(whole) // 60])
            if cut % 10 == 0 and cut < 60:
                process.send_signal(signal.SIGHUP)
                process.send_signal(signal.SIGUSR2)
                self.assertIn(b"Model not replaced", process.stderr.readline())  # a part of a model was read
            process.stdin.write(CHUNK)
            process.stdin.flush()
        _, stderr = process.communicate(b"")
        self.assertEqual(process.returncode, 0, stderr)
        self.assertEqual(len(rx.lines(self.labels)), -(-60 * 40_000 // rx.BLOCK))


if __name__ == "__main__":
    unittest.main()
