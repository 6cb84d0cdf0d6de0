# SPDX-License-Identifier: GPL-3.0-or-later
"""A receiver and its hub, which is played by this test: over a real broker, killed and started again, and over ZeroMQ."""

import base64
import hashlib
import json
import os
import re
import signal
import subprocess
import threading
import time
import unittest

import zmq

import rx
from output_case import Lines, OutputCase, WAIT_S
from test_mqtt import BROKER, Broker

TOOL = os.environ["PRUNEDAMR_TOOL"]


class Hub:
    """What came, by topic; events by run and seq. Labels are acknowledged while `answers`."""

    def __init__(self, test):
        self.test, self.answers = test, True
        self.messages, self.events, self.changed = [], {}, threading.Condition()

    def take(self, name, topic, payload):
        with self.changed:
            self.messages.append((topic, payload))
            if topic == "labels":
                message = json.loads(payload)
                seqs = [event["seq"] for event in message["events"]]
                self.events.setdefault(message["run"], []).extend(message["events"])
                if self.answers:
                    self.acknowledge(name, message["run"], [[seqs[0], seqs[0]], [seqs[0], seqs[-1]]])  # ranges may overlap
            self.changed.notify_all()

    def acknowledge(self, name, run, ranges):
        self.say(name, "stored", json.dumps({"v": 1, "run": run, "ranges": ranges}).encode())

    def of(self, topic):
        return [json.loads(payload) for name, payload in self.messages if name == topic]

    def seqs(self, run=None):
        with self.changed:
            return sorted({event["seq"] for events in self.events.values() for event in events if run in (None, event.get("run", run))})

    def wait_for(self, what, condition, timeout_s=WAIT_S):
        with self.changed:
            self.test.assertTrue(self.changed.wait_for(condition, timeout_s), what)

    def wait_for_message(self, topic, count=1):
        self.wait_for(topic, lambda: len(self.of(topic)) >= count)
        return self.of(topic)[count - 1]

    def wait_for_events(self, count, timeout_s=WAIT_S):
        def distinct():
            return len({event["seq"] for events in self.events.values() for event in events})
        self.wait_for(f"{count} events", lambda: distinct() >= count, timeout_s)


class MqttHub(Hub):
    def __init__(self, test, broker):
        super().__init__(test)
        self.broker = broker
        self.address = f"mqtt://127.0.0.1:{broker.port}"
        self.subscribe()

    def subscribe(self):
        client = subprocess.Popen(["mosquitto_sub", "-p", str(self.broker.port), "-q", "1", "-t", "prunedamr/#", "-F", "%t %p"], stdout=subprocess.PIPE)
        self.test.addCleanup(client.wait)
        self.test.addCleanup(client.kill)
        threading.Thread(target=self.read, args=(client.stdout,), daemon=True).start()
        self.broker.log.wait_for("Sending SUBACK")

    def read(self, pipe):
        for line in pipe:
            topic, payload = line.rstrip(b"\n").split(b" ", 1)
            _, name, last = topic.decode().split("/")
            if last not in ("stored", "update", "return"):
                self.take(name, last, payload)
        pipe.close()

    def say(self, name, topic, payload):
        subprocess.run(["mosquitto_pub", "-p", str(self.broker.port), "-q", "1", "-t", f"prunedamr/{name}/{topic}", "-s" if payload else "-n"], input=payload, check=False)


class ZmqHub(Hub):
    def __init__(self, test, endpoint=None):
        super().__init__(test)
        self.endpoint = endpoint or rx.free_endpoint()
        self.address = "zmq:" + self.endpoint
        self.said = []
        self.stopping = False
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        context = zmq.Context()
        socket = context.socket(zmq.ROUTER)
        socket.bind(self.endpoint)
        while not self.stopping:
            while self.said:
                socket.send_multipart(self.said.pop(0))
            if socket.poll(20):
                name, topic, payload = socket.recv_multipart()
                self.take(name.decode(), topic.decode(), payload)
        context.destroy(0)

    def say(self, name, topic, payload):
        self.said.append([name.encode(), topic.encode(), payload])

    def stop(self):
        self.stopping = True
        self.thread.join()


