# SPDX-License-Identifier: GPL-3.0-or-later
"""The hub with a real broker and simulated receivers, of which no label may be lost, whoever dies."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

import zmq

import rx
from output_case import Lines
from postgres import Postgres
from test_control import faults
from test_mqtt import BROKER, Broker

HUB = os.environ.get("PRUNEDAMR_HUB_PROGRAM", "")
RECEIVERS = os.environ.get("PRUNEDAMR_SIMULATED_RECEIVERS", "")
PSQL = shutil.which("psql")
TOKEN = "0123456789abcdef"
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "user" / "hub-openapi.json"


class Hub(rx.Case):
    def setUp(self):
        super().setUp()
        self.database = self.folder / "hub.db"
        self.broker = Broker(self, "allow_anonymous true")
        self.web = rx.free_endpoint()[6:]
        (self.folder / "token").write_text(TOKEN + "\n")
        (self.folder / "token").chmod(0o600)
        self.mqtt = f"mqtt://127.0.0.1:{self.broker.port}"

    def start_hub(self, *options, listen=None, env=None):
        hub = subprocess.Popen([HUB, "--listen", listen or self.mqtt, "--database", self.database, "--web", self.web,
                                "--web-token", self.folder / "token", *map(str, options)], stderr=subprocess.PIPE, env={**os.environ, **(env or {})})
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
        return self.stored_in(self.database)

    def stored_in(self, file):
        with sqlite3.connect(file) as database:
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

    def start_postgres(self):
        folder = tempfile.mkdtemp()  # which another user may enter
        self.addCleanup(shutil.rmtree, folder, True)
        server = Postgres(folder)
        if not server.programs or not PSQL:
            self.skipTest("no PostgreSQL (apt-get install postgresql)")
        self.database = server.start()
        self.addCleanup(server.stop)
        return server

    def psql(self, server, sql):
        done = subprocess.run([PSQL, "-h", server.folder, "-U", "test", "-At", "postgres", "-c", sql], capture_output=True, text=True, check=True)
        return [line.split("|") for line in done.stdout.splitlines()]

    def test_two_hubs_share_what_comes(self):
        server = self.start_postgres()
        self.start_hub()
        first = self.web
        self.web = rx.free_endpoint()[6:]
        self.start_hub()
        self.stored = lambda: {name: [*map(int, seqs.split(","))] for name, seqs in self.psql(
            server, "SELECT r.name, string_agg(l.seq::text, ',' ORDER BY l.seq) FROM labels l JOIN receivers r ON r.id = l.receiver GROUP BY 1")}
        self.assert_all_stored(self.start_receivers(count=8))
        counts = []
        for self.web in (first, self.web):
            with urllib.request.urlopen(f"http://{self.web}/metrics") as answer:
                text = answer.read().decode()
            counts.append(int([line for line in text.splitlines() if line.startswith("prunedamr_hub_stored_total ")][0].split()[1]))
        self.assertTrue(all(counts), counts)

    def test_a_receiver_shows_its_key_and_speaks_under_its_name(self):
        endpoint = "zmq:" + rx.free_endpoint()
        keys = {name: zmq.curve_keypair() for name in ("hub", "sim-000", "other")}
        (self.folder / "clients").mkdir()
        for name, (public, secret) in keys.items():
            (self.folder / f"{name}.secret").write_bytes(secret)
            (self.folder / f"{name}.secret").chmod(0o600)
            (self.folder / ("." if name == "hub" else "clients") / f"{name}.key").write_bytes(public)
        self.start_hub("--zmq-key", self.folder / "hub.secret", "--zmq-clients", self.folder / "clients", listen=endpoint)
        as_whom = lambda name: f"{endpoint};key={self.folder}/{name}.secret;server-key={self.folder}/hub.key"
        other = self.start_receivers("--wait", "1", hub=as_whom("other"), count=1, seconds=1)  # calls itself sim-000, too
        self.notices.wait_for("a receiver calls itself sim-000 and has the key of other")
        self.assertEqual(json.loads(other.communicate(timeout=60)[0])["receivers"][0]["acknowledged"], 0)
        self.assert_all_stored(self.start_receivers(hub=as_whom("sim-000"), count=1, seconds=1))
        # The same with the real receiver.
        recording = self.write("in.ci8", rx.samples_ci8(40_000).tobytes())
        done = rx.run(recording, "--format", "ci8", "--rate", 1_000_000, "--name", "sim-000", "--hub", as_whom("sim-000"))
        self.assertEqual((done.code, done.stderr), (0, ""))
        done = rx.run(recording, "--format", "ci8", "--rate", 1_000_000, "--name", "sim-001", "--hub", as_whom("sim-000"), "--hub-wait", 1)
        self.assertEqual(done.code, 1)
        self.assertIn("there is no other output", done.stderr)

    def test_a_database_that_is_damaged_is_told_and_nothing_is_acknowledged(self):
        self.start_hub()
        self.assert_all_stored(self.start_receivers(seconds=1))
        self.assertEqual(self.get("health")["fault"], None)
        for file in self.folder.glob("hub.db*"):
            file.rename(self.folder / ("away-" + file.name))
        before = sum(map(len, self.stored_in(self.folder / "away-hub.db").values()))
        self.database = self.folder / "hub.db"
        self.database.write_bytes(b"x" * 8192)
        receivers = self.start_receivers("--name", "late", "--wait", "20", seconds=1)
        self.notices.wait_for("retrying: receivers keep their labels meanwhile")
        self.poll(lambda: self.health()["database"] is False and "not a database" in self.health()["fault"])
        self.database.unlink()
        self.notices.wait_for("there again")
        self.assert_all_stored(receivers)
        self.assertEqual(sum(map(len, self.stored_in(self.folder / "away-hub.db").values())), before)
        self.poll(lambda: self.health() == {**self.health(), "is_well": True, "fault": None})

    def health(self):
        try:
            return self.get("health")
        except urllib.error.HTTPError as error:
            return json.load(error)

    def test_the_service_manager_hears_of_it(self):
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.bind(str(self.folder / "notify"))
        manager.settimeout(10)
        hub = self.start_hub(env={"NOTIFY_SOCKET": str(self.folder / "notify"), "WATCHDOG_USEC": "40000"})
        self.assertEqual([manager.recv(100) for _ in range(3)], [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"])
        self.stop(hub, signal.SIGTERM)
        while (last := manager.recv(100)) == b"WATCHDOG=1":
            pass
        self.assertEqual(last, b"STOPPING=1")

    def test_what_is_asked_wrongly_is_refused_with_its_reason(self):
        self.start_hub()
        self.assertEqual(self.post("rollouts", {"update": "00"}, token="wrong")[0], 401)
        for path, body, status, text in (("rollouts", {"update": "00"}, 404, "there is no such update"),
                                         ("rollouts", {"stages": ["1"]}, 400, "no update"),
                                         ("rollouts/7/pause", {}, 404, "no such roll-out"),
                                         ("rollouts/7/dance", {}, 400, "pause, resume or return"),
                                         ("rollouts/x/pause", {}, 400, "wrong parameters"),
                                         ("updates", b"no update", 409, "damaged"),
                                         ("label", {"receiver": "a", "id": "b", "label": "c"}, 404, "no such snippet")):
            with self.subTest(path=path):
                code, said = self.post(path, body)
                self.assertEqual(code, status, said)
                self.assertIn(text, said)
        for path in ("api/v1/labels?limit=0", "api/v1/labels?from=yesterday", "api/v1/labels?other=1",
                     "api/v1/labels?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "api/v1/labels?from_hz=2e6&to_hz=1e6", "api/v1/who?action=pause"):
            with self.assertRaises(urllib.error.HTTPError, msg=path) as raised:
                self.get(path)
            self.assertEqual(raised.exception.code, 400)

    def test_answers_are_what_the_document_says(self):
        self.start_hub()
        self.assert_all_stored(self.start_receivers(seconds=1))
        document = json.loads(DOCUMENT.read_text())
        self.assertEqual(self.get("api/v1/openapi.json"), document, "docs/user/hub-openapi.json is what a hub answers")
        for path, methods in document["paths"].items():
            content = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
            if "application/json" in content and not path.endswith("openapi.json"):
                self.assertEqual(faults(self.get(path[1:]), content["application/json"]["schema"], document), [], path)

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
        for options, code, part in ((("--listen", self.mqtt, "--keep", "banana"), 2, "--keep: this is no time"),
                                    (("--listen", "foo"), 2, "--listen: "), (("--listen", "mqtt://h/a+b"), 2, "--listen: bad MQTT topic"),
                                    (("--listen", "zmq:tcp://127.0.0.1:x"), 1, "port x")):
            with self.subTest(options=options):
                got, text = said(*options, "--database", self.folder / "other.db")
                self.assertEqual((got, text.count("\n")), (code, 1), text)
                self.assertIn(part, text)

    def test_a_database_of_somebody_else_is_refused_at_once(self):
        def said(database):
            done = subprocess.run([HUB, "--listen", self.mqtt, "--database", database], capture_output=True, text=True, timeout=30)
            self.assertEqual((done.returncode, done.stderr.count("\n")), (1, 1), done.stderr)
            return done.stderr
        self.start_hub()
        self.assertIn("another hub has this database", said(str(self.database)))
        server = self.start_postgres()
        self.assertIn("does not exist", said(self.database.replace("/postgres?", "/nowhere?")))
        (server.folder / "data" / "pg_hba.conf").write_text("local all all scram-sha-256\n")
        self.psql_reload(server)
        self.assertIn("no password supplied", said(self.database))
        self.assertIn("password authentication failed", said(self.database.replace("test@", "test:wrong@")))

    def psql_reload(self, server):
        server.run("pg_ctl", "-D", server.folder / "data", "reload")
        self.poll(lambda: subprocess.run([PSQL, "-w", "-h", server.folder, "-U", "test", "postgres", "-c", "SELECT 1"], capture_output=True).returncode)


if __name__ == "__main__":
    if not HUB:
        print("skipped: this build has no hub")
        sys.exit(rx.SKIPPED)
    if not BROKER:
        sys.exit("mosquitto is not installed: apt-get install mosquitto mosquitto-clients")
    unittest.main()
