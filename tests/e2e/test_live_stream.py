# SPDX-License-Identifier: GPL-3.0-or-later
"""A recording played in real time through ZeroMQ while the model is swapped every second: no sample is lost, memory
stays flat, times are right to one frame. PRUNEDAMR_LIVE_S: for so many seconds (default: 6)."""

import array
import os
import signal
import statistics
import threading
import time
import unittest
from datetime import datetime
from pathlib import Path

import rx

SECONDS = float(os.environ.get("PRUNEDAMR_LIVE_S", "6"))
RECORDINGS = Path(os.environ.get("PRUNEDAMR_RECORDINGS", Path(__file__).resolve().parents[3] / "shared/recordings"))
SONDES = RECORDINGS / "wideband/dfm_two_sondes.sigmf-data"  # cu8
RATE = 100_000
MESSAGE = 1000  # samples, 10 ms
FRAME = 256  # of the test model
GROWTH_KIB = 2048


def samples():
    """cf32, a whole number of messages: off the air where the recording is there."""
    if SONDES.exists():
        values = array.array("f", [(x - 127.5) / 128 for x in SONDES.read_bytes()])
    else:
        values = array.array("f", [x / 128 for x in rx.samples_ci8(2 * RATE)])
    return memoryview(values.tobytes()[: len(values) // 2 // MESSAGE * MESSAGE * 8])


def last_sample(labels):
    events = rx.events(labels)
    return events[-1]["sample_start"] + events[-1]["sample_count"] if events else 0


def resident_kib(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise AssertionError("the receiver is gone")


class LiveStream(rx.Case):
    def play(self, publisher, data, begin):
        """In real time, against the clock of the machine."""
        size = 8 * MESSAGE
        for number in range(int(SECONDS * RATE / MESSAGE)):
            wait = begin + (number + 1) * MESSAGE / RATE - time.time()  # a message is there when its last sample is
            if wait > 0:
                time.sleep(wait)
            place = number * size % len(data)
            publisher.send(data[place : place + size])
            self.sent += MESSAGE

    def test_swaps_lose_nothing(self):
        data = samples()
        models = [rx.renamed_model(name) for name in ("first", "other")]
        model = self.write("m.safetensors", models[0])
        labels = self.folder / "labels.jsonl"
        publisher, endpoint = self.publisher()
        line = [rx.RX, "--single", "--model", str(model), "--source", "zmq:" + endpoint, "--rate", str(RATE), "--quiet", "--interval",
                "0.05", "--out", f"json:{labels}"]
        process = rx.subprocess.Popen(line, stderr=rx.subprocess.PIPE)
        self.addCleanup(process.kill)
        publisher.recv()  # the receiver has subscribed
        self.sent = 0
        begin = time.time()
        player = threading.Thread(target=self.play, args=(publisher, data, begin))
        player.start()
        resident, swaps = [], 0
        while player.is_alive():
            player.join(1.0)
            resident.append(resident_kib(process.pid))
            swaps += 1
            self.write("new", models[swaps % 2]).replace(model)
            process.send_signal(signal.SIGUSR2)
        player.join()
        self.wait_until(lambda: last_sample(labels) > self.sent - RATE / 10, "the last samples")
        publisher.close(0)
        process.send_signal(signal.SIGTERM)
        _, text = process.communicate(timeout=10)
        self.assertEqual((process.returncode, text), (0, b""))
        self.check(rx.events(labels), begin, swaps)
        third = max(1, len(resident) // 3)
        grown = statistics.median(resident[-third:]) - statistics.median(resident[third : 2 * third])
        self.assertLess(grown, GROWTH_KIB, resident[:: max(1, len(resident) // 20)])
        print(f"{self.sent} samples in {time.time() - begin:.0f} s, {swaps} swaps, {resident[-1]} KiB resident, "
              f"{grown:.0f} KiB more than in the second third")

    def check(self, events, begin, swaps):
        next_sample, offsets, changes, before = 0, [], 0, None
        for number, event in enumerate(events):
            self.assertEqual((event["seq"], event["sample_start"], event["dropped_frames"], event["overflows"]),
                             (number, next_sample, 0, 0))
            next_sample += event["sample_count"]
            # Whole seconds and nanoseconds apart: a float holds no nanoseconds of this century.
            stamp = datetime.fromisoformat(event["time"][:19] + "+00:00").timestamp() + float("0" + event["time"][19:-1])
            offsets.append(stamp - begin - event["sample_start"] / RATE)
            changes += before is not None and event["model"] != before
            before = event["model"]
        self.assertLess(self.sent - next_sample, 2 * rx.BLOCK)
        # On a busy machine the first messages may be late; the clock corrects that by those that come in time.
        self.assertGreaterEqual(min(offsets), 0)
        settled = offsets[len(offsets) // 2 :]
        self.assertLess(max(settled) - min(settled), FRAME / RATE)
        self.assertLess(max(settled), MESSAGE / RATE + 0.1)  # one message, and its way
        self.assertGreaterEqual(changes, 0.9 * swaps - 1)


class Latency(rx.Case):
    def test_a_label_leaves_within_30_ms_of_its_samples(self):
        """One interval at a time goes into a pipe; the clock runs until its label is there."""
        interval = rx.samples_ci8(rx.BLOCK).tobytes()
        process = rx.start("--source", "stdin", "--live", "--format", "ci8", "--rate", "2.4M", "--interval",
                           rx.BLOCK / 2.4e6, stdout=rx.subprocess.PIPE)
        self.addCleanup(process.kill)
        seconds = []
        for _ in range(30):
            begin = time.monotonic()
            process.stdin.write(interval)
            process.stdin.flush()
            self.assertTrue(process.stdout.readline())
            seconds.append(time.monotonic() - begin)
        process.communicate()
        later = seconds[1:]  # the first one includes the start of the program
        self.assertLess(statistics.median(later), 0.03)
        print(f"first label {1e3 * seconds[0]:.0f} ms after the start, then {1e3 * statistics.median(later):.2f} ms (median), "
              f"{1e3 * max(later):.2f} ms (longest) after its samples")


if __name__ == "__main__":
    unittest.main()
