#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""How well the detector finds emissions: measures it on scenes and captures, and writes the page about it.

    tools/results/detection.py measure --host "AMD EPYC, 2 cores" [--captures FOLDER] [--prunedamr PROGRAM]
    tools/results/detection.py page

The first writes docs/results/detection.json, the second docs/detection.md from it, and nothing else does."""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import one_line

ROOT = Path(__file__).resolve().parents[2]
NUMBERS = ROOT / "docs/results/detection.json"
PAGE = ROOT / "docs/detection.md"

# Scenes of seeds that nothing was chosen by: how many, the first seed, rate, seconds of each.
SCENES = (("12", "29701", "2M", "2.2"), ("20", "29731", "250k", "2.2"), ("20", "29761", "10M", "0.1"), ("10", "29791", "48k", "5"))
NOISE = ("60", "29601", "2M", "2")
GOALS = {"lasting": 0.97, "long_bursts": 0.95, "short_bursts": 0.90}

HEAD = """# What the detector finds

<!-- Written by tools/results/detection.py from docs/results/detection.json; do not edit. -->

Scenes are bands as a receiver meets them (`prunedamr synth scene --band`): lasting emissions, bursts, hoppers, packets with
replies, users in slots, grids of channels, keyed codes from afar and from nearby, a third of them with emissions 35 to 50 dB over
the noise; and a receiver with phase noise, an image, intermodulation, a DC spike, a floor that is not flat, steps of its gain and few
bits. Their seeds are not among those that the judge learnt from or that anything was chosen by.

*Found*: the bands of emission and report have at least 0.4 of their union in common (a bare carrier: its frequency lies in the
report) and they are on at the same time. *Boxed*: also the times have half of their union in common. *Split*: two reports or more
for one emission, *merged*: one report for two emissions or more. *False*: less than 0.3 of a report lies in emissions.

Measured on {host}.
"""


def evaluate(program, arguments):
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.json"
        subprocess.run([program, "eval", *arguments, "--json", str(out)], check=True, stdout=subprocess.DEVNULL)
        return json.loads(out.read_text())


def measure(options):
    rows = []
    for count, seed, rate, duration in SCENES:
        arguments = ["--scenes", count, "--scene-seed", seed, "--scene-rate", rate, "--scene-duration", duration]
        rows.append({"command": " ".join(arguments), "rate": rate, "scores": evaluate(options.prunedamr, arguments)})
    count, seed, rate, duration = NOISE
    arguments = ["--scenes", count, "--scene-seed", seed, "--scene-rate", rate, "--scene-duration", duration, "--scene-noise"]
    result = {"host": options.host, "scenes": rows,
              "noise": {"command": " ".join(arguments), "scores": evaluate(options.prunedamr, arguments)}, "captures": []}
    if options.captures:
        for path in sorted(Path(options.captures).glob("*.sigmf-meta")):
            result["captures"].append({"name": path.stem, "scores": evaluate(options.prunedamr, ["--captures", str(path)])})
    NUMBERS.write_text(json.dumps(result, indent=1) + "\n")


def share(scores, kind, what):
    of = scores[kind]["of"]
    return f"{scores[kind][what] / of:.3f} of {of}" if of else "-"


def found(scores, what):
    return sum(scores[kind][what] for kind in GOALS)


def page(options):
    result = one_line.read_json(NUMBERS)
    lines = [HEAD.format(host=result["host"])]
    rates = [row["rate"] for row in result["scenes"]]
    lines.append("| scenes at | " + " | ".join(f"{rate[:-1]} {rate[-1]}S/s" for rate in rates) + " | goal |")
    lines.append("|---" * (len(rates) + 2) + "|")
    for kind, name, what in (("lasting", "lasting emissions found", "found"),
                             ("long_bursts", "bursts of 4 ms and more boxed", "boxed"),
                             ("short_bursts", "bursts of 0.5 to 4 ms boxed", "boxed")):
        lines.append(f"| {name} | " + " | ".join(share(row["scores"], kind, what) for row in result["scenes"])
                     + f" | {GOALS[kind]:.2f} |")

    def row(name, value, goal=""):
        lines.append(f"| {name} | " + " | ".join(value(row["scores"]) for row in result["scenes"]) + f" | {goal} |")

    row("split", lambda s: f"{s['split'] / s['emissions']:.3f}", "0.02")
    row("merged", lambda s: f"{s['merged'] / s['emissions']:.3f}", "0.02")
    row("false reports a minute", lambda s: f"{s['false_per_minute']:.0f}", "6")
    row("precision at IoU 0.5", lambda s: f"{s['precision']:.2f}")
    row("recall", lambda s: f"{s['recall']:.2f}")
    row("average precision", lambda s: f"{s['average_precision']:.2f}")
    row("proposed by any box", lambda s: f"{s['proposed'] / s['emissions']:.3f}")
    lines.append("\n```sh")
    lines.extend("prunedamr eval " + row["command"] for row in result["scenes"])
    noise = result["noise"]["scores"]
    lines.append("prunedamr eval " + result["noise"]["command"] + "\n```\n")
    lines.append(f"False reports in {60 * noise['minutes']:.0f} s of noise alone, with the receiver's own faults: "
                 f"{noise['reports']}.\n")
    if result["captures"]:
        lines.append("## Captures\n\nOff-air captures, annotated by people, from which nothing was learnt. *Outside*: reports that "
                     "lie in no annotation; not all that can be seen is annotated.\n")
        lines.append("| capture | annotated | found | boxed | reports | outside |\n|---|---|---|---|---|---|")
        sums = [0] * 5
        for capture in result["captures"]:
            s = capture["scores"]
            values = (s["emissions"], found(s, "found"), found(s, "boxed"), s["reports"],
                      round(s["false_per_minute"] * s["minutes"]))
            sums = [a + b for a, b in zip(sums, values)]
            lines.append(f"| {capture['name']} | " + " | ".join(map(str, values)) + " |")
        lines.append("| all | " + " | ".join(map(str, sums)) + " |")
    text = "\n".join(lines) + "\n"
    if options.check:
        return 0 if PAGE.read_text() == text else f"{PAGE} is not what {NUMBERS.name} gives"
    PAGE.write_text(text)
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    steps = parser.add_subparsers(required=True)
    step = steps.add_parser("measure", help="write docs/results/detection.json")
    step.add_argument("--host", required=True, help="processor, in words")
    step.add_argument("--captures", help="folder of annotated SigMF captures")
    step.add_argument("--prunedamr", default=str(ROOT / "build/bin/prunedamr"), help="program")
    step.set_defaults(run=measure)
    step = steps.add_parser("page", help="write docs/detection.md")
    step.add_argument("--check", action="store_true", help="only compare")
    step.set_defaults(run=page)
    options = parser.parse_args()
    return options.run(options)


if __name__ == "__main__":
    one_line.run(main)
