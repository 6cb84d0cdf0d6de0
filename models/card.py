#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the measured part of a model card (between its two markers) from the JSON files of a run.

usage: card.py CARD.md WORK     (WORK holds CARD's stem.json, bench.json and, if measured, recordings.json)
"""
import json
import sys
from pathlib import Path

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def percent(value):
    return f"{100 * value:.1f}"


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def cost(run):
    before, after = run["cost"]["before"], run["cost"]["after"]
    rows = [[key, before[key], after[key], percent(1 - after[key] / before[key])]
            for key in ("params", "macs", "paper_flops", "bytes")]
    return "## Cost\n\n" + table(["", "trained network", "this model", "less [%]"], rows)


def accuracy(run):
    test, original = run["test"], run["original_test"]
    text = (f"Test part of the fine-tuning data, {test['count']} frames, one frame each, reported once: "
            f"**{100 * test['accuracy']:.2f} %** (the trained network before pruning: {100 * original['accuracy']:.2f} % "
            f"on the same frames). Validation, which chose the epoch: {100 * run['validation_accuracy']:.2f} %. "
            f"Temperature {run['temperature']:.3f}.")
    by_snr = sorted(((int(snr), value) for snr, value in test["by_snr"].items()))
    snr = table(["SNR [dB]"] + [s for s, _ in by_snr], [["accuracy [%]"] + [percent(v) for _, v in by_snr]])
    recall = table(["class", "recall [%]", "most often taken for"],
                   [[name, percent(test["by_class"][name]), confusions(test, index)]
                    for index, name in enumerate(test["class_names"])])
    return f"## Accuracy on synthesis\n\n{text}\n\n{snr}\n\n{recall}"


def confusions(test, truth):
    row = test["confusion"][truth]
    others = sorted(((count, name) for index, (count, name) in enumerate(zip(row, test["class_names"]))
                     if index != truth and count), reverse=True)
    return ", ".join(f"{name} {percent(count / sum(row))} %" for count, name in others[:3])


def recordings(rows):
    known = [r for r in rows if r["truth"] and "+" not in r["truth"]]
    exact = sum(r["majority"] == r["truth"] for r in known)
    lines = [[r["file"], r["truth"] or "not annotated", labels_given(r["labels"]), r["events"],
              right(r, "label_right"), right(r, "family_right")] for r in rows]
    return ("## Off the air\n\n"
            "Real transmitters, never trained on, through the live path; one decision per 8192 samples or burst. "
            f"The exact class has the majority in {exact} of {len(known)} annotated recordings. "
            "A family label counts as a wrong class.\n\n"
            + table(["recording", "truth", "labels given", "decisions", "class right [%]", "family right [%]"], lines))


def labels_given(counts):
    most = sorted(counts.items(), key=lambda item: -item[1])[:4]
    return ", ".join(f"{label} {count}" for label, count in most) + (", ..." if len(counts) > 4 else "")


def right(row, key):
    return percent(row[key] / row["events"]) if row["truth"] else "-"


def speed(rows):
    engine = {r["batch"]: r["median_us"] for r in rows if r["backend"] == "engine"}
    lines = [[r["backend"], r["batch"], f"{r['median_us']:.0f}", f"{r['p99_us']:.0f}",
              f"{r['median_us'] / engine[r['batch']]:.2f}"] for r in rows]
    return (f"## Speed\n\nOne core of {processor()}, float32, microseconds per call. The cases take turns call by call, so "
            "that each finds the caches as the others left them "
            "(`torch` is eager LibTorch in inference mode with norms folded).\n\n"
            + table(["backend", "frames per call", "median", "p99", "of engine"], lines))


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "an unnamed processor"


def main(card, work):
    card, work = Path(card), Path(work)
    read = lambda name: json.loads((work / name).read_text())
    run = read(card.stem + ".json")
    parts = [cost(run), accuracy(run)]
    if (work / "recordings.json").exists():
        parts.append(recordings(read("recordings.json")["recordings"]))
    parts.append(speed(read("bench.json")))
    text = card.read_text()
    head, tail = text.split(BEGIN)[0], text.split(END)[1]
    card.write_text(head + BEGIN + "\n" + "\n\n".join(parts) + "\n" + END + tail)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
