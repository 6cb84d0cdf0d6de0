# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the built prunedamr-rx and reads what it says; makes samples for it. Standard library only."""

import array
import cmath
import json
import os
import random
import re
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import zmq

from folder_watch import wait_until

RX = os.environ["PRUNEDAMR_RX"]
MODEL = os.environ["PRUNEDAMR_TEST_MODEL"]
BLOCK = 2048  # of the test model: samples that its front end takes at once,
LEAST = 32  # and with how few it still works at the end
SKIPPED = 77


class Result:
    def __init__(self, code, stdout, stderr):
        self.code = code
        self.stdout = stdout
        self.stderr = stderr

    @property
    def events(self):
        return [json.loads(line) for line in self.stdout.splitlines()]


def command(*arguments, band=False):
    """`band`: every emission in it is searched for; most tests are about one signal."""
    return [RX, "--model", MODEL, "--quiet", *([] if band else ["--single"]), *map(str, arguments)]


def run(*arguments, stdin=b"", plain=False, env=None, band=False, timeout=60):
    """`plain`: without the model and --quiet that every other run has, and without --single."""
    line = [RX, *map(str, arguments)] if plain else command(*arguments, band=band)
    done = subprocess.run(line, input=stdin, capture_output=True, timeout=timeout, env=env)
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def start(*arguments, band=False, **keywords):
    return subprocess.Popen(command(*arguments, band=band), stdin=subprocess.PIPE, stderr=subprocess.PIPE, **keywords)


def start_talking(*arguments, band=False, **keywords):
    """With a status line a second on stderr."""
    line = [argument for argument in command(*arguments, band=band) if argument != "--quiet"]
    return subprocess.Popen(line, stdin=subprocess.PIPE, stderr=subprocess.PIPE, **keywords)


def sample_counts(process):
    """Of the status lines as they come, for as long as the process writes any."""
    for line in process.stderr:
        count = re.search(rb"(\d+) samples", line)
        if count:
            yield int(count[1])


def samples_ci8(count, seed=1, turns=2):
    """I, Q, I, Q... in -128..127: a tone in noise that is on for 20,000 samples, the last of so many turns."""
    rng = random.Random(seed)
    values = array.array("b")
    for i in range(count):
        x = (40 * cmath.exp(0.3j * i) if i // 20000 % turns == turns - 1 else 0) + complex(rng.gauss(0, 5), rng.gauss(0, 5))
        values.extend((max(-128, min(127, round(x.real))), max(-128, min(127, round(x.imag)))))
    return values


def write_ci16(meta, data, rate, center_hz):
    """A SigMF recording of these bytes without annotations, from noon of New Year 2026 on; returns its name."""
    meta.with_suffix(".sigmf-data").write_bytes(data)
    meta.write_text(json.dumps({
        "global": {"core:datatype": "ci16_le", "core:sample_rate": rate, "core:version": "1.0.0"},
        "captures": [{"core:sample_start": 0, "core:frequency": center_hz, "core:datetime": "2026-01-01T12:00:00Z"}],
        "annotations": []}))
    return meta


def renamed_model(name):
    """The test model under another name of the same length."""
    content = Path(MODEL).read_bytes()
    old = b'\\"name\\":\\"amr_s\\"'
    assert content.count(old) == 1, content[:300]
    return content.replace(old, old.replace(b"amr_s", name.encode()))


def free_endpoint():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return "tcp://127.0.0.1:%d" % probe.getsockname()[1]


def timed(action):
    """What the action returns, and the seconds that it took."""
    begin = time.monotonic()
    return action(), time.monotonic() - begin


class Case(unittest.TestCase):
    """A test in an empty folder of its own."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, (bytes, bytearray)) else bytes(content))
        return path

    def wait_until(self, condition, what, timeout_s=10.0):
        """A condition on files of the folder."""
        wait_until(self.folder, condition, what, timeout_s)

    def publisher(self):
        """A ZeroMQ socket, of which `recv` waits for a subscriber, and its endpoint."""
        context = zmq.Context()
        self.addCleanup(context.destroy, 0)
        socket = context.socket(zmq.XPUB)
        self.addCleanup(socket.close, 0)
        socket.set(zmq.RCVTIMEO, 10_000)
        socket.set(zmq.SNDHWM, 0)
        return socket, "tcp://127.0.0.1:%d" % socket.bind_to_random_port("tcp://127.0.0.1")

    def assert_done(self, result):
        self.assertEqual((result.code, result.stderr), (0, ""))

    def assert_refused(self, result, code, text):
        """One clear line on stderr that says `text`, and nothing else."""
        self.assertEqual(result.code, code, result.stderr)
        self.assertEqual(result.stdout, "")
        self.assertRegex(result.stderr, r"\Aprunedamr-rx: [^\n]+\n\Z")
        self.assertIn(text, result.stderr)

    def assert_complete(self, events, sample_count, interval_samples):
        """One event per interval, gapless, to the last sample that the front end can use."""
        interval = -(-interval_samples // BLOCK) * BLOCK
        tail = sample_count % BLOCK
        usable = sample_count if tail >= LEAST else sample_count - tail
        starts = range(0, usable, interval)
        self.assertEqual([e["seq"] for e in events], list(range(len(starts))))
        self.assertEqual([e["sample_start"] for e in events], list(starts))
        self.assertEqual([e["sample_count"] for e in events], [min(interval, usable - start) for start in starts])

    def stop(self, process, number, quiet=True):
        """Sends the signal. The process must leave with 0 within 3 s; `quiet`: and say nothing on stderr."""
        begin = time.monotonic()
        process.send_signal(number)
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            self.fail("still running 3 s after %s" % signal.Signals(number).name)
        self.assertLess(time.monotonic() - begin, 3)
        text = process.stderr.read().decode()
        process.stderr.close()
        process.stdin.close()
        self.assertEqual((process.returncode, text if quiet else ""), (0, ""), text)


def lines(path):
    """Those that are complete."""
    return path.read_text().split("\n")[:-1] if path.exists() else []


def events(path):
    return [json.loads(line) for line in lines(path)]


def edges(event):
    """Frequencies between which its signal lies."""
    return event["center_freq_hz"] - event["bandwidth_hz"] / 2, event["center_freq_hz"] + event["bandwidth_hz"] / 2


def overlap(a, b):
    """Share of the narrower one."""
    return (min(a[1], b[1]) - max(a[0], b[0])) / min(a[1] - a[0], b[1] - b[0])
