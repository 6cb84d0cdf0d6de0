#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the detector's judge: gradient boosted regression trees (Friedman 2001) with a logistic loss, on the rows
that `prunedamr eval --scenes N --proposals FILE` writes. The same rows and the same seed give the same judge."""
import argparse
import json
import re
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
BINS = 64


def feature_names():
    text = (ROOT / "lib/prunedamr/detect/proposal.h").read_text()
    body = re.search(r"enum Feature \{(.*?)kFeatures", text, re.S).group(1)
    return re.findall(r"\bk([A-Z]\w*)", re.sub(r"//.*", "", body))


def grow(codes, gradient, hessian, limits, depth, damping, least):
    """One complete tree: features and limits of its nodes, values of its leaves, the leaf of every row."""
    rows, count = codes.shape
    node = np.zeros(rows, np.int64)
    features, cuts = [], []
    for level in range(depth):
        nodes = 1 << level
        best_gain = np.zeros(nodes)
        best_feature = np.zeros(nodes, np.int64)
        best_code = np.full(nodes, BINS - 1)
        for f in range(count):
            key = node * BINS + codes[:, f]
            g = np.bincount(key, gradient, nodes * BINS).reshape(nodes, BINS).cumsum(1)
            h = np.bincount(key, hessian, nodes * BINS).reshape(nodes, BINS).cumsum(1)
            total_g, total_h = g[:, -1:], h[:, -1:]
            gain = g**2 / (h + damping) + (total_g - g) ** 2 / (total_h - h + damping) - total_g**2 / (total_h + damping)
            gain[(h < least) | (total_h - h < least)] = 0
            code = gain.argmax(1)
            here = gain[np.arange(nodes), code]
            better = here > best_gain
            best_gain[better], best_feature[better], best_code[better] = here[better], f, code[better]
        features += best_feature.tolist()
        # A node without a gain sends everything to its left child.
        cuts += [float(limits[f][c]) if c < BINS - 1 else 3e38 for f, c in zip(best_feature, best_code)]
        node = 2 * node + (codes[np.arange(rows), best_feature[node]] > best_code[node])
    g = np.bincount(node, gradient, 1 << depth)
    h = np.bincount(node, hessian, 1 << depth)
    return features, cuts, -g / (h + damping), node


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", nargs="+", help="files of float32")
    parser.add_argument("--out", default=str(ROOT / "lib/prunedamr/detect/judge.json"))
    parser.add_argument("--trees", type=int, default=120)
    parser.add_argument("--depth", type=int, default=5)
    parser.add_argument("--rate", type=float, default=0.12)
    parser.add_argument("--hard", type=float, default=1.0, help="weight of rows that are wrong")
    parser.add_argument("--from", dest="source", default="", help="what the rows were made from, for the file")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    names = feature_names()
    data = np.concatenate([np.fromfile(f, np.float32).reshape(-1, len(names) + 1) for f in options.rows])
    rng = np.random.default_rng(options.seed)
    target, values = data[:, 0].astype(float), np.nan_to_num(data[:, 1:], posinf=1e6, neginf=-1e6)
    held_back = rng.random(len(target)) < 0.1
    limits = [np.quantile(values[:: max(1, len(values) // 50000), f], np.arange(1, BINS) / BINS).astype(np.float32) for f in range(len(names))]
    codes = np.stack([np.searchsorted(limits[f], values[:, f], side="left") for f in range(len(names))], 1)
    weight = np.where(target < 0.01, options.hard, 1.0)
    mean = np.average(target, weights=weight)
    base = float(np.log(mean / (1 - mean)))
    score = np.full(len(target), base)
    trees = []
    for i in range(options.trees):
        p = 1 / (1 + np.exp(-score))
        use = ~held_back & (rng.random(len(target)) < 0.6)
        # The tree is grown on a part of the rows, then all are moved by it.
        features, cuts, leaves, _ = grow(codes[use], (weight * (p - target))[use], (weight * p * (1 - p))[use], limits, options.depth, 2.0, 4.0)
        node = np.zeros(len(target), np.int64)
        for level in range(options.depth):
            first = (1 << level) - 1
            f, c = np.array(features)[first + node], np.array(cuts, np.float32)[first + node]
            node = 2 * node + (values[np.arange(len(target)), f] > c)
        score += options.rate * leaves[node]
        trees.append({"feature": features, "limit": [float(f"{c:.6g}") for c in cuts], "value": [float(f"{options.rate * v:.5g}") for v in leaves]})
        if i % 20 == 19:
            loss = lambda s: float(np.mean(np.logaddexp(0, score[s]) - target[s] * score[s]))
            right = held_back & (target > 0.5)
            wrong = held_back & (target < 0.01)
            print(f"{i + 1} trees: loss {loss(~held_back):.4f}, held back {loss(held_back):.4f}, "
                  f"right ones above 0 {np.mean(score[right] > 0):.3f}, wrong ones {np.mean(score[wrong] > 0):.4f}", flush=True)
    importance = np.zeros(len(names))
    for tree in trees:
        np.add.at(importance, tree["feature"], 1)
    print("used most:", ", ".join(names[f] for f in np.argsort(-importance)[:16]))
    lines = ",\n".join(json.dumps(tree, separators=(",", ":")) for tree in trees)
    head = json.dumps({"source": options.source, "rows": len(target), "seed": options.seed, "depth": options.depth, "base": round(base, 5), "features": names})
    Path(options.out).write_text(head[:-1] + ',\n"trees": [\n' + lines + "\n]}\n")


if __name__ == "__main__":
    main()
