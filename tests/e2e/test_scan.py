# SPDX-License-Identifier: GPL-3.0-or-later
"""A radio that is tuned from frequency to frequency: what events say, what is dropped, where it goes."""

import os
import signal
import subprocess
import unittest
from collections import Counter
from pathlib import Path

import rx
from radio import RtlTcp

FOLDER = os.environ.get("PRUNEDAMR_FAKE_SOAPY")
ROOT = Path(__file__).resolve().parents[2]
ALIVE, SILENT = 433_920_000, (434_920_000, 435_920_000, 868_300_000)


class Scan(rx.Case):
    @unittest.skipUnless(FOLDER, "this build has no SoapySDR")
    def test_visits_follow_on_each_other_and_their_times_are_right(self):
        rate, interval, settle = 1_000_000, 10 * rx.BLOCK, 1000
        script = "time;%d;unplug" % (4 * (interval + settle))
        result = rx.run("soapy:driver=fake,script=" + script, "--rate", rate, "--scan", "100M,200M", "--interval", interval / rate,
                        "--dwell", interval / rate, "--settle", settle / rate, "--exit-on-loss",
                        env={**os.environ, "SOAPY_SDR_PLUGIN_PATH": FOLDER})
        self.assertEqual(result.code, 1, result.stderr)
        place = [(e["visit"], e["sample_start"], e["sample_count"], e["overflows"], e["time_source"]) for e in result.events]
        self.assertEqual(place, [(n + 1, n * interval, interval, 0, "hw") for n in range(4)], result.stderr)
        self.assertEqual([round(e["center_freq_hz"] / 100e6) for e in result.events], [1, 2, 1, 2])
        for n, event in enumerate(result.events):
            ns = n * (interval + settle) * 1000 + settle * 1000
            self.assertEqual(event["time"], "2023-11-14T22:13:20.%09dZ" % ns)

    def test_a_signal_keeps_its_track_and_is_visited_more_often(self):
        radio = RtlTcp(ALIVE)
        self.addCleanup(radio.close)
        frequencies = self.folder / "list"
        frequencies.write_text("# three are silent\n%d gain=20\n%d\n%d dwell=0.3\n%d\n" % (ALIVE, *SILENT))
        labels = self.folder / "labels.jsonl"
        process = subprocess.Popen(
            [rx.RX, "--quiet", "--model", ROOT / "models/onair-s.safetensors", f"rtl_tcp:127.0.0.1:{radio.port}", "--rate",
             str(RtlTcp.RATE), "--scan-list", frequencies, "--dwell", "0.5", "--settle", "1.2", "--out", f"json:{labels}"],
            stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        alive = lambda: [e for e in rx.events(labels) if e["track"] and abs(e["center_freq_hz"] - ALIVE - RtlTcp.OFFSET_HZ) < 5000]
        self.wait_until(lambda: len({e["visit"] for e in alive()}) >= 6, "six visits", 150)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)

        events = rx.events(labels)
        self.assertEqual({e["label"] for e in alive()}, {"2FSK"})
        self.assertEqual(len({e["track"] for e in alive()}), 1)
        first = 1 + len(SILENT)  # in these comes what the radio sent before the receiver was ready
        silent = [e for e in events if abs(e["center_freq_hz"] - ALIVE) > 200_000 and e["visit"] > first]
        self.assertEqual({round(e["center_freq_hz"]) for e in silent}, set(SILENT))
        self.assertEqual({e["state"] for e in silent}, {"noise"})
        self.assertEqual(sorted({e["visit"] for e in events}), list(range(1, max(e["visit"] for e in events) + 1)))
        visits = Counter(radio.tuned[1:])  # the first when it was opened
        self.assertGreaterEqual(visits[ALIVE], 1.5 * max(visits[hz] for hz in SILENT), visits)
        self.assertEqual(radio.told[RtlTcp.GAIN], 200)

    def test_what_is_wrong_is_said_in_a_line(self):
        frequencies = self.folder / "list"
        frequencies.write_text("433M\n434M rate=1M\n")
        radio = ("rtl_tcp:127.0.0.1:1", "--rate", "1M")
        for arguments, text in (
                ((*radio, "--scan", "433M..432M"), "the lower frequency first"), ((*radio, "--scan", "FM"), "found FM"),
                ((*radio, "--scan-list", frequencies), "line 2: unknown option"),
                ((*radio, "--scan", "433M", "--freq", "1M"), "is not for a scan"),
                ((*radio, "--scan", "433M,"), "bad frequency to scan: found nothing"),
                ((*radio, "--scan", "433M", "--dwell", "1G"), "--dwell: expected 0.001 to 86400 s"),
                ((*radio, "--freq", "433M", "--settle", "1"), "belong to a scan"),
                (("stdin", "--format", "cu8", "--rate", "1M", "--scan", "433M"), "applies to radios only")):
            with self.subTest(text):
                result = rx.run(*arguments)
                self.assertNotEqual(result.code, 0)
                self.assertIn(text, result.stderr)
                self.assertEqual(result.stderr.count("\n"), 1, result.stderr)


if __name__ == "__main__":
    unittest.main()
