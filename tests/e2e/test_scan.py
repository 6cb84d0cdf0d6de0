# SPDX-License-Identifier: GPL-3.0-or-later
"""A radio that is tuned from frequency to frequency: what events say, what is dropped, where it goes."""

import json
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
             str(RtlTcp.RATE), "--scan-list", frequencies, "--dwell", "0.5", "--settle", "0.6", "--out", f"json:{labels}"],
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
        silent = [e for e in events if abs(e["center_freq_hz"] - ALIVE) > 200_000]
        self.assertEqual({round(e["center_freq_hz"]) for e in silent}, set(SILENT))
        self.assertEqual({e["state"] for e in silent}, {"noise"})
        self.assertEqual(sorted({e["visit"] for e in events}), list(range(1, max(e["visit"] for e in events) + 1)))
        visits = Counter(radio.tuned[1:])  # the first when it was opened
        self.assertGreaterEqual(visits[ALIVE], 1.5 * max(visits[hz] for hz in SILENT), visits)
        self.assertEqual(radio.told[RtlTcp.GAIN], 200)

    def test_the_list_is_read_and_changed_while_it_runs(self):
        radio = RtlTcp(ALIVE)
        self.addCleanup(radio.close)
        token = self.write("token", b"open sesame, please\n")
        token.chmod(0o600)
        port = rx.free_endpoint().rsplit(":", 1)[1]
        labels = self.folder / "labels.jsonl"
        process = subprocess.Popen(rx.command(
            f"rtl_tcp:127.0.0.1:{radio.port}", "--rate", RtlTcp.RATE, "--scan", f"{ALIVE},868.3M gain=20", "--dwell", "0.3", "--settle", "0.3",
            "--out", f"json:{labels}", "--web", f"127.0.0.1:{port}", "--web-token", token, band=True), stderr=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

        def ctl(*words):
            done = subprocess.run([rx.RX, "ctl", "--url", f"http://127.0.0.1:{port}", *words], capture_output=True, timeout=60)
            return done.returncode, done.stdout.decode(), done.stderr.decode()

        scan = lambda: json.loads(ctl("scan")[1])
        self.wait_until(lambda: len({e["visit"] for e in rx.events(labels)}) >= 3, "three visits", 60)
        before = scan()
        self.assertEqual((before["is_scanning"], before["list"]), (True, f"{ALIVE},868.3M gain=20"))
        self.assertEqual([(e["center_freq_hz"], e["dwell_s"], e["has_gain"], e["gain_db"]) for e in before["entries"]],
                         [(ALIVE, 0.3, False, None), (868.3e6, 0.3, True, 20)])
        self.assertIn(before["center_freq_hz"], (ALIVE, 868.3e6))
        self.assertTrue(all(0 < e["visits"] and 0 < e["last_visit"] <= before["visit"] for e in before["entries"]))
        self.assertTrue(before["entries"][0]["is_alive"])
        status = json.loads(ctl("status")[1])
        self.assertEqual((status["control"]["scan"], status["control"]["can_tune"]), (before["list"], False))
        # Nobody changes it without the token, nor to what is none.
        self.assertIn("a token is needed (401)", ctl("set-scan", "1M")[2])
        for words, text in ((("433M..432M",), "the lower frequency first"), (("433M", "0"), "out of range")):
            code, out, err = ctl("--token", str(token), "set-scan", *words)
            self.assertEqual((code > 0, out), (True, ""))
            self.assertIn(text, err)
        self.assertIn("cannot be tuned (409)", ctl("--token", str(token), "tune", "1M")[2])
        self.assertEqual(scan()["list"], before["list"])
        # Another list, from its first visit on, in the middle of the present one.
        self.assertEqual(ctl("--token", str(token), "set-scan", "100M..100.4M, 200M dwell=0.1", "0.4"), (0, "changed\n", ""))
        after = scan()
        self.assertEqual(after["list"], "100M..100.4M, 200M dwell=0.1")
        self.assertEqual([(round(e["center_freq_hz"]), e["dwell_s"]) for e in after["entries"]], [(100_100_000, 0.4), (100_300_000, 0.4), (200_000_000, 0.1)])
        self.wait_until(lambda: sum(e["visit"] > before["visit"] + 1 for e in rx.events(labels)) >= 3, "visits of the other list", 60)
        self.assertLessEqual({round(e["center_freq_hz"]) for e in rx.events(labels) if e["visit"] > before["visit"] + 1 and e["state"] == "noise"},
                             {100_100_000, 100_300_000, 200_000_000})
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)

    def test_what_is_wrong_is_said_in_a_line(self):
        frequencies = self.folder / "list"
        frequencies.write_text("433M\n434M rete=1M\n")
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
