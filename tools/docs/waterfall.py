#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of the README: a capture's waterfall with the labels that the receiver gave.

    prunedamr synth scene --scene tools/docs/waterfall.json --out scene.sigmf-meta
    prunedamr-rx --interval 0.25 --model onair-m --source scene.sigmf-meta --quiet > labels.jsonl
    tools/docs/waterfall.py scene.sigmf-meta labels.jsonl docs/waterfall.png
"""

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import one_line

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

BINS = 1024


def waterfall(samples, rows):
    step = max(BINS, len(samples) // rows)
    window = np.hanning(BINS)
    picture = []
    for start in range(0, len(samples) - step + 1, step):
        segment = samples[start:start + step]
        frames = segment[:len(segment) // BINS * BINS].reshape(-1, BINS)[:64] * window
        picture.append((np.abs(np.fft.fftshift(np.fft.fft(frames), axes=1)) ** 2).mean(0))
    return 10 * np.log10(np.array(picture) + 1e-20)


def tracks(events):
    """Events of one signal: neighbors in frequency whose bands overlap."""
    found = []
    for event in events:
        if event["state"] == "noise":
            continue
        for track in found:
            last = track[-1]
            if abs(event["center_freq_hz"] - last["center_freq_hz"]) < max(0.5 * event["bandwidth_hz"], 0.5 * last["bandwidth_hz"], 6e3):
                track.append(event)
                break
        else:
            found.append([event])
    return [track for track in found if len(track) > 2]


def main(meta_path, labels_path, out):
    meta = one_line.read_json(meta_path)
    rate = meta["global"]["core:sample_rate"]
    center = meta["captures"][0]["core:frequency"]
    kind = {"cf32_le": np.float32, "ci16_le": np.int16}[meta["global"]["core:datatype"]]
    samples = np.fromfile(meta_path.with_suffix(".sigmf-data"), kind).astype(np.float32).view(np.complex64)
    events = [json.loads(line) for line in labels_path.read_text().splitlines()]
    picture = waterfall(samples, 300)
    duration = len(samples) / rate

    plt.rcParams.update({"font.size": 9, "font.family": "DejaVu Sans"})
    figure, axes = plt.subplots(figsize=(9, 4.2), dpi=110)
    low, high = (center - rate / 2) / 1e6, (center + rate / 2) / 1e6
    floor = np.percentile(picture, 20)
    axes.imshow(picture, aspect="auto", origin="lower", extent=(low, high, 0, duration), cmap="cividis",
                vmin=floor - 2, vmax=floor + 35, interpolation="nearest")
    for track in tracks(events):
        counts = Counter(event["label"] for event in track)
        label = counts.most_common(1)[0][0]
        confidence = np.mean([event["confidence"] for event in track if event["label"] == label])
        middle = np.median([event["center_freq_hz"] for event in track]) / 1e6
        width = np.median([event["bandwidth_hz"] for event in track]) / 1e6
        start = min(event["sample_start"] for event in track) / rate
        end = max(event["sample_start"] + event["sample_count"] for event in track) / rate
        axes.add_patch(plt.Rectangle((middle - width / 2, start), width, end - start, fill=False, color="white", lw=1.2))
        axes.annotate("%s\n%.2f" % (label, confidence), (middle, duration), xytext=(0, 3), textcoords="offset points",
                      ha="center", va="bottom", fontsize=9)
    axes.set_xlim(low, high)
    axes.set_xlabel("frequency, MHz")
    axes.set_ylabel("time, s")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.margins(y=0)
    figure.subplots_adjust(left=0.06, right=0.985, top=0.88, bottom=0.12)
    figure.savefig(out)
    Image.open(out).convert("P", palette=Image.ADAPTIVE, colors=96).save(out, optimize=True)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    one_line.run(main, *map(Path, sys.argv[1:]))
