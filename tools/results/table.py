#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes docs/results.md from the run files in docs/results/runs (see collect.py). No number in it is written by
hand: `table.py` writes the page, and `table.py --check` fails if the page does not match the files."""

import argparse
import json
import os
import statistics
import sys
from collections import namedtuple
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
HIGH_SNR_DB = 0
COSTS = ("params", "macs", "paper_flops", "bytes")
Attack = namedtuple("Attack", "kind norm level_db steps")
# Options that say how a network recovers, not how it is pruned; whether a value follows.
RECOVERY = {"--distill": False, "--teacher-once": False, "--schedule": True, "--lr": True, "--weight-decay": True,
            "--epochs": True, "--augment": True, "--ema": True}


class Wrong(Exception):
    """A run file that is not what it should be; the message names file and key."""


def read_runs(folder):
    runs = []
    for path in sorted(Path(folder).glob("*.json")):
        try:
            run = json.loads(path.read_text())
            for key in ("name", "base", "method", "budget", "options", "seed", "data", "validation"):
                run[key]
            [run["cost"][key] for key in COSTS]
            run["high"] = high_snr_accuracy(run["test"])
            run["test"]["accuracy"]
        except KeyError as key:
            raise Wrong(f"{path}: missing key {key}") from None
        except (TypeError, ValueError) as error:
            raise Wrong(f"{path}: {error}") from None
        run["file"] = path.name
        runs.append(run)
    return runs


def high_snr_accuracy(scores):
    values = [accuracy for label, accuracy in scores["by_snr"].items() if int(label) >= HIGH_SNR_DB]
    return statistics.fmean(values) if values else None


class Row:
    """Runs that differ in their seed only."""

    def __init__(self, runs):
        self.runs = sorted(runs, key=lambda run: run["seed"])
        seeds = [run["seed"] for run in runs]
        if len(set(seeds)) != len(seeds):
            raise Wrong(f"{runs[-1]['file']}: the same base, method, budget, options and seed as another file")
        first = runs[0]
        self.base, self.method, self.budget, self.options = (first[k] for k in ("base", "method", "budget", "options"))

    @property
    def is_base(self):
        return self.method == "train"

    @property
    def distilled(self):
        return "--distill" in self.options.split()

    def option(self, name):
        words = self.options.split()
        return words[words.index(name) + 1] if name in words else ""

    @property
    def epochs(self):
        return self.option("--epochs")

    def values(self, get):
        """Of the runs that have it."""
        found = []
        for run in self.runs:
            try:
                value = get(run)
            except KeyError:
                continue
            if value is not None:
                found.append(value)
        return found

    def mean(self, get):
        values = self.values(get)
        return statistics.fmean(values) if values else None

    def accuracy(self):
        return self.mean(lambda run: run["test"]["accuracy"])

    def validation(self):
        """What chooses among rows: the test part only reports."""
        return self.mean(lambda run: run["validation"])

    def cost(self, key):
        return self.mean(lambda run: run["cost"][key])

    def cut(self, key):
        """Fraction of the base's cost that is gone."""
        return self.mean(lambda run: 1.0 - run["cost"][key] / run["base_cost"][key])

    def points_lost(self):
        """Against the base on the same frames, in points; less than 0 is a gain."""
        return self.mean(lambda run: 100.0 * (run["base_test"]["accuracy"] - run["test"]["accuracy"]))

    def attacked(self, attack):
        return self.mean(lambda run: next((a["accuracy"] for a in run.get("attacks", []) if attack_of(a) == attack),
                                          None))

    def name(self):
        """The method and what it was told beside the recovery."""
        words, own = self.options.split(), []
        while words:
            word = words.pop(0)
            if word not in RECOVERY:
                own.append(word)
            elif RECOVERY[word]:
                words.pop(0)
        return " ".join([self.method, *own])

    def title(self):
        return self.base if self.is_base else f"{self.base} {self.name()} {self.budget}"

    def recovery(self):
        return ", ".join(filter(None, [self.epochs and f"{self.epochs} epochs", self.distilled and "distilled",
                                       self.option("--augment"), self.option("--ema") and "averaged"]))


