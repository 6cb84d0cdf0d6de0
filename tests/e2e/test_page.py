# SPDX-License-Identifier: GPL-3.0-or-later
"""The page in a real browser: a recording that is played shows its labels, a click its evidence."""

import json
import math
import random
import struct
import sys
import tempfile
import unittest
from pathlib import Path

import rx
from browser import CHROMIUM, Browser, pixels
from radio import RtlTcp
from output_case import Lines

RATE, CENTER = 250_000, 433_900_000
BITS_PER_S = 5_000


def recording(folder):
    """2FSK of 5 kBd at +50 kHz, and a burst of it at -60 kHz now and then, in noise: SigMF, 3 s."""
    rng, phase, low_phase, data = random.Random(2), 0.0, 0.0, bytearray()
    for i in range(3 * RATE):
        bit = (i * BITS_PER_S // RATE) * 2654435761 >> 7 & 1
        phase += 2 * math.pi * (50_000 + (5_000 if bit else -5_000)) / RATE
        low_phase += 2 * math.pi * (-60_000 + (4_000 if bit else -4_000)) / RATE
        on = i % 125_000 < 50_000
        re = 2500 * math.cos(phase) + (2000 * math.cos(low_phase) if on else 0) + rng.gauss(0, 120)
        im = 2500 * math.sin(phase) + (2000 * math.sin(low_phase) if on else 0) + rng.gauss(0, 120)
        data += struct.pack("<hh", int(re), int(im))
    return rx.write_ci16(folder / "air.sigmf-meta", data, RATE, CENTER)


class Page(rx.Case):
    def play(self, *options, port=None, source=None):
        self.port = port or int(rx.free_endpoint().rsplit(":", 1)[1])
        process = rx.start_talking(*(source or (self.air, "--realtime", "--loop")), "--web", f"127.0.0.1:{self.port}",
                                   "--out", "json:/dev/null", *options, band=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        process.stdin.close()
        Lines(process.stderr).wait_for("Serving http")
        return process

    def show(self, **how):
        browser = Browser(**how)
        self.addCleanup(browser.close)
        browser.open(f"http://127.0.0.1:{self.port}/")
        browser.until("document.readyState == 'complete' && document.querySelectorAll('#emissions tbody tr').length > 0", "a label")
        return browser

    @classmethod
    def setUpClass(cls):
        kept = tempfile.TemporaryDirectory()
        cls.addClassCleanup(kept.cleanup)
        cls.air = recording(Path(kept.name))

    def test_labels_a_constellation_and_the_picture_are_seen(self):
        process = self.play()
        browser = self.show()
        self.assertEqual(browser.until("document.getElementById('fact-center').textContent.includes('433.9') && document.getElementById('fact-center').textContent"),
                         "433.9000 MHz")
        place = "(r => r && [r.querySelector('button').textContent, r.cells[1].textContent])([...document.querySelectorAll('#emissions tbody tr')].find(r => /433\\.9(49|50)/.test(r.textContent)))"
        center, label = browser.until(place, "the signal at +50 kHz")
        self.assertRegex(center, r"433\.9(49|50)\d MHz")
        self.assertTrue(label)
        # A click on the waterfall where the signal is opens its evidence.
        x, y = browser.until("""(() => { const w = document.getElementById('waterfall'), b = w.getBoundingClientRect();
            return [b.left + b.width * (0.5 + 50e3 / 250e3), b.top + 30]; })()""")
        browser.click(x, y)
        browser.until("!document.getElementById('detail').hidden && /433\\.9/.test(document.getElementById('detail-title').textContent)")
        browser.until("Number(document.getElementById('plot-symbols').dataset.points) > 50", "symbols")
        drawn = """(id => { const c = document.getElementById(id), d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
            const seen = new Set(); for (let i = 0; i < d.length; i += 4) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]); return seen.size; })"""
        for plot in ("plot-symbols", "plot-spectrum", "plot-discriminator", "plot-envelope", "spectrum"):
            self.assertGreater(browser.evaluate(f"{drawn}('{plot}')"), 3, plot)
        self.assertGreater(browser.evaluate(f"{drawn}('waterfall')"), 30)
        self.assertGreater(browser.evaluate("document.querySelectorAll('#alternatives tr').length"), 1)
        self.assertEqual(browser.evaluate("import('/basics.js').then((m) => [-20, -0.4e6, 433.92e6].map((hz) => m.megahertz(hz)))"),
                         ["0.0000 MHz", "-0.4000 MHz", "433.9200 MHz"])
        rows, step = pixels(browser.screenshot())
        self.assertGreater(len({row[i:i + step] for row in rows for i in range(0, len(row), step)}), 200)
        self.assertEqual(browser.problems, [])
        self.assertIsNone(process.poll())

    def test_everything_is_reached_by_keyboard(self):
        self.play()
        browser = self.show(dark=False)
        browser.evaluate("document.getElementById('waterfall').focus()")
        browser.press("ArrowDown")
        browser.until("!document.getElementById('detail').hidden")
        browser.press("+")
        browser.evaluate("document.getElementById('tab-now').focus()")
        browser.press("ArrowRight")
        browser.until("!document.getElementById('panel-history').hidden && document.activeElement.id == 'tab-history'")
        browser.press("Escape")
        browser.until("document.getElementById('detail').hidden")
        self.assertEqual(browser.problems, [])

    def test_a_lost_connection_is_told_and_recovers(self):
        process = self.play()
        browser = self.show()
        process.kill()
        process.wait()
        browser.until("document.getElementById('link').dataset.state == 'lost'")
        self.play(port=self.port)
        browser.until("document.getElementById('link').dataset.state == 'open'")
        browser.until("document.querySelectorAll('#emissions tbody tr').length > 0")

    def test_a_retune_moves_the_axis(self):
        radio = RtlTcp()
        self.addCleanup(radio.close)
        token = self.write("token", b"open sesame\n")
        token.chmod(0o600)
        self.play("--web-token", token, source=(f"rtl_tcp:127.0.0.1:{radio.port}", "--rate", RtlTcp.RATE, "--freq", "433.92M"))
        browser = self.show()
        browser.until("document.getElementById('fact-center').textContent == '433.9200 MHz' && !document.getElementById('tune').disabled")
        browser.evaluate("document.getElementById('tab-receiver').click(); document.getElementById('token').value = 'open sesame'")
        browser.evaluate("document.querySelector('#form-token button').click(); document.getElementById('tune').value = '868.3M'")
        browser.evaluate("document.querySelector('#form-tune button').click()")
        browser.until("document.getElementById('fact-center').textContent == '868.3000 MHz'")
        x, y = browser.evaluate("(b => [b.left + b.width / 2, b.top + 20])(document.getElementById('waterfall').getBoundingClientRect())")
        browser.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        browser.until("/^868\\.[23]/.test(document.getElementById('readout').textContent)", "the frequency under the pointer")

    def test_the_list_of_a_scan_is_shown_and_changed(self):
        radio = RtlTcp()
        self.addCleanup(radio.close)
        token = self.write("token", b"open sesame\n")
        token.chmod(0o600)
        self.play("--web-token", token, "--scan", "433.92M, 868.3M gain=3", "--dwell", "0.4", "--settle", "0.2",
                  source=(f"rtl_tcp:127.0.0.1:{radio.port}", "--rate", RtlTcp.RATE))
        browser = self.show()
        browser.until("document.getElementById('scan').value == '433.92M, 868.3M gain=3' && document.getElementById('form-tune').hidden")
        browser.evaluate("document.getElementById('tab-receiver').click(); document.getElementById('token').value = 'open sesame'")
        browser.evaluate("document.querySelector('#form-token button').click(); document.getElementById('scan').value = '100M'")
        browser.evaluate("document.querySelector('#form-scan button').click()")
        browser.until("document.getElementById('fact-center').textContent == '100.0000 MHz'")
        self.assertEqual(browser.problems, [])

    def test_one_key_labels_a_snippet(self):
        kept, token = self.folder / "kept", self.write("token", b"open sesame\n")
        token.chmod(0o600)
        made = rx.run(self.air, "--snippets", kept, "--snippet-if", "not noise", "--out", "json:/dev/null", band=True)
        self.assertEqual(made.code, 0, made.stderr)
        self.play("--web-token", token, "--snippets", kept, "--snippet-if", "snr_db>200")
        count = len(list(kept.glob("*.sigmf-meta")))
        self.assertGreater(count, 2)
        browser = self.show()
        labels = lambda key: {p.stem: a.get(key) for p in kept.glob("*.sigmf-meta") for a in json.loads(p.read_text())["annotations"][:1]}
        browser.evaluate("document.getElementById('tab-receiver').click(); document.getElementById('token').value = 'open sesame'")
        browser.evaluate("document.querySelector('#form-token button').click(); document.getElementById('tab-snippets').click()")
        rows = "document.querySelectorAll('#snippets li').length"
        before = labels("core:label")
        browser.until(f"{rows} == {count}", "the snippets")
        browser.evaluate("document.getElementById('snippet-author').value = 'ann'")
        first = browser.evaluate("document.querySelector('#snippets li.chosen').dataset.name")
        best = browser.evaluate("document.querySelector('#snippets li.chosen .choices button').textContent.split(' ')[1]")
        browser.evaluate("document.querySelector('#snippets li.chosen').focus()")
        browser.press("1", "1")
        browser.until(f"{rows} == {count - 1}", "one less")
        self.assertEqual((labels("core:label")[first], labels("prunedamr:author")[first]), (best, "ann"))
        # None of these: a new class by its name. The next one has the focus.
        second = browser.until("document.activeElement.dataset.name")
        browser.press("n", "n")
        browser.until("document.activeElement.tagName == 'INPUT'")
        browser.evaluate("document.activeElement.value = 'DoorBell'; document.activeElement.form.requestSubmit()")
        browser.until(f"{rows} == {count - 2}", "one less")
        self.assertEqual(labels("core:label")[second], "DoorBell")
        # All are shown, and the receiver's label comes back.
        browser.evaluate("document.getElementById('snippet-all').click()")
        browser.until(f"{rows} == {count}")
        browser.evaluate(f"document.querySelector('li[data-name=\"{second}\"]').click()")
        browser.until(f"document.activeElement.dataset.name == '{second}'")
        browser.press("Backspace")
        browser.until(f"!document.querySelector('li[data-name=\"{second}\"]').textContent.includes('labeled by')")
        self.assertIsNone(labels("prunedamr:author")[second])
        self.assertEqual(labels("core:label")[second], before[second])
        self.assertEqual(browser.problems, [])

    def test_it_fits_a_phone(self):
        self.play()
        browser = self.show(width=390, height=844)
        self.assertLessEqual(browser.evaluate("document.documentElement.scrollWidth"), 390)

    def test_the_threshold_is_changed_with_the_token_only(self):
        token = self.write("token", b"open sesame\n")
        token.chmod(0o600)
        self.play("--web-token", token)
        browser = self.show()
        browser.evaluate("document.getElementById('tab-receiver').click()")
        submit = "document.querySelector('#form-{0} button').click()"
        browser.until("!document.getElementById('threshold').disabled")
        browser.evaluate("document.getElementById('threshold').value = '0.99'")
        browser.evaluate(submit.format("threshold"))
        browser.until("/token/.test(document.getElementById('control-answer').textContent)")
        browser.evaluate("document.getElementById('token').value = 'open sesame'")
        browser.evaluate(submit.format("token"))
        browser.until("document.getElementById('link').dataset.state == 'open'")
        browser.evaluate(submit.format("threshold"))
        browser.until("/^Done/.test(document.getElementById('control-answer').textContent)")
        browser.until("document.getElementById('threshold').placeholder == '0.99'")


if __name__ == "__main__":
    if not CHROMIUM:
        print("skipped: no Chromium (apt-get install chromium)")
        sys.exit(rx.SKIPPED)
    unittest.main()
