#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of docs/user/wrong.md, docs/accuracy.svg and docs/confusion.svg, from the models' cards.

    tools/docs/errors.py [FOLDER, default docs]
"""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import one_line

SOURCE = Path(__file__).resolve().parents[2]
MODELS = {"onair-s": "#0072b2", "onair-m": "#d55e00"}  # Okabe and Ito


def card(model):
    return (SOURCE / "models" / (model + ".md")).read_text()


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def accuracy(text):
    """[(SNR in dB, percent)] of a card."""
    section = text.split("## Accuracy on synthesis")[1].split("\n## ")[0]
    points = []
    for snrs, percents in re.findall(r"\| SNR \[dB\] (\|.*)\n.*\n\| accuracy \[%\] (\|.*)\n", section):
        points += zip(map(float, cells(snrs)), map(float, cells(percents)))
    return points


def confusions(text):
    """[(class, recall in percent, [(label, percent)])] of a card."""
    table = text.split("| class | recall [%] | most often mistaken for |\n")[1].split("\n\n")[0]
    rows = [cells(line) for line in table.splitlines()[1:]]
    return [(name, float(recall), [(label, float(percent)) for label, percent in re.findall(r"(\S+) ([\d.]+) %", others)])
            for name, recall, others in rows]


def svg(width, height, parts):
    return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">\n'
            '<rect width="%d" height="%d" fill="#fff"/>\n%s\n</svg>\n' % (width, height, width, height, "\n".join(parts)))


def text(x, y, words, anchor="middle", more=""):
    return '<text x="%.1f" y="%.1f" text-anchor="%s"%s>%s</text>' % (x, y, anchor, more, words)


def draw_accuracy():
    def x(snr):
        return 60 + (snr + 10) * 11.5

    def y(percent):
        return 300 - 2.8 * percent

    parts = []
    for percent in range(0, 101, 20):
        parts += ['<path d="M%.1f %.1fH%.1f" stroke="#ddd"/>' % (x(-10), y(percent), x(45)), text(52, y(percent) + 4, "%d %%" % percent, "end")]
    parts += [text(x(snr), 318, snr) for snr in range(-10, 46, 5)]
    parts.append(text(x(17.5), 338, "signal-to-noise ratio in the signal's own band [dB]"))
    for i, (model, color) in enumerate(MODELS.items()):
        line = " ".join("%.1f,%.1f" % (x(snr), y(percent)) for snr, percent in accuracy(card(model)))
        parts.append('<polyline points="%s" fill="none" stroke="%s" stroke-width="2"%s/>' % (line, color, ' stroke-dasharray="6 3"' * i))
        parts.append(text(x(45), 240 + 18 * i, "%s: frames named rightly" % model, "end", ' fill="%s"' % color))
    return svg(720, 350, parts)


def draw_confusion():
    rows = confusions(card("onair-s"))
    names = [name for name, _, _ in rows]
    left, top, side = 90, 105, 24
    parts = [text(left, 16, "rows: what it is; columns: what onair-s calls it; percent of frames, the three largest errors", "start")]
    for i, (name, recall, others) in enumerate(rows):
        parts.append(text(left - 6, top + side * i + 16, name, "end"))
        parts.append(text(0, 0, name, "start", ' transform="translate(%d %d) rotate(-60)"' % (left + side * i + 14, top - 6)))
        for label, percent in [(name, recall), *others]:
            column = names.index(label)
            color = "#0072b2" if label == name else "#d55e00"
            parts.append('<rect x="%d" y="%d" width="%d" height="%d" fill="%s" fill-opacity="%.2f"/>'
                         % (left + side * column, top + side * i, side, side, color, min(1.0, 0.15 + percent / 60)))
            parts.append(text(left + side * column + side / 2, top + side * i + 16, "%.0f" % percent, more=' font-size="10"'))
    edge = side * len(names)
    parts.append('<path d="%s" stroke="#ddd" fill="none"/>' % "".join(
        "M%d %dH%dM%d %dV%d" % (left, top + side * i, left + edge, left + side * i, top, top + edge) for i in range(len(names) + 1)))
    return svg(left + edge + 50, top + edge + 10, parts)


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCE / "docs"
    (folder / "accuracy.svg").write_text(draw_accuracy())
    (folder / "confusion.svg").write_text(draw_confusion())


if __name__ == "__main__":
    one_line.run(main)
