#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The loop, closed on one computer: three receivers hear a signal that their model does not know, and know it at the end.

    loop.py [--database hub.db | postgresql://USER@HOST/NAME] [--hubs 2] [--adapted MODEL] [--work FOLDER]

Synthetic air; the receiver tells of drift and keeps what is worth a label; labels are given; the model learns them; the gate
judges it; it is signed, and sent in stages through a broker by prunedamr-hub; the receivers' own labels tell what has become better.
What is forged, for another model, older or worse is refused or comes back. Each step is a command that works alone, and
is printed as it runs. Needs prunedamr (with training), prunedamr-rx, prunedamr-hub and mosquitto; no radio. Five to eight minutes on two cores."""

import argparse
import hashlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from site_of_loop import NEW, RATE, TOKEN, Site, call, check, free_port, say, wait_until

NAMES = ("roof", "yard", "mast")  # the last one's labels are kept for the gate


class Loop:
    def __init__(self, options):
        self.options, self.processes = options, []
        self.work = Path(options.work or tempfile.mkdtemp(prefix="loop-"))
        self.work.mkdir(parents=True, exist_ok=True)
        self.tool, self.rx, self.hub_program = options.prunedamr, options.prunedamr_rx, options.prunedamr_hub
        self.model, self.token = options.model, self.work / "token"
        self.token.write_text(TOKEN + "\n")
        self.token.chmod(0o600)

    # Programs

    def run(self, *words, code=0):
        words = [str(word) for word in words]
        shown = [Path(words[0]).name] + [word.replace(str(self.work) + "/", "") for word in words[1:]]
        files = [word for word in shown if word.endswith(".sigmf-meta")]
        shown = [word for word in shown if word not in files[2:]] if len(files) > 3 else shown
        print("         $ " + " ".join(shown), flush=True)
        done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "2"})
        check(done.returncode == code, f"exit code {code} of {' '.join(words)}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done

    def start(self, *words, log):
        process = subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL, stderr=open(log, "ab"))
        self.processes.append(process)
        return process

    def end(self):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    # The steps

    def make_air(self):
        say(f"Synthetic air: the receivers' model knows no {NEW}")
        shown = self.run(self.tool, "synth", "--show-recipe").stdout
        recipe = json.loads(re.sub(r"(?m)\s*//.*$", "", shown))
        recipe["classes"][NEW] = {"modulator": "cpm", "tones": 8, "index": {"log": [0.25, 1.5]}}
        (self.work / "air.json").write_text(json.dumps(recipe))
        self.sites = [Site(self, name, seed) for seed, name in enumerate(NAMES, 11)]
        self.recordings = [site.record("air", 40, 0) for site in self.sites]
        self.run(self.tool, "key", "new", self.work / "maintainer")
        self.run(self.tool, "key", "new", self.work / "thief")

    def start_hub(self):
        say(f"A broker and {self.options.hubs} hub(s) with one database")
        self.broker_port = free_port()
        (self.work / "mosquitto.conf").write_text(f"listener {self.broker_port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
        self.start(shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin"), "-c", self.work / "mosquitto.conf", log=self.work / "broker.log")
        self.hub_address = f"mqtt://127.0.0.1:{self.broker_port}"
        self.hub_ports = [free_port() for _ in range(self.options.hubs)]
        for port in self.hub_ports:
            self.start(self.hub_program, "--listen", self.hub_address, "--database", self.options.database or self.work / "hub.db", "--update-keys",
                       self.work / "maintainer.pub", "--web", f"127.0.0.1:{port}", "--web-token", self.token, "--name", f"hub-{port}", log=self.work / "hub.log")
            wait_until("the hub is well", lambda port=port: self.is_well(port))

    @staticmethod
    def is_well(port):
        try:
            return call(port, "/health").get("is_well")
        except OSError:
            return False

    def hub(self, path, body=None):
        """Any of the hubs will do."""
        return call(random.choice(self.hub_ports), path, body)

    def tell_drift(self):
        site = self.sites[0]
        new_from_s = 135
        say(f"A day at the {site.name}, in fast motion: {NEW} begins after {new_from_s} s")
        day = site.record("day", 215, new_from_s)
        self.run(self.rx, day, "--model", self.model, "--name", site.name, "--hub", self.hub_address, "--drift", site.folder / "usual.json", "--drift-learn",
                 500, "--no-measure", "--hub-wait", 60, "--out", f"json:{site.folder / 'day.jsonl'}", "--quiet")
        events = [json.loads(line) for line in open(site.folder / "day.jsonl")]
        told = [(event["sample_start"] / RATE, event["drift"]) for event in events if "drift" in event]
        check(told and all(at > new_from_s for at, _ in told), f"drift is told once {NEW} is there, and not before: {told}")
        at, drift = told[0]
        say(f"Drift told {at - new_from_s:.0f} s later: {drift['quantity']} {drift['of']} {drift['change']}, {drift['expected']:.0%} expected, {drift['found']:.0%} found")
        stored = wait_until("the hub knows of it", lambda: self.hub("/api/v1/drift")["drift"])
        check(stored[0]["receiver"] == site.name, "the hub knows who told it")

    def listen(self):
        say("Three receivers listen, and keep what is worth a label")
        for site, recording in zip(self.sites, self.recordings):
            site.listen(recording)
        def asked():
            kept = self.hub("/api/v1/snippets?limit=2000")["snippets"]
            return all(sum(one["receiver"] == site.name and site.truth(one["event"]) == NEW for one in kept) >= len(site.new) for site in self.sites)
        wait_until("the hub shows the snippets of all", asked)

    def labels(self, site):
        """Of the receiver's present run, as the hub has them. (The recording's times come again in each round, so that they tell
        nothing of what is newest.)"""
        found, before = [], ""
        while before is not None:
            page = self.hub(f"/api/v1/labels?receiver={site.name}&limit=2000" + (f"&before={before}" if before else ""))
            found, before = found + page["labels"], page["before"]
        run = max((one["run"] for one in found), default=0)
        return [one["event"] for one in found if one["run"] == run]

    def measure(self, when):
        """From the receivers' own labels, as the hub has them."""
        since = {site: max(event["seq"] for event in self.labels(site)) + 20 for site in self.sites}
        rates = {}
        for site in self.sites:
            def fresh():
                events = [event for event in self.labels(site) if event["seq"] >= since[site]]
                return events if len(events) >= 150 else None
            new, others, count = site.recall(wait_until("labels", fresh))
            say(f"{site.name} {when}: {new:.0%} of {count} labels of {NEW} are right, {others:.0%} of the others")
            rates[site.name] = (new, others)
        return rates

    def label(self):
        for site in self.sites:
            given = site.label_what_it_asks_for()
            say(f"{site.name}: {len(given)} snippets labeled, {given.count(NEW)} of them {NEW}")
            check(given.count(NEW) >= len(site.new), "each new signal was asked for")

    def adapt(self):
        self.better = self.work / "better.safetensors"
        if self.options.adapted:
            shutil.copy(self.options.adapted, self.better)
            return say(f"The model that has learned {NEW} is there already")
        say(f"The model learns {NEW} from what two receivers kept")
        self.run(self.tool, "adapt", self.model, "--captures", self.sites[0].ask, self.sites[1].ask, "--labeled-by-persons", "--out", self.better,
                 "--json", self.work / "adapted.json", *self.options.training.split())

    def gate(self, model, old, code):
        self.run(self.tool, "gate", model, old, "--data", self.work / "kept-out.h5", "--old-frames-per-class", 200, "--json", self.work / "gate.json",
                 *self.options.gate.split(), code=code)
        return [one["name"] for one in json.loads((self.work / "gate.json").read_text())["checks"] if not one["passed"]]

    def judge(self):
        say("The gate judges it on what the third receiver kept, and lets no worse one pass")
        self.run(self.tool, "data", "import", *sorted(self.sites[2].ask.glob("*.sigmf-meta")), "--labeled-by-persons", "--out", self.work / "kept-out.h5")
        self.gate(self.better, self.model, 0)
        self.make_worse()
        failed = self.gate(self.worse, self.better, 1)
        say("Refused by the gate, since it is not: " + ", ".join(failed))

    def make_worse(self):
        """A model that calls nearly everything unknown."""
        content = self.better.read_bytes()
        found = re.search(rb'\\"min_confidence\\":([0-9.e-]+)', content)
        worst = b"1." + b"0" * (len(found[1]) - 2)
        self.worse = self.work / "worse.safetensors"
        self.worse.write_bytes(content[:found.start(1)] + worst + content[found.end(1):])

    def sign(self, old, new, name, key="maintainer", sequence=None):
        out = self.work / name
        self.run(self.tool, "model", "diff", old, new, "--sign", self.work / key, "--out", out, *(["--sequence", sequence] if sequence else []))
        return out.read_bytes()

    def roll_out(self, update, watch_s):
        kept = self.hub("/api/v1/updates", update)
        check("id" in kept, f"the hub keeps the update: {kept}")
        begun = self.hub("/api/v1/rollouts", {"update": kept["id"], "receivers": list(NAMES), "stages": ["1", "2", "3"], "watch_s": watch_s, "answer_s": 60})
        check("id" in begun, f"the roll-out begins: {begun}")
        def ended():
            one, = [one for one in self.hub("/api/v1/rollouts")["rollouts"] if one["id"] == begun["id"]]
            return one if one["state"] not in ("running", "returning") else None
        one = wait_until("the roll-out ends", ended, 300)
        for line in one["log"]:
            print("         " + line["text"])
        return one

    def send(self):
        good = self.sign(self.find_model(), self.better, "better.update")
        say(f"Signed: {len(good)} bytes. Sent to one receiver, then to two, then to three")
        one = self.roll_out(good, 5)
        check(one["state"] == "done", f"all take it: {one}")

    def find_model(self):
        """The file of the shipped model."""
        path = Path(self.model)
        if path.is_file():
            return path
        path = Path(os.environ.get("PRUNEDAMR_MODELS", "")) / f"{self.model}.safetensors"
        return path if path.is_file() else self.model

    def refuse(self):
        say("What a thief or a mistake brings to the broker is refused")
        base = self.find_model()
        forged = bytearray(self.sign(base, self.better, "forged.update"))
        forged[12] ^= 1
        others = {"bad_signature": bytes(forged), "unknown_key": self.sign(base, self.better, "thief.update", "thief"),
                  "other_base": self.sign(self.better, self.worse, "other.update")}
        for why, content in others.items():
            self.expect_refusal(why, content)
        answer = self.hub("/api/v1/updates", bytes(forged))
        check(answer.get("status", 200) >= 400, "the hub keeps no forged one either")
        say("The hub: " + answer["error"])

    def refuse_older(self):
        self.expect_refusal("not_newer", self.sign(self.better, self.worse, "older.update", sequence=1))

    def expect_refusal(self, why, content):
        site = self.sites[0]
        before = site.api("/api/v1/status")["updates"]["refused"].get(why, 0)
        subprocess.run(["mosquitto_pub", "-p", str(self.broker_port), "-q", "1", "-t", f"prunedamr/{site.name}/update", "-s"], input=content, check=True)
        wait_until(f"the receiver refuses it: {why}", lambda: site.api("/api/v1/status")["updates"]["refused"].get(why, 0) > before)
        say(f"{site.name}: {site.api('/api/v1/status')['updates']['last'].replace(str(self.work) + '/', '')}")

    def send_worse(self):
        say("Somebody signs the worse model all the same: it comes back by itself")
        one = self.roll_out(self.sign(self.better, self.worse, "worse.update"), 60)
        check(one["state"] == "returned", f"it was returned: {one}")
        site = self.sites[NAMES.index(one["receivers"][0]["name"])]
        say(f"{site.name}: {site.api('/api/v1/status')['updates']['last']}")
        wanted = hashlib.sha256(self.better.read_bytes()).hexdigest()
        wait_until("all run the better model", lambda: all(one["model"]["hash"] == wanted for one in self.hub("/api/v1/receivers")["receivers"]))

    def count(self):
        """No label was lost on the way."""
        for one in self.hub("/api/v1/receivers")["receivers"]:
            check(one["lost"] == 0, f"{one['name']} has lost no label")

    def all(self):
        self.make_air()
        self.start_hub()
        if not self.options.no_drift:
            self.tell_drift()
        self.listen()
        before = self.measure("before")
        self.label()
        self.adapt()
        self.judge()
        self.refuse()
        self.send()
        self.refuse_older()
        after = self.measure("after")
        for name in NAMES:
            check(after[name][0] >= max(0.5, before[name][0] + 0.3), f"{name} knows {NEW} now")
            check(after[name][1] >= before[name][1] - 0.1, f"{name} has forgotten little")
        self.send_worse()
        self.count()
        say("The loop is closed")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0], formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--prunedamr", default="prunedamr", help="program")
    parser.add_argument("--prunedamr-rx", default="prunedamr-rx", help="program")
    parser.add_argument("--prunedamr-hub", default="prunedamr-hub", help="program")
    parser.add_argument("--model", default="onair-s", help="that the receivers begin with")
    parser.add_argument("--database", help="of the hubs: a file, or postgresql://USER@HOST/NAME (default: a file in the folder)")
    parser.add_argument("--hubs", type=int, default=1, help="that share the database, and the receivers of the broker")
    parser.add_argument("--adapted", help="model that has learned already: nothing is trained")
    parser.add_argument("--no-drift", action="store_true", help="leave out the day in fast motion")
    parser.add_argument("--training", default="--epochs 2 --frames-per-epoch 24000 --batch 64 --lr 0.001 --new-weight 8 --max-loss 1 --data-frames-per-class 300", help="options of prunedamr adapt")
    parser.add_argument("--gate", default="--margin 0.04 --calibration-margin 0.06 --rejection-margin 0.03 --cost-margin 0.03", help="options of prunedamr gate")
    parser.add_argument("--work", help="folder to work in, which is kept (default: a temporary one)")
    options = parser.parse_args()
    loop = Loop(options)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("loop.py: stopped"))
    try:
        loop.all()
    finally:
        loop.end()
        if not options.work:
            shutil.rmtree(loop.work, ignore_errors=True)


if __name__ == "__main__":
    main()