def attack_of(json_object):
    return Attack(json_object["kind"], json_object.get("norm", ""), json_object["level_db"],
                  json_object.get("steps", 0))


def attack_name(attack):
    norm = "-linf" if attack.norm == "linf" else ""
    steps = f", {attack.steps} steps" if attack.steps else ""
    return f"{attack.kind.upper()}{norm} {number(attack.level_db)} dB{steps}"


def group_rows(runs):
    groups = {}
    for run in runs:
        groups.setdefault((run["base"], run["method"], run["budget"], run["options"]), []).append(run)
    rows = [Row(group) for group in groups.values()]
    # A base first, then its pruned networks by what they cost, the most accurate first among equals.
    return sorted(rows, key=lambda row: (row.base, not row.is_base, -row.cost("macs"), -row.accuracy(), row.name()))


def number(value):
    return f"{value:g}".replace("-", "\N{MINUS SIGN}")


def points(value):
    return ("\N{MINUS SIGN}" if value < 0 else "+") + f"{abs(value):.2f}"


def percent(values):
    """Mean and, of several, the sample standard deviation."""
    if not values:
        return "\N{EN DASH}"
    text = f"{100 * statistics.fmean(values):.2f}"
    if len(values) > 1:
        text += f" ± {100 * statistics.stdev(values):.2f}"
    return text


def whole(values):
    low, high = min(values), max(values)
    return f"{low:,}" if low == high else f"{low:,}\N{EN DASH}{high:,}"


def decimal(value, digits=1):
    return "\N{EN DASH}" if value is None else f"{value:.{digits}f}"


def cells(row, attacks):
    lost = row.points_lost()
    yield f"**{row.base}**" if row.is_base else row.name()
    yield row.budget
    yield row.recovery()
    yield str(len(row.runs))
    yield percent(row.values(lambda run: run["test"]["accuracy"]))
    yield "" if lost is None else points(-lost)
    yield percent(row.values(lambda run: run["high"]))
    for key in ("params", "macs", "paper_flops"):
        yield whole(row.values(lambda run: run["cost"][key]))
    yield decimal(row.mean(lambda run: run["latency_us"]))
    yield whole(row.values(lambda run: run["cost"]["bytes"]))
    yield decimal(row.mean(lambda run: run["minutes"]))
    for attack in attacks:
        value = row.attacked(attack)
        yield "\N{EN DASH}" if value is None else f"{100 * value:.2f}"


def table(rows, attacks):
    head = ["method", "budget", "recovery", "seeds", "accuracy, %", "vs. base, points", f"at ≥ {HIGH_SNR_DB} dB, %", "params",
            "MACs", "paper_flops", "latency, µs", "bytes", "minutes"] + [f"{attack_name(a)}, %" for a in attacks]
    lines = ["| " + " | ".join(head) + " |", "|---|---|---|" + "---:|" * (len(head) - 3)]
    return lines + ["| " + " | ".join(cells(row, attacks)) + " |" for row in rows]


# What must hold ------------------------------------------------------------------------------------------------

def verdict(holds, text):
    return f"- **{'yes' if holds else 'no'}**: {text}"


def missing(text):
    return f"- **not measured**: {text}"


def psr_on_resnet56(rows):
    claim = "PSR on ResNet56: at least 87.8 % of paper_flops and 89.0 % of the parameters gone, "
    for distilled, max_lost in ((False, 0.96), (True, 0.0)):
        text = claim + ("with distillation nothing lost" if distilled else f"at most {max_lost} points lost")
        found = [row for row in rows if row.base == "resnet56" and row.method == "psr" and row.distilled == distilled
                 and row.cut("paper_flops") >= 0.878 and row.cut("params") >= 0.89]
        if not found:
            yield missing(text + ": no such run that small")
            continue
        row = max(found, key=Row.validation)
        yield verdict(row.points_lost() <= max_lost,
                      f"{text}: {100 * row.cut('paper_flops'):.1f} % and {100 * row.cut('params'):.1f} % gone, "
                      f"{points(-row.points_lost())} points ({row.budget}, {len(row.runs)} seeds)")


