#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands for the command in tests of run.sh and queue: notes that it was called and writes JSON of the right form."""

import json
import sys
from pathlib import Path

subcommand, arguments = sys.argv[1], sys.argv[2:]


def option(name):
    return arguments[arguments.index(name) + 1] if name in arguments else None


out = Path(option("--out") or option("--json"))
with open(out.parent / "calls.txt", "a") as calls:
    calls.write(" ".join([subcommand, *arguments]) + "\n")
if option("--wait-for"): # to be stopped at: a pipe that nobody writes into
    print("waits", flush=True)
    open(option("--wait-for")).read()
if option("--out"):
    out.write_text("")
cost = {"params": 1000, "macs": 5000, "paper_flops": 6000, "bytes": 4000}
scores = {"accuracy": 0.5, "by_snr": {"-2": 0.25, "0": 0.5, "2": 0.75}, "count": 40}
reports = {
    "data": {"frames": 100, "split": {"train": 50, "validation": 10, "test": 40}, "provenance": {"recipe": "r"}},
    "train": {"cost": cost, "test": scores, "validation_accuracy": 0.5,
              "train": {"config": {"seed": 1}, "epochs": [{"seconds": 30.0}, {"seconds": 60.0}]}},
    "compress": {"method": option("--method"), "budget": option("--budget"), "seed": int(option("--seed") or 0),
                 "cost": {"before": cost, "after": {key: value // 2 for key, value in cost.items()}}, "test": scores, "validation_accuracy": 0.5,
                 "original_test": scores, "fine_tune": None, "minutes": 2.5, "command": "prunedamr compress ..."},
    "eval": {"scores": {**scores, "accuracy": 0.625}, "attacks": [{"kind": "fgsm", "norm": "l2", "level_db": -20.0, "accuracy": 0.125},
                         {"kind": "offset", "offset_cycles_per_sample": 0.1, "accuracy": 0.1}]},
    "bench": [{"backend": "engine", "batch": 1, "median_us": 7.5}],
}
if subcommand in reports and option("--json"):
    Path(option("--json")).write_text(json.dumps(reports[subcommand]))
