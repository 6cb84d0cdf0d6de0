#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes docs/performance.md from docs/performance/run.json, which measure.py wrote. No number is written by hand:
`page.py` writes the page, `page.py --check` fails when the page is not what the file says."""

import argparse
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
COMPACT_MACS, COMPACT_SAMPLES = (1e6, 3e6), 128  # of a frame
DASH = "\N{EN DASH}"


def find(rows, backend, precision, batch):
    for row in rows:
        if (row["backend"], row["precision"], row["batch"]) == (backend, precision, batch):
            return row
    return None


def ratio(rows, precision, batch):
    """How many times faster than LibTorch, in the same run."""
    ours, torch = find(rows, "engine", precision, batch), find(rows, "torch", "float32", batch)
    return torch["median_us"] / ours["median_us"] if ours and torch else None


def times(value):
    return DASH if value is None else f"{value:.1f}"


def percent(value):
    return f"{100 * value:.1f} %"


def engine_table(models, key):
    lines = ["| network | MACs | batch | precision | median, µs | p99, µs | µs per frame | share of peak | × LibTorch | × oneDNN |",
             "|---|---:|---:|---|---:|---:|---:|---:|---:|---:|"]
    for model in models:
        rows = model.get(key, [])
        for batch in sorted({row["batch"] for row in rows}):
            torch, onednn = (find(rows, peer, "float32", batch) for peer in ("torch", "onednn"))
            for precision in ("float32", "int8"):
                row = find(rows, "engine", precision, batch)
                if row is None:
                    continue
                against = [times(peer["median_us"] / row["median_us"]) if peer else DASH for peer in (torch, onednn)]
                lines.append(f"| {model['name']} | {model['macs']:,} | {batch} | {precision} | {row['median_us']:.1f} | "
                             f"{row['p99_us']:.1f} | {row['median_us'] / batch:.2f} | {percent(row['share_of_peak'])} | "
                             f"{against[0]} | {against[1]} |")
    return lines


def receiver_table(receivers):
    lines = ["| network | file, MS/s | file, MS per CPU second | ZeroMQ, MS/s without loss | first label, ms | slowest start, ms | resident, MB |",
             "|---|---:|---:|---:|---:|---:|---:|"]
    for one in receivers:
        kept = [run["rate"] for run in one["zmq"] if run["dropped_frames"] == 0]
        lines.append(f"| {one['name']} | {one['file_ms_per_s']:.1f} | {one['file_ms_per_cpu_s']:.1f} | "
                     f"{max(kept) / 1e6 if kept else 0:g} | {one['first_label_ms']:.0f} | {one['first_label_worst_ms']:.0f} | "
                     f"{one['resident_mb']:.0f} |")
    return lines


def gain(accuracy, form):
    """In points over float32."""
    points = 100 * (accuracy[form] - accuracy["float32"])
    return ("\N{MINUS SIGN}" if points < 0 else "+") + f"{abs(points):.2f}"


def accuracy_table(models):
    lines = ["| network | float32 | calibrated, points | fine-tuned, points |", "|---|---:|---:|---:|"]
    for model in models:
        if "accuracy" in model:
            found = model["accuracy"]
            lines.append(f"| {model['name']} | {100 * found['float32']:.2f} % | "
                         f"{gain(found, 'calibrated')} | {gain(found, 'int8')} |")
    return lines


def verdict(value, bound, text, most=False, digits=1):
    """`bound` is the least that holds, or the most."""
    if value is None:
        return f"- **not measured**: {text}"
    holds = value <= bound if most else value >= bound
    return f"- **{'yes' if holds else 'no'}**: {text}: {value:.{digits}f}"


def claims(run):
    for model in run["engine"]:
        if not COMPACT_MACS[0] <= model["macs"] <= COMPACT_MACS[1] or model["samples"] != COMPACT_SAMPLES:
            continue
        name, rows, avx2 = model["name"], model["rows"], model.get("avx2_rows", [])
        yield verdict(ratio(rows, "float32", 1), 20, f"{name}, batch 1, float32 at least 20 times faster than LibTorch")
        yield verdict(ratio(rows, "int8", 1), 40, f"{name}, batch 1, int8 at least 40 times faster than LibTorch")
        yield verdict(ratio(rows, "int8", 8), 8, f"{name}, batch 8, int8 at least 8 times LibTorch's throughput")
        yield verdict(ratio(avx2, "float32", 1), 10, f"{name}, AVX2 alone, batch 1, float32 at least 10 times faster")
        yield verdict(ratio(avx2, "int8", 1), 15, f"{name}, AVX2 alone, batch 1, int8 at least 15 times faster")
    for model in run["engine"]:
        for form, most in (("calibrated", 0.3), ("int8", 0.1)) if "accuracy" in model else ():
            loss = 100 * (model["accuracy"]["float32"] - model["accuracy"][form])
            yield verdict(max(0.0, loss), most, f"{model['name']} in 8 bits, {'calibrated' if form != 'int8' else 'fine-tuned'}: "
                          f"at most {most} points lost", most=True, digits=2)
    for one in run["receiver"]:
        kept = [paced["rate"] / 1e6 for paced in one["zmq"] if paced["dropped_frames"] == 0]
        yield verdict(one["resident_mb"], 80, f"receiver with {one['name']}: resident below 80 MB", most=True)
        yield verdict(one["first_label_ms"], 200, f"receiver with {one['name']}: first label within 200 ms", most=True)
        yield verdict(one["file_ms_per_s"], 20, f"receiver with {one['name']}: 20 MS/s from a file")
        yield verdict(max(kept, default=0.0), 20, f"receiver with {one['name']}: 20 MS/s over ZeroMQ without loss")


def page(run):
    avx2 = [model for model in run["engine"] if model.get("avx2_rows")]
    lines = ["<!-- Made by docs/performance/page.py from docs/performance/run.json: do not edit. -->",
             "# Performance", "",
             f"One core of: {run['host']}" + (f" ({run['note']})." if run["note"] else "."),
             f"Version {run['version']}. Made by `docs/performance/measure.py {run['options']}`.", "",
             "A case's median and 99th percentile are over calls interleaved with those of its peers in one process; each call is",
             "preceded by one of the same case, so that every case finds its own caches warm. LibTorch runs TorchScript, frozen and",
             "optimised for inference, in float32, as oneDNN does. The share of peak is of what a loop of fused multiply-adds",
             "(float32) or of dot products (int8) reached in the same process.", "",
             "## What must hold", "", *claims(run), "", "## Engine", "", *engine_table(run["engine"], "rows"), ""]
    if avx2:
        lines += ["## Engine with AVX2 alone", "",
                  "`PRUNEDAMR_ISA=avx2 DNNL_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2`, for all three.", "",
                  *engine_table(avx2, "avx2_rows"), ""]
    if any("accuracy" in model for model in run["engine"]):
        lines += ["## Accuracy in 8 bits", "", "On the test part: float32, and what 8 bits add to it.", "",
                  *accuracy_table(run["engine"]), ""]
    if run["receiver"]:
        lines += ["## Receiver", "",
                  "`prunedamr-rx` on one core, gapless: bytes from a file, complex floats over ZeroMQ from a publisher in real time on",
                  "the neighbouring thread. The first label is counted from the start of the process, samples being there.", "",
                  *receiver_table(run["receiver"]), ""]
    lines.append("Energy: " + ("the host has RAPL; not read here." if run["rapl"] else "this host has no RAPL."))
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, default=HERE / "run.json")
    parser.add_argument("--out", type=Path, default=HERE.parent / "performance.md")
    parser.add_argument("--check", action="store_true", help="only say whether the page is what the file says")
    options = parser.parse_args()
    try:
        text = page(json.loads(options.run.read_text()))
    except (OSError, ValueError) as error:
        sys.exit(f"page.py: {options.run}: {error}")
    except KeyError as key:
        sys.exit(f"page.py: {options.run}: missing key {key}")
    if not options.check:
        options.out.write_text(text)
    elif not options.out.exists() or options.out.read_text() != text:
        sys.exit(f"page.py: {options.out} is not what {options.run} says: run docs/performance/page.py")


if __name__ == "__main__":
    main()