class HubLink(OutputCase):
    def play(self, hub, *options):
        """A recording; its events as a file got them, and what was said."""
        result = rx.run(self.recording, "--format", "ci8", "--rate", 1_000_000, "--interval", "1e-6", "--out", f"json:{self.labels}", "--hub", hub, *options)
        self.assertEqual(result.code, 0, result.stderr)
        return rx.events(self.labels), result.stderr

    def live(self, hub, *options):
        process = rx.start("stdin", "--format", "ci8", "--rate", 1_000_000, "--interval", "1e-6", "--out", f"json:{self.labels}", "--hub", hub, *options)
        self.addCleanup(process.kill)
        self.notices = Lines(process.stderr)
        self.wait_until(self.labels.exists, "the label file")
        return process

    def close(self, process):
        process.stdin.close()
        self.assertEqual(process.wait(WAIT_S), 0)

    @unittest.skipUnless(BROKER, "no mosquitto")
    def test_a_recording_reaches_the_hub_whole_and_the_receiver_says_who_it_is(self):
        hub = MqttHub(self, Broker(self, "allow_anonymous true"))
        events, said = self.play(hub.address, "--name", "roof/1", "--position", "52.5,-13.25")
        self.assertEqual(said, "")
        hub.wait_for_events(len(events))
        (run, got), = hub.events.items()
        self.assertEqual({event["seq"]: event for event in got}, {event["seq"]: event for event in events})
        who = hub.wait_for_message("receiver")
        self.assertEqual((who["v"], who["name"], who["run"], who["sequence"], who["keys"]), (1, "roof/1", run, 0, []))
        self.assertEqual(who["position"], {"latitude": 52.5, "longitude": -13.25})
        with open(rx.MODEL, "rb") as model:
            self.assertEqual(who["model"]["hash"], hashlib.sha256(model.read()).hexdigest())
        self.assertEqual(who["model"]["name"], events[0]["model"])
        self.assertIn(events[0]["top"][0][0], who["model"]["classes"])
        hub.wait_for("the last health", lambda: hub.of("health") and hub.of("health")[-1]["seq"] == len(events) - 1)
        health = hub.of("health")[-1]
        self.assertEqual((health["run"], health["waiting"], health["lost"]), (run, 0, 0))
        self.assertEqual((health["status"]["model"], health["status"]["hub"]["lost"]), (events[0]["model"], 0))
        hub.wait_for("offline", lambda: (b"offline" in [payload for topic, payload in hub.messages if topic == "status"]))
        self.assertEqual([payload for topic, payload in hub.messages if topic == "status"], [b"online", b"offline"])

    @unittest.skipUnless(BROKER, "no mosquitto")
    def test_what_is_not_acknowledged_is_said_after_a_bounded_time(self):
        hub = MqttHub(self, Broker(self, "allow_anonymous true"))
        hub.answers = False
        begin = time.monotonic()
        events, said = self.play(hub.address, "--hub-wait", 2)
        self.assertLess(time.monotonic() - begin, 12)
        self.assertIn(f"waiting for a hub to acknowledge {len(events)} events, 2 s at most", said)
        self.assertIn(f": {len(events)} events were not acknowledged by a hub", said)
        absent = rx.free_endpoint().rsplit(":", 1)[1]
        self.labels.unlink()
        events, said = self.play(f"mqtt://127.0.0.1:{absent}", "--hub-wait", 0.5)
        self.assertIn(f": {len(events)} events were not acknowledged by a hub", said)

    def test_it_is_a_failure_when_nobody_else_got_the_events(self):
        hub = ZmqHub(self)
        hub.answers = False
        words = (self.recording, "--format", "ci8", "--rate", 1_000_000, "--interval", "1e-6", "--hub", hub.address)
        done = rx.run(*words, "--hub-wait", 1)
        self.assertEqual(done.code, 1, done.stderr)
        self.assertRegex(done.stderr, r"\d+ events were not acknowledged by a hub, and there is no other output")
        hub.answers = True
        done = rx.run(*words)
        self.assertEqual((done.code, done.stderr), (0, ""))
        hub.stop()

    def test_waiting_for_the_hub_counts_in_no_rate(self):
        hub = ZmqHub(self)
        hub.answers = False
        done = rx.run("--model", rx.MODEL, "--single", "--source", self.recording, "--format", "ci8", "--rate", 1_000_000, "--out", f"json:{self.labels}",
                      "--hub", hub.address, "--hub-wait", 4, plain=True)
        self.assertEqual(done.code, 0, done.stderr)
        elapsed_s = float(re.search(r"([0-9.]+) s: 40000 samples", done.stderr.splitlines()[-1]).group(1))
        self.assertLess(elapsed_s, 4)
        hub.stop()

    @unittest.skipUnless(BROKER, "no mosquitto")
    def test_a_broker_that_is_killed_costs_no_event(self):
        broker = Broker(self, "allow_anonymous true")
        hub = MqttHub(self, broker)
        process = self.live(hub.address)
        self.feed(process, 2)
        hub.wait_for_events(30)
        broker.kill()
        self.notices.wait_for("; retrying")
        self.feed(process, 3)
        broker.start()
        hub.subscribe()
        hub.wait_for_message("receiver", 2)
        self.feed(process)
        self.close(process)
        events = rx.events(self.labels)
        hub.wait_for_events(len(events))
        self.assertEqual(hub.seqs(), list(range(len(events))))
        self.assertEqual(hub.of("health")[-1]["lost"], 0)

    @unittest.skipUnless(BROKER, "no mosquitto")
    def test_a_receiver_that_is_killed_is_offline_by_its_will_and_another_run_is_told_apart(self):
        broker = Broker(self, "allow_anonymous true")
        hub = MqttHub(self, broker)
        hub.answers = False
        process = self.live(hub.address)
        self.feed(process)
        hub.wait_for_events(19)
        first = hub.of("receiver")[0]["run"]
        process.kill()
        process.stdin.close()
        hub.wait_for("offline", lambda: ("status", b"offline") in hub.messages)
        self.labels.unlink()
        process = self.live(hub.address)
        hub.wait_for("another run", lambda: hub.of("receiver")[-1]["run"] != first)
        second = hub.of("receiver")[-1]["run"]
        self.feed(process)
        hub.wait_for("its events", lambda: len(hub.events.get(second, [])) >= 19)
        for payload in (b"", b"\xff\xfe", b"[]", b'{"v":2}', b"{" * 10000, json.dumps({"v": 1, "run": first, "ranges": [[0, 99]]}).encode()):
            hub.say("rx0", "stored", payload)
            hub.say("rx0", "return", payload)
        hub.say("rx0", "update", b"no update")
        answer = hub.wait_for_message("answer")
        self.assertEqual((answer["result"], answer["why"], answer["update"]), ("refused", "takes_none", hashlib.sha256(b"no update").hexdigest()))
        hub.acknowledge("rx0", second, [[0, 9]])
        self.feed(process)
        process.send_signal(signal.SIGTERM)
        process.wait(WAIT_S)
        process.stdin.close()
        count = len(rx.events(self.labels))
        self.notices.wait_for("a message is ignored: ")
        self.notices.wait_for(f": {count - 10} events were not acknowledged by a hub")

    def test_zeromq_hubs_share_the_labels_and_one_may_go(self):
        hubs = [ZmqHub(self), ZmqHub(self)]
        process = self.live(hubs[0].address, "--hub", hubs[1].address)
        for hub in hubs:
            while not hub.events:
                self.feed(process)
        hubs[0].stop()
        self.feed(process, 2)
        self.close(process)
        events = rx.events(self.labels)
        seqs = {event["seq"] for hub in hubs for of_run in hub.events.values() for event in of_run}
        self.assertEqual(seqs, set(range(len(events))))
        hubs[1].wait_for("offline", lambda: ("status", b"offline") in hubs[1].messages)
        hubs[1].stop()

    def test_a_zeromq_hub_may_come_later(self):
        endpoint = rx.free_endpoint()
        process = self.live("zmq:" + endpoint)
        self.feed(process, 2)
        self.notices.wait_for("no hub takes what is sent")
        hub = ZmqHub(self, endpoint)
        hub.wait_for_events(30)
        self.close(process)
        self.assertEqual(hub.seqs(), list(range(len(rx.events(self.labels)))))
        hub.stop()

    def test_snippets_are_shown_to_the_hub(self):
        hub = ZmqHub(self)
        events, _ = self.play(hub.address, "--snippets", self.folder / "kept", "--snippet-if", "signal")
        names = {path.name.rsplit(".", 1)[0] for path in (self.folder / "kept").glob("*.sigmf-meta")}
        self.assertTrue(names)
        hub.wait_for("its snippets", lambda: {one["id"] for one in hub.of("snippet")} == names)
        one = hub.of("snippet")[0]
        self.assertTrue(base64.b64decode(one["png"]).startswith(b"\x89PNG"))
        self.assertIn(one["event"], events)
        hub.stop()

    def test_bad_addresses_are_refused(self):
        for hub, text in (("http://x", "unknown kind"), ("mqtt:x", "bad address"), ("mqtt://h/a+b", "bad MQTT topic"), ("mqtt://h;qos=1", "unknown option"),
                          ("zmq:tcp://192.0.2.1:5", "readable by the network"), ("zmq:udp://h:5", "bad address of a hub"), ("zmq:tcp://127.0.0.1", "bad address"),
                          ("mqtt://h;server-key=x", "of zmq only"), ("zmq:tcp://127.0.0.1:5;key=x", "x")):
            result = rx.run(self.recording, "--format", "ci8", "--rate", 1_000_000, "--hub", hub)
            self.assertIn(result.code, (1, 2), hub)
            self.assertIn(text, result.stderr, hub)
        for words, text in ((("--hub", "mqtt://h", "--name", "x" * 49), "name of a receiver"), (("--hub", "mqtt://h", "--position", "91,0"), "bad position"),
                            (("--position", "1,2"), "--position")):
            result = rx.run(self.recording, "--format", "ci8", "--rate", 1_000_000, *words)
            self.assertIn(text, result.stderr)


