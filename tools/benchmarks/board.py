#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures engine, receiver and search of a band on this board, with the installed programs, and writes one JSON file.

    tools/benchmarks/board.py BOARD.json [--programs FOLDER]

Takes less than ten minutes, needs nothing but Python, and 200 MB in the folder for temporary files. Close other programs before,
and give the board its fan. The page of speeds is made of such files: docs/performance/boards.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import one_line

MODELS = ("onair-s", "onair-m")
BATCHES = "1,8"


def first_line(path, pattern="(.+)"):
    try:
        found = re.search(pattern, Path(path).read_text(errors="replace"), re.M)
    except OSError:
        return ""
    return found[1].strip("\0 \"") if found else ""


def temperature_c():
    text = first_line("/sys/class/thermal/thermal_zone0/temp")
    return int(text) / 1000 if text.lstrip("-").isdigit() else None


def host(rx):
    version = subprocess.run([rx, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return {"board": first_line("/proc/device-tree/model") or first_line("/sys/class/dmi/id/product_name"),
            "processor": first_line("/proc/cpuinfo", r"^model name\s*: (.+)$"), "machine": os.uname().machine, "cores": os.cpu_count(),
            "memory_mb": int(first_line("/proc/meminfo", r"^MemTotal: +(\d+)") or 0) // 1024,
            "system": first_line("/etc/os-release", r'^PRETTY_NAME="?([^"\n]+)'), "kernel": os.uname().release, "version": version,
            "governor": first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"), "temperature_c": temperature_c()}


def timed(command):
    """Wall and CPU seconds and the largest resident size of a command."""
    begin = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit("board.py: %s ended with %d" % (command[0], process.returncode))
    return time.monotonic() - begin, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def receiver(rx, capture, rate, seconds, repetitions, *options):
    """How fast the receiver reads a recording, and what it takes."""
    runs = [timed([rx, capture, "--quiet", *options]) for _ in range(repetitions)]
    wall, cpu, memory = (statistics.median(column) for column in zip(*runs))
    samples = rate * seconds
    return {"rate_hz": rate, "ms_per_s": samples / wall / 1e6, "ms_per_cpu_s": samples / cpu / 1e6,
            "cpu_fraction_live": cpu / seconds, "resident_mb": memory}


def measure(programs, folder, seconds, repetitions):
    tool, rx = programs / "prunedamr", programs / "prunedamr-rx"
    result = {"host": host(rx), "engine": [], "receiver": {}, "scan": {}}
    for model in MODELS:
        subprocess.run([tool, "bench", model, "--batch", BATCHES, "--repetitions", str(50 * repetitions), "--json", folder / "bench.json"],
                       check=True, stdout=subprocess.DEVNULL)
        result["engine"] += json.loads((folder / "bench.json").read_text())
    for part, rate, signals, options in (("receiver", 1_000_000, 1, ["--single"]), ("scan", 2_400_000, 8, [])):
        capture = folder / (part + ".sigmf-meta")
        subprocess.run([tool, "synth", "scene", "--out", capture, "--rate", str(rate), "--duration", str(seconds), "--signals", str(signals),
                        "--snr", "20", "--seed", "1"], check=True, stdout=subprocess.DEVNULL)
        for model in MODELS:
            result[part][model] = receiver(rx, capture, rate, seconds, repetitions, "--model", model, *options)
    result["host"]["temperature_after_c"] = temperature_c()
    return result


def positive(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("%s: expected 1 or more" % text)
    return int(text)


def programs_in(folder):
    """The folder of both programs."""
    if not folder:
        found = shutil.which("prunedamr-rx") or sys.exit("board.py: prunedamr-rx is not installed: give its folder with --programs")
        folder = Path(found).parent
    for name in ("prunedamr", "prunedamr-rx"):
        if not os.access(folder / name, os.X_OK):
            sys.exit("board.py: %s is not there: the packages prunedamr and prunedamr-rx are both needed" % (folder / name))
    return folder


def check_writable(path):
    """What would be a pity to learn ten minutes later."""
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        sys.exit("board.py: %s cannot be written" % path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path, metavar="BOARD.json")
    parser.add_argument("--programs", type=Path, help="folder of prunedamr and prunedamr-rx (default: those that are installed)")
    parser.add_argument("--seconds", type=positive, default=10, help="of each recording (default 10)")
    parser.add_argument("--repetitions", type=positive, default=5, help="of each run, of which the median counts (default 5)")
    options = parser.parse_args()
    programs = programs_in(options.programs)
    check_writable(options.out)
    with tempfile.TemporaryDirectory() as folder:
        result = measure(programs, Path(folder), options.seconds, options.repetitions)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    for part in ("receiver", "scan"):
        for model, row in result[part].items():
            print("%s, %s: %.1f MS/s, %.0f %% of a core at %.1f MS/s, %.0f MB" % (
                part, model, row["ms_per_s"], 100 * row["cpu_fraction_live"], row["rate_hz"] / 1e6, row["resident_mb"]))


if __name__ == "__main__":
    one_line.run(main)
