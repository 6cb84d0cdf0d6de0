# SPDX-License-Identifier: GPL-3.0-or-later
"""The I/Q of emissions as recordings of their own: what is chosen, what they hold, that they read back, their budget."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import rx
from output_case import Lines

TOOL = os.environ["PRUNEDAMR_TOOL"]
ROOT = Path(__file__).resolve().parents[2]
RATE = 1e6
CENTER = 433.92e6
SCENE = {
    "sample_rate_hz": RATE, "center_freq_hz": CENTER, "duration_s": 3, "noise_dbfs_per_hz": -112, "bits": 12, "seed": 9,
    "signals": [
        {"label": "OOK", "offset_hz": 150e3, "bandwidth_hz": 12e3, "snr_db": 15, "start_s": 0.1, "duration_s": 0.2,
         "repeat": {"count": 8, "period_s": 0.35}},
        {"label": "2FSK", "offset_hz": -250e3, "bandwidth_hz": 20e3, "snr_db": 20, "start_s": 0.5, "duration_s": 0.15,
         "repeat": {"count": 2, "period_s": 1.2}},
        {"label": "QPSK", "offset_hz": 350e3, "bandwidth_hz": 40e3, "snr_db": 20},
    ],
}


class Snippets(rx.Case):
    @classmethod
    def setUpClass(cls):
        kept = tempfile.TemporaryDirectory()
        cls.addClassCleanup(kept.cleanup)
        text = Path(kept.name) / "scene.json"
        text.write_text(json.dumps(SCENE))
        cls.scene = Path(kept.name) / "scene.sigmf-meta"
        subprocess.run([TOOL, "synth", "scene", "--scene", text, "--out", cls.scene], check=True, timeout=60,
                       stdout=subprocess.DEVNULL)

    def play(self, *arguments, code=0):
        result = rx.run(self.scene, "--quiet", "--model", ROOT / "models/onair-s.safetensors", *arguments, plain=True, timeout=200)
        self.assertEqual(result.code, code, result.stderr)
        return result

    def metas(self, folder="kept"):
        return sorted((self.folder / folder).glob("*.sigmf-meta"))

    def test_chosen_emissions_become_recordings_that_read_back(self):
        events = self.play("--snippets", self.folder / "kept", "--snippet-if", "label=OOK or label=2FSK", "--out", "json:-").events
        chosen = [e for e in events if e["label"] in ("OOK", "2FSK")]
        self.assertGreaterEqual(len(chosen), 6)
        metas = self.metas()
        self.assertEqual(len(metas), len(chosen))
        read = set()  # of each label one is enough
        for path in metas:
            meta = json.loads(path.read_text())
            (annotation,), (capture,) = meta["annotations"], meta["captures"]
            label, rate = annotation["core:label"], meta["global"]["core:sample_rate"]
            edges = annotation["core:freq_lower_edge"], annotation["core:freq_upper_edge"]
            center = sum(edges) / 2
            event, = [e for e in chosen if e["label"] == label and abs(e["center_freq_hz"] - center) < 1 and
                      e["time"].replace("-", "").replace(":", "") == path.name.split("_")[0]]
            self.assertIn(event["model"], annotation["core:generator"])
            self.assertIn("confidence", annotation["core:comment"])
            self.assertIn("gr-prunedamr", meta["global"]["core:recorder"])
            self.assertLess(capture["core:datetime"], event["time"])
            self.assertLess(abs(annotation["core:sample_count"] / rate - event["sample_count"] / RATE), 0.001)
            self.assertGreater(annotation["core:sample_start"] / rate, 0.09)
            self.assertLess(rate, RATE / 2)
            self.assertEqual(path.with_suffix(".sigmf-data").stat().st_size % 8, 0)
            checked = subprocess.run([TOOL, "data", "info", path], capture_output=True, text=True, timeout=60)
            self.assertEqual(checked.returncode, 0, checked.stderr)
            if label in read:
                continue
            read.add(label)
            again = rx.run(path, "--quiet", "--model", ROOT / "models/onair-s.safetensors", plain=True, timeout=200)
            self.assertEqual(again.code, 0, again.stderr)
            same = [e for e in again.events if abs(e["center_freq_hz"] - center) < event["bandwidth_hz"] / 4]
            self.assertIn(label, [e["label"] for e in same if rx.overlap(rx.edges(e), edges) > 0.7], again.stdout)

    def test_without_a_condition_all_but_noise_is_kept_and_labels_come_as_ever(self):
        events = self.play("--snippets", self.folder / "kept").events
        tracks = {(e["track"], e["label"]) for e in events if e["state"] != "noise"}
        self.assertEqual(len(self.metas()), len(tracks))

    def test_a_budget_is_kept(self):
        self.play("--snippets", self.folder / "kept", "--snippet-if", "not noise", "--snippet-budget", "3M", "--out", "csv:/dev/null")
        size = sum(file.stat().st_size for file in (self.folder / "kept").iterdir())
        self.assertTrue(100_000 < size <= 3_000_000, size)
        labels = {json.loads(path.read_text())["annotations"][0]["core:label"] for path in self.metas()}
        self.assertIn("2FSK", labels)  # rarer than OOK

    def test_several_recordings_in_one_run(self):
        other = self.scene.with_name("other.sigmf-meta")
        meta = json.loads(self.scene.read_text())
        meta["captures"][0]["core:frequency"] = 868e6
        meta["annotations"] = []
        other.write_text(json.dumps(meta))
        other.with_suffix(".sigmf-data").write_bytes(self.scene.with_suffix(".sigmf-data").read_bytes())
        self.play(other, "--snippets", self.folder / "kept", "--snippet-if", "label=2FSK")
        names = [path.name.split("_")[1][:3] for path in self.metas()]
        self.assertEqual(sorted(names), ["433", "433", "867", "867"])

    def test_what_teaches_most_is_kept_once_per_emission_with_its_score(self):
        doubtful = dict(SCENE, signals=SCENE["signals"] + [
            {"label": "unknown", "offset_hz": -50e3, "bandwidth_hz": 25e3, "snr_db": 15, "start_s": 0.2, "duration_s": 0.1,
             "repeat": {"count": 6, "period_s": 0.4}},
            {"label": "16QAM", "offset_hz": -400e3, "bandwidth_hz": 30e3, "snr_db": 7, "start_s": 0.3, "duration_s": 0.1,
             "repeat": {"count": 4, "period_s": 0.6}}])
        scene = self.write("doubtful.json", json.dumps(doubtful).encode())
        air = self.folder / "doubtful.sigmf-meta"
        subprocess.run([TOOL, "synth", "scene", "--scene", scene, "--out", air], check=True, timeout=60, stdout=subprocess.DEVNULL)
        events = rx.run(air, "--quiet", "--model", ROOT / "models/onair-s.safetensors", "--out", "json:-", "--snippets", self.folder / "kept",
                        "--snippet-keep", "teaching", plain=True, timeout=200).events
        notes = [json.loads(path.read_text())["annotations"][0] for path in self.metas()]
        self.assertTrue(notes)
        self.assertTrue(any(extension["name"] == "prunedamr" and extension["optional"]
                            for extension in json.loads(self.metas()[0].read_text())["global"]["core:extensions"]))
        tracks = [note["prunedamr:event"]["track"] for note in notes]
        self.assertEqual(len(tracks), len(set(tracks)))
        for note in notes:
            teaching = note["prunedamr:teaching"]
            self.assertAlmostEqual(teaching["score"], max(teaching["disagreement"], teaching["doubt"]) * teaching["novelty"], 3)
            self.assertGreaterEqual(teaching["score"], 0.05)
            self.assertEqual(note["prunedamr:event"]["label"], note["core:label"])
        # What is sure, or like another one, is not asked for.
        self.assertLess(len(notes), len({e["track"] for e in events if e["state"] != "noise"}) / 2)

    def test_one_folder_is_one_receivers(self):
        with rx.start_talking("stdin", "--format", "ci8", "--rate", "1M", "--snippets", self.folder / "kept", "--out", "json:/dev/null",
                              band=True) as busy:
            Lines(busy.stderr).wait_for("frames per call")  # its outputs are open
            self.assertIn("another receiver keeps its recordings here", self.play("--snippets", self.folder / "kept", code=1).stderr)
            busy.kill()

    def test_a_person_labels_in_a_terminal_and_the_labels_are_imported(self):
        kept = self.folder / "kept"
        self.play("--snippets", kept, "--snippet-if", "label=2FSK", "--out", "json:/dev/null")
        def label(*words, answers="", code=0):
            done = subprocess.run([TOOL, "label", *map(str, words)], input=answers, capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, code, done.stderr)
            return done
        first, second = (path.stem for path in self.metas())
        before = json.loads((kept / f"{first}.sigmf-meta").read_text())["annotations"][0]
        label(kept, "--set", f"{first}=DoorBell", "--author", "ann")
        after = json.loads((kept / f"{first}.sigmf-meta").read_text())["annotations"][0]
        self.assertEqual((after["core:label"], after["prunedamr:author"], after["core:generator"]), ("DoorBell", "ann", "ann"))
        self.assertEqual((after["prunedamr:receiver_label"], after["prunedamr:receiver_generator"]), ("2FSK", before["core:generator"]))
        self.assertRegex(after["prunedamr:datetime"], r"^20\d\d-.*Z$")
        self.assertIn(f"{first}  DoorBell  by ann at 20", label(kept, "--list").stdout)
        # Asked is about the other one alone; a name that nobody knows is a new class.
        asked = label(kept, "--author", "ann", answers="GateOpner\nn\n9\nGateOpener\ny\n").stdout
        self.assertIn(second, asked)
        self.assertNotIn(first, asked)
        self.assertIn("GateOpner is a class of no model: a new one?", asked)
        self.assertIn("there is no candidate 9", asked)
        self.assertIn("1 of 1 labeled", asked)
        self.assertIn(f"{second}  GateOpener  by ann", label(kept, "--list").stdout)
        label(kept, "--set", f"{second}=", "--author", "ann")  # the receiver's again
        self.assertEqual(json.loads((kept / f"{second}.sigmf-meta").read_text())["annotations"][0]["core:label"], "2FSK")
        self.assertIn("no such snippet", label(kept, "--set", "x=OOK", code=1).stderr)
        self.assertIn("bad label", label(kept, "--set", f"{first}={'x' * 25}", code=1).stderr)
        def classes(*options):
            report = self.folder / "report.json"
            subprocess.run([TOOL, "data", "import", *self.metas(), *options, "--out", self.folder / "mine.safetensors", "--json", report],
                           check=True, timeout=60, stdout=subprocess.DEVNULL)
            return json.loads(report.read_text())
        self.assertEqual(set(classes()["frames_per_class"]), {"DoorBell", "2FSK"})
        of_persons = classes("--labeled-by-persons")
        self.assertEqual(set(of_persons["frames_per_class"]), {"DoorBell"})
        self.assertGreater(of_persons["frames_per_class"]["DoorBell"], 0)
        self.assertEqual(of_persons["captures"]["skipped"], {"no person has labeled it": 1})
        # What a person has labeled survives a budget that is used up.
        full = sum(file.stat().st_size for file in kept.iterdir())
        self.play("--snippets", kept, "--snippet-if", "label=OOK", "--snippet-budget", full, "--out", "json:/dev/null")
        self.assertTrue((kept / f"{first}.sigmf-data").exists())
        self.assertFalse((kept / f"{second}.sigmf-data").exists())

    def test_a_script_labels_through_the_api_with_the_token_only(self):
        kept, token = self.folder / "kept", self.write("token", b"open sesame, please\n")
        token.chmod(0o600)
        self.play("--snippets", kept, "--snippet-if", "label=2FSK", "--out", "json:/dev/null")
        first, second = (path.stem for path in self.metas())
        port = rx.free_endpoint().rsplit(":", 1)[1]
        with rx.start_talking("stdin", "--format", "ci8", "--rate", "1M", "--snippets", kept, "--web", f"127.0.0.1:{port}", "--web-token", token,
                              "--out", "json:/dev/null", band=True) as process:
            Lines(process.stderr).wait_for("Serving http")

            def ctl(*words, code=0):
                done = subprocess.run([rx.RX, "ctl", "--url", f"http://127.0.0.1:{port}", *map(str, words)], capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, code, done.stderr)
                return done.stdout + done.stderr

            listed = json.loads(ctl("snippets"))
            self.assertEqual((listed["is_kept"], listed["total"], [one["name"] for one in listed["snippets"]]), (True, 2, [second, first]))
            self.assertEqual([one["author"] for one in listed["snippets"]], [None, None])
            self.assertEqual(listed["snippets"][0]["event"]["label"], "2FSK")
            self.assertIn("16QAM", listed["classes"])
            self.assertIn("401", ctl("label", first, "DoorBell", code=1))
            self.assertEqual(ctl("--token", token, "label", first, "DoorBell", "ann").strip(), "labeled")
            for name, label, text in ((f"../kept/{first}", "OOK", "no such snippet"), ("x", "OOK", "no such snippet"), (first, "x" * 25, "bad label")):
                self.assertIn(text, ctl("--token", token, "label", name, label, code=1))
            labels = {one["name"]: (one["label"], one["receiver_label"], one["author"]) for one in json.loads(ctl("snippets"))["snippets"]}
            self.assertEqual(labels, {first: ("DoorBell", "2FSK", "ann"), second: ("2FSK", "2FSK", None)})
            process.kill()

    def test_what_is_wrong_is_said_in_a_line(self):
        folder = self.folder / "kept"
        for arguments, text in (
                (["--snippets", folder, "--snippet-if", "label=OOK or colour=red"], "(at character 14)"),
                (["--snippets", folder, "--snippet-budget", "much"], "budget=much"),
                (["--snippets", folder, "--snippet-age", "7y"], "age=7y"),
                (["--snippets", folder, "--snippet-keep", "all"], "keep=all"),
                (["--snippet-if", "unknown"], "--snippets: missing"),
                (["--snippets", folder, "--out", f"snippets:{folder}2"], "expected one"),
                (["--snippets", "/proc/no/such"], "/proc/no/such")):
            with self.subTest(text):
                result = rx.run(self.scene, *arguments)
                self.assertIn(text, result.stderr)
                self.assertNotEqual(result.code, 0)
                self.assertEqual(result.stderr.count("\n"), 1, result.stderr)


if __name__ == "__main__":
    unittest.main()
