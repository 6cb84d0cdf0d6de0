#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the measured part of a model card (between its two markers) from the JSON files of a run.

usage: card.py CARD.md WORK     (WORK holds, as far as measured, CARD's stem.json, stem.show.json, stem.receiver.json,
                                 stem.recordings.json, stem.ood.json and stem.bench.json; sections of the card that none
                                 of them gives stay as they are)
"""
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import one_line

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def percent(value):
    return f"{100 * value:.1f}"


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def classes(shown):
    return "## Classes\n\n" + table(["class", "family", "definition"],
                                    [[row["label"], row["family"], row["definition"]] for row in shown["classes"]])


def cost(run):
    return "## Cost\n\n" + table(["parameters", "MACs per frame", "bytes", "peak activation bytes"],
                                 [[f"{run['cost'][key]:,}" for key in ("params", "macs", "bytes", "peak_activation_bytes")]])


def accuracy(run):
    test, original = run["test"], run["original_test"]
    text = (f"Measured once, on {test['count']} test frames, each classified alone: **{100 * test['accuracy']:.2f} %** in 8 bits, "
            f"{100 * original['accuracy']:.2f} % in float32 on the same frames. The validation frames, which selected the epoch, "
            f"gave {100 * run['validation_accuracy']:.2f} %.")
    by_snr = sorted(((int(snr), value) for snr, value in test["by_snr"].items()))
    snr = "\n\n".join(table(["SNR [dB]"] + [s for s, _ in part], [["accuracy [%]"] + [percent(v) for _, v in part]])
                      for part in (by_snr[:13], by_snr[13:]) if part)
    recall = table(["class", "recall [%]", "most often mistaken for"],
                   [[name, percent(test["by_class"][name]), confusions(test, index)]
                    for index, name in enumerate(test["class_names"])])
    return f"## Accuracy on synthesis\n\n{text}\n\n{snr}\n\n{recall}"


def confusions(test, truth):
    row = test["confusion"][truth]
    others = sorted(((count, name) for index, (count, name) in enumerate(zip(row, test["class_names"]))
                     if index != truth and count), reverse=True)
    return ", ".join(f"{name} {percent(count / sum(row))} %" for count, name in others[:3])


def calibration(run):
    return ("## Calibration\n\n"
            f"The expected calibration error on the test frames (15 bins) is **{100 * run['test']['calibration_error']:.2f} %** "
            f"at temperature {run['temperature']:.3f}. A signal is `unknown` if its score exceeds {run['unknown_score']:.3f} or if "
            f"no class reaches {100 * run['min_confidence']:.1f} %. These tests reject 0.9 % and 0.1 % of the validation frames of "
            f"named signals, and together {100 * run['test']['false_rejection']:.2f} % of such test frames.")


def trust(result):
    noise = [[kind, row["events"], row["events"] - row["noise"], labels_given(row["labels"])]
             for kind, row in result["noise"].items()]
    events = sum(row["events"] for row in result["noise"].values())
    wrong = sum(row["events"] - row["noise"] for row in result["noise"].values())
    return ("## Noise and unknown signals\n\n"
            "[ood_eval.py](../tools/models/ood_eval.py) measured this through `prunedamr-rx`, with one decision per 8192 samples, "
            "of which it also measures what it can; *network alone* is without that. "
            f"For receiver noise, {wrong} of {events} decisions are not `noise`.\n\n"
            + table(["noise", "decisions", "not noise", "labels given"], noise)
            + f"\n\nFor signals that no class covers, at 10 to 30 dB, **{unknown(result['unnamed'])} %** of the decisions are `unknown`. "
            "The recipe's class `unknown` contains signals of related kinds, made by other code, and was tuned using this "
            "table.\n\n"
            + unnamed(result["unnamed"])
            + f"\n\nFor ten more kinds, which were never used for tuning, it is **{unknown(result['held_out'])} %**.\n\n"
            + unnamed(result["held_out"]))


def unknown(kinds):
    return percent(sum(row["unknown"] / row["events"] for row in kinds.values()) / len(kinds))


def unnamed(kinds):
    return table(["signal", "unknown [%]", "network alone [%]", "labels given"],
                 [[kind, percent(row["unknown"] / row["events"]), percent(row["alone"]["unknown"] / row["alone"]["events"]),
                   labels_given(row["labels"])] for kind, row in kinds.items()])


def recordings(report):
    rows, sums = report["rows"], report["summary"]
    lines = [[r["file"], r["truth"] or "not annotated", labels_given(r["labels"]), r["events"]["count"],
              right(r, "events", "label_right"), right(r, "events", "family_right"), right(r, "frames", "label_right"),
              right(r, "frames", "family_right")] for r in rows]
    half = sums["unknown"] / 2
    return ("## Off the air\n\n"
            "These recordings of real transmitters were never trained on. They pass through the live path, with one decision per 8192 "
            f"samples or burst. The majority of decisions gives the right class in {sums['class_right']} of {sums['recordings']} "
            f"annotated recordings and the right family in {sums['family_right']}; with `unknown` counted as half right, in "
            f"{sums['class_right'] + half:g} and {sums['family_right'] + half:g}. For single frames, the mean over the recordings "
            f"is {percent(sums['frames_label_right'])} % for the class and {percent(sums['frames_family_right'])} % for the family "
            f"(with `unknown` counted as half right, {percent(sums['frames_label_right'] + sums['frames_unknown'] / 2)} % and "
            f"{percent(sums['frames_family_right'] + sums['frames_unknown'] / 2)} %). A family label counts as a wrong class.\n\n"
            + table(["recording", "truth", "labels given", "decisions", "class [%]", "family [%]", "frames: class [%]",
                     "frames: family [%]"], lines))


def labels_given(counts):
    most = sorted(counts.items(), key=lambda item: -item[1])
    return ", ".join(f"{label} {count}" for label, count in most[:4]) + (", ..." if len(most) > 4 else "")


def receiver(result):
    """A table for each class and one for each SNR: a frame alone, and what the receiver says."""
    def line(name, rows):
        answers = [sum(row[level][key] for row in rows) / max(1, sum(row[level]["count"] for row in rows))
                   for level, key in (("frames", "label_right"), ("events", "label_right"), ("events", "family_right"),
                                      ("events", "unknown"))]
        return [name, *map(percent, answers)]

    rows = result["rows"]
    header = ["a frame alone [%]", "receiver: class [%]", "receiver: family [%]", "receiver: unknown [%]"]
    by_class = [line(name, [r for r in rows if r["truth"] == name]) for name in dict.fromkeys(r["truth"] for r in rows)]
    by_snr = [line(snr, [r for r in rows if r["snr_db"] == snr]) for snr in sorted({r["snr_db"] for r in rows})]
    return ("## In the receiver\n\n"
            "A receiver decides on many frames, and on what it measures of the signal: symbol rate, alphabet, deviation and others. "
            f"[receiver_eval.py](../tools/models/receiver_eval.py) synthesized {len(rows)} transmissions of {result['duration_s']:g} s "
            f"(seeds from {result['first_seed']} on), {len({r['snr_db'] for r in rows})} levels of each class alike; the first column "
            "is the network's answer to each frame of the same transmissions. Orders that no class of the network names, such as "
            "32QAM, are not among them.\n\n"
            + table(["SNR [dB]", *header], by_snr + [line("all", rows)]) + "\n\n" + table(["class", *header], by_class))


def right(row, level, key):
    return percent(row[level][key] / max(1, row[level]["count"])) if row["truth"] else "-"


def speed(rows):
    engine = {r["batch"]: r["median_us"] for r in rows if r["backend"] == "engine"}
    lines = [[r["backend"], r["precision"], r["batch"], f"{r['median_us']:.0f}", f"{r['p99_us']:.0f}",
              f"{r['median_us'] / engine[r['batch']]:.1f}"] for r in rows]
    return (f"## Speed\n\nOne core of {processor()}, microseconds per call. `torch` is frozen TorchScript, measured in "
            "the same minutes.\n\n" + table(["backend", "precision", "frames per call", "median", "p99", "relative to engine"], lines))


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "an unnamed processor"


def main(card, work):
    card, work = Path(card), Path(work)
    text = card.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(END) < text.index(BEGIN):
        raise ValueError(f"{card}: expected one {BEGIN} and one {END} behind it")
    head, rest = text.split(BEGIN)
    measured, tail = rest.split(END)
    old = {part.split("\n", 1)[0]: part for part in re.split(r"\n(?=## )", measured.strip() + "\n") if part.strip()}
    parts = []
    for title, suffix, write in SECTIONS:
        file = work / f"{card.stem}{suffix}.json"
        if file.exists():
            parts.append(write(one_line.read_json(file)))
        elif f"## {title}" in old:
            parts.append(old[f"## {title}"].strip())
    card.write_text(head + BEGIN + "\n" + "\n\n".join(parts) + "\n" + END + tail)


SECTIONS = (("Classes", ".show", classes), ("Cost", "", cost), ("Accuracy on synthesis", "", accuracy),
            ("Calibration", "", calibration), ("In the receiver", ".receiver", receiver),
            ("Off the air", ".recordings", lambda content: recordings(content["recordings"])),
            ("Noise and unknown signals", ".ood", trust), ("Speed", ".bench", speed))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    one_line.run(main, *sys.argv[1:])
