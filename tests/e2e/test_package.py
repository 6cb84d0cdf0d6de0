# SPDX-License-Identifier: GPL-3.0-or-later
"""An installed copy, used as others use it: find_package from C++, `import prunedamr` from Python."""

import json
import os
import re
import shutil
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
HAVE_TRAIN = os.environ["PRUNEDAMR_HAVE_TRAIN"] == "ON"
HAVE_GNURADIO = os.environ["PRUNEDAMR_HAVE_GNURADIO"] == "ON"
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
        lines = done(RX, "--model", MODEL, "--quiet", "--single", "--source", CAPTURE, "--rate", RATE).splitlines()
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

        self.assertIn("built without the component antenna", refusal("0.2 COMPONENTS live antenna"))
        self.assertIn("version", refusal("0.3"))
        if not HAVE_TRAIN:
            self.assertIn("built without the component train", refusal("COMPONENTS train"))

    def build_program(self, name, component, target, main):
        """Builds a program of these lines against the installed copy; returns what it says."""
        project = FOLDER / name
        project.mkdir()
        (project / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.22)\nproject(%s LANGUAGES C CXX)\n"
            "find_package(prunedamr REQUIRED COMPONENTS %s)\nadd_executable(%s main.cpp)\n"
            "target_link_libraries(%s PRIVATE prunedamr::%s)\n" % (name, component, name, name, target))
        (project / "main.cpp").write_text(main)
        configured = configure(project, project / "build", PREFIX)
        self.assertEqual(configured.returncode, 0, configured.stderr)
        done(CMAKE, "--build", project / "build")
        return done(project / "build" / name).splitlines()

    @unittest.skipUnless(RX, "synthesis is not built")
    def test_tools_are_a_component(self):
        file = FOLDER / "frames.safetensors"
        said = self.build_program("makes_frames", "tools", "tools", """
            #include "prunedamr/formats/open_frame_source.h"
            #include "prunedamr/metrics/scores.h"
            #include "prunedamr/synth/frame_maker.h"
            #include <cstdio>
            using namespace prunedamr;
            int main()
            {
                synth::FrameMakerConfig config;
                config.recipe = synth::load_recipe("onair");
                config.labels = { "noise", "QPSK" };
                dataset::Dataset made = synth::FrameMaker(config).make(4, 1);
                dataset::assign_split(made, {}, 1);
                dataset::write_dataset(made, "%s");
                const auto source = formats::open_frame_source("%s");
                metrics::Scores scores(source->header().class_names);
                dataset::Dataset piece;
                while (source->read(piece, 3) > 0)
                    for (std::size_t i = 0; i < piece.label.size(); ++i)
                        scores.add(piece.label[i], 0, piece.snr_db[i]);
                std::printf("%%d %%.2f\\n", static_cast<int>(scores.count()), scores.accuracy());
            }
            """ % (file, file))
        self.assertEqual(said, ["16 0.75"])  # the recipe has thrice as much noise

    @unittest.skipUnless(HAVE_TRAIN, "training is not built")
    def test_training_and_pruning_are_a_component(self):
        said = self.build_program("prunes", "train", "train", """
            #include "prunedamr/prune/compress.h"
            #include "prunedamr/prune/method.h"
            #include "prunedamr/train/fit.h"
            #include <cmath>
            #include <cstdio>
            using namespace prunedamr;
            int main()
            {
                dataset::Dataset data;
                data.front_end.kind = FrontEndSpec::Kind::as_is;
                data.front_end.frame_length = data.front_end.block_length = 128;
                data.class_names = { "BPSK", "QPSK" };
                for (int i = 0; i < 64; ++i) {
                    data.label.push_back(i % 2);
                    data.snr_db.push_back(10.0F);
                    data.group.push_back(i);
                    for (int n = 0; n < 256; ++n)
                        data.frames.push_back(std::sin(0.1F * static_cast<float>(n * (1 + i % 2))));
                }
                dataset::assign_split(data, {}, 1);
                const auto model = model::make_model({ "amr_s", data.front_end, data.class_names });
                prune::CompressConfig config;
                config.method = "l1";
                config.budget = "units=" + std::to_string(model.network.units.size() - 1);
                config.chain.fine_tune.epochs = 1;
                config.chain.fine_tune.batch = 32;
                const auto fitted = train::fit(model, data, config.chain.fine_tune);
                const auto smaller = prune::compress(model::with_network(model, fitted.network), data, config,
                                                     [](const std::string&) {});
                for (const auto& method : prune::methods())
                    std::puts(method.name);
                std::printf("%d unit removed\\n", static_cast<int>(smaller.plan.remove_units.size()));
            }
            """)
        self.assertIn("psr", said)
        self.assertEqual(said[-1], "1 unit removed")

    @unittest.skipUnless(shutil.which("pkg-config"), "pkg-config is not there")
    def test_pkg_config_tells_the_flags(self):
        (file,) = PREFIX.rglob("prunedamr.pc")
        environment = {**os.environ, "PKG_CONFIG_PATH": str(file.parent)}
        flags = done("pkg-config", "--cflags", "--libs", "prunedamr >= 0.2", env=environment).split()
        program = FOLDER / "by_pkg_config"
        done(os.environ["PRUNEDAMR_CXX"], *os.environ["PRUNEDAMR_CXX_FLAGS"].split(), "-std=c++17",
             EXAMPLE / "classify_array.cpp", "-o", program, *flags, "-Wl,-rpath,%s" % file.parent.parent)
        self.assertEqual([json.loads(line) for line in done(program, MODEL, CAPTURE, RATE).splitlines()], EVENTS)

    @unittest.skipUnless(HAVE_GNURADIO and RX, "the GNU Radio blocks or prunedamr-rx are not built")
    def test_a_flowgraph_in_cpp_says_what_the_receiver_does(self):
        build = FOLDER / "flowgraph"
        configured = configure(SOURCE / "examples" / "flowgraph_cpp", build, PREFIX)
        self.assertEqual(configured.returncode, 0, configured.stderr)
        done(CMAKE, "--build", build)
        events = [json.loads(line) for line in done(build / "classify_file", MODEL, CAPTURE, RATE).splitlines()]
        lines = done(RX, "--model", MODEL, "--quiet", "--source", CAPTURE, "--rate", RATE).splitlines()
        self.assertEqual(events, [json.loads(line) for line in lines])

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
