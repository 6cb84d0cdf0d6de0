# SPDX-License-Identifier: GPL-3.0-or-later
"""A waterfall with a box and a label on each signal that a classifier has found. Needs PyQt5."""

import collections
import math
import threading

import numpy as np
import pmt
from gnuradio import gr
from PyQt5 import QtCore, QtGui, QtWidgets

SOLID, DASHED, DOTTED = QtCore.Qt.SolidLine, QtCore.Qt.DashLine, QtCore.Qt.DotLine
# M. Okabe and K. Ito's colors, which color-blind people tell apart, as on the page of prunedamr-rx.
STYLES = {
    "PSK": ("#56b4e9", SOLID), "QAM": ("#0072b2", DASHED), "APSK": ("#9fd0ef", DOTTED), "FSK": ("#e69f00", SOLID), "ASK": ("#d55e00", DASHED),
    "OOK": ("#d55e00", DASHED), "AM": ("#cc79a7", SOLID), "SSB": ("#cc79a7", DOTTED), "FM": ("#009e73", SOLID), "OFDM": ("#f0e442", SOLID),
    "CSS": ("#f0e442", DASHED), "CW": ("#009e73", DOTTED)}
OTHER = ("#b8c0c8", DOTTED)
COLORS = [(0.0, 4, 8, 16), (0.35, 20, 44, 92), (0.6, 40, 120, 150), (0.8, 150, 200, 120), (1.0, 255, 245, 180)]  # of the level, 0 to 1

Row = collections.namedtuple("Row", "first end center_freq_hz power_db")  # samples first..end-1; power of the bins in dBFS, by rising frequency
Box = collections.namedtuple("Box", "first end low_hz high_hz text family state detail")


def palette():
    """256 colors, as QImage takes them."""
    at, *channels = zip(*COLORS)
    red, green, blue = (np.interp(np.linspace(0, 1, 256), at, channel).astype(int) for channel in channels)
    return [QtGui.qRgb(*map(int, color)) for color in zip(red, green, blue)]


def box_of(event):
    """Of the dict of an event; none where nothing was found."""
    if event.get("state") == "noise":
        return None
    middle, width = event["center_freq_hz"], event["bandwidth_hz"]
    detail = f"{event['label']}  {event['confidence']:.2f}\n{middle / 1e6:.6f} MHz, {width / 1e3:.4g} kHz wide"
    if event.get("snr_db") is not None:  # of one signal that fills the band nobody knows it
        detail += f"\n{event['snr_db']:.1f} dB"
    return Box(event["sample_start"], event["sample_start"] + event["sample_count"], middle - width / 2, middle + width / 2, event["label"],
               event["family"], event["state"], detail)


