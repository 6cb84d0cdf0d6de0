# SPDX-License-Identifier: GPL-3.0-or-later
"""A newcomer with a capture: one command, and the label is on the page, in a broker and in Prometheus, the unknown on disk."""

import json
import math
import os
import random
import shutil
import struct
import subprocess
import sys
import time
import unittest
import urllib.parse
import urllib.request
from pathlib import Path

import rx
from browser import CHROMIUM, Browser
from output_case import Lines, WAIT_S
from test_mqtt import BROKER, Broker
from test_web import parse_metrics

MODEL = Path(__file__).resolve().parents[2] / "models" / "onair-s.safetensors"
PROMETHEUS = shutil.which("prometheus")
RATE, CENTER, FSK_HZ, STRANGE_HZ = 250_000, 433_900_000, 50_000, -60_000


def capture(folder):
    """2FSK of 5 kBd, and bursts of a carrier that two tones swing at the same time, which is of no class: SigMF, 3 s."""
    rng, phase, strange, data = random.Random(2), 0.0, 0.0, bytearray()
    for i in range(3 * RATE):
        bit = (i * 5_000 // RATE) * 2654435761 >> 7 & 1
        phase += 2 * math.pi * (FSK_HZ + (5_000 if bit else -5_000)) / RATE
        t = i / RATE
        swing = 8_000 * math.sin(2 * math.pi * 700 * t) + 3_000 * math.sin(2 * math.pi * 1_900 * t)
        strange += 2 * math.pi * (STRANGE_HZ + swing) / RATE
        level = 2500 if i % 125_000 < 60_000 else 0
        data += struct.pack("<hh", int(2500 * math.cos(phase) + level * math.cos(strange) + rng.gauss(0, 120)),
                            int(2500 * math.sin(phase) + level * math.sin(strange) + rng.gauss(0, 120)))
    return rx.write_ci16(folder / "air.sigmf-meta", data, RATE, CENTER)


def get(url):
    with urllib.request.urlopen(url, timeout=WAIT_S) as answer:
        return answer.read().decode()


class Newcomer(rx.Case):
    def until(self, condition, what):
        end = time.monotonic() + 60
        while not (value := condition()):
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.1)
        return value

    def prometheus(self, port):
        """What asks a real Prometheus which scrapes the page: {label: events}."""
        own = int(rx.free_endpoint().rsplit(":", 1)[1])
        config = self.write("prometheus.yml", json.dumps({
            "global": {"scrape_interval": "1s"},
            "scrape_configs": [{"job_name": "radio", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}]}).encode())
        process = subprocess.Popen([PROMETHEUS, f"--config.file={config}", f"--storage.tsdb.path={self.folder}/tsdb",
                                    f"--web.listen-address=127.0.0.1:{own}"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        Lines(process.stderr).wait_for("Server is ready to receive web requests")

        def ask():
            query = urllib.parse.urlencode({"query": "prunedamr_labels_total"})
            answer = json.loads(get(f"http://127.0.0.1:{own}/api/v1/query?{query}"))
            self.assertEqual(answer["status"], "success")
            return {one["metric"]["label"]: float(one["value"][1]) for one in answer["data"]["result"]}

        return ask

    def test_one_command(self):
        air, kept, port = capture(self.folder), self.folder / "kept", int(rx.free_endpoint().rsplit(":", 1)[1])
        broker = Broker(self, "allow_anonymous true")
        messages = broker.subscribe("radio/labels")
        process = subprocess.Popen([rx.RX, air, "--model", MODEL, "--realtime", "--loop", "--web", f"127.0.0.1:{port}",
                                    "--out", f"mqtt://127.0.0.1:{broker.port}/radio/labels", "--snippets", kept, "--snippet-if", "unknown"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        Lines(process.stderr).wait_for("Serving http")
        with self.subTest("the page"):
            browser = Browser()
            self.addCleanup(browser.close)
            browser.open(f"http://127.0.0.1:{port}/")
            row = "[...document.querySelectorAll('#emissions tbody tr')].find(r => /433\\.9(49|50)/.test(r.textContent))?.textContent"
            self.assertIn("2FSK", browser.until(f"/2FSK/.test({row}) && {row}", "the label in the table"))
            # What is written on the waterfall.
            browser.evaluate("""(() => { const write = CanvasRenderingContext2D.prototype.fillText; window.written = new Set();
                CanvasRenderingContext2D.prototype.fillText = function(text, ...rest) {
                    if (this.canvas.id == 'waterfall') window.written.add(text);
                    return write.call(this, text, ...rest); }; })()""")
            browser.until("[...window.written].some((text) => /2FSK/.test(text))", "the label on the waterfall")
            # A click there.
            where = browser.until("""(() => { const w = document.getElementById('waterfall'), b = w.getBoundingClientRect();
                return [b.left + b.width * (0.5 + 50e3 / 250e3), b.top + 30]; })()""")
            browser.click(*where)
            title = "document.getElementById('detail-title').textContent"
            self.assertIn("433.9", browser.until(f"!document.getElementById('detail').hidden && /2FSK/.test({title}) && {title}", "the label where it was clicked"))
            self.assertEqual(browser.problems, [])
        with self.subTest("the broker"):
            near = lambda event, hz: abs(event["center_freq_hz"] - CENTER - hz) < 3_000
            seen = []
            while not (any(near(e, FSK_HZ) and e["label"] == "2FSK" for e in seen) and any(near(e, STRANGE_HZ) and e["state"] == "unknown" for e in seen)):
                seen.append(json.loads(messages.take(1)[0].split(" ", 2)[2]))
        with self.subTest("the unknown on disk"):
            meta = self.until(lambda: next(iter(kept.glob("*.sigmf-meta")), None), "a snippet")
            said = json.loads(meta.read_text())
            event = said["annotations"][0]["prunedamr:event"]
            self.assertEqual(event["state"], "unknown")
            self.assertGreater(meta.with_suffix(".sigmf-data").stat().st_size, 1000)
            again = rx.run(meta, "--model", MODEL, "--single", "--out", "json:-", "--quiet", plain=True)
            self.assertEqual(again.code, 0, again.stderr)
            self.assertGreater(len(again.events), 0)
        with self.subTest("Prometheus"):
            labels = parse_metrics(get(f"http://127.0.0.1:{port}/metrics"))["prunedamr_labels_total"][1]
            counts = {dict(key)["label"]: value for (_, key), value in labels.items()}
            if PROMETHEUS:
                ask = self.prometheus(port)
                counts = self.until(lambda: (found := ask()) and {"2FSK", "unknown"} <= set(found) and found, "the labels in Prometheus")
            self.assertGreater(counts["2FSK"], 0)
            self.assertGreater(counts["unknown"], 0)
        self.assertIsNone(process.poll())


if __name__ == "__main__":
    if os.environ.get("PRUNEDAMR_HAVE_MQTT") in ("OFF", ""):
        print("skipped: this build has no MQTT")
        sys.exit(rx.SKIPPED)
    if not CHROMIUM or not BROKER:
        print("skipped: no Chromium or no mosquitto (apt-get install chromium mosquitto mosquitto-clients)")
        sys.exit(rx.SKIPPED)
    if not PROMETHEUS:
        print("no Prometheus (apt-get install prometheus): its text format is parsed instead")
    unittest.main()
