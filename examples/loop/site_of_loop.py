# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands at a site of the loop: a receiver, what it hears, and the truth about it."""

import datetime
import json
import random
import socket
import sys
import time
import urllib.error
import urllib.request

NEW = "8FSK"
RATE, CENTER, SLOTS, SPACING = 48e3, 433.9e6, 20, 2200.0
TOKEN = "a token of this example"
BEGIN = time.monotonic()


def say(text):
    print(f"{time.monotonic() - BEGIN:5.0f} s  {text}", flush=True)


def check(condition, what):
    if not condition:
        sys.exit(f"loop.py: not so: {what}")


def wait_until(what, condition, timeout_s=120.0):
    end = time.monotonic() + timeout_s
    while not (found := condition()):
        check(time.monotonic() < end, f"{what} within {timeout_s:.0f} s")
        time.sleep(1)
    return found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Site:
    """A receiver's folder, and the truth of what it hears: in each slot of the band one signal, of which some are new."""

    def __init__(self, loop, name, seed):
        self.loop, self.name, self.folder, self.seed = loop, name, loop.work / name, seed
        self.folder.mkdir()
        self.new = [slot for slot in range(SLOTS) if slot % 5 in (1, 3)]
        self.port, self.process = free_port(), None

    def offset(self, slot):
        return SPACING * (slot - (SLOTS - 1) / 2)

    def truth(self, event):
        slot = round((event["center_freq_hz"] - CENTER) / SPACING + (SLOTS - 1) / 2)
        return NEW if slot in self.new else ("2FSK", "BPSK")[slot % 2]

    def record(self, recording, duration_s, new_from_s):
        """A recording in which the new signals take the places of others at some time."""
        rng = random.Random(self.seed)
        signals = []
        for slot in range(SLOTS):
            one = {"label": ("2FSK", "BPSK")[slot % 2], "offset_hz": self.offset(slot), "bandwidth_hz": rng.uniform(800, 1100), "snr_db": rng.uniform(15, 25)}
            if slot not in self.new:
                signals.append(one)
                continue
            if new_from_s > 0:
                signals.append({**one, "start_s": 0.0, "duration_s": new_from_s - 2})
            signals.append({**one, "label": NEW, "start_s": new_from_s, "duration_s": duration_s - new_from_s})
        scene = {"recipe": str(self.loop.work / "air.json"), "sample_rate_hz": RATE, "center_freq_hz": CENTER, "duration_s": duration_s,
                 "noise_dbfs_per_hz": -100, "seed": self.seed, "signals": signals}
        (self.folder / "scene.json").write_text(json.dumps(scene))
        meta = self.folder / f"{recording}.sigmf-meta"
        self.loop.run(self.loop.tool, "synth", "scene", "--scene", self.folder / "scene.json", "--out", meta)
        described = json.loads(meta.read_text())
        described["captures"][0]["core:datetime"] = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        described["annotations"] = []  # what a receiver could not know
        meta.write_text(json.dumps(described))
        return meta

    def listen(self, recording):
        """The receiver as it would stand at an antenna: the recording over and over takes the radio's place."""
        self.started = time.monotonic()
        self.process = self.loop.start(
            self.loop.rx, recording, "--realtime", "--loop", "--model", self.loop.model, "--name", self.name, "--hub", self.loop.hub_address, "--position",
            f"52.{self.seed},13.{self.seed}", "--drift", "none", "--snippets", self.ask, "--snippet-keep", "teaching", "--updates", self.folder / "updates",
            "--update-keys", self.loop.work / "maintainer.pub", "--web", f"127.0.0.1:{self.port}", "--web-token", self.loop.token, "--quiet",
            log=self.folder / "receiver.log")

    @property
    def ask(self):
        return self.folder / "ask"

    def api(self, path, body=None):
        return call(self.port, path, body)

    def label_what_it_asks_for(self):
        """What a person would do on the page, by a key each; here the truth is known."""
        snippets = self.api("/api/v1/snippets?limit=2000")["snippets"]
        for one in snippets:
            self.api("/api/v1/label", {"snippet": one["name"], "label": self.truth(one["event"]), "author": "loop"})
        return [self.truth(one["event"]) for one in snippets]

    def recall(self, labels):
        """Of the events in the places of the new signals, the fraction that has its name; and of the others those with theirs."""
        def rate(events):
            return sum(event["label"] == self.truth(event) for event in events) / max(1, len(events))
        events = [event for event in labels if event["state"] != "noise"]
        new = [event for event in events if self.truth(event) == NEW]
        return rate(new), rate([event for event in events if self.truth(event) != NEW]), len(new)


def call(port, path, body=None):
    """An HTTP API: JSON in, JSON out; bytes as they are."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=data, headers={
        "Authorization": "Bearer " + TOKEN, "Content-Type": "application/octet-stream" if isinstance(body, bytes) else "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return {"error": json.loads(error.read()).get("error", ""), "status": error.code}
