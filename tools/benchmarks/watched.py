#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs a receiver to be looked at: two receive the same radio side by side (an rtl_tcp server of 2.4 MS/s, on loopback), one with
nothing but its labels in a file, one besides with the page and its viewers, a real mosquitto, metrics that are scraped, and snippets. Says what
was lost, CPU seconds of both, and the memory of the second over time.

    tools/benchmarks/watched.py --build build --minutes 10 --out watched.json

Needs numpy, mosquitto and, for one of the viewers, Chromium; uses the clients of tests/e2e."""

import argparse
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
RATE, PERIOD_S, PART = 2_400_000, 2, 20  # parts of a second in which the radio sends
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def air():
    """cu8: noise, FSK of 5 kBd, bursts of OOK, and bursts of a carrier that two tones swing, which is of no class."""
    rng, count = np.random.default_rng(3), RATE * PERIOD_S
    t = np.arange(count) / RATE
    fm = lambda hz, level: level * np.exp(2j * np.pi * np.cumsum(np.broadcast_to(hz, count)) / RATE)
    bits = lambda rate: np.repeat(rng.choice((-1, 1), count // (RATE // rate) + 1), RATE // rate)[:count]
    on = lambda period, length: t % period < length
    x = fm(-300e3 + 5e3 * bits(5_000), 0.1)
    x += on(0.5, 0.2) * fm(-800e3, 0.1) * (bits(4_000) > 0)
    x += on(1.0, 0.3) * fm(100e3 + 8e3 * np.sin(2 * np.pi * 700 * t) + 3e3 * np.sin(2 * np.pi * 1_900 * t), 0.1)
    x += 0.01 * (rng.standard_normal(count) + 1j * rng.standard_normal(count))
    return np.clip(np.round(np.stack([x.real, x.imag], axis=1) * 127.5 + 127.5), 0, 255).astype(np.uint8).tobytes()


class Radio:
    """To each who connects, in its time."""

    def __init__(self, samples):
        self.samples, self.server = samples, socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, _ = self.server.accept()
            threading.Thread(target=self.send, args=(client,), daemon=True).start()
            threading.Thread(target=self.listen, args=(client,), daemon=True).start()

    def send(self, client):
        size, part = len(self.samples), 2 * RATE // PART
        try:
            client.sendall(b"RTL0" + (5).to_bytes(4, "big") + (29).to_bytes(4, "big"))
            begin, sent = time.monotonic(), 0
            while True:
                client.sendall(memoryview(self.samples)[sent % size:sent % size + part])
                sent += part
                time.sleep(max(0.0, begin + sent / 2 / RATE - time.monotonic()))
        except OSError:
            client.close()

    @staticmethod
    def listen(client):
        try:
            while client.recv(4096):
                pass
        except OSError:
            pass


def cpu_s(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_bytes(pid):
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()


class Viewer(threading.Thread):
    """Reads and acknowledges all that comes, as the page does."""

    def __init__(self, stream):
        super().__init__(daemon=True)
        self.stream, self.rows, self.fault = stream, 0, None
        self.start()

    def run(self):
        try:
            while True:
                if isinstance(self.stream.message(), bytes):
                    self.rows += 1
                    self.stream.socket.sendall(bytes((0x81, 0x81, 0, 0, 0, 0)) + b"k")
        except (OSError, AssertionError) as fault:
            self.fault = str(fault)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--viewers", type=int, default=20)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()

    os.environ.setdefault("PRUNEDAMR_RX", str(options.build / "bin" / "prunedamr-rx"))
    os.environ.setdefault("PRUNEDAMR_TEST_MODEL", str(ROOT / "models" / "onair-s.safetensors"))
    sys.path.insert(0, str(ROOT / "tests" / "e2e"))
    from browser import CHROMIUM, Browser
    from test_control import Stream

    folder = Path(tempfile.mkdtemp())
    radio, broker, port = Radio(air()), free_port(), free_port()
    (folder / "mosquitto.conf").write_text(f"listener {broker} 127.0.0.1\nallow_anonymous true\npersistence false\nuser root\n")
    others = [subprocess.Popen([shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin"), "-c", folder / "mosquitto.conf"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)]
    common = [os.environ["PRUNEDAMR_RX"], "--model", os.environ["PRUNEDAMR_TEST_MODEL"], f"rtl_tcp:127.0.0.1:{radio.port}", "--rate", str(RATE),
              "--freq", "433.92M"]
    start = lambda name, *more: subprocess.Popen([*common, "--out", f"json:{folder}/{name}.jsonl", *more], stdin=subprocess.DEVNULL,
                                                 stdout=subprocess.DEVNULL, stderr=open(folder / f"{name}.log", "wb"))
    plain = start("plain")
    watched = start("watched", "--out", f"mqtt://127.0.0.1:{broker}/radio", "--web", f"127.0.0.1:{port}", "--snippets", folder / "kept",
                    "--snippet-if", "unknown or confidence<0.6", "--snippet-budget", "200M")
    others += [plain, watched]
    browser = None
    try:
        get = lambda path: urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30).read()
        end = time.monotonic() + 60
        while True:
            try:
                get("/api/v1/status")
                break
            except OSError:
                assert time.monotonic() < end and watched.poll() is None, (folder / "watched.log").read_text()
                time.sleep(0.2)
        viewers = [Viewer(Stream(port)) for _ in range(options.viewers)]
        silent = Stream(port)  # never read
        if CHROMIUM:
            own = os.sched_getscheduler(0), os.sched_getparam(0)
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))  # it draws by software, and is not what is measured
            browser = Browser(wait_s=60)
            os.sched_setscheduler(0, *own)
            browser.open(f"http://127.0.0.1:{port}/")
        time.sleep(5)
        losses = lambda status: {name: status["source"][name] for name in ("overflows", "dropped_samples")} | {
            "dropped_frames": status["counts"]["dropped_frames"]}
        at_start = losses(json.loads(get("/api/v1/status")))  # what came while the model was loaded comes at once then
        seen = sum(one.rows for one in viewers)
        begin, before = time.monotonic(), [cpu_s(one.pid) for one in (plain, watched)]
        memory, scrapes, load = [], 0, []
        while time.monotonic() < begin + 60 * options.minutes:
            time.sleep(5)
            scrapes += len(get("/metrics")) > 0
            memory.append([round(time.monotonic() - begin, 1), resident_bytes(plain.pid), resident_bytes(watched.pid)])
            load.append(os.getloadavg()[0])
        seconds = time.monotonic() - begin
        spent = [cpu_s(one.pid) - was for one, was in zip((plain, watched), before)]
        rows = sum(one.rows for one in viewers) - seen
        status, faults = json.loads(get("/api/v1/status")), [one.fault for one in viewers if one.fault]
        ended = json.loads(get("/api/v1/history?limit=1"))["total"]  # how far the history has filled
        is_seen = browser and browser.evaluate("document.querySelectorAll('#emissions tbody tr').length")
    finally:
        if browser:
            browser.close()
        for one in reversed(others):  # the broker last
            one.send_signal(signal.SIGTERM)
            one.wait(60)
    last = lambda name: (folder / f"{name}.log").read_text().strip().splitlines()[-1]
    third = len(memory) // 3
    mean = lambda part, i: sum(row[i] for row in part) / max(1, len(part))
    result = {
        "seconds": round(seconds, 1), "rate_hz": RATE, "viewers": options.viewers, "viewers_that_never_read": 1, "chromium_rows_in_table": is_seen,
        "rows_per_viewer_and_s": round(rows / len(viewers) / seconds, 2), "viewers_lost": len(faults),
        "cpu_s": {"plain": round(spent[0], 2), "watched": round(spent[1], 2)},
        "cpu_more_percent_of_a_core": round(100 * (spent[1] - spent[0]) / seconds, 2),
        "lost": {name: count - at_start[name] for name, count in losses(status).items()}, "lost_at_start": at_start,
        "samples": status["counts"]["samples"], "events": status["counts"]["events"],
        "outputs": [{key: one[key] for key in ("name", "written", "lost")} for one in status["outputs"]],
        "snippets": len(list((folder / "kept").glob("*.sigmf-meta"))), "scrapes": scrapes,
        "emissions_ended": ended,
        "memory_mb": {name: [round(mean(part, i) / 1e6, 1) for part in (memory[:third], memory[third:2 * third], memory[2 * third:])]
                      for i, name in ((1, "plain"), (2, "watched"))},
        "load_average": [round(f(load), 1) for f in (min, max)], "cores": os.cpu_count(),
        "last_line": {name: last(name) for name in ("plain", "watched")}, "memory_bytes": memory}
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({key: value for key, value in result.items() if key != "memory_bytes"}, indent=1))
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
