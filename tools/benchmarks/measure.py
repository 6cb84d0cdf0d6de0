#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the engine and the receiver on one core of this host and writes what docs/performance.md is made of.

MODEL is NAME=FILE, a trained model; with --data its 8-bit forms are made beside it, once, and measured too, unless
--float32 names it; what they lose is measured on all of --test.
--receiver names the models that the receiver is timed with. Run it on a host that does nothing else."""

import argparse
import array
import glob
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import one_line

BATCHES = "1,8,64"
AVX2 = {"PRUNEDAMR_ISA": "avx2", "DNNL_MAX_CPU_ISA": "AVX2", "ATEN_CPU_CAPABILITY": "avx2"}
STARTS = 15
FILE_SAMPLES = 40_000_000
PACED_S = 4
MESSAGE = 8192  # samples


class Wrong(ValueError):
    pass


class Host:
    """Runs commands on one core and says what they cost."""

    def __init__(self, folder, core):
        self.folder, self.core = Path(folder), core

    def environment(self, extra=None):
        return {**os.environ, "OMP_NUM_THREADS": "1", **(extra or {})}

    def start(self, *command, env=None, **keywords):
        return subprocess.Popen(["taskset", "-c", str(self.core), *map(str, command)], env=self.environment(env),
                                cwd=self.folder, **keywords)

    def run(self, *command, env=None):
        """Standard error, and the usage of resources."""
        process = self.start(*command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        _, errors = process.communicate()
        if process.returncode:
            raise Wrong(f"{' '.join(map(str, command))}: {errors.strip()}")
        return errors

    def usage(self, *command):
        """Seconds of the processor and of the clock, and the largest resident size in MB."""
        begin = time.monotonic()
        process = self.start(*command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise Wrong(f"{' '.join(map(str, command))}: exit status {process.returncode}")
        return {"cpu_s": used.ru_utime + used.ru_stime, "s": time.monotonic() - begin, "mb": used.ru_maxrss / 1024}


def quantized(host, options, name, model):
    """The model's 8-bit form and its accuracies, or None where it is not wanted. Made once: calibrated, and
    fine-tuned from the same calibration."""
    if not options.data or name in options.float32:
        return None, None
    accuracy = {}
    for form, epochs in (("calibrated", 0), ("int8", options.epochs)):
        made = Path(str(model).replace(".safetensors", f"-{form}.safetensors"))
        report = made.with_suffix(".eval.json")
        if not made.exists():
            host.run(options.prunedamr, "quantize", model, "--data", options.data, "--out", made, "--epochs", epochs)
        if not report.exists():
            host.run(options.prunedamr, "eval", made, "--data", options.test, "--part", "all", "--baseline", model,
                     "--json", report)
        found = json.loads(report.read_text())
        accuracy["frames"] = found["scores"]["count"]
        accuracy["float32"] = found["scores"]["accuracy"] - found["baseline"]["accuracy"]
        accuracy[form] = {key: found["baseline"][key] for key in ("accuracy", "standard_error")}
    return made, accuracy


def bench(host, prunedamr, model, peers, repetitions, env=None):
    out = host.folder / "bench.json"
    host.run(prunedamr, "bench", model, "--batch", BATCHES, "--against", peers, "--repetitions", repetitions, "--json",
             out, env=env)
    return json.loads(out.read_text())


def measure_engine(host, options, name, model, small):
    made, accuracy = quantized(host, options, name, model)
    show = host.folder / "show.json"
    host.run(options.prunedamr, "model", "show", model, "--json", show)
    facts = json.loads(show.read_text())
    peers = ("float32," if made or facts["quantized_values"] else "") + "onednn,torch"
    result = {"name": name, "params": facts["params"], "macs": facts["macs"],
              "samples": facts["front_end"]["frame_length"],
              "rows": bench(host, options.prunedamr, made or model, peers, options.repetitions)}
    if small:
        result["avx2_rows"] = bench(host, options.prunedamr, made or model, peers, options.repetitions, AVX2)
    if made:
        result["accuracy"] = accuracy
    return result


def write_samples(path):
    """Noise, and a burst of it every now and then, as signed bytes."""
    rng = random.Random(1)
    block = bytes(rng.randrange(256) for _ in range(2 << 18))
    with open(path, "wb") as file:
        for _ in range(0, 2 * FILE_SAMPLES, len(block)):
            file.write(block)
        file.truncate(2 * FILE_SAMPLES)


def first_label_ms(host, rx, model, samples):
    """From the start of the process to the first line, samples being there."""
    with open(samples, "rb") as stdin:
        begin = time.monotonic()
        process = host.start(rx, "--model", model, "--source", "stdin", "--format", "ci8", "--rate", "20M", "--interval",
                             "0.0001", "--quiet", stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        line = process.stdout.readline()
        took = time.monotonic() - begin
        process.kill()
        errors = process.communicate()[1]
    if not line:
        raise Wrong(f"{rx}: no label: {errors.decode().strip()}")
    return 1000 * took


def paced(host, rx, model, rate, sender_core):
    """Frames dropped while a publisher in real time sends `rate` samples a second as complex floats."""
    import zmq  # python3-zmq
    labels = host.folder / "labels.jsonl"
    labels.unlink(missing_ok=True)
    context = zmq.Context()
    publisher = context.socket(zmq.XPUB)
    publisher.set(zmq.SNDHWM, 4096)
    publisher.set(zmq.RCVTIMEO, 20_000)
    port = publisher.bind_to_random_port("tcp://127.0.0.1")
    process = host.start(rx, "--model", model, "--source", f"zmq:tcp://127.0.0.1:{port}", "--rate", rate, "--quiet",
                         "--out", f"json:{labels}", stderr=subprocess.DEVNULL)
    try:
        publisher.recv()
        os.sched_setaffinity(0, {sender_core})
        rng = random.Random(1)
        message = array.array("f", (rng.uniform(-0.5, 0.5) for _ in range(2 * MESSAGE))).tobytes()
        begin = time.monotonic()
        for sent in range(int(PACED_S * rate / MESSAGE)):
            while time.monotonic() < begin + sent * MESSAGE / rate:
                pass
            publisher.send(message, copy=False)
        late = time.monotonic() - begin - PACED_S
        time.sleep(1.0)
    finally:
        os.sched_setaffinity(0, range(os.cpu_count()))
        process.terminate()
        process.wait()
        publisher.close(0)
        context.destroy(0)
    events = [json.loads(line) for line in labels.read_text().splitlines()]
    covered = sum(event["sample_count"] for event in events)
    return {"rate": rate, "late_s": late, "dropped_frames": events[-1]["dropped_frames"] if events else None,
            "covered": covered / (PACED_S * rate)}


def measure_receiver(host, options, name, model):
    samples = host.folder / "samples.ci8"
    if not samples.exists():
        write_samples(samples)
    rx = options.rx
    runs = [host.usage(rx, "--model", model, "--source", f"file:{samples}", "--rate", "20M", "--quiet", "--out",
                       f"json:{host.folder / 'labels.jsonl'}") for _ in range(3)]
    starts = [first_label_ms(host, rx, model, samples) for _ in range(STARTS)]
    zmq_runs = []
    for rate in options.rates:
        zmq_runs.append(paced(host, rx, model, rate, (host.core + 1) % os.cpu_count()))
        if zmq_runs[-1]["dropped_frames"] != 0:
            break
    return {"name": name, "file_ms_per_s": statistics.median(FILE_SAMPLES / run["s"] / 1e6 for run in runs),
            "file_ms_per_cpu_s": statistics.median(FILE_SAMPLES / run["cpu_s"] / 1e6 for run in runs),
            "resident_mb": max(run["mb"] for run in runs), "first_label_ms": statistics.median(starts),
            "first_label_worst_ms": max(starts), "zmq": zmq_runs}


def host_name():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip() + f", {os.cpu_count()} threads"
    return "unknown processor"


def energy():
    return bool(glob.glob("/sys/class/powercap/intel-rapl:*/energy_uj"))


def told(options):
    """The command line without the places of its files."""
    words = ["BIN", *(text.partition("=")[0] + "=..." for text in options.models)]
    if options.data:
        words += ["--data", "...", "--test", "...", "--epochs", str(options.epochs)]
    for name in ("float32", "small", "receiver"):
        if getattr(options, name):
            words += ["--" + name, *getattr(options, name)]
    return " ".join([*words, "--repetitions", str(options.repetitions)])


def updated(old, new):
    """`old` with what `new` has measured in it, in place of the same models' before."""
    if old["host"] != new["host"]:
        raise Wrong(f"measured on another host: found {old['host']}, expected {new['host']}")
    for part in ("engine", "receiver"):
        rows = {row["name"]: row for row in old[part]}
        rows.update((row["name"], row) for row in new[part])
        new[part] = list(rows.values())
    new["options"] = old["options"] + "`, then `tools/benchmarks/measure.py " + new["options"] + " --update"
    return new


