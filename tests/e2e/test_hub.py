# SPDX-License-Identifier: GPL-3.0-or-later
"""The hub with a real broker and simulated receivers, of which no label may be lost, whoever dies."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request

import rx
from output_case import Lines
from test_mqtt import BROKER, Broker

HUB = os.environ.get("PRUNEDAMR_HUB_PROGRAM", "")
RECEIVERS = os.environ.get("PRUNEDAMR_SIMULATED_RECEIVERS", "")
TOKEN = "0123456789abcdef"


class Hub(rx.Case):
    def setUp(self):
        super().setUp()
        self.database = self.folder / "hub.db"
        self.broker = Broker(self, "allow_anonymous true")
        self.web = rx.free_endpoint()[6:]
        (self.folder / "token").write_text(TOKEN + "\n")
        (self.folder / "token").chmod(0o600)
        self.mqtt = f"mqtt://127.0.0.1:{self.broker.port}"

    def start_hub(self, *options, listen=None):
        hub = subprocess.Popen([HUB, "--listen", listen or self.mqtt, "--database", self.database, "--web", self.web,
                                "--web-token", self.folder / "token", *options], stderr=subprocess.PIPE)
        self.addCleanup(hub.wait)
        self.addCleanup(hub.kill)
        self.notices = Lines(hub.stderr)
        self.notices.wait_for("page at ")
        return hub

    def start_receivers(self, *options, hub=None, rate=50, seconds=4, count=4):
        process = subprocess.Popen([RECEIVERS, "--hub", hub or self.mqtt, "--receivers", str(count), "--rate", str(rate),
                                    "--duration", str(seconds), *options], stdout=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def get(self, path):
        with urllib.request.urlopen(f"http://{self.web}/{path}", timeout=20) as answer:
            return json.load(answer)

    def post(self, path, body, token=TOKEN):
        request = urllib.request.Request(f"http://{self.web}/api/v1/{path}", method="POST",
                                         data=body if isinstance(body, bytes) else json.dumps(body).encode(),
                                         headers={"Authorization": f"Bearer {token}"})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def stored(self):
        """The numbers of the labels by receiver."""
        with sqlite3.connect(self.database) as database:
            rows = database.execute("SELECT r.name, l.seq FROM labels l JOIN receivers r ON r.id = l.receiver ORDER BY 1, 2")
            found = {}
            for name, seq in rows:
                found.setdefault(name, []).append(seq)
            return found

    def total(self):
        return sum(map(len, self.stored().values()))

    def poll(self, condition):
        deadline = time.monotonic() + 30
        while not condition():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)

    def assert_all_stored(self, process):
        said = json.loads(process.communicate(timeout=120)[0])
        self.assertEqual((said["lost"], said["waiting"]), (0, 0))
        expected = {one["receiver"]: list(range(one["last"] + 1)) for one in said["receivers"]}
        self.assertEqual(self.stored(), expected)
        return said

    def test_labels_of_all_receivers_by_each_kind_of_link(self):
        for listen in (self.mqtt, "zmq:" + rx.free_endpoint()):
            with self.subTest(listen=listen):
                hub = self.start_hub(listen=listen)
                self.assert_all_stored(self.start_receivers(hub=listen, seconds=1))
                receivers = self.get("api/v1/receivers")["receivers"]
                self.assertEqual([one["name"] for one in receivers], [f"sim-00{i}" for i in range(4)])
                self.assertEqual(receivers[0]["model"]["name"], "simulated")
                page = self.get("api/v1/labels?limit=5&receiver=sim-002")
                self.assertEqual([one["event"]["seq"] for one in page["labels"]], [49, 48, 47, 46, 45])
                older = self.get(f"api/v1/labels?limit=5&receiver=sim-002&before={page['before']}")
                self.assertEqual(older["labels"][0]["event"]["seq"], 44)
                band = self.get("api/v1/labels?from_hz=400e6&to_hz=450e6&limit=2000")["labels"]
                self.assertTrue(band and all(400e6 <= one["event"]["center_freq_hz"] <= 450e6 for one in band))
                self.stop(hub, signal.SIGTERM)
                self.database.unlink()

    def stop(self, process, number):
        process.send_signal(number)
        process.wait(10)
        self.assertEqual(process.returncode, 0)

    def test_a_hub_that_is_killed_again_and_again(self):
        receivers = self.start_receivers(seconds=6)
        for _ in range(3):
            hub = self.start_hub()
            before = self.total()
            self.poll(lambda: self.total() > before + 20)
            hub.kill()
            hub.wait()
        self.start_hub()
        self.assert_all_stored(receivers)

    def test_a_broker_that_is_killed(self):
        self.start_hub()
        receivers = self.start_receivers(seconds=5)
        self.poll(lambda: len(self.stored()) == 4)
        self.broker.kill()
        self.notices.wait_for("; retrying")
        self.broker.start()
        self.notices.wait_for("connected again")
        self.assert_all_stored(receivers)

    def test_two_hubs_share_what_comes(self):
        self.start_hub()
        first = self.web
        self.web = rx.free_endpoint()[6:]
        self.start_hub()
        self.assert_all_stored(self.start_receivers(count=8))
        counts = []
        for self.web in (first, self.web):
            with urllib.request.urlopen(f"http://{self.web}/metrics") as answer:
                text = answer.read().decode()
            counts.append(int([line for line in text.splitlines() if line.startswith("prunedamr_hub_stored_total ")][0].split()[1]))
        self.assertTrue(all(counts), counts)

    def test_what_is_asked_wrongly_is_refused_with_its_reason(self):
        self.start_hub()
        self.assertEqual(self.post("rollouts", {"update": "00"}, token="wrong")[0], 401)
        for path, body, status, text in (("rollouts", {"update": "00"}, 409, "there is no such update"),
                                         ("rollouts", {"stages": ["1"]}, 400, "no update"),
                                         ("rollouts/7/pause", {}, 409, "no such roll-out"),
                                         ("rollouts/x/pause", {}, 400, "wrong parameters"),
                                         ("updates", b"no update", 409, "damaged"),
                                         ("label", {"receiver": "a", "id": "b", "label": "c"}, 404, "no such snippet")):
            with self.subTest(path=path):
                code, said = self.post(path, body)
                self.assertEqual(code, status, said)
                self.assertIn(text, said)
        for path in ("api/v1/labels?limit=0", "api/v1/labels?from=yesterday", "api/v1/labels?other=1"):
            with self.assertRaises(urllib.error.HTTPError, msg=path) as raised:
                self.get(path)
            self.assertEqual(raised.exception.code, 400)
        described = self.get("api/v1/openapi.json")
        self.assertIn("/api/v1/rollouts/{id}/{action}", described["paths"])

    def test_the_command_line(self):
        def said(*options):
            done = subprocess.run([HUB, *map(str, options)], capture_output=True, text=True, timeout=30)
            return done.returncode, done.stderr + done.stdout
        self.assertEqual(said()[0], 2)
        self.assertEqual(said("--listen", "help")[0], 0)
        self.assertIn("mqtts://HOST", said("--print-man")[1])
        (self.folder / "text").write_text("x" * 5000)
        code, text = said("--listen", self.mqtt, "--database", self.folder / "text")
        self.assertEqual((code, text.count("\n")), (1, 1), text)
        self.start_hub().kill()
        with sqlite3.connect(self.database) as database:
            database.execute("UPDATE hub_schema SET version = 99")
        code, text = said("--listen", self.mqtt, "--database", self.database)
        self.assertEqual((code, text.count("\n")), (1, 1), text)
        self.assertIn("a newer prunedamr-hub has made this database", text)


if __name__ == "__main__":
    if not HUB:
        print("skipped: this build has no hub")
        sys.exit(rx.SKIPPED)
    if not BROKER:
        sys.exit("mosquitto is not installed: apt-get install mosquitto mosquitto-clients")
    unittest.main()
