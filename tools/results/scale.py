#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes docs/developer/scale.md from docs/results/hub.json, which tools/benchmarks/hub.py measures."""

import json
import math
import os

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
r = json.load(open("docs/results/hub.json"))
s, p = r["databases"]["sqlite"], r["databases"]["postgres"]
cs, cp = s["calm"], p["calm"]


def n(x):
    return f"{x:,.0f}"


def sig(x):
    """Two digits, as many as such numbers deserve."""
    if x <= 0:
        return "0"
    d = 10 ** (math.floor(math.log10(x)) - 1)
    return n(round(x / d) * d) if x >= 10 else f"{x:.2g}"

hub_s, hub_p = cs["hub_cpu_us_per_label"], cp["hub_cpu_us_per_label"]
bro, db = (cs["broker_cpu_us_per_label"] + cp["broker_cpu_us_per_label"]) / 2, cp["database_cpu_us_per_label"]
bs, bp = cs["bytes_per_label"], cp["bytes_per_label"]
rate = r["rate"]


def row(k):
    labels = k * rate
    return labels, labels * hub_p / 1e6, labels * bro / 1e6, labels * db / 1e6, labels * bp / 1e6, labels * bp * 86400 / 1e12


def q(part):
    return ", ".join(f"{name} {v['ms']:.0f}" for name, v in part["questions"].items())


def kills(part):
    return f"{part['killed']['given']:,} labels, {sum(part['killed']['kills'].values())} kills ({', '.join(f'{v} {k}' for k, v in part['killed']['kills'].items() if v)})"


late = [f"{name} with {place} ({v['ms']:.0f} ms)" for place, part in (("SQLite", s), ("PostgreSQL", p)) for name, v in part["questions"].items() if v["ms"] > 1000]
slow = f"Over a second took: {', '.join(late)}." if late else "No question of an hour took a second."
t = []
for k in (10, 100, 1000, 10_000, 100_000):
    l, h, b, d, mb, tb = row(k)
    t.append(f"| {n(k)} | {sig(l)} | {sig(h)} | {sig(b)} | {sig(d)} | {sig(mb)} | {sig(tb)} |")
text = f"""# How far it scales

What one hub carries was measured; what many would, is computed from that. `tools/benchmarks/hub.py` makes the numbers
([hub.json](../results/hub.json)): simulated receivers with the link of the real one, a real mosquitto, SQLite and PostgreSQL, all on
one machine ({r['machine']['cores']} cores, {r['machine']['cpu']}) that had other work to do at the same time (load {cs['load']:.0f} and {cp['load']:.0f}), so that times are
upper bounds; processor time is what each process was given.

## One hub, measured

{r['receivers']} receivers at {rate:.0f} labels a second each:

| | SQLite | PostgreSQL |
|---|---|---|
| labels per second | {n(cs['labels_per_s'])} | {n(cp['labels_per_s'])} |
| hub's processor time per label | {hub_s:.0f} µs, the database in it | {hub_p:.0f} µs |
| database's | – | {db:.0f} µs |
| broker's | {cs['broker_cpu_us_per_label']:.0f} µs | {cp['broker_cpu_us_per_label']:.0f} µs |
| bytes per label, with indexes | {n(bs)} | {n(bp)} |
| labels per second that fill one core of a hub | {sig(1e6 / hub_s)} | {sig(1e6 / hub_p)} |
| killed in turn: given out | {kills(s)} | {kills(p)} |
| of these missing, and stored twice | {s['killed']['missing']}, none | {p['killed']['missing']}, none |
| questions of an hour among {n(s['filled']['labels'])} labels, slowest of three, ms | {q(s)} | {q(p)} |

A label of the simulation is an event of some 700 bytes as JSON, which is stored whole beside the columns that are searched.
{slow} The index of receivers has had the label in it only since this run; among 1.5 million labels, as many an hour, `receiver and
label` then took 178 ms with PostgreSQL.

## What many need, computed

With PostgreSQL, at {rate:.0f} labels a second each, which is a busy band; a receiver that hears one signal at a time sends a twentieth of
this, and a row then stands for twenty times as many receivers.

| receivers | labels/s | cores of hubs | cores of a broker | cores of databases | MB/s to disk | TB a day |
|---|---|---|---|---|---|---|
{chr(10).join(t)}

What gives way first, and what is done about it:

- **10 receivers.** Nothing. One hub, an SQLite file, any machine: {sig(10 * rate * hub_s / 1e4)} % of a core.
- **100.** Room on the disk: {sig(100 * rate * bs * 86400 / 1e9)} GB a day with SQLite. `--keep` bounds it.
- **1,000.** The single writer of SQLite, at {sig(1e6 / hub_s)} labels/s of one core: PostgreSQL on a machine of its own and {max(2, math.ceil(row(1000)[1] / 0.5))} hubs that share
  the subscription, each half busy.
- **10,000.** The broker: mosquitto runs on one core and would need {sig(row(10_000)[2])}. A cluster that knows shared subscriptions (EMQX, VerneMQ, HiveMQ)
  takes its place; receivers and hubs need only its address. At the same time one database's log, at {sig(row(10_000)[4])} MB/s: the table `labels` is
  partitioned by day, so that the indexes in use fit into memory and old days are dropped rather than deleted, and receivers are
  divided among some {max(2, math.ceil(row(10_000)[3] / 8))} databases of eight busy cores each, by a prefix for each (`--listen mqtt://…/PREFIX`, its own `--group`).
- **100,000.** Storage: {sig(row(100_000)[5])} TB a day, {sig(row(100_000)[3])} cores of databases. Hubs ({sig(row(100_000)[1])} cores) and brokers divide by prefix as before, for they hold no
  state; what remains is to say less: longer intervals (`--interval`), and to keep days of labels instead of months. With one label a second of each it is the row of 5,000.

Partitions are not made by the hub: its keys and statements work with a table that is partitioned by `time_us` once that column is
added to the primary key, for a label that is sent again has the same time.

## What was not measured

A network between the parts, more than one hub at full rate, the clusters named above, and anything beyond {r['receivers']} receivers.
"""
open("docs/developer/scale.md", "w").write(text)
