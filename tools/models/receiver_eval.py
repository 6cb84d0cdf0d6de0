#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a receiver makes of a model: its labels of synthesized transmissions, beside the network's for each frame alone.

usage: receiver_eval.py PRUNEDAMR MODEL OUT.json [COUNT]
COUNT transmissions (default 6) of each class that the model names, at 5, 10, 15, 20 and 30 dB in their own band, by the recipe
`onair` with seeds that nothing was trained or chosen with. Each passes through the front end, the network, the measurement
and the decision of a receiver that is tuned to it.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import one_line

FIRST_SEED = 7_700_001
SNR_DB = (5, 10, 15, 20, 30)
RATE, DURATION_S = 200_000, 0.5


def classes(tool, model, folder):
    shown = folder / "show.json"
    subprocess.run([tool, "model", "show", model, "--json", shown], check=True, stdout=subprocess.DEVNULL)
    return [row["label"] for row in json.loads(shown.read_text())["classes"] if row["label"] not in ("noise", "unknown")]


def main(tool, model, out, count="6"):
    with tempfile.TemporaryDirectory() as name:
        folder, captures, seed = Path(name), [], FIRST_SEED
        for label in classes(tool, model, folder):
            for snr in SNR_DB:
                for _ in range(int(count)):
                    capture = folder / f"{seed}_{snr}.sigmf-meta"
                    subprocess.run([tool, "synth", "scene", "--out", capture, "--rate", str(RATE), "--duration", str(DURATION_S),
                                    "--signals", "1", "--labels", label, "--snr", str(snr), "--bursts", "0", "--seed", str(seed)],
                                   check=True, stdout=subprocess.DEVNULL)
                    captures.append(capture)
                    seed += 1
        report = folder / "report.json"
        subprocess.run([tool, "eval", model, "--recordings", *captures, "--json", report], check=True, stdout=subprocess.DEVNULL)
        rows = json.loads(report.read_text())["recordings"]["rows"]
    for row in rows:
        row["snr_db"] = int(row["file"].split("_")[1])
    Path(out).write_text(json.dumps({"first_seed": FIRST_SEED, "rate_hz": RATE, "duration_s": DURATION_S, "rows": rows}, indent=1))


if __name__ == "__main__":
    if not 4 <= len(sys.argv) <= 5:
        sys.exit(__doc__)
    one_line.run(main, *sys.argv[1:])
