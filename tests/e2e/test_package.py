# SPDX-License-Identifier: GPL-3.0-or-later
"""An installed copy, used as others use it: find_package from C++, `import prunedamr` from Python."""

import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

SOURCE = Path(os.environ["PRUNEDAMR_SOURCE_DIR"])
CMAKE = os.environ["PRUNEDAMR_CMAKE"]
MODEL = os.environ["PRUNEDAMR_TEST_MODEL"]
PYTHON_DIR = os.environ["PRUNEDAMR_PYTHON_DIR"]  # empty where the module is not built
RX = os.environ["PRUNEDAMR_RX"]  # empty where the receiver is not built
HAVE_WORKSHOP = os.environ["PRUNEDAMR_HAVE_WORKSHOP"] == "ON"
EXAMPLE = SOURCE / "examples" / "classify_array"
LENGTH, CLASSES = 256, 4  # of the test model
RATE = 200_000
COUNT = 100_003  # prime: ends within a block


def run(*command, **keywords):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120, **keywords)


def done(*command, **keywords):
    result = run(*command, **keywords)
    if result.returncode != 0:
        raise AssertionError("%s: %s%s" % (command, result.stdout, result.stderr))
    return result.stdout


def noise_and_tone(count):
    """Bytes of complex float32: noise by a congruential generator, with a tone in every second fifth."""
    values, state = [], 1
    for i in range(2 * count):
        state = (1664525 * state + 1013904223) % 2**32
        values.append(state / 2**33 - 0.25 + (i // 40000 % 2) * (i % 16 < 8))
    return struct.pack("<%df" % len(values), *values)


def configure(source, build, prefix):
    return run(CMAKE, "-G", "Ninja", "-S", source, "-B", build, "-DCMAKE_PREFIX_PATH=%s" % prefix,
               "-DCMAKE_CXX_COMPILER=%s" % os.environ["PRUNEDAMR_CXX"],
               "-DCMAKE_CXX_FLAGS=%s" % os.environ["PRUNEDAMR_CXX_FLAGS"], "-DCMAKE_BUILD_TYPE=")


def setUpModule():
    global FOLDER, PREFIX, PROGRAM, CAPTURE, EVENTS
    temporary = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(temporary.cleanup)
    FOLDER = Path(temporary.name)
    PREFIX = FOLDER / "elsewhere"
    done(CMAKE, "--install", os.environ["PRUNEDAMR_BUILD_DIR"], "--prefix", PREFIX)
    configured = configure(EXAMPLE, FOLDER / "build", PREFIX)
    if configured.returncode != 0:
        raise AssertionError(configured.stderr)
    done(CMAKE, "--build", FOLDER / "build")
    PROGRAM = FOLDER / "build" / "classify_array"
    CAPTURE = FOLDER / "x.cf32"
    CAPTURE.write_bytes(noise_and_tone(COUNT))
    EVENTS = [json.loads(line) for line in done(PROGRAM, MODEL, CAPTURE, RATE).splitlines()]
    if PYTHON_DIR:
        import_module()


def import_module():
    """The Python module of the installed copy."""
    global np, prunedamr
    sys.path.insert(0, str(PREFIX / PYTHON_DIR))
    import numpy as np
    import prunedamr


class Package(unittest.TestCase):
    def test_the_example_labels_the_whole_array(self):
        self.assertEqual([e["seq"] for e in EVENTS], list(range(5)))
        position = 0
        for event in EVENTS:
            self.assertEqual(event["sample_start"], position)
            position += event["sample_count"]
        self.assertEqual(position, COUNT)
        self.assertGreater(EVENTS[1]["power_dbfs"], EVENTS[0]["power_dbfs"])

    @unittest.skipUnless(RX, "prunedamr-rx is not built")
    def test_the_receiver_says_the_same(self):
        lines = done(RX, "--model", MODEL, "--quiet", "--source", CAPTURE, "--rate", RATE).splitlines()
        self.assertEqual([json.loads(line) for line in lines], EVENTS)

    def test_bad_input_is_one_line(self):
        broken = FOLDER / "broken.safetensors"
        broken.write_bytes(Path(MODEL).read_bytes()[:-1])
        for code, text, *arguments in ((2, "usage", MODEL), (1, "gone.cf32", MODEL, "gone.cf32", RATE),
                                       (1, "rate", MODEL, CAPTURE, "fast"), (1, str(broken), broken, CAPTURE, RATE)):
            result = run(PROGRAM, *arguments)
            self.assertEqual((result.returncode, result.stdout), (code, ""), arguments)
            self.assertRegex(result.stderr, r"\A[^\n]*%s[^\n]*\n\Z" % re.escape(text))

    def test_installed_models_go_by_their_names(self):
        for name in ("onair-s", "onair-m"):
            events = [json.loads(line) for line in done(PROGRAM, name, CAPTURE, RATE).splitlines()]
            self.assertEqual({event["model"] for event in events}, {name})
            self.assertIn(name, done(PREFIX / "bin" / "prunedamr", "model", "show", name))
            if PYTHON_DIR:
                self.assertEqual(prunedamr.Model(name).name, name)
        refused = run(PROGRAM, "onair-z", CAPTURE, RATE)
        self.assertEqual(refused.returncode, 1)
        self.assertRegex(refused.stderr, r"found onair-z.* onair-m, onair-s, rml2016a-s in %s[^\n]*\n\Z"
                         % re.escape(str((PREFIX / "share" / "prunedamr" / "models").resolve())))

    def test_what_is_not_there_is_refused_by_name(self):
        project = FOLDER / "wants"
        project.mkdir()

        def refusal(wanted):
            (project / "CMakeLists.txt").write_text(
                "cmake_minimum_required(VERSION 3.22)\nproject(wants LANGUAGES NONE)\n"
                "find_package(prunedamr %s REQUIRED)\n" % wanted)
            result = run(CMAKE, "-S", project, "-B", project / "build", "-DCMAKE_PREFIX_PATH=%s" % PREFIX)
            self.assertNotEqual(result.returncode, 0, wanted)
            return " ".join(result.stderr.split())

        self.assertIn("built without the component antenna", refusal("0.1 COMPONENTS live antenna"))
        self.assertIn("version", refusal("0.2"))
        if not HAVE_WORKSHOP:
            self.assertIn("built without the component workshop", refusal("COMPONENTS workshop"))

    @unittest.skipUnless(HAVE_WORKSHOP, "the workshop is not built")
    def test_the_workshop_is_a_component(self):
        project = FOLDER / "prunes"
        project.mkdir()
        (project / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.22)\nproject(prunes LANGUAGES CXX)\n"
            "find_package(prunedamr REQUIRED COMPONENTS workshop)\nadd_executable(prunes prunes.cpp)\n"
            "target_link_libraries(prunes PRIVATE prunedamr::workshop)\n")
        (project / "prunes.cpp").write_text(
            '#include "prunedamr/prune/methods.h"\n#include <cstdio>\n'
            "int main() { for (const auto& method : prunedamr::prune::methods()) std::puts(method.name); }\n")
        configured = configure(project, project / "build", PREFIX)
        self.assertEqual(configured.returncode, 0, configured.stderr)
        done(CMAKE, "--build", project / "build")
        self.assertIn("psr", done(project / "build" / "prunes").split())

    def test_headers_include_only_what_is_installed_or_named_by_the_package(self):
        root = PREFIX / "include"
        headers = sorted((root / "prunedamr").rglob("*.h"))
        self.assertGreater(len(headers), 100)
        for header in headers:
            module = header.relative_to(root / "prunedamr").parts[0]
            for include in re.findall(r'^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]', header.read_text(), re.M):
                standard = re.fullmatch("[a-z_]+", include)
                named = include.startswith("nlohmann/")
                torch = module in ("nn", "train", "prune") and re.match("(torch|ATen|c10)/", include)
                ours = include.startswith("prunedamr/") and (root / include).is_file()
                self.assertTrue(standard or named or torch or ours, "%s includes %s" % (header, include))

    def test_the_readme_shows_the_examples(self):
        section = (SOURCE / "README.md").read_text().split("## In your own program\n")[1].split("\n## ")[0]
        blocks = dict(re.findall(r"```(\w+)\n(.*?)```", section, re.S))
        self.assertEqual(set(blocks), {"cmake", "cpp", "python"})
        for language, name in (("cmake", "CMakeLists.txt"), ("cpp", "classify_array.cpp"),
                               ("python", "classify_array.py")):
            lines = [line.strip() for line in (EXAMPLE / name).read_text().splitlines()]
            shown = [line.strip() for line in blocks[language].splitlines()]
            self.assertIn("\n".join(shown), "\n".join(lines))


def golden():
    """[input], [logits] of the model file, as numbers."""
    data = Path(MODEL).read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + size])
    for name in ("golden.input", "golden.logits"):
        begin, end = header[name]["data_offsets"]
        yield struct.unpack("<%df" % ((end - begin) // 4), data[8 + size + begin:8 + size + end])


@unittest.skipUnless(PYTHON_DIR, "the Python module is not built")
class Module(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.model = prunedamr.Model(MODEL)
        cls.samples = np.fromfile(CAPTURE, np.complex64)
        cls.frames = np.random.default_rng(1).normal(size=(67, 2, LENGTH)).astype(np.float32)  # more than a batch

    def test_module_and_library_are_the_installed_ones(self):
        self.assertTrue(prunedamr.__file__.startswith(str(PREFIX)))
        package = PREFIX / PYTHON_DIR / "prunedamr"
        self.assertEqual({path.name.split(".cpython")[0] for path in package.iterdir() if path.is_file()},
                         {"__init__.py", "__init__.pyi", "label_event.py", "py.typed", "_prunedamr"})
        libraries = set(re.findall(r"/\S*/libprunedamr\.so\S*", Path("/proc/self/maps").read_text()))
        self.assertEqual({path.startswith(str(PREFIX.resolve())) for path in libraries}, {True})

    def test_it_tells_what_the_model_is(self):
        model = self.model
        self.assertEqual((model.labels, model.families), (["noise", "BPSK", "GFSK", "FM"], ["noise", "PSK", "FSK", "FM"]))
        self.assertEqual((model.name, model.length, model.temperature), ("amr_s", LENGTH, 20.0))
        self.assertEqual((model.front_end["kind"], model.front_end["block_length"]), ("auto_band", 2048))
        self.assertIn("float32", model.description)
        self.assertIn("4 classes", repr(model))

    def test_events_are_those_of_the_program(self):
        self.assertEqual(self.model.classify(self.samples, RATE), EVENTS)
        example = done(sys.executable, EXAMPLE / "classify_array.py", MODEL, CAPTURE, RATE,
                       env={**os.environ, "PYTHONPATH": str(PREFIX / PYTHON_DIR)})
        self.assertEqual([json.loads(line) for line in example.splitlines()], EVENTS)

    def test_events_of_a_stream_are_those_of_the_program(self):
        example = run(sys.executable, SOURCE / "examples" / "classify_stream.py", MODEL, RATE, stdin=CAPTURE.open("rb"),
                      env={**os.environ, "PYTHONPATH": str(PREFIX / PYTHON_DIR)})
        self.assertEqual(example.stderr, "")

        def without_time(events):
            return [{key: value for key, value in e.items() if key not in ("time", "time_source")} for e in events]

        self.assertEqual(without_time(json.loads(line) for line in example.stdout.splitlines()), without_time(EVENTS))

    def test_options_of_classify(self):
        (whole,) = self.model.classify(self.samples, RATE, interval_s=None, center_freq_hz=100e6, source="mast",
                                       time_ns=1_500_000_000)
        self.assertEqual((whole["sample_count"], whole["source"], whole["time"]),
                         (COUNT, "mast", "1970-01-01T00:00:01.500000000Z"))
        self.assertLess(abs(whole["center_freq_hz"] - 100e6), RATE)
        self.assertEqual(len(self.model.classify(self.samples, RATE, interval_s=0)), -(-COUNT // 2048))
        unsure = self.model.classify(self.samples, RATE, min_confidence=1.0)
        self.assertEqual({e["label"] for e in unsure} - {"noise"}, {"unknown"})
        self.assertEqual(self.model.classify(self.samples[:31], RATE), [])
        self.assertEqual(self.model.classify(self.samples[:0], RATE), [])

    def test_samples_of_any_complex_form(self):
        forms = (self.samples.astype(np.complex128), self.samples.astype(">c8"), np.repeat(self.samples, 2)[::2],
                 list(self.samples))
        for form in forms:
            self.assertEqual(self.model.classify(form, RATE), EVENTS)

    def test_golden_logits(self):
        frame, expected = (np.array(values, np.float32) for values in golden())
        logits = self.model.logits(frame.reshape(1, 2, LENGTH))
        self.assertEqual((logits.dtype, logits.shape), (np.float32, (1, CLASSES)))
        self.assertLess(np.abs(logits[0] - expected).max(), 1e-4 * np.abs(expected).max())

    def test_frames_of_any_form_give_the_same_bits(self):
        expected = self.model.logits(self.frames)
        self.assertEqual(expected.shape, (67, CLASSES))
        self.assertEqual(len(np.unique(expected[:, 0])), 67)
        as_complex = self.frames[:, 0] + 1j * self.frames[:, 1]
        for form in (self.frames.astype(np.float64), self.frames.astype(">f4"), np.asfortranarray(self.frames),
                     np.repeat(self.frames, 2, axis=0)[::2], as_complex, as_complex.astype(np.complex128)):
            np.testing.assert_array_equal(self.model.logits(form), expected)
        np.testing.assert_array_equal(self.model.logits(self.frames[:1]), expected[:1])
        self.assertEqual(self.model.logits(self.frames[:0]).shape, (0, CLASSES))

    def test_probabilities(self):
        powers = np.exp(self.model.logits(self.frames).astype(np.float64) / 20.0)
        found = self.model.probabilities(self.frames)
        self.assertEqual(found.dtype, np.float64)
        np.testing.assert_allclose(found, powers / powers.sum(1, keepdims=True), rtol=1e-12)

    def test_threads_share_a_model(self):
        expected = self.model.logits(self.frames)
        results = [None] * 4

        def work(i):
            results[i] = [self.model.logits(self.frames) for _ in range(5)], self.model.classify(self.samples, RATE)

        threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for logits, events in results:
            for each in logits:
                np.testing.assert_array_equal(each, expected)
            self.assertEqual(events, EVENTS)

    def test_what_is_wrong_is_said_in_one_line(self):
        self.assertTrue(issubclass(prunedamr.Error, RuntimeError))
        model, x = self.model, self.samples[:4096]
        for kind, text, call in (
            (ValueError, "frames: wrong array: found float32 [67, 512], expected float32 [n, 2, 256]",
             lambda: model.logits(self.frames.reshape(67, 512))),
            (TypeError, "found int16 [1, 2, 256]", lambda: model.probabilities(np.zeros((1, 2, 256), np.int16))),
            (ValueError, "found complex64 [4096]", lambda: model.logits(x)),
            (TypeError, "samples: wrong array: found float32 [4096], expected complex64 [n]",
             lambda: model.classify(x.real, RATE)),
            (ValueError, "found complex64 [2, 2048]", lambda: model.classify(x.reshape(2, 2048), RATE)),
            (ValueError, "sample_rate_hz: value out of range: found 0", lambda: model.classify(x, 0)),
            (ValueError, "sample_rate_hz: value out of range: found nan", lambda: model.classify(x, float("nan"))),
            (ValueError, "interval_s: value out of range: found -1", lambda: model.classify(x, RATE, interval_s=-1)),
            (ValueError, "min_confidence: value out of range: found 2",
             lambda: model.classify(x, RATE, min_confidence=2)),
            (FileNotFoundError, "no such model: found gone.safetensors", lambda: prunedamr.Model("gone.safetensors")),
            (prunedamr.Error, "x.cf32: not a safetensors file", lambda: prunedamr.Model(CAPTURE)),
        ):
            with self.subTest(text), self.assertRaises(kind) as refused:
                call()
            self.assertIs(type(refused.exception), kind)
            self.assertIn(text, str(refused.exception))
            self.assertNotIn("\n", str(refused.exception))
        with self.assertRaises(ValueError):
            model.logits([[1.0, 2.0], [3.0]])


if __name__ == "__main__":
    unittest.main()
