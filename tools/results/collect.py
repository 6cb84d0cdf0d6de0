#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes what the table of results needs of one run: the JSON of `train` or `compress`, of `eval` (accuracy under
attack), `bench` (latency) and `data info` become one small file. Without curves, plans and steps."""

import argparse
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import one_line

COSTS = ("params", "macs", "paper_flops", "bytes")


class Wrong(ValueError):
    """A file that is not what it should be; the message names file and key."""


def at(json_object, path, *keys):
    for i, key in enumerate(keys):
        try:
            json_object = json_object[key]
        except (KeyError, TypeError, IndexError):
            raise Wrong(f"{path}: missing key '{'.'.join(map(str, keys[:i + 1]))}'") from None
    return json_object


def accuracy(scores, path, *keys):
    return {key: at(scores, path, *keys, key) for key in ("accuracy", "by_snr", "count")}


def costs(run, path, *keys):
    return {key: at(run, path, "cost", *keys, key) for key in COSTS}


def latency(rows, path):
    for row in rows if isinstance(rows, list) else []:
        if at(row, path, "backend") == "engine" and at(row, path, "batch") == 1:
            return at(row, path, "median_us")
    raise Wrong(f"{path}: no row of the engine with batch 1")


def collect(options):
    path = options.run
    run = one_line.read_json(path)
    pruned = "method" in run
    result = {"name": options.name, "options": options.options, "host": options.host, "commit": options.commit}
    result["test"] = accuracy(one_line.read_json(options.test), options.test, "scores") if options.test else \
        accuracy(run, path, "test")
    if pruned:
        result["base"] = options.base or Path(at(run, path, "base")).stem
        result["method"] = run["method"]
        if "front" in run and "drop" not in run.get("wanted", ""):
            result["method"] = "auto: " + run["method"]
        result["budget"] = run.get("wanted", at(run, path, "budget"))
        result["seed"] = at(run, path, "seed")
        result["cost"] = costs(run, path, "after")
        result["base_cost"] = costs(run, path, "before")
        result["base_test"] = accuracy(run, path, "original_test")
        if result["method"] == "consensus" and at(run, path, "steps", "stability"):
            result["stability"] = at(run, path, "steps", "stability")
    else:
        result.update(base=options.name, method="train", budget="", cost=costs(run, path))
        result["seed"] = at(run, path, "train", "config", "seed")
    result["command"] = run.get("command", "")
    result["validation"] = run["validation_accuracy"] if "validation_accuracy" in run else \
        at(run, path, "train", "best_validation_accuracy")
    # Where the run does not say how long it took: its epochs, which a resumed training remembers.
    epochs = (run.get("fine_tune") if pruned else at(run, path, "train")) or {"epochs": []}
    seconds = sum(at(epoch, path, "seconds") for epoch in epochs["epochs"])
    result["minutes"] = run.get("minutes", seconds / 60)
    if options.bench:
        result["latency_us"] = latency(one_line.read_json(options.bench), options.bench)
    if options.eval:
        result["attacks"] = [{key: at(attack, options.eval, key) for key in ("kind", "level_db", "accuracy")}
                             | {key: attack[key] for key in ("norm", "steps") if key in attack}
                             for attack in one_line.read_json(options.eval).get("attacks", []) if "level_db" in attack]
    for key, source in (("data", options.data), ("test_data", options.test_data)):
        if source:
            info = one_line.read_json(source)
            result[key] = {part: at(info, source, part) for part in ("frames", "split", "provenance")}
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="JSON of train or compress")
    parser.add_argument("--name", required=True, help="of the run")
    parser.add_argument("--base", default="", help="of a pruned network: name of its base")
    parser.add_argument("--options", default="", help="given to compress beside --method and --budget")
    parser.add_argument("--eval", help="JSON of eval with --attack")
    parser.add_argument("--bench", help="JSON of bench")
    parser.add_argument("--test", help="JSON of eval on frames of their own, instead of the data set's test part")
    parser.add_argument("--test-data", help="JSON of data info of those frames")
    parser.add_argument("--data", required=True, help="JSON of data info")
    parser.add_argument("--host", default="")
    parser.add_argument("--commit", default="")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    text = json.dumps(collect(options), indent=1, sort_keys=True) + "\n"
    temporary = options.out + ".part"
    Path(temporary).write_text(text)
    os.replace(temporary, options.out)


if __name__ == "__main__":
    one_line.run(main)
