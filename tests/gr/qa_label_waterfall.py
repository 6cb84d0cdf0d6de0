# SPDX-License-Identifier: GPL-3.0-or-later
import os
import re
import subprocess
import sys
import tempfile
import time

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import numpy as np
import pmt
from gnuradio import blocks, gr, gr_unittest, prunedamr
from PyQt5 import QtCore, QtGui, QtWidgets

from support import EXAMPLES, MODEL, RATE, qpsk, tag

APP = QtWidgets.QApplication([])
CENTER = 433e6
ORANGE, GRAY = "#e69f00", "#b8c0c8"  # of FSK, and of what is unknown


def tone(hz, count=100_000):
    rng = np.random.default_rng(1)
    noise = 1e-3 * (rng.standard_normal(count) + 1j * rng.standard_normal(count))
    return (0.1 * np.exp(2j * np.pi * hz / RATE * np.arange(count)) + noise).astype(np.complex64)


def event(**values):
    return pmt.to_pmt({"sample_start": 40_000, "sample_count": 20_000, "center_freq_hz": CENTER + 10e3, "bandwidth_hz": 8e3, "label": "2FSK",
                       "family": "FSK", "state": "signal", "confidence": 0.9, "snr_db": 20.0, **values})


class qa_label_waterfall(gr_unittest.TestCase):
    def waterfall(self, *labels, samples=None, tags=(), **options):
        """One that has got the samples and the messages."""
        tb, sink = gr.top_block(), prunedamr.label_waterfall(RATE, CENTER, **{"seconds": 1.0, **options})
        tb.connect(blocks.vector_source_c(tone(10e3) if samples is None else samples, tags=tags), sink)
        tb.run()
        for label in labels:
            sink.take_label(label)
        self.widget = sink.qwidget()
        self.widget.resize(852, 526)  # the picture has 800 x 500
        return sink

    def image(self):
        return self.widget.grab().toImage()

    def colored(self, name):
        """Points of about this color."""
        image, wanted = self.image(), QtGui.QColor(name)
        near = lambda color: abs(color.red() - wanted.red()) + abs(color.green() - wanted.green()) + abs(color.blue() - wanted.blue()) < 40
        return {(x, y) for x in range(image.width()) for y in range(image.height()) if near(image.pixelColor(x, y))}

    def test_a_tone_is_seen_at_its_frequency_with_its_level(self):
        sink = self.waterfall()
        rows = self.widget.rows
        self.assertEqual((len(rows), rows[0].end, rows[-1].first), (20, 100_000, 0))
        peak = int(np.argmax(rows[0].power_db))
        self.assertEqual(round((peak / sink.fft_size - 0.5) * RATE / 1e3), 10)
        self.assertAlmostEqual(rows[0].power_db[peak], -20, delta=1.5)
        self.assertLess(np.median(rows[0].power_db), -70)
        image = self.image()
        light = [sum(image.pixelColor(x, 250).lightness() for x in range(begin, begin + 8)) for begin in range(60, 840, 8)]
        self.assertLess(abs(60 + 8 * int(np.argmax(light)) - (52 + 800 * 0.6)), 12)

    def test_a_label_is_a_box_where_and_when_it_was(self):
        self.waterfall(event())
        points = self.colored(ORANGE)
        # From 0.4 to 0.6 s of 1 s, the newest above; 6 to 14 kHz above the middle of 100 kHz.
        for value, wanted in ((min(x for x, _ in points), 52 + 800 * 0.56), (max(x for x, _ in points), 52 + 800 * 0.64),
                              (max(y for _, y in points), 500 * 0.6)):
            self.assertLess(abs(value - wanted), 4, (value, wanted))
        inside = QtCore.QPointF(52 + 800 * 0.6, 250)
        self.assertEqual(self.widget.box_at(inside).text, "2FSK")
        self.assertIn("433.010000 MHz", self.widget.box_at(inside).detail)
        self.assertIsNone(self.widget.box_at(QtCore.QPointF(200, 250)))
        self.widget.mouseMoveEvent(QtGui.QMouseEvent(QtCore.QEvent.MouseMove, inside, QtCore.Qt.NoButton, QtCore.Qt.NoButton, QtCore.Qt.NoModifier))
        self.assertIn("0.90", QtWidgets.QToolTip.text())

    def test_noise_has_no_box_and_what_is_unknown_a_gray_one(self):
        self.waterfall(event(state="noise"))
        self.assertEqual(len(self.widget.boxes), 0)
        inside = lambda points: sum(480 < x < 580 and 180 < y < 320 for x, y in points)
        self.assertEqual(inside(self.colored(GRAY)), 0)
        self.waterfall(event(state="unknown", label="unknown", family="unknown"))
        self.assertEqual(inside(self.colored(ORANGE)), 0)
        self.assertGreater(inside(self.colored(GRAY)), 50)

    def test_a_pdu_is_taken_and_other_messages_are_not(self):
        self.waterfall(pmt.cons(event(), pmt.make_u8vector(3, 0)), pmt.PMT_T, pmt.to_pmt({"label": "2FSK"}), pmt.intern("x"), pmt.from_double(1.0))
        self.assertEqual([box.text for box in self.widget.boxes], ["2FSK"])

    def test_a_tuned_source_begins_anew_at_its_frequency(self):
        self.waterfall(tags=[tag(52_000, "rx_freq", pmt.from_double(868e6))])
        self.assertEqual({row.center_freq_hz for row in self.widget.rows}, {868e6})
        self.assertEqual((len(self.widget.rows), self.widget.rows[-1].first, self.widget.rows[0].end), (9, 52_000, 97_000))

    def test_what_cannot_be_is_refused(self):
        for wrong in ({"seconds": 0}, {"rows_per_s": 0}, {"fft_size": 1}, {"min_db": 0, "max_db": -1}):
            with self.assertRaisesRegex(ValueError, "label_waterfall: expected"):
                self.waterfall(**wrong)

    def test_labels_of_a_classifier_come_by_the_message_port(self):
        tb, sink = gr.top_block(), prunedamr.label_waterfall(RATE, CENTER, seconds=1.0)
        source, classifier = blocks.vector_source_c(qpsk(60_000), True), prunedamr.classifier(MODEL, RATE, CENTER, single=True, interval_s=0.1)
        tb.connect(source, classifier)
        tb.connect(source, sink)
        tb.msg_connect((classifier, "labels"), (sink, "labels"))
        tb.start()
        end = time.monotonic() + 30
        while len(sink.qwidget().boxes) < 3:
            self.assertLess(time.monotonic(), end, "labels")
            APP.processEvents()
        tb.stop()
        tb.wait()
        self.assertTrue(all(abs(box.low_hz + box.high_hz - 2 * CENTER) < RATE for box in sink.qwidget().boxes))

    def test_the_example_shows_a_recording(self):
        """Its window, as Companion makes it, closed once a box is there."""
        with tempfile.TemporaryDirectory() as folder:
            environment = os.environ | {"HOME": folder, "XDG_CACHE_HOME": folder}
            subprocess.run(["grcc", "-o", folder, f"{EXAMPLES}/watch_file.grc"], env=environment, check=True, capture_output=True, timeout=110)
            samples = qpsk(700_000) * 8000
            np.stack([samples.real, samples.imag], axis=1).astype("<i2").tofile(f"{folder}/capture")
            program = f"""
import sys; sys.path.insert(0, {folder!r})
import watch_file
from PyQt5 import QtCore, QtWidgets
app = QtWidgets.QApplication([])
window = watch_file.watch_file(capture={folder + '/capture'!r}, samp_rate={RATE!r}, model={MODEL!r}, interval=0.05)
window.throttle.set_sample_rate(1e6)
window.start(); window.show()
timer = QtCore.QTimer()
timer.timeout.connect(lambda: window.waterfall.qwidget().boxes and app.quit())
timer.start(20)
app.exec_()
print("seen:", window.waterfall.qwidget().boxes[0].text, window.grab().width())
window.stop(); window.wait()
"""
            done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=110)
            self.assertRegex(done.stdout, re.compile(r"^seen: (BPSK|QPSK|FM|unknown) \d+$", re.M), done.stderr)


if __name__ == "__main__":
    gr_unittest.run(qa_label_waterfall)
