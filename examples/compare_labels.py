#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints a receiver's labels beside the annotations of the SigMF capture that it listened to.

usage: compare_labels.py CAPTURE.sigmf-meta LABELS.jsonl
"""
import collections
import json
import sys


def main(meta_path, labels_path):
    with open(meta_path, encoding="utf-8") as file:
        annotations = json.load(file)["annotations"]
    with open(labels_path, encoding="utf-8") as file:
        events = [json.loads(line) for line in file]

    print(f"{'truth':10} {'labels given':40} right")
    right = total = 0
    for annotation in annotations:
        start = annotation["core:sample_start"]
        end = start + annotation["core:sample_count"]
        truth = annotation["core:label"]
        # Only decisions that lie wholly inside one signal can be right or wrong.
        inside = [e for e in events if start <= e["sample_start"] and e["sample_start"] + e["sample_count"] <= end]
        given = collections.Counter(e["label"] for e in inside)
        text = ", ".join(f"{label} x{count}" for label, count in given.most_common())
        right += given[truth]
        total += len(inside)
        print(f"{truth:10} {text:40} {given[truth]}/{len(inside)}")
    print(f"{right} of {total} decisions name the class, {len(events)} events")
    return 0 if total else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        sys.exit(main(*sys.argv[1:]))
    except KeyError as error:
        sys.exit(f"compare_labels.py: missing key {error}")
    except (OSError, ValueError) as error:
        sys.exit(f"compare_labels.py: {error}")