def pairs(texts):
    for text in texts:
        name, _, path = text.partition("=")
        if not path:
            raise Wrong(f"model '{text}': expected NAME=FILE")
        yield name, Path(path).resolve()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog=" ".join(__doc__.splitlines()[2:]))
    parser.add_argument("prunedamr", help="folder of prunedamr and prunedamr-rx")
    parser.add_argument("models", nargs="+", metavar="NAME=FILE")
    parser.add_argument("--data", help="data set to calibrate 8 bits with")
    parser.add_argument("--test", help="data set, not seen in training, whose frames all count; needed with --data")
    parser.add_argument("--epochs", type=int, default=3, help="of fine-tuning in 8 bits")
    parser.add_argument("--float32", nargs="*", default=[], help="names that are not put into 8 bits, or are already")
    parser.add_argument("--small", nargs="*", default=[], help="names that are measured with AVX2 alone, too")
    parser.add_argument("--receiver", nargs="*", default=[], help="names that the receiver is timed with")
    parser.add_argument("--rates", nargs="*", type=int, default=[5_000_000, 10_000_000, 15_000_000, 20_000_000,
                        25_000_000], help="samples a second over ZeroMQ, rising, until frames are dropped")
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--core", type=int, default=0)
    parser.add_argument("--note", default="", help="what else the host was doing")
    parser.add_argument("--out", required=True)
    parser.add_argument("--update", action="store_true", help="keep what OUT has of other models")
    options = parser.parse_args()
    folder = Path(options.prunedamr).resolve()
    options.prunedamr, options.rx = folder / "prunedamr", folder / "prunedamr-rx"
    if bool(options.data) != bool(options.test):
        raise Wrong("--data and --test: expected both or none")
    options.data, options.test = (text and Path(text).resolve() for text in (options.data, options.test))
    with tempfile.TemporaryDirectory() as name:
        host = Host(name, options.core)
        models = dict(pairs(options.models))
        result = {"host": host_name(), "note": options.note, "rapl": energy(), "options": told(options),
                  "version": subprocess.run([options.prunedamr, "--version"], capture_output=True, text=True).stdout.strip(),
                  "engine": [], "receiver": []}
        for label in [*options.small, *options.receiver, *options.float32]:
            if label not in models:
                raise Wrong(f"'{label}' is none of the models: {', '.join(models)}")
        for label, path in models.items():
            result["engine"].append(measure_engine(host, options, label, path, label in options.small))
            print(label, flush=True)
        for label in options.receiver:
            model = quantized(host, options, label, models[label])[0] or models[label]
            result["receiver"].append(measure_receiver(host, options, label, model))
            print(label, "in the receiver", flush=True)
    if options.update:
        result = updated(one_line.read_json(options.out), result)
    partial = Path(options.out + ".part")
    partial.write_text(json.dumps(result, indent=1) + "\n")
    partial.replace(options.out)


if __name__ == "__main__":
    one_line.run(main)
