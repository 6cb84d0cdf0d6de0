#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the engine beside ONNX Runtime on one core and writes what docs/performance.md shows of it.

PACKAGE is the folder of the npm package onnxruntime-node. Short runs of both take turns; each number is the least of
the runs' medians, which other work on the host disturbs least. Of ONNX Runtime's the time of a model that does nothing
(the way through JavaScript) is measured too, and given; the ratios leave it out."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

BATCHES = (1, 8)
SETS = {"avx2": {"PRUNEDAMR_ISA": "avx2"}, "best": {}}


def field(number, data):
    """A field of a protocol buffer: bytes, text or a small number."""
    if isinstance(data, int):
        return bytes([number << 3, data])
    data = data.encode() if isinstance(data, str) else data
    return bytes([number << 3 | 2, len(data)]) + data


def empty_model():
    """ONNX: gives back its input, [1, 2, 1]."""
    shape = b"".join(field(1, field(1, size)) for size in (1, 2, 1))
    value = lambda name: field(1, name) + field(2, field(1, field(1, 1) + field(2, shape)))
    node = field(1, "x") + field(2, "y") + field(4, "Identity")
    graph = field(1, node) + field(2, "empty") + field(11, value("x")) + field(12, value("y"))
    return field(1, 7) + field(7, graph) + field(8, field(1, "") + field(2, 13))


def run(command, env=None):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True,
                          env={**os.environ, "OMP_NUM_THREADS": "1", **(env or {})})
    if done.returncode:
        sys.exit(f"onnxruntime.py: {command[0]}: {done.stderr.strip()}")
    return done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog=" ".join(__doc__.splitlines()[2:]))
    parser.add_argument("prunedamr", help="the program")
    parser.add_argument("package", help="folder of onnxruntime-node")
    parser.add_argument("models", nargs="+", metavar="NAME=FILE")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--calls", type=int, default=60, help="in a round, of each case")
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--note", default="", help="what else the host was doing")
    parser.add_argument("--update", required=True, metavar="RUN", help="of docs/performance/runs, which it is added to")
    options = parser.parse_args()
    program, package = Path(options.prunedamr).resolve(), Path(options.package).resolve()
    os.sched_setaffinity(0, {options.core})
    least, facts = {}, {}

    def keep(key, us):
        least[key] = min(us, least.get(key, us))

    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        cases = [("empty", 1, folder / "empty.onnx", 1)]
        cases[0][2].write_bytes(empty_model())
        models = {}
        for text in options.models:
            name, _, path = text.partition("=")
            models[name] = Path(path).resolve()
            run([program, "model", "show", path, "--json", folder / "show.json"])
            facts[name] = json.loads((folder / "show.json").read_text())
            run([program, "model", "export-onnx", path, "--out", folder / f"{name}.onnx"])
            cases += [(name, batch, folder / f"{name}.onnx", facts[name]["front_end"]["frame_length"])
                      for batch in BATCHES]
        for _ in range(options.rounds):
            times = json.loads(run(["node", Path(__file__).with_suffix(".js"), package, options.calls,
                                    *(f"{path}:{batch}:{length}" for _, batch, path, length in cases)]))
            for (name, batch, _, _), us in zip(cases, times):
                keep((name, batch, "onnxruntime"), statistics.median(us))
            for name, path in models.items():
                for limit, env in SETS.items():
                    run([program, "bench", path, "--batch", ",".join(map(str, BATCHES)), "--against", "float32",
                         "--repetitions", options.calls, "--json", folder / "bench.json"], env)
                    for row in json.loads((folder / "bench.json").read_text()):
                        keep((name, row["batch"], limit, row["precision"]), row["median_us"])
    dispatch = least["empty", 1, "onnxruntime"]
    rows = [{"name": name, "macs": facts[name]["macs"], "batch": batch,
             "onnxruntime_us": least[name, batch, "onnxruntime"],
             **{f"{limit}_{precision}_us": least.get((name, batch, limit, precision))
                for limit in SETS for precision in ("float32", "int8")}}
            for name in models for batch in BATCHES]
    version = json.loads((package / "package.json").read_text())["version"]
    result = json.loads(Path(options.update).read_text())
    result["onnxruntime"] = {"version": version, "dispatch_us": dispatch, "rounds": options.rounds,
                             "calls": options.calls, "note": options.note, "rows": rows}
    partial = Path(options.update + ".part")
    partial.write_text(json.dumps(result, indent=1) + "\n")
    partial.replace(options.update)


if __name__ == "__main__":
    main()