class LabelWaterfallWidget(QtWidgets.QWidget):
    """Time goes down, the newest row at the top. Rows and boxes are given from any thread; drawn by the one of the window."""

    LEFT, BOTTOM, KEPT_BOXES, FRAMES_PER_S = 52, 26, 1000, 15

    def __init__(self, sample_rate, rows, levels_db, parent=None):
        super().__init__(parent)
        self.sample_rate, self.levels_db = sample_rate, levels_db
        self.lock = threading.Lock()
        self.rows, self.boxes = collections.deque(maxlen=rows), collections.deque(maxlen=self.KEPT_BOXES)
        self.palette_of_levels, self.has_changed = palette(), True
        self.setMinimumSize(320, 200)
        self.setMouseTracking(True)
        self.timer = QtCore.QTimer(self)
        self.timer.timeout.connect(self.draw_changes)
        self.timer.start(1000 // self.FRAMES_PER_S)

    def add_rows(self, rows):
        with self.lock:
            for row in rows:
                if self.rows and self.rows[0].center_freq_hz != row.center_freq_hz:  # it was tuned
                    self.rows.clear()
                self.rows.appendleft(row)
            self.has_changed = True

    def add_box(self, box):
        with self.lock:
            self.boxes.appendleft(box)
            self.has_changed = True

    def draw_changes(self):
        if self.has_changed:
            self.has_changed = False
            self.update()

    def picture(self):
        """Rectangle of the rows."""
        return QtCore.QRectF(self.LEFT, 0, max(1, self.width() - self.LEFT), max(1, self.height() - self.BOTTOM))

    def place(self, box, rows):
        """Where a box is drawn; none beside the picture."""
        if not rows:
            return None
        picture, rate = self.picture(), self.sample_rate
        span = max(1, (rows[0].end - rows[-1].first) * self.rows.maxlen / len(rows))  # samples of the full height
        low_hz = rows[0].center_freq_hz - rate / 2
        x = lambda hz: picture.left() + (hz - low_hz) / rate * picture.width()
        y = lambda sample: (rows[0].end - sample) / span * picture.height()
        place = QtCore.QRectF(QtCore.QPointF(x(box.low_hz), y(box.end)), QtCore.QPointF(x(box.high_hz), y(box.first)))
        return place.intersected(picture) if place.intersects(picture) else None

    def paintEvent(self, _):
        with self.lock:
            rows, boxes = list(self.rows), list(self.boxes)
        painter, picture = QtGui.QPainter(self), self.picture()
        painter.fillRect(self.rect(), QtGui.QColor("#0a0f16"))
        if not rows:
            return
        low, high = self.levels_db
        levels = np.clip((np.stack([row.power_db for row in rows]) - low) / (high - low) * 255, 0, 255).astype(np.uint8)
        image = QtGui.QImage(levels.tobytes(), levels.shape[1], levels.shape[0], levels.shape[1], QtGui.QImage.Format_Indexed8)
        image.setColorTable(self.palette_of_levels)
        painter.setRenderHint(QtGui.QPainter.SmoothPixmapTransform)
        painter.drawImage(QtCore.QRectF(picture.left(), 0, picture.width(), picture.height() * len(rows) / self.rows.maxlen), image)
        painter.setRenderHint(QtGui.QPainter.Antialiasing)
        self.draw_axes(painter, picture, rows)
        self.draw_boxes(painter, boxes, rows)

    def draw_axes(self, painter, picture, rows):
        painter.setPen(QtGui.QColor("#b8c0c8"))
        step = 10 ** math.floor(math.log10(self.sample_rate / 2))
        while self.sample_rate / step < 4:
            step /= 2
        low_hz = rows[0].center_freq_hz - self.sample_rate / 2
        decimals = max(0, 6 - math.floor(math.log10(step)))
        for n in range(math.ceil(low_hz / step), math.floor((low_hz + self.sample_rate) / step) + 1):
            x = picture.left() + (n * step - low_hz) / self.sample_rate * picture.width()
            painter.drawLine(QtCore.QPointF(x, picture.bottom()), QtCore.QPointF(x, picture.bottom() + 4))
            if picture.left() + 30 < x < picture.right() - 60:
                painter.drawText(QtCore.QRectF(x - 60, picture.bottom() + 4, 120, 20), QtCore.Qt.AlignHCenter, f"{n * step / 1e6:.{decimals}f}")
        painter.drawText(QtCore.QRectF(picture.right() - 50, picture.bottom() + 4, 48, 20), QtCore.Qt.AlignRight, "MHz")
        seconds = (rows[0].end - rows[-1].first) / self.sample_rate * self.rows.maxlen / len(rows)
        for part in range(1, 5):
            y = picture.height() * part / 5
            painter.drawText(QtCore.QRectF(0, y - 10, self.LEFT - 6, 20), QtCore.Qt.AlignRight | QtCore.Qt.AlignVCenter, f"−{seconds * part / 5:.2g} s")

    def draw_boxes(self, painter, boxes, rows):
        """Each label once where boxes of it follow on each other, and none over another."""
        taken = []
        for box in boxes:
            place = self.place(box, rows)
            if place is None:
                continue
            color, line = STYLES.get(box.family, OTHER) if box.state == "signal" else OTHER
            painter.setPen(QtGui.QPen(QtGui.QColor(0, 0, 0, 160), 3.5))
            painter.drawRect(place)
            painter.setPen(QtGui.QPen(QtGui.QColor(color), 1.6, line))
            painter.drawRect(place)
            width = painter.fontMetrics().horizontalAdvance(box.text) + 12
            tag = QtCore.QRectF(min(place.center().x() - width / 2, self.width() - width - 1), max(0, place.top() - 18), width, 17)
            if any(tag.intersects(other) or (text == box.text and abs(tag.left() - other.left()) < 8) for other, text in taken):
                continue
            taken.append((tag, box.text))
            painter.fillRect(tag, QtGui.QColor(10, 15, 22, 225))
            painter.fillRect(QtCore.QRectF(tag.left(), tag.top() + 2, 3, 13), QtGui.QColor(color))
            painter.setPen(QtGui.QColor("white"))
            painter.drawText(tag.adjusted(3, 0, 0, 0), QtCore.Qt.AlignCenter, box.text)

    def box_at(self, point):
        """The newest one there, if any."""
        with self.lock:
            rows, boxes = list(self.rows), list(self.boxes)
        margin = QtCore.QMarginsF(3, 3, 3, 3)
        return next((box for box in boxes if (place := self.place(box, rows)) is not None and place.marginsAdded(margin).contains(point)), None)

    def mouseMoveEvent(self, event):
        box = self.box_at(event.localPos())
        QtWidgets.QToolTip.showText(event.globalPos(), box.detail if box else "", self)


class label_waterfall(gr.sync_block):
    """Samples of a classifier's input, and its labels by the message port `labels`. `qwidget()` is what shows them."""

    SEGMENTS = 8  # of a row that are transformed, at most

    def __init__(self, sample_rate, center_freq=0.0, fft_size=1024, rows_per_s=20.0, seconds=10.0, min_db=-100.0, max_db=-20.0):
        gr.sync_block.__init__(self, "label_waterfall", in_sig=[np.complex64], out_sig=None)
        if not (sample_rate > 0 and rows_per_s > 0 and seconds * rows_per_s >= 2 and fft_size >= 16 and max_db > min_db):
            raise ValueError("label_waterfall: expected a sample rate and rows per second above 0, at least 2 rows, 16 bins, max_db above min_db")
        self.sample_rate, self.center_freq, self.fft_size = sample_rate, center_freq, int(fft_size)
        self.row_samples = max(self.fft_size, round(sample_rate / rows_per_s))
        window = np.hanning(self.fft_size)
        self.window = (window / window.sum()).astype(np.float32)  # a tone of full scale has 0 dBFS
        self.rest, self.position = np.empty(0, np.complex64), 0  # samples that make no row yet, and which the first of them is
        self.widget = LabelWaterfallWidget(sample_rate, round(seconds * sample_rate / self.row_samples), (min_db, max_db))
        self.message_port_register_in(pmt.intern("labels"))
        self.set_msg_handler(pmt.intern("labels"), self.take_label)

    def qwidget(self):
        return self.widget

    def set_center_freq(self, center_freq):
        self.center_freq = center_freq

    def take_label(self, message):
        """Dicts, and PDUs for their metadata; whatever else comes is no label."""
        event = pmt.to_python(pmt.car(message) if pmt.is_pair(message) and not pmt.is_dict(message) else message)
        try:
            box = box_of(event)
        except (AttributeError, KeyError, TypeError, ValueError):
            return
        if box:
            self.widget.add_box(box)

    def row_of(self, samples):
        count = min(self.SEGMENTS, len(samples) // self.fft_size)
        begins = np.linspace(0, len(samples) - self.fft_size, count).astype(int)
        segments = np.stack([samples[begin:begin + self.fft_size] for begin in begins]) * self.window
        power = np.abs(np.fft.fftshift(np.fft.fft(segments, axis=1), axes=1)) ** 2
        return 10 * np.log10(power.max(axis=0) + 1e-20)  # bursts are shorter than a row

    def work(self, input_items, output_items):
        samples, begin = input_items[0], 0
        for tag in self.get_tags_in_window(0, 0, len(samples), pmt.intern("rx_freq")):
            at = tag.offset - self.nitems_read(0)
            self.take(samples[begin:at])
            begin = at
            if (center_freq := pmt.to_double(tag.value)) != self.center_freq:  # no row is of both
                self.center_freq, self.position, self.rest = center_freq, tag.offset, self.rest[:0]
        self.take(samples[begin:])
        return len(samples)

    def take(self, samples):
        buffer, rows = np.concatenate([self.rest, samples]), []
        while len(buffer) >= self.row_samples:
            end = self.position + self.row_samples
            rows.append(Row(self.position, end, self.center_freq, self.row_of(buffer[:self.row_samples])))
            self.position, buffer = end, buffer[self.row_samples:]
        self.rest = buffer.copy()
        if rows:
            self.widget.add_rows(rows)