def beats_baselines(rows):
    """At equal MACs: the same base, budget and recovery."""
    for row in rows:
        if row.method not in ("psr", "catro", "rl"):
            continue
        for other in rows:
            if other.method not in ("random", "l1") or any(
                    getattr(other, key) != getattr(row, key) for key in ("base", "budget", "distilled", "epochs")):
                continue
            gain = 100 * (row.accuracy() - other.accuracy())
            yield verdict(gain > 0, f"{row.name()} above {other.name()} on {row.base} at {row.budget}: "
                          f"{points(gain)} points, at {round(row.cost('macs')):,} against "
                          f"{round(other.cost('macs')):,} MACs")


def odf2nna_on_dense(rows):
    text = "ODF2NNA: more than 70 % of a dense network's parameters gone without loss"
    found = [row for row in rows if row.method == "odf2nna" and row.base.startswith("dense") and row.cut("params") > 0.7]
    if not found:
        yield missing(text + ": no such run")
        return
    row = max(found, key=Row.validation)
    yield verdict(row.points_lost() <= 0, f"{text}: {100 * row.cut('params'):.1f} % gone, "
                  f"{points(-row.points_lost())} points ({row.name()}, {row.budget or 'no budget'})")


def stability_of_consensus(rows):
    """Mean over the seeds of Spearman's correlation between rankings of the base's units on disjoint frames."""
    text = "consensus: its ranking of {} over disjoint sets of frames is steadier than that of the best single distance"
    found = [row for row in rows if row.values(lambda run: run["stability"])]
    if not found:
        yield missing(text.format("units"))
    for row in found:
        mean = row.mean(lambda run: run["stability"]["consensus"])
        names = row.values(lambda run: run["stability"])[0]["distances"]
        singles = {name: row.mean(lambda run, name=name: run["stability"]["distances"][name]) for name in names}
        singles = {name: value for name, value in singles.items() if value is not None}
        if mean is None or not singles:
            yield missing(text.format(row.base + "'s units"))
            continue
        best = max(singles, key=singles.get)
        yield verdict(mean > singles[best], f"{text.format(row.base + chr(39) + 's units')}: mean rank correlation "
                      f"{mean:.3f} against {singles[best]:.3f} of {best} ({len(row.runs)} seeds)")


def robustness_after_consensus(rows, attacks):
    for row in rows:
        if row.method != "consensus":
            continue
        base = next((r for r in rows if r.base == row.base and r.is_base), None)
        for attack in attacks:
            before, after = (r.attacked(attack) if r else None for r in (base, row))
            if before is not None and after is not None:
                yield verdict(after >= before, f"consensus on {row.base} at {row.budget}, no less robust under "
                              f"{attack_name(attack)}: {100 * before:.2f} % before, {100 * after:.2f} % after")


def small_networks(rows):
    text = "a network of at most 10,000 parameters and 0.2 M MACs at or above ULCNN"
    published = [row for row in rows if row.is_base and row.base.startswith("ulcnn")]
    small = [row for row in rows if row not in published and row.cost("params") <= 10000 and row.cost("macs") <= 200000]
    if published and small:
        ulcnn = max(published, key=Row.validation)
        best = max(small, key=Row.validation)
        yield verdict(best.accuracy() >= ulcnn.accuracy(),
                      f"{text}: {best.title()}, {100 * best.accuracy():.2f} % with "
                      f"{round(best.cost('params')):,} parameters and {round(best.cost('macs')):,} MACs against "
                      f"{100 * ulcnn.accuracy():.2f} % of {ulcnn.base}")
    else:
        yield missing(text + ": no such pair of runs")
    text = "a network of at most 100,000 parameters above every larger one"
    small = [row for row in rows if row.cost("params") <= 100000]
    large = [row for row in rows if row.cost("params") > 100000]
    if small and large:
        best, rival = max(small, key=Row.validation), max(large, key=Row.validation)
        yield verdict(best.accuracy() > rival.accuracy(),
                      f"{text}: {best.title()}, {100 * best.accuracy():.2f} % with "
                      f"{round(best.cost('params')):,} parameters against {100 * rival.accuracy():.2f} % of "
                      f"{rival.title()}")
    else:
        yield missing(text + ": no such pair of runs")