class Updates(rx.Case):
    """An update that comes by the hub."""

    RATE, EVENTS = 200_000, 4
    SAMPLES = rx.samples_ci8(40_960, turns=1).tobytes()

    def test_what_becomes_of_an_update_is_told(self):
        for key in ("key", "other"):
            self.tool("key", "new", self.folder / key)
        for name in ("first", "other"):
            self.write(name + ".safetensors", rx.renamed_model(name))
        self.hub = ZmqHub(self)
        self.labels = self.folder / "labels.jsonl"
        self.process = subprocess.Popen([str(word) for word in (
            rx.RX, "--single", "--model", self.folder / "first.safetensors", "--source", "stdin", "--format", "ci8", "--rate", self.RATE, "--quiet",
            "--interval", "0.05", "--out", f"json:{self.labels}", "--updates", self.folder / "store", "--update-keys", self.folder / "key.pub",
            "--hub", self.hub.address)], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.addCleanup(self.process.kill)
        who = self.hub.wait_for_message("receiver")
        self.assertEqual((who["sequence"], len(who["keys"]), len(who["keys"][0])), (0, 1, 32))
        self.send("update", self.update("key", 5)[:200])
        self.expect(1, "refused", "damaged", "first", 0)
        self.send("update", self.update("other", 5))
        self.expect(2, "refused", "unknown_key", "first", 0)
        good = self.update("key", 5)
        self.send("update", good)
        self.assertEqual(self.expect(3, "taken", "", "other", 5)["update"], hashlib.sha256(good).hexdigest())
        self.send("update", good)  # again, as a broker may bring it twice
        again = self.expect(4, "taken", "", "other", 5)
        self.assertEqual(again["update"], hashlib.sha256(good).hexdigest())
        self.send("return", json.dumps({"v": 1, "update": 64 * "0"}).encode())
        self.assertEqual(self.expect(5, "returned", "it does not run", "other", 5)["update"], 64 * "0")
        self.send("return", json.dumps({"v": 1, "update": hashlib.sha256(good).hexdigest()}).encode())
        self.expect(6, "returned", "asked for by the hub", "first", 5)
        self.send("update", good)
        self.expect(7, "returned", "", "first", 5)
        self.send("update", self.update("key", 4))
        self.expect(8, "refused", "not_newer", "first", 5)
        self.hub.wait_for("a registration", lambda: self.hub.of("receiver")[-1]["model"]["name"] == "first" and self.hub.of("receiver")[-1]["sequence"] == 5)
        self.process.stdin.close()
        self.assertEqual(self.process.wait(WAIT_S), 0)
        self.hub.stop()

    def tool(self, *words):
        done = subprocess.run([TOOL, *map(str, words)], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def update(self, key, number):
        out = self.folder / f"{key}-{number}"
        self.tool("model", "diff", self.folder / "first.safetensors", self.folder / "other.safetensors", "--out", out, "--sign", self.folder / key,
                  "--sequence", number)
        return out.read_bytes()

    def send(self, topic, payload):
        self.process.stdin.write(self.SAMPLES)
        self.process.stdin.flush()
        self.hub.say("rx0", topic, payload)

    def expect(self, count, result, why, model, sequence):
        answer = self.hub.wait_for_message("answer", count)
        self.assertEqual((answer["result"], answer["why"], answer["model"]["name"], answer["sequence"]), (result, why, model, sequence), answer)
        return answer


if __name__ == "__main__":
    unittest.main(verbosity=2)
