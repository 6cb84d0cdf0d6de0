# SPDX-License-Identifier: GPL-3.0-or-later
"""`prunedamr data`: conversion, selection, splits, captures to frames; and what it refuses."""

import array
import cmath
import collections
import json
import os
import random
import signal
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

from folder_watch import wait_until

TOOL = os.environ["PRUNEDAMR_TOOL"]
HAVE_HDF5 = os.environ["PRUNEDAMR_HAVE_HDF5"] == "1"
FAILED, USAGE = 1, 2
CODES = {"F32": "f", "F16": "e", "I32": "i", "I64": "q", "U8": "B"}
BOUND = ".h5" if HAVE_HDF5 else ".safetensors"


class Tensors(dict):
    """The tensors of a .safetensors file as tuples, its metadata as objects."""

    def __init__(self, path):
        data = Path(path).read_bytes()
        (length,) = struct.unpack("<Q", data[:8])
        header = json.loads(data[8 : 8 + length])
        self.metadata = {key: json.loads(value) for key, value in header.pop("__metadata__").items()}
        self.types = {name: entry["dtype"] for name, entry in header.items()}
        for name, entry in header.items():
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            code = CODES[entry["dtype"]]
            self[name] = struct.unpack("<%d%s" % ((end - begin) // struct.calcsize(code), code), data[begin:end])
        self.length = header["frames"]["shape"][2]

    def frame(self, i):
        start = 2 * self.length * i
        values = self["frames"]
        return [complex(values[start + k], values[start + self.length + k]) for k in range(self.length)]


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_tool(self, *arguments):
        return subprocess.run([TOOL, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True, timeout=120)

    def done(self, *arguments):
        result = self.run_tool(*arguments, "--json", "report.json")
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads((self.folder / "report.json").read_text())

    def refused(self, code, text, *arguments):
        before = sorted(os.listdir(self.folder))
        result = self.run_tool(*arguments)
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertIn(text, result.stderr)
        self.assertEqual(sorted(os.listdir(self.folder)), before)

    def synth(self, name, frames=60, labels="OOK,BPSK,noise", seed=1):
        self.done("synth", "--out", name, "--labels", labels, "--frames-per-class", frames, "--frame", 128, "--block-length",
                  1024, "--seed", seed, "--threads", 1)
        return name

    def tensors(self, name):
        return Tensors(self.folder / name)


class Conversion(Case):
    def test_import_is_idempotent_and_keeps_the_split(self):
        self.synth("a.safetensors")
        self.done("data", "import", "a.safetensors", "--out", "b" + BOUND)
        self.done("data", "import", "b" + BOUND, "--out", "c.safetensors")
        first, last = self.tensors("a.safetensors"), self.tensors("c.safetensors")
        for name in "frames", "label", "group", "part":
            self.assertEqual(first[name], last[name], name)
        self.assertEqual(first.metadata["class_names"], last.metadata["class_names"])
        self.assertEqual(first.metadata["front_end"], last.metadata["front_end"])
        made = last.metadata["provenance"]
        self.assertIn("data import b" + BOUND, made["command"])
        self.assertEqual(made["inputs"][0]["provenance"]["inputs"][0]["file"], "a.safetensors")
        self.assertEqual(made["inputs"][0]["provenance"]["inputs"][0]["provenance"], first.metadata["provenance"])

    def test_float16_is_the_nearest(self):
        self.synth("a.safetensors")
        self.done("data", "import", "a.safetensors", "--out", "h" + BOUND, "--float16")
        again = self.done("data", "import", "h" + BOUND, "--out", "h.safetensors")
        self.assertEqual(again["samples"], "float16")
        whole, half = self.tensors("a.safetensors"), self.tensors("h.safetensors")
        self.assertEqual(half.types["frames"], "F16")
        nearest = struct.unpack("<%de" % len(whole["frames"]), struct.pack("<%de" % len(whole["frames"]), *whole["frames"]))
        self.assertEqual(half["frames"], nearest)
        self.assertEqual(self.done("data", "info", "h" + BOUND)["samples"], "float16")

    def test_selection(self):
        self.synth("a.safetensors", 200)
        summary = self.done("data", "import", "a.safetensors", "--out", "b.safetensors", "--labels", "noise,OOK",
                            "--snr-low", 0, "--snr-high", 21, "--frames-per-cell", 4, "--seed", 5)
        self.assertEqual(summary["classes"], ["noise", "OOK"])
        info = self.done("data", "info", "b.safetensors")
        for cell in info["cells"]:
            self.assertLessEqual(cell["frames"], 4)
            if cell["label"] == "noise":
                self.assertEqual((cell["snr_db"], cell["frames"]), (None, 4))
            else:
                self.assertTrue(0 <= cell["snr_db"] <= 22)
        self.assertEqual(sum(cell["frames"] for cell in info["cells"]), summary["frames"])

    def test_merge_adds_counts_and_keeps_groups_apart(self):
        self.synth("a" + BOUND, 30)
        self.synth("b.safetensors", 20, "QPSK,OOK", seed=2)
        one, two = self.done("data", "info", "a" + BOUND), self.done("data", "info", "b.safetensors")
        self.done("data", "merge", "a" + BOUND, "b.safetensors", "--out", "m" + BOUND)
        both = self.done("data", "info", "m" + BOUND)
        self.assertEqual(both["classes"], ["OOK", "BPSK", "noise", "QPSK"])
        self.assertEqual(both["frames_per_class"], {"OOK": 75, "BPSK": 30, "noise": 90, "QPSK": 20})  # by their weights
        self.assertEqual(both["groups"], {"count": one["groups"]["count"] + two["groups"]["count"], "in_several_parts": 0})
        for part, count in both["split"].items():
            self.assertEqual(count, one["split"][part] + two["split"][part])
        self.assertEqual([entry["file"] for entry in both["provenance"]["inputs"]], ["a" + BOUND, "b.safetensors"])

    def test_split_divides_cells_by_whole_groups_the_same_for_the_same_seed(self):
        self.synth("a.safetensors", 400)
        for name, seed in ("b", 3), ("c", 3), ("d", 4):
            self.done("data", "split", "a.safetensors", "--out", name + ".safetensors", "--validation", 0.25, "--test",
                      0.25, "--seed", seed)
        first = self.tensors("b.safetensors")
        self.assertEqual(first["part"], self.tensors("c.safetensors")["part"])
        self.assertNotEqual(first["part"], self.tensors("d.safetensors")["part"])
        sides = collections.defaultdict(set)
        for group, part in zip(first["group"], first["part"]):
            sides[group].add(part)
        self.assertEqual({len(parts) for parts in sides.values()}, {1})
        for label in range(3):
            parts = collections.Counter(p for p, l in zip(first["part"], first["label"]) if l == label)
            for part, share in enumerate((0.5, 0.25, 0.25)):
                self.assertAlmostEqual(parts[part] / sum(parts.values()), share, delta=0.011)  # two frames a group, twice rounded


def shaped(symbols, samples_per_symbol, center):
    """Rectangular symbols at a frequency in cycles per sample."""
    return [
        symbols[n // samples_per_symbol] * cmath.exp(2j * cmath.pi * center * n)
        for n in range(len(symbols) * samples_per_symbol)
    ]


def squared_line(frame):
    """How much of the squared samples is one line: near 1 for BPSK, low for QPSK."""
    squares = [x * x for x in frame]
    power = sum(abs(s) for s in squares)
    return max(
        abs(sum(s * cmath.exp(-2j * cmath.pi * f / 4096 * n) for n, s in enumerate(squares))) / power
        for f in range(-64, 65)
    )


class Captures(Case):
    RATE, CENTER = 1e6, 100e6

    def scene(self):
        """BPSK and QPSK on the air at the same time, 0.4 of the rate apart, on noise."""
        rng = random.Random(4)
        count = 32768
        bpsk = shaped([rng.choice((1, -1)) for _ in range(count // 32)], 32, -0.2)
        qpsk = shaped([rng.choice((1, 1j, -1, -1j)) for _ in range(count // 32)], 32, 0.2)
        return [a + b + complex(rng.gauss(0, 0.05), rng.gauss(0, 0.05)) for a, b in zip(bpsk, qpsk)]

    def write_sigmf(self, name, samples, annotations):
        values = array.array("f", (part for x in samples for part in (x.real, x.imag)))
        (self.folder / (name + ".sigmf-data")).write_bytes(values.tobytes())
        keys = ("core:sample_start", "core:sample_count", "core:label", "core:freq_lower_edge", "core:freq_upper_edge")
        meta = {
            "global": {"core:datatype": "cf32_le", "core:sample_rate": self.RATE, "core:version": "1.0.0"},
            "captures": [{"core:sample_start": 0, "core:frequency": self.CENTER}],
            "annotations": [{k: v for k, v in zip(keys, note) if v is not None} for note in annotations],
        }
        (self.folder / (name + ".sigmf-meta")).write_text(json.dumps(meta))
        return name + ".sigmf-meta"

    def edges(self, center, width=0.07):
        return [self.CENTER + (center + side * width / 2) * self.RATE for side in (-1, 1)]

    def test_signals_side_by_side_become_frames_of_their_own_class(self):
        samples = self.scene()
        notes = [
            (0, 32768, "BPSK", *self.edges(-0.2)),
            (0, 32768, "4PSK", *self.edges(0.2)),  # an alias
            (100, 200, None),
            (5000, 4000, "OOK"),
            (20000, 12, "BPSK", *self.edges(0.4)),
            (21000, 5000, "GFSK", *self.edges(0.9)),
        ]
        self.write_sigmf("scene", samples, notes)
        summary = self.done("data", "import", "scene.sigmf-meta", "--frame", 512, "--block-length", 4096, "--front-end",
                            "auto_band", "--out", "d.safetensors")
        self.assertEqual(summary["captures"]["skipped"], {
            "no label": 1,
            "overlaps another in time and has no frequency edges": 1,
            "too short for a frame": 1,
            "its frequency edges are not in the capture's band": 1,
        })
        self.assertEqual({(s["sample_start"], s["label"]) for s in summary["captures"]["not_used"]},
                         {(100, ""), (5000, "OOK"), (20000, "BPSK"), (21000, "GFSK")})
        frames = self.tensors("d.safetensors")
        names = frames.metadata["class_names"]
        self.assertEqual(names, ["BPSK", "QPSK"])
        self.assertEqual(set(zip(frames["label"], frames["group"])), {(0, 0), (1, 1)})
        self.assertGreaterEqual(min(summary["frames_per_class"].values()), 4)
        for i, label in enumerate(frames["label"]):
            line = squared_line(frames.frame(i))
            if names[label] == "BPSK":
                self.assertGreater(line, 0.6)
            else:
                self.assertLess(line, 0.4)
            self.assertGreater(frames["snr_db"][i], 10)

    def test_no_frame_holds_two_annotations(self):
        """Stretches of alternating levels: each frame has one level only."""
        rng = random.Random(1)
        samples = [(1 + n // 1500 % 2) * cmath.exp(0.5j * rng.random()) for n in range(15000)]
        notes = [(start, 1500, "ab"[start // 1500 % 2]) for start in range(0, 15000, 1500)]
        self.write_sigmf("s", samples, notes)
        self.done("data", "import", "s.sigmf-meta", "--front-end", "as_is", "--frame", 256, "--block-length", 256, "--out",
                  "d.safetensors")
        frames = self.tensors("d.safetensors")
        self.assertEqual(len(frames["label"]), 10 * 5)  # 1500 = 5 frames of 256, and a rest that is no frame
        self.assertEqual(collections.Counter(frames["group"]), {group: 5 for group in range(10)})
        for i in range(50):
            self.assertAlmostEqual(max(map(abs, frames.frame(i))) / min(map(abs, frames.frame(i))), 1.0, places=3)

    def test_captures_without_labels_need_one(self):
        self.write_sigmf("s", self.scene(), [])
        self.refused(FAILED, "expected annotations with core:label, or --label NAME", "data", "import", "s.sigmf-meta",
                     "--out", "x.safetensors")
        summary = self.done("data", "import", "s.sigmf-meta", "--label", "QAM16", "--out", "x.safetensors")
        self.assertEqual(summary["classes"], ["16QAM"])
        raw = array.array("b", (random.Random(1).choice((-50, 50)) for _ in range(40000)))
        (self.folder / "x.cs8").write_bytes(raw.tobytes())
        self.refused(FAILED, "sample rate is not known", "data", "import", "x.cs8", "--label", "BPSK", "--out",
                     "y.safetensors")
        summary = self.done("data", "import", "x.cs8", "--label", "BPSK", "--rate", "1M", "--front-end", "as_is",
                            "--frame", 1000, "--block-length", 2000, "--out", "y.safetensors")
        self.assertEqual(summary["frames_per_class"], {"BPSK": 20})

    def test_info_of_a_capture(self):
        self.write_sigmf("s", self.scene(), [(5, 10, "BPSK", *self.edges(-0.2))])
        info = self.done("data", "info", "s.sigmf-meta")
        self.assertEqual((info["form"], info["samples"], info["sample_rate_hz"], info["center_freq_hz"]),
                         ("capture", 32768, self.RATE, self.CENTER))
        self.assertEqual(info["annotations"][0]["label"], "BPSK")


class BadInput(Case):
    def test_one_line_says_what_is_wrong(self):
        self.synth("a.safetensors", 4)
        self.synth("b.safetensors", 4)
        self.done("synth", "--out", "long.safetensors", "--labels", "OOK", "--frames-per-class", 2, "--frame", 256)
        (self.folder / "letter.h5").write_text("Dear sir,")
        out = ["--out", "x.safetensors"]
        self.refused(USAGE, "subcommand", "data")
        self.refused(USAGE, "--out", "data", "import", "a.safetensors")
        self.refused(USAGE, "files", "data", "merge", "a.safetensors", *out)
        self.refused(USAGE, "--frames-per-cell", "data", "import", "a.safetensors", "--frames-per-cell", 0, *out)
        self.refused(FAILED, "gone.h5: no such file", "data", "info", "gone.h5")
        self.refused(FAILED, "letter.h5: not a data set of a known form: expected ", "data", "import", "letter.h5", *out)
        self.refused(FAILED, "unknown data set format", "data", "import", "a.safetensors", "--out", "x.csv")
        self.refused(FAILED, "folder does not exist", "data", "split", "a.safetensors", "--out", "no/where.safetensors")
        self.refused(FAILED, "found 9PSK, expected OOK, BPSK, noise", "data", "import", "a.safetensors", "--labels",
                     "9PSK", *out)
        self.refused(FAILED, "expected each at least 0, together below 1", "data", "split", "a.safetensors",
                     "--validation", 0.5, "--test", 0.5, *out)
        self.refused(FAILED, "long.safetensors: front end differs from that of a.safetensors: found frame_length 256",
                     "data", "merge", "a.safetensors", "long.safetensors", *out)

    def test_a_damaged_frame_is_named_and_nothing_is_written(self):
        self.synth("a.safetensors", 40)
        data = bytearray((self.folder / "a.safetensors").read_bytes())
        (length,) = struct.unpack("<Q", data[:8])
        struct.pack_into("<f", data, 8 + length + 4 * 2 * 128 * 77, float("nan"))
        (self.folder / "a.safetensors").write_bytes(data)
        self.refused(FAILED, "a.safetensors: frame 77 holds a sample that is not finite", "data", "import",
                     "a.safetensors", "--out", "x" + BOUND)

    def test_ctrl_c_leaves_nothing(self):
        self.synth("a.safetensors", 2000, "noise")
        inputs = ["a.safetensors"] * 40  # 160 MB to convert
        process = subprocess.Popen([TOOL, "data", "import", *inputs, "--out", "x" + BOUND], cwd=self.folder,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        wait_until(self.folder, lambda: list(self.folder.glob(".x.*part*")), "the output to be begun", 30)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        self.assertEqual((process.returncode, err), (FAILED, "prunedamr: x%s: stopped, nothing is written\n" % BOUND))
        self.assertEqual(sorted(os.listdir(self.folder)), ["a.safetensors", "report.json"])


if __name__ == "__main__":
    unittest.main()