# The page ------------------------------------------------------------------------------------------------------

def distinct(runs, key):
    return sorted({run.get(key) or "not known" for run in runs})


def data_lines(runs):
    kinds = sorted({json.dumps(run["data"], sort_keys=True) for run in runs})
    if len(kinds) > 1:
        files = [next(r["file"] for r in runs if json.dumps(r["data"], sort_keys=True) == kind) for kind in kinds]
        raise Wrong(f"runs on different data or splits cannot be compared: {', '.join(files)}")
    data = json.loads(kinds[0])
    split = ", ".join(f"{part} {data['split'][part]:,}" for part in ("train", "validation", "test"))
    made = ", ".join(f"{key} {json.dumps(value)}" for key, value in sorted(data["provenance"].items()))
    return [f"- Data: {data['frames']:,} frames ({made}).",
            f"- Split: {split} frames. The validation part selects epochs and the rows that stand for a claim; "
            "the test part is read once."]


def make_page(runs):
    rows = group_rows(runs)
    attacks = sorted({attack_of(a) for run in runs for a in run.get("attacks", [])})
    lines = ["# Results", "",
             "`tools/results/table.py` made this page from the files in `docs/results/runs`, which `tools/results/run.sh` "
             "writes. No number is written by hand, and a test compares the page with the files.", ""]
    lines += data_lines(runs)
    lines += [f"- Host: {', '.join(distinct(runs, 'host'))}. Commit: {', '.join(distinct(runs, 'commit'))}.",
              "- Accuracy is the mean over the seeds of a row ± their sample standard deviation, on the whole test "
              f"part and on its SNR labels of {HIGH_SNR_DB} dB and more (mean over labels). \"vs. base\" compares it with "
              "the base on the same frames.",
              "- Latency is the time for one frame on the engine (batch 1, median of a run of `bench`), and minutes "
              "count the whole command; both are means over seeds. The columns of attacks give the accuracy on the "
              "test part, or on as many of its frames as the run attacked, perturbed at that level below the power of the "
              "frame.", ""]
    for base in sorted({row.base for row in rows}):
        lines += [f"## {base}", ""] + table([row for row in rows if row.base == base], attacks) + [""]
    lines += ["## What must hold", ""]
    lines += [*psr_on_resnet56(rows), *beats_baselines(rows), *odf2nna_on_dense(rows), *stability_of_consensus(rows),
              *robustness_after_consensus(rows, attacks), *small_networks(rows)]
    lines += ["", "## Commands", "", "These commands made the first seed of each row:", "", "```"]
    lines += [row.runs[0]["command"] for row in rows if row.runs[0].get("command")]
    return "\n".join(lines + ["```", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", default=DOCS / "results" / "runs", help="folder of run files")
    parser.add_argument("--out", default=DOCS / "results.md", help="the page")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args()
    try:
        runs = read_runs(options.runs)
        if not runs:
            raise Wrong(f"{options.runs}: no run files")
        page = make_page(runs)
    except Wrong as wrong:
        sys.exit(f"table.py: {wrong}")
    out = Path(options.out)
    if options.check:
        if not out.exists() or out.read_text() != page:
            sys.exit(f"table.py: {out} is not what {options.runs} says: run table.py")
        return
    temporary = Path(f"{out}.part")
    temporary.write_text(page)
    os.replace(temporary, out)


if __name__ == "__main__":
    main()
