# SPDX-License-Identifier: GPL-3.0-or-later
"""The command prunedamr, from synthesis to a pruned model that is evaluated and timed; and what it refuses."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import xml.etree.ElementTree
from pathlib import Path

TOOL = os.environ["PRUNEDAMR_TOOL"]
HAVE_TRAIN = os.environ["PRUNEDAMR_HAVE_TRAIN"] == "ON"
MODEL = os.environ["PRUNEDAMR_TEST_MODEL"]
FAILED, USAGE = 1, 2
FRAMES = ("--labels", "BPSK,QPSK", "--frames-per-class", 3)
TRAINING = ["--batch", "32", "--threads", "1"]


def run(*arguments, folder="."):
    return subprocess.run([TOOL, *map(str, arguments)], cwd=folder, capture_output=True, text=True, timeout=300)


class Case(unittest.TestCase):
    def done(self, *arguments, folder):
        result = run(*arguments, folder=folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def refused(self, code, text, *arguments, folder="."):
        result = run(*arguments, folder=folder)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertIn(text, result.stderr)


class Usage(Case):
    def test_zoo_costs_are_the_published_ones(self):
        with tempfile.TemporaryDirectory() as folder:
            self.done("model", "show", "--arch", "resnet56", "--length", 128, "--classes", 11, "--json", "r.json",
                      folder=folder)
            report = json.loads(Path(folder, "r.json").read_text())
        self.assertEqual(report["params"], 852795)
        self.assertEqual(round(report["macs"] / 1e3), 41620)
        self.assertEqual(round(report["paper_flops"] / 1e3), 41923)
        self.assertGreater(report["bytes"], 4 * report["params"])

    def test_wrong_command_lines(self):
        self.refused(USAGE, "subcommand")
        self.refused(USAGE, "unknown subcommand 'analyze': expected synth, data, train", "analyze")
        self.refused(USAGE, "unknown subcommand 'model burn': expected show, verify,", "model", "burn", "x.safetensors")
        self.refused(USAGE, "--frobnicate", "model", "show", "--arch", "amr_s", "--frobnicate")
        self.refused(USAGE, "--arch", "model", "show", "--arch", "resnet57")
        self.refused(USAGE, "--out", "synth")
        self.refused(FAILED, "unknown recipe", "synth", "--recipe", "soup", "--out", "x.h5")
        self.refused(USAGE, "--fix-ssb belongs to the recipe rml2016a", "synth", "--fix-ssb", "--out", "x.h5")
        self.refused(USAGE, "--snr-low belongs to the recipe onair", "synth", "--recipe", "rml2016a", "--snr-low", 3,
                     "--out", "x.h5")

    def test_wrong_files(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "text.safetensors").write_text("Dear sir,")
            self.refused(FAILED, "safetensors file", "model", "show", "text.safetensors", folder=folder)
            self.refused(FAILED, "nowhere", "model", "verify", "nowhere.safetensors", folder=folder)
            self.refused(FAILED, "nowhere", "model", "export-onnx", "nowhere.safetensors", "--out", "x.onnx",
                         folder=folder)
            self.refused(FAILED, "unknown label", "synth", "--labels", "9PSK", "--out", "x.h5", folder=folder)
            self.refused(FAILED, "unknown data set format", "synth", "--out", "x.csv", folder=folder)
            self.refused(FAILED, "folder does not exist", "synth", "--out", "no/where.h5", folder=folder)
            self.assertEqual(sorted(os.listdir(folder)), ["text.safetensors"])

    def test_config_file_holds_options_and_the_command_line_wins(self):
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "p.toml").write_text('[synth]\nframes-per-class = 3\nlabels = ["BPSK", "QPSK"]\n')
            for extra, frames in [([], 6), (["--frames-per-class", "2"], 4)]:
                text = self.done("--config", "p.toml", "synth", "--out", "x.h5", *extra, folder=folder)
                self.assertEqual(json.loads(text)["frames"], frames)
            for wrong in ("[synth]\nframe-per-class = 3\n", "nonsense [\n"):
                Path(folder, "wrong.toml").write_text(wrong)
                self.refused(USAGE, "wrong.toml: neither an option nor TOML: found ", "--config", "wrong.toml", "synth",
                             "--out", "y.h5", folder=folder)

    def test_no_output_overwrites_an_input_or_another_output(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(MODEL, Path(folder, "m.safetensors"))
            self.done("synth", *FRAMES, "--out", "d.safetensors", folder=folder)
            Path(folder, "link").symlink_to("d.safetensors")
            before = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
            for text, *arguments in (
                    ("d.safetensors: --json would overwrite file", "data", "info", "d.safetensors", "--json", "d.safetensors"),
                    ("link: --json would overwrite file", "data", "info", "d.safetensors", "--json", "link"),
                    ("m.safetensors: --json would overwrite file", "model", "show", "m.safetensors", "--json", "m.safetensors"),
                    ("./new.safetensors: --json would overwrite --out", "synth", *FRAMES, "--out", "new.safetensors", "--json",
                     "./new.safetensors"),
                    ("d.safetensors: --out would overwrite files", "data", "merge", "d.safetensors", "d.safetensors", "--out",
                     "d.safetensors"),
                    ("m.safetensors: --json would overwrite model", "eval", "m.safetensors", "--data", "d.safetensors",
                     "--json", "m.safetensors"),
                    ("d.safetensors: --json would overwrite --data", "eval", "m.safetensors", "--data", "d.safetensors",
                     "--json", "d.safetensors")):
                self.refused(FAILED, text, *arguments, folder=folder)
            installed = dict(os.environ, PRUNEDAMR_MODELS=folder)
            done = subprocess.run([TOOL, "model", "show", "m", "--json", str(Path(folder, "m.safetensors"))], env=installed,
                                  cwd="/", capture_output=True, text=True)
            self.assertEqual(done.returncode, FAILED)
            self.assertIn("--json would overwrite file", done.stderr)
            self.assertEqual({path.name: path.read_bytes() for path in Path(folder).iterdir()}, before)

    def test_output_that_cannot_be_written_is_a_failure(self):
        with tempfile.TemporaryDirectory() as folder:
            self.done("synth", *FRAMES, "--out", "d.safetensors", folder=folder)
            for arguments in (("synth", "--show-recipe"), ("synth", "scene"), ("model", "show", MODEL), ("model", "verify", MODEL),
                              ("data", "info", "d.safetensors"), ("--help",), ("--version",), ("synth", "--help")):
                with open("/dev/full", "w") as full:
                    done = subprocess.run([TOOL, *arguments], cwd=folder, stdout=full, stderr=subprocess.PIPE, text=True)
                self.assertEqual((done.returncode, done.stderr),
                                 (FAILED, "prunedamr: standard output: cannot write: found No space left on device\n"), arguments)

    def test_names_act_on_no_terminal(self):
        with tempfile.TemporaryDirectory() as folder:
            name = "\x1b]0;owned\x07.safetensors"
            self.done("synth", *FRAMES, "--out", name, folder=folder)
            for arguments in (("data", "info", name), ("model", "show", name)):
                done = run(*arguments, folder=folder)
                said = done.stdout + done.stderr
                self.assertIn("\\u001b]0;owned\\u0007.safetensors", said)
                self.assertNotIn("\x1b", said)

    def test_radioml_recipe_is_written_in_every_form(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("r.h5", "r.safetensors", "r.pkl"):
                text = self.done("synth", "--recipe", "rml2016a", "--frames-per-cell", 2, "--labels", "PAM4,AM-SSB",
                                 "--true-snr", "--fix-ssb", "--fading", "random", "--out", name, folder=folder)
                self.assertEqual(json.loads(text)["frames"], 2 * 20 * 2)
                self.assertTrue(Path(folder, name).is_file())

    def test_scene_is_annotated(self):
        with tempfile.TemporaryDirectory() as folder:
            self.done("synth", "scene", "--out", "c.sigmf-meta", "--labels", "OOK,BPSK", "--rate", "250k", "--freq", "433.92M",
                      "--duration", 0.2, "--in-turn", "--json", "c.json", folder=folder)
            meta = json.loads(Path(folder, "c.sigmf-meta").read_text())
            samples = Path(folder, "c.sigmf-data").read_bytes()
            self.done("synth", "scene", "--scene", "c.json", "--out", "again.sigmf-meta", folder=folder)
            example = Path(__file__).resolve().parents[2] / "examples" / "scene.json"
            self.assertNotIn("CLIPPED", self.done("synth", "scene", "--scene", example, "--out", "e", folder=folder))
            self.assertEqual(Path(folder, "again.sigmf-data").read_bytes(), samples)
            self.refused(FAILED, "synth scene", "synth", "--out", "c.sigmf-meta", folder=folder)
            self.refused(USAGE, "--scene", "synth", "scene", "--scene", "c.json", "--seed", 3, "--out", "x", folder=folder)
        self.assertEqual([a["core:label"] for a in meta["annotations"]], ["OOK", "BPSK"])
        self.assertEqual(meta["global"]["core:sample_rate"], 250000)
        self.assertEqual(meta["captures"][0]["core:frequency"], 433920000)
        self.assertEqual(len(samples), 4 * 50000)

    def test_runs_are_compared_on_a_page(self):
        runs = sorted((Path(__file__).resolve().parents[1] / "report" / "runs").glob("*.json"))
        with tempfile.TemporaryDirectory() as folder:
            text = self.done("report", *runs, "--out", "r.html", "--title", "a<b", folder=folder)
            self.assertIn("r.html: 3 runs", text) # eval and bench measured one of them
            page = Path(folder, "r.html").read_text()
            self.assertIn("<h1>a&lt;b</h1>", page)
            self.refused(FAILED, "unknown extension", "report", runs[0], "--out", "r.pdf", folder=folder)
            Path(folder, "x.json").write_text('{"method": 1, "cost": {}}')
            self.refused(FAILED, "x.json: bad value of 'method'", "report", "x.json", "--out", "x.html", folder=folder)
            self.assertEqual(sorted(os.listdir(folder)), ["r.html", "x.json"])

    def test_frames_and_captures_are_drawn(self):
        with tempfile.TemporaryDirectory() as folder:
            self.done("synth", "--out", "d.safetensors", "--labels", "OOK,QPSK", "--frames-per-class", 20, folder=folder)
            self.done("synth", "scene", "--out", "c.sigmf-meta", "--labels", "QPSK", "--signals", 1, "--bursts", 0,
                      "--snr", 30, folder=folder)
            self.done("data", "plot", "d.safetensors", "c.sigmf-meta", "--snr", "0,30", "--out", "s.html", "--title", "a<b",
                      "--json", "s.json", folder=folder)
            self.done("data", "plot", "c.sigmf-meta", "--front-end", "as_is", "--out", "s.svg", folder=folder)
            cells = json.loads(Path(folder, "s.json").read_text())["cells"]
            page = Path(folder, "s.html").read_text()
            xml.etree.ElementTree.parse(Path(folder, "s.svg"))
            self.refused(FAILED, "9PSK", "data", "plot", "d.safetensors", "--labels", "9PSK", "--out", "x.svg", folder=folder)
            self.refused(FAILED, ".html or .svg", "data", "plot", "d.safetensors", "--out", "x.pdf", folder=folder)
            self.assertFalse(Path(folder, "x.svg").exists())
        self.assertEqual({(c["label"], c["source"]) for c in cells}, {("OOK", "d"), ("QPSK", "d"), ("QPSK", "c")})
        self.assertIn("<h1>a&lt;b</h1>", page)
        for svg in page.split("<svg")[1:]:
            xml.etree.ElementTree.fromstring("<svg" + svg.split("</svg>")[0] + "</svg>")


@unittest.skipUnless(HAVE_TRAIN, "built without LibTorch")
class Workshop(Case):
    def test_no_output_of_a_training_overwrites_its_data_or_another_output(self):
        with tempfile.TemporaryDirectory() as folder:
            self.done("synth", *FRAMES, "--out", "d.safetensors", folder=folder)
            data = Path(folder, "d.safetensors").read_bytes()
            train = ("train", "--arch", "amr_xs", "--data", "d.safetensors")
            for text, *outputs in (
                    ("m.safetensors: --json would overwrite --out", "--out", "m.safetensors", "--json", "m.safetensors"),
                    ("m.safetensors: --checkpoint would overwrite --out", "--out", "m.safetensors", "--checkpoint", "m.safetensors"),
                    ("m.safetensors.checkpoint: the checkpoint would overwrite --json", "--out", "m.safetensors", "--json",
                     "m.safetensors.checkpoint"),
                    ("d.safetensors: --checkpoint would overwrite --data", "--out", "m.safetensors", "--checkpoint", "d.safetensors"),
                    ("d.safetensors: --out would overwrite --data", "--out", "d.safetensors")):
                self.refused(FAILED, text, *train, *outputs, folder=folder)
            self.assertEqual([path.name for path in Path(folder).iterdir()], ["d.safetensors"])
            self.assertEqual(Path(folder, "d.safetensors").read_bytes(), data)

    def test_from_synthesis_to_a_pruned_model(self):
        with tempfile.TemporaryDirectory() as folder:
            self.done("synth", "--out", "d.h5", "--labels", "noise,OOK,OFDM", "--frames-per-class", 400, "--snr-low", 15,
                      folder=folder)
            self.done("train", "--arch", "amr_s", "--data", "d.h5", "--out", "base.safetensors", "--epochs", 2,
                      *TRAINING, "--json", "t.json", folder=folder)
            trained = json.loads(Path(folder, "t.json").read_text())
            self.assertEqual(len(trained["train"]["epochs"]), 2)
            self.assertGreater(trained["test"]["accuracy"], 0.45)  # a third by chance

            # A list ends with its argument: the model that follows is not part of it.
            text = self.done("compress", "--classes", "noise,OOK,OFDM", "base.safetensors", "--method", "psr", "--budget",
                             "units=6", "--data", "d.h5", "--out", "small.safetensors", "--epochs", 1, *TRAINING, "--json",
                             "c.json", folder=folder)
            self.assertIn("similarity of units", text)
            self.assertIn("block 1", text)
            pruned = json.loads(Path(folder, "c.json").read_text())
            self.assertLess(pruned["cost"]["after"]["macs"], 0.7 * trained["cost"]["macs"])

            accuracies = []
            for backend in ["engine", "onednn", "torch"]:
                self.done("eval", "small.safetensors", "--data", "d.h5", "--backend", backend, "--json", "e.json",
                          folder=folder)
                accuracies.append(json.loads(Path(folder, "e.json").read_text())["scores"]["accuracy"])
            self.assertAlmostEqual(accuracies[0], pruned["test"]["accuracy"], delta=0.01)
            self.assertLess(max(accuracies) - min(accuracies), 0.01)

            self.done("bench", "small.safetensors", "--against", "onednn,torch", "--batch", "1", "--repetitions", 5,
                      "--json", "b.json", folder=folder)
            rows = json.loads(Path(folder, "b.json").read_text())
            self.assertEqual([r["backend"] for r in rows], ["engine", "onednn", "torch"])
            self.assertTrue(all(0 < r["median_us"] <= r["p99_us"] for r in rows))
            self.done("model", "verify", "small.safetensors", folder=folder)
            self.done("model", "export-onnx", "small.safetensors", "--out", "small.onnx", folder=folder)
            self.assertIn(b"prunedamr", Path(folder, "small.onnx").read_bytes()[:32])
            self.refused(FAILED, "folder does not exist", "model", "export-onnx", "small.safetensors", "--out",
                         "no/where.onnx", folder=folder)
            shown = self.done("model", "show", "small.safetensors", folder=folder)
            self.assertIn("small: ", shown)

            self.quantizes("small.safetensors", accuracies[0], folder)

            self.refused(FAILED, "list of class names differs", "eval", "small.safetensors", "--data",
                         self.other_data(folder), folder=folder)
            self.refused(FAILED, "folder does not exist", "train", "--data", "d.h5", "--out", "no/where.safetensors",
                         folder=folder)
            self.refused(USAGE, "--method", "compress", "small.safetensors", "--method", "magic", "--data", "d.h5",
                         "--out", "x.safetensors", folder=folder)
            self.refused(FAILED, "budget", "compress", "base.safetensors", "--budget", "macs=zero", "--data", "d.h5",
                         "--out", "x.safetensors", folder=folder)

    def quantizes(self, model, accuracy, folder):
        """In 8 bits: as right as before, the engine and the workshop of one mind, both precisions timed."""
        text = self.done("quantize", model, "--data", "d.h5", "--out", "bytes.safetensors", "--epochs", 1, *TRAINING,
                         "--json", "q.json", folder=folder)
        self.assertRegex(text, r"float32 +int8 +points")
        report = json.loads(Path(folder, "q.json").read_text())
        self.assertGreater(len(report["quantized"]), 5)
        self.assertGreater(report["test"]["accuracy"], accuracy - 0.05)
        text = self.done("eval", "bytes.safetensors", "--data", "d.h5", "--baseline", model, "--json", "e.json",
                         folder=folder)
        self.assertRegex(text, r"against small: [+-]\d+\.\d\d points, standard error")
        measured = json.loads(Path(folder, "e.json").read_text())
        self.assertAlmostEqual(measured["scores"]["accuracy"], report["test"]["accuracy"], delta=0.01)
        self.assertAlmostEqual(measured["baseline"]["accuracy"], measured["scores"]["accuracy"] - accuracy, places=9)
        self.assertEqual(measured["baseline"]["count"], measured["scores"]["count"])
        self.assertAlmostEqual(measured["baseline"]["accuracy"], report["change"]["accuracy"], delta=0.01)
        self.assertRegex(self.done("model", "verify", "bytes.safetensors", folder=folder), "good .*int8")
        self.assertIn("values in 8 bits", self.done("model", "show", "bytes.safetensors", folder=folder))
        text = self.done("bench", "bytes.safetensors", "--against", "float32", "--batch", 1, "--repetitions", 5,
                         "--profile", "--json", "b.json", folder=folder)
        self.assertIn("stem.conv", text)
        rows = json.loads(Path(folder, "b.json").read_text())
        self.assertEqual([r["precision"] for r in rows], ["int8", "float32"])
        self.refused(FAILED, "quantized already", "quantize", "bytes.safetensors", "--data", "d.h5", "--out",
                     "x.safetensors", folder=folder)
        self.refused(FAILED, "compress first", "compress", "bytes.safetensors", "--method", "l1", "--budget",
                     "macs=50%", "--data", "d.h5", "--out", "x.safetensors", folder=folder)
        self.refused(FAILED, "no_such", "quantize", model, "--data", "d.h5", "--keep-float", "no_such", "--out",
                     "x.safetensors", folder=folder)

    def other_data(self, folder):
        self.done("synth", "--out", "other.h5", "--labels", "OOK,BPSK", "--frames-per-class", 4, folder=folder)
        return "other.h5"

    def refuses_a_weight_of_no_class(self, recipe, folder):
        Path(folder, "mine.json").write_text(json.dumps(recipe))
        self.refused(FAILED, "mine.json: weights: no such class: found unknown", "synth", "--recipe", "mine.json", "--out",
                     "x.h5", folder=folder)

    def test_trains_on_frames_that_are_made_while_it_trains(self):
        with tempfile.TemporaryDirectory() as folder:
            recipe = self.done("synth", "--show-recipe", folder=folder)
            kept = {"noise", "OOK", "OFDM"}
            mine = json.loads("\n".join(line.split("//")[0] for line in recipe.splitlines()))
            mine["classes"] = {label: mine["classes"][label] for label in mine["classes"] if label in kept}
            self.refuses_a_weight_of_no_class(mine, folder)
            mine["weights"] = {"noise": 1.5}
            mine["snr_db"] = [15, 40]
            Path(folder, "mine.json").write_text(json.dumps(mine))
            data = ["--data", "synth:mine.json", "--data-frames-per-class", 60, "--data-seed", 3]
            self.done("train", "--arch", "amr_s", *data, "--frames-per-epoch", 1000, "--out", "m.safetensors",
                      "--epochs", 2, *TRAINING, "--json", "t.json", folder=folder)
            trained = json.loads(Path(folder, "t.json").read_text())
            self.assertEqual(trained["train"]["config"]["shards_per_epoch"], 1)
            self.assertGreater(trained["test"]["accuracy"], 0.4)  # a third by chance
            self.done("eval", "m.safetensors", *data, "--json", "e.json", folder=folder)
            measured = json.loads(Path(folder, "e.json").read_text())
            self.assertEqual(measured["scores"]["accuracy"], trained["test"]["accuracy"])
            self.refused(FAILED, "unknown recipe", "eval", "m.safetensors", "--data", "synth:mine", folder=folder)
            self.refused(USAGE, "--data-seed belongs to --data synth:", "eval", "m.safetensors", "--data", "x.h5",
                         "--data-seed", 3, folder=folder)

    def test_ctrl_c_leaves_a_checkpoint_that_resumes(self):
        with tempfile.TemporaryDirectory() as folder:
            self.done("synth", "--out", "d.safetensors", "--labels", "noise,OOK", "--frames-per-class", 300,
                      folder=folder)
            line = ["train", "--data", "d.safetensors", "--out", "m.safetensors", "--epochs", "3", *TRAINING]
            process = subprocess.Popen([TOOL, *line], cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.assertIn('"step":1', process.stderr.readline())
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, FAILED)
            self.assertIn("--resume", err.splitlines()[-1])
            self.assertFalse(Path(folder, "m.safetensors").exists())
            begin = time.monotonic()
            self.done(*line, "--resume", folder=folder)
            self.assertTrue(Path(folder, "m.safetensors").exists())
            self.assertLess(time.monotonic() - begin, 120)


if __name__ == "__main__":
    unittest.main()
