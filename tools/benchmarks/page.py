#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes docs/performance.md from docs/performance/runs/*.json, one file per host, which measure.py wrote, and
docs/performance/boards/*.json of board.py. No number is written by hand: `page.py` writes the page, and `page.py --check` fails
if the page does not match the files."""

import argparse
import json
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
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
    lines = ["| network | MACs | batch | precision | median, µs | p99, µs | µs per frame | fraction of peak | × LibTorch | × oneDNN |",
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
    lines = ["| network | file, MS/s | file, MS per CPU second | ZeroMQ, MS/s without loss | first label, ms | slowest first label, ms | resident, MB |",
             "|---|---:|---:|---:|---:|---:|---:|"]
    for one in receivers:
        kept = [run["rate"] for run in one["zmq"] if run["dropped_frames"] == 0]
        lines.append(f"| {one['name']} | {one['file_ms_per_s']:.1f} | {one['file_ms_per_cpu_s']:.1f} | "
                     f"{max(kept) / 1e6 if kept else 0:g} | {one['first_label_ms']:.0f} | {one['first_label_worst_ms']:.0f} | "
                     f"{one['resident_mb']:.0f} |")
    return lines


def gain(change):
    """In points, with its standard error."""
    points = 100 * change["accuracy"]
    return ("\N{MINUS SIGN}" if points < 0 else "+") + f"{abs(points):.2f} ± {100 * change['standard_error']:.2f}"


def accuracy_table(models):
    lines = ["| network | frames | float32 | calibrated, points | fine-tuned, points |", "|---|---:|---:|---:|---:|"]
    for model in models:
        if "accuracy" in model:
            found = model["accuracy"]
            lines.append(f"| {model['name']} | {found['frames']:,} | {100 * found['float32']:.2f} % | "
                         f"{gain(found['calibrated'])} | {gain(found['int8'])} |")
    return lines


def verdict(value, bound, text, is_max=False, digits=1):
    """`bound` is a minimum, or a maximum if `is_max`."""
    if value is None:
        return f"- **not measured**: {text}"
    holds = value <= bound if is_max else value >= bound
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
        for form, max_loss in (("calibrated", 0.3), ("int8", 0.1)) if "accuracy" in model else ():
            loss = -100 * model["accuracy"][form]["accuracy"]
            yield verdict(max(0.0, loss), max_loss, f"{model['name']} in 8 bits, {'calibrated' if form != 'int8' else 'fine-tuned'}: "
                          f"at most {max_loss} points lost", is_max=True, digits=2)
    for one in run["receiver"]:
        kept = [paced["rate"] / 1e6 for paced in one["zmq"] if paced["dropped_frames"] == 0]
        yield verdict(one["resident_mb"], 80, f"receiver with {one['name']}: resident below 80 MB", is_max=True)
        yield verdict(one["first_label_ms"], 200, f"receiver with {one['name']}: first label within 200 ms", is_max=True)
        yield verdict(one["file_ms_per_s"], 20, f"receiver with {one['name']}: 20 MS/s from a file")
        yield verdict(max(kept, default=0.0), 20, f"receiver with {one['name']}: 20 MS/s over ZeroMQ without loss")


def onnxruntime_section(found):
    """Times are less those of a model that does nothing; ONNX Runtime computes in float32 with all that the host has."""
    lines = ["### ONNX Runtime", "",
             f"ONNX Runtime {found['version']} by `onnxruntime-node`, one thread, in turns of {found['calls']} calls with the engine; of {found['rounds']} turns",
             f"each, the least median. The {found['dispatch_us']:.1f} µs that a model takes which does nothing are taken off its times. It computes in",
             "float32 and cannot be limited to AVX2: where the engine is (`PRUNEDAMR_ISA=avx2`), ONNX Runtime still uses AVX-512."
             + (f" The host was {found['note']}." if found["note"] else ""), "",
             "| network | batch | ONNX Runtime, µs | engine, float32 | int8 | AVX2, float32 | AVX2, int8 |", "|---|---:|---:|---:|---:|---:|---:|"]
    for row in found["rows"]:
        peer = row["onnxruntime_us"] - found["dispatch_us"]
        cells = [f"{us:.1f} µs, {peer / us:.1f} ×" if us else DASH
                 for us in (row[f"{limit}_{precision}_us"] for limit in ("best", "avx2") for precision in ("float32", "int8"))]
        lines.append(f"| {row['name']} | {row['batch']} | {peer:.1f} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def section(run):
    avx2 = [model for model in run["engine"] if model.get("avx2_rows")]
    lines = [f"## {run['host']}", "", "Measured on one core" + (f" ({run['note']})." if run["note"] else "."),
             f"Version {run['version']}. Made by `tools/benchmarks/measure.py {run['options']}`.", "",
             "### What must hold", "", *claims(run), "", "### Engine", "", *engine_table(run["engine"], "rows"), ""]
    if avx2:
        lines += ["### Engine with AVX2 alone", "",
                  "All three libraries are limited to AVX2: `PRUNEDAMR_ISA=avx2 DNNL_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2`.", "",
                  *engine_table(avx2, "avx2_rows"), ""]
    if "onnxruntime" in run:
        lines += onnxruntime_section(run["onnxruntime"])
    if any("accuracy" in model for model in run["engine"]):
        lines += ["### Accuracy in 8 bits", "", "The test frames were made for this measurement only, by the recipe of the training "
                  "data with another seed. The table", "gives the accuracy in float32, and how 8 bits change it on the same "
                  "frames, with the standard error of that change.", "",
                  *accuracy_table(run["engine"]), ""]
    if run["receiver"]:
        lines += ["### Receiver", "",
                  "`prunedamr-rx` ran on one core, without gaps in its input: bytes from a file, and complex floats over ZeroMQ from a",
                  "publisher that sends in real time on the neighboring thread. The time to the first label is counted from the",
                  "start of the process, with samples available.", "",
                  *receiver_table(run["receiver"]), ""]
    return [*lines, "Energy: " + ("the host has RAPL, but it was not read." if run["rapl"] else "this host has no RAPL."), ""]


def board_rows(board):
    """One row per model."""
    host = board["host"]
    for model, scan in board["scan"].items():
        receiver = board["receiver"][model]
        engine = find([row for row in board["engine"] if row["model"] == model], "engine", "int8", 1)
        yield (f"| {host['board'] or DASH} | {host['processor'] or host['machine']} | {model} | {engine['median_us']:.0f} | {receiver['ms_per_s']:.1f} | "
               f"{scan['ms_per_s']:.1f} | {percent(scan['cpu_fraction_live'])} | {scan['resident_mb']:.0f} |")


def board_section(boards):
    if not boards:
        return ["**Boards.** None has been measured yet. `tools/benchmarks/board.py BOARD.json` measures one in ten minutes: a Raspberry Pi 4 or 5, an N100,",
                "a Jetson, or another; see [the page for a Raspberry Pi](user/raspberry-pi.md#measure-your-board).", ""]
    return ["**Boards**, by `tools/benchmarks/board.py`, the receiver as it is installed:", "", "| board | processor | model | µs per frame | one signal, MS/s | band, MS/s | of a core at 2.4 MS/s | resident, MB |",
            "|---|---|---|---:|---:|---:|---:|---:|", *(row for board in boards for row in board_rows(board)), ""]


def page(runs, boards):
    lines = ["<!-- Made by tools/benchmarks/page.py from docs/performance/runs; do not edit. -->",
             "# Performance", "",
             "The median and 99th percentile of each case are taken over calls that are interleaved with those of the other cases in",
             "one process. Each call is preceded by an untimed call of the same case, so that every case finds its own caches warm.",
             "LibTorch runs frozen TorchScript, optimized for inference, in float32; oneDNN runs in float32 too. The fraction of peak",
             "is relative to what a loop of fused multiply-adds (float32) or of dot products (int8) reached in the same process. Hosts",
             "are measured when they are available, so versions and networks differ between them.", "",
             *board_section(boards)]
    for run in runs:
        lines += section(run)
    return "\n".join(lines[:-1]) + "\n"


def read(folder, complete):
    """The files of a folder, of which `complete` takes every key that the page needs."""
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append(json.loads(path.read_text()))
            complete(found[-1])
        except (OSError, ValueError) as error:
            sys.exit(f"page.py: {path}: {error}")
        except KeyError as key:
            sys.exit(f"page.py: {path}: missing key {key}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, default=DOCS / "performance" / "runs", help="folder of the files that measure.py wrote")
    parser.add_argument("--boards", type=Path, default=DOCS / "performance" / "boards", help="folder of the files that board.py wrote")
    parser.add_argument("--out", type=Path, default=DOCS / "performance.md")
    parser.add_argument("--check", action="store_true", help="only check whether the page matches the files")
    options = parser.parse_args()
    runs = read(options.runs, section)
    boards = read(options.boards, lambda board: list(board_rows(board)))
    if not runs:
        sys.exit(f"page.py: {options.runs}: no runs: expected *.json of measure.py")
    text = page(runs, boards)
    if not options.check:
        options.out.write_text(text)
    elif not options.out.exists() or options.out.read_text() != text:
        sys.exit(f"page.py: {options.out} is not what {options.runs} says: run tools/benchmarks/page.py")


if __name__ == "__main__":
    main()
