# SPDX-License-Identifier: GPL-3.0-or-later
"""`prunedamr measure`: the numbers of a signal whose numbers are known, and what it refuses."""

import cmath
import json
import random
import struct
import unittest

from test_data import FAILED, USAGE, Case

RATE, SYMBOL_RATE, OFFSET = 1_000_000, 50_000, 60_000


def bpsk(count, note=""):
    """Rectangular pulses in noise 20 dB below them, as a SigMF pair's contents."""
    rng = random.Random(3)
    data, symbol = bytearray(), 1
    for n in range(count):
        if n % (RATE // SYMBOL_RATE) == 0:
            symbol = rng.choice((-1, 1))
        x = symbol * cmath.exp(2j * cmath.pi * OFFSET * n / RATE) + complex(rng.gauss(0, 0.07), rng.gauss(0, 0.07))
        data += struct.pack("<ff", x.real, x.imag)
    meta = {"global": {"core:datatype": "cf32_le", "core:sample_rate": RATE, "core:version": "1.0.0"},
            "captures": [{"core:sample_start": 0}],
            "annotations": [{"core:sample_start": 0, "core:sample_count": count, "core:label": note}] if note else []}
    return bytes(data), json.dumps(meta).encode()


class Measure(Case):
    def setUp(self):
        super().setUp()
        data, meta = bpsk(50_000, "\x1b]0;name")
        (self.folder / "x.sigmf-data").write_bytes(data)
        (self.folder / "x.sigmf-meta").write_bytes(meta)

    def test_numbers_with_their_errors(self):
        report = self.done("measure", "x.sigmf-meta", "--interval", "25e-3")
        self.assertEqual([row["sample_count"] for row in report["decisions"]], [25_000, 25_000])
        for row in report["decisions"]:
            self.assertEqual((row["method"], row["alphabet"], row["alphabet_accepted"]), ("linear", "BPSK", True))
            for name, truth in (("symbol_rate_hz", SYMBOL_RATE), ("carrier_hz", OFFSET)):
                self.assertAlmostEqual(row["measured"][name], truth, delta=20)
                self.assertTrue(0 < row["measured_error"][name] < 20, row)

    def test_a_line_for_a_person(self):
        text = self.run_tool("measure", "x.sigmf-meta", "--center", OFFSET, "--bandwidth", "150k").stdout
        self.assertRegex(text, r"\A +0\.0000 s \\u001b\]0;name linear +BPSK  symbol_rate_hz (50000|49999\.\d+|50000\.\d+) \+-")

    def test_a_page_to_keep(self):
        self.done("measure", "x.sigmf-meta", "--out", "x.html")
        page = (self.folder / "x.html").read_text()
        self.assertIn("<h1>x.sigmf-meta</h1>", page)
        self.assertRegex(page, r"symbol rate</td><td>(49999|50000)\.\d+ . 0\.\d+ Hz")
        for drawn in ("Spectrum, dBFS", "Symbols, Q", "Eye, I", "Discriminator, kHz", "Envelope, dBFS"):
            self.assertEqual(page.count(drawn), 1, drawn)
        self.assertNotIn("<script", page)
        self.refused(FAILED, "x.pdf: unknown extension: found .pdf, expected .html", "measure", "x.sigmf-meta", "--out", "x.pdf")

    def test_noise_has_no_numbers(self):
        rng = random.Random(5)
        (self.folder / "noise.cf32").write_bytes(b"".join(struct.pack("<ff", rng.gauss(0, 1), rng.gauss(0, 1))
                                                          for _ in range(8192)))
        (row,) = self.done("measure", "noise.cf32", "--rate", "1M")["decisions"]
        self.assertEqual((row["method"], row["measured"]), ("none", {}))
        self.assertTrue(row["refusal"])

    def test_what_is_refused(self):
        self.refused(USAGE, "file", "measure")
        self.refused(FAILED, "nowhere.cf32", "measure", "nowhere.cf32", "--rate", "1M")
        self.refused(USAGE, "--interval", "measure", "x.sigmf-meta", "--interval", "0")
        self.refused(USAGE, "--bandwidth", "measure", "x.sigmf-meta", "--bandwidth", "2M")
        self.refused(USAGE, "--bandwidth", "measure", "x.sigmf-meta", "--bandwidth", "-1")
        self.refused(USAGE, "--bandwidth", "measure", "x.sigmf-meta", "--center", "1k")
        self.refused(USAGE, "--center", "measure", "x.sigmf-meta", "--center", "1M", "--bandwidth", "10k")


if __name__ == "__main__":
    unittest.main()
