# SPDX-License-Identifier: GPL-3.0-or-later
"""Training in several processes, started as torchrun starts them: against one process with the joint batch, with
processes that are killed, and with an environment that makes no sense."""

import array
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

TOOL = os.environ["PRUNEDAMR_TOOL"]
FAILED = 1
SHAPE = ["--frame", 128, "--block-length", 1024]
NETWORK = ["--arch", "resnet56", "--units", "2,1,1"]  # without dropout, whose masks differ between processes
# SGD: Adam makes the rounding of small gradients as large as everything else
RUN = ["--data", "d.safetensors", "--epochs", 3, "--threads", 1, "--seed", 5, "--optimizer", "sgd", "--lr", 0.003]


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def start(rank, size, port, *arguments, folder):
    environment = dict(os.environ, RANK=str(rank), WORLD_SIZE=str(size), MASTER_ADDR="localhost", MASTER_PORT=str(port),
                       PRUNEDAMR_PROCESS_TIMEOUT_S="30")
    return subprocess.Popen([TOOL, *map(str, arguments)], cwd=folder, env=environment, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def start_all(size, *arguments, folder):
    port = free_port()
    return [start(rank, size, port, *arguments, folder=folder) for rank in range(size)]


def run(*arguments, folder, **environment):
    return subprocess.run([TOOL, *map(str, arguments)], cwd=folder, env=dict(os.environ, **environment), text=True,
                          capture_output=True, timeout=200)


def tensors(path):
    data = Path(path).read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__")
    return {name: array.array("f", data[8 + length + view["data_offsets"][0]:8 + length + view["data_offsets"][1]])
            for name, view in header.items()}


class Processes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder_owner = tempfile.TemporaryDirectory()
        cls.folder = cls.folder_owner.name
        cls.alone("synth", "--out", "d.safetensors", "--labels", "CW,2FSK,CSS", "--frames-per-class", 160,
                  "--snr-low", 15, *SHAPE)
        cls.alone("train", *NETWORK, *RUN, "--batch", 32, "--out", "one.safetensors", "--json", "one.json")

    @classmethod
    def tearDownClass(cls):
        cls.folder_owner.cleanup()

    @classmethod
    def alone(cls, *arguments):
        result = run(*arguments, folder=cls.folder)
        assert result.returncode == 0, result.stderr
        return result

    def together(self, size, *arguments):
        processes = start_all(size, *arguments, folder=self.folder)
        results = [process.communicate(timeout=200) for process in processes]
        for process, (_, err) in zip(processes, results):
            self.assertEqual(process.returncode, 0, err)
        for out, err in results[1:]:
            self.assertEqual((out, err), ("", ""))
        return results[0]

    def json(self, name):
        return json.loads(Path(self.folder, name).read_text())

    def assert_same_course(self, found, expected):
        self.assertEqual(len(found["epochs"]), len(expected["epochs"]))
        for a, b in zip(found["epochs"], expected["epochs"]):
            self.assertAlmostEqual(a["train_loss"], b["train_loss"], delta=1e-3 * b["train_loss"])
            self.assertAlmostEqual(a["train_accuracy"], b["train_accuracy"], delta=0.01)
            self.assertAlmostEqual(a["validation_accuracy"], b["validation_accuracy"], delta=0.04)

    def assert_same_weights(self, found, expected):
        a, b = tensors(Path(self.folder, found)), tensors(Path(self.folder, expected))
        self.assertEqual(a.keys(), b.keys())
        for name in a:
            if not name.startswith("golden."):
                scale = max(map(abs, b[name]))
                self.assertLess(max(abs(x - y) for x, y in zip(a[name], b[name])), 0.05 * scale, name)

    def test_two_processes_do_what_one_does_with_the_doubled_batch(self):
        out, err = self.together(2, "train", *NETWORK, *RUN, "--batch", 16, "--out", "two.safetensors", "--json", "two.json")
        self.assertIn("two.safetensors: validation", out)
        self.assertEqual(len(err.splitlines()), 3)
        self.assert_same_course(self.json("two.json")["train"], self.json("one.json")["train"])
        self.assertEqual(self.json("two.json")["train"]["config"]["processes"], 2)

    def test_weights_are_the_same_while_rounding_has_not_grown(self):
        # Every step about doubles a difference of rounding: in biases, which start at 0, it is up to 1.4 % of the
        # largest after one epoch, and 5 % after three. A wrong gradient or norm would be of the size of the biases.
        line = ["train", *NETWORK, *RUN]
        line[line.index("--epochs") + 1] = 1
        self.alone(*line, "--batch", 32, "--out", "w1.safetensors")
        self.together(2, *line, "--batch", 16, "--out", "w2.safetensors")
        self.assert_same_weights("w2.safetensors", "w1.safetensors")

    def test_three_processes_take_the_frames_of_a_recipe_apart(self):
        recipe = ["--data", "synth:onair", "--data-frames-per-class", 10, *SHAPE, "--frames-per-epoch", 1000,
                  "--epochs", 1, "--optimizer", "sgd", "--lr", 0.01, "--threads", 1]
        self.alone("train", *NETWORK, *recipe, "--batch", 192, "--out", "r1.safetensors", "--json", "r1.json")
        self.together(3, "train", *NETWORK, *recipe, "--batch", 64, "--out", "r3.safetensors", "--json", "r3.json")
        self.assert_same_course(self.json("r3.json")["train"], self.json("r1.json")["train"])

    def test_compress_is_planned_once(self):
        line = ["compress", "one.safetensors", "--method", "psr", "--budget", "units=4", *RUN]
        self.alone(*line, "--batch", 32, "--out", "c1.safetensors", "--json", "c1.json")
        out, _ = self.together(2, *line, "--batch", 16, "--out", "c2.safetensors", "--json", "c2.json")
        self.assertIn("similarity of units", out)
        one, two = self.json("c1.json"), self.json("c2.json")
        self.assertEqual(two["plan"], one["plan"])
        self.assert_same_course(two["fine_tune"], one["fine_tune"])

    def kill_one(self, victim):
        """Kills one of two in the second epoch; returns what the other says, and after how long."""
        name = f"k{victim}.safetensors"
        processes = start_all(2, "train", *NETWORK, *RUN, "--batch", 16, "--out", name, folder=self.folder)
        self.assertIn('"step":1', processes[0].stderr.readline())
        processes[victim].kill()
        begin = time.monotonic()
        _, err = processes[1 - victim].communicate(timeout=60)
        seconds = time.monotonic() - begin
        self.assertEqual(processes[1 - victim].returncode, FAILED, err)
        processes[victim].communicate()
        self.assertFalse(Path(self.folder, name).exists())
        self.assertTrue(Path(self.folder, name + ".checkpoint").exists())
        last = err.splitlines()[-1]
        self.assertIn(f"{name}.checkpoint: lost process {victim} of 2", last)
        self.assertIn("--resume", last)
        self.assertLessEqual(len([line for line in err.splitlines() if not line.startswith("{")]), 1, err)
        self.assertLess(seconds, 20)

    def test_a_killed_worker_is_named_and_one_process_goes_on(self):
        self.kill_one(1)
        resume = ["train", *NETWORK, *RUN, "--out", "k1.safetensors", "--json", "k1.json", "--resume"]
        other = run(*resume, "--batch", 16, folder=self.folder)
        self.assertEqual(other.returncode, FAILED)
        self.assertIn("frames of a step differs", other.stderr)
        self.alone(*resume, "--batch", 32)
        self.assert_same_course(self.json("k1.json")["train"], self.json("one.json")["train"])

    def test_a_killed_leader_is_named_and_two_processes_go_on(self):
        self.kill_one(0)
        self.together(2, "train", *NETWORK, *RUN, "--batch", 16, "--out", "k0.safetensors", "--json", "k0.json", "--resume")
        self.assert_same_course(self.json("k0.json")["train"], self.json("one.json")["train"])

    def test_ctrl_c_on_one_stops_all(self):
        processes = start_all(2, "train", *NETWORK, *RUN, "--batch", 16, "--out", "i.safetensors", folder=self.folder)
        self.assertIn('"step":1', processes[0].stderr.readline())
        processes[1].send_signal(signal.SIGINT)
        for process in processes:
            _, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, FAILED)
            self.assertIn("interrupted; go on with --resume", err.splitlines()[-1])

    def test_processes_with_different_data_are_refused(self):
        self.alone("synth", "--out", "other.safetensors", "--labels", "CW,2FSK,CSS", "--frames-per-class", 160,
                   "--snr-low", 15, *SHAPE, "--seed", 2)
        port = free_port()
        line = ["train", *NETWORK, "--threads", 1, "--out", "x.safetensors", "--data"]
        processes = [start(rank, 2, port, *line, data, folder=self.folder)
                     for rank, data in enumerate(["d.safetensors", "other.safetensors"])]
        errors = [process.communicate(timeout=60)[1].splitlines() for process in processes]
        self.assertEqual([process.returncode for process in processes], [FAILED, FAILED])
        self.assertIn("process 1 was started for another run: data provenance differs", errors[1][-1])
        self.assertIn("lost process 1 of 2", errors[0][-1])

    def test_an_environment_that_makes_no_sense(self):
        whole = {"RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": str(free_port()),
                 "PRUNEDAMR_PROCESS_TIMEOUT_S": "0.1"}
        for change, text in [({"WORLD_SIZE": ""}, "also WORLD_SIZE"), ({"RANK": "2"}, "RANK: wrong value"),
                             ({"MASTER_PORT": "http"}, "MASTER_PORT: wrong value"),
                             ({"MASTER_ADDR": "no-such-machine.invalid"}, "MASTER_ADDR: unknown machine"),
                             ({}, "not all processes came"), ({"RANK": "1"}, "process 0 does not answer")]:
            result = run("train", *NETWORK, *RUN, "--out", "x.safetensors", folder=self.folder, **{**whole, **change})
            self.assertEqual(result.returncode, FAILED, result.stderr)
            self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
            self.assertIn(text, result.stderr)


if __name__ == "__main__":
    unittest.main()
