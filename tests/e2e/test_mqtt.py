# SPDX-License-Identifier: GPL-3.0-or-later
"""Labels to a real broker: mosquitto on loopback, killed and started again."""

import json
import os
import shutil
import signal
import subprocess
import sys
import unittest

import rx
from output_case import EVENTS, FORMAT, Lines, OutputCase, WAIT_S, authority

BROKER = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")


class Broker:
    """On a port of loopback that it keeps."""

    def __init__(self, test, *settings, port=None):
        self.test, self.port = test, port or int(rx.free_endpoint().rsplit(":", 1)[1])
        self.config = test.folder / "mosquitto.conf"
        self.config.write_text("\n".join([f"listener {self.port} 127.0.0.1", "persistence false", "user root", *settings]))
        self.start()

    def start(self):
        self.process = subprocess.Popen([BROKER, "-v", "-c", self.config], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.test.addCleanup(self.process.wait)
        self.test.addCleanup(self.process.kill)
        self.log = Lines(self.process.stdout)
        self.log.wait_for(" running")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def subscribe(self, topic="#"):
        """Lines 'retained topic payload', once the broker has the subscription."""
        client = subprocess.Popen(["mosquitto_sub", "-p", str(self.port), "-t", topic, "-F", "%r %t %p"],
                                  stdout=subprocess.PIPE)
        self.test.addCleanup(client.wait)
        self.test.addCleanup(client.kill)
        lines = Lines(client.stdout)
        self.log.wait_for("Sending SUBACK")
        return lines


def payloads(lines):
    return [json.loads(line.split(" ", 2)[2]) for line in lines]


class Mqtt(OutputCase):
    def test_all_events_of_a_recording_and_a_retained_status(self):
        broker = Broker(self, "allow_anonymous true")
        for options in (";qos=0", ";qos=1", ";qos=2;protocol=5"):
            with self.subTest(options=options):
                self.labels.unlink(missing_ok=True)
                lines = broker.subscribe("radio/#")
                events = self.classify(f"mqtt://127.0.0.1:{broker.port}/radio/labels{options}")
                self.assertEqual(self.stderr, "")
                lines.wait_for("0 radio/labels/status online")
                self.assertEqual(payloads(lines.take(len(events))), events)
                self.assertEqual(lines.take(1), ["0 radio/labels/status offline"])
                self.assertEqual(broker.subscribe("radio/#").take(1), ["1 radio/labels/status offline"])

    def test_the_last_event_is_kept_when_asked_for_and_the_topic_has_a_default(self):
        broker = Broker(self, "allow_anonymous true")
        events = self.classify(f"mqtt://127.0.0.1:{broker.port};retain;if=seq<3")
        self.assertEqual(sorted(broker.subscribe().take(2))[0].split(" ", 2)[:2], ["1", "prunedamr/rx0"])
        self.assertEqual(payloads(broker.subscribe("prunedamr/rx0").take(1)), events[2:3])

    def test_the_will_of_a_receiver_that_dies(self):
        broker = Broker(self, "allow_anonymous true")
        lines = broker.subscribe()
        process = self.start(f"mqtt://127.0.0.1:{broker.port}/t")
        lines.wait_for("0 t/status online")
        self.assertEqual(broker.subscribe().take(1), ["1 t/status online"])
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdin.close()
        self.assertEqual(lines.take(1), ["0 t/status offline"])

    def test_a_broker_that_is_killed_and_comes_back(self):
        broker = Broker(self, "allow_anonymous true")
        lines = broker.subscribe("t")
        process = self.start(f"mqtt://127.0.0.1:{broker.port}/t", talking=True)
        self.feed(process)
        first = payloads(lines.take(19))
        broker.kill()
        self.notices.wait_for("; retrying, and events may be lost meanwhile")
        self.feed(process, 2)
        broker.start()
        self.notices.wait_for("connected again; ")
        lines = broker.subscribe("t")
        status = broker.subscribe("t/status")
        self.assertEqual(status.take(1), ["1 t/status online"])
        self.feed(process)
        count = len(rx.lines(self.labels))
        last = payloads(lines.take(18))
        rest = self.end(process)
        events = rx.events(self.labels)
        self.assertEqual(first, events[:19])
        last += payloads(lines.take(len(events) - last[-1]["seq"] - 1))
        self.assertEqual(last, events[last[0]["seq"]:])
        lost = len(events) - len(first) - len(last)
        self.assertGreater(lost, 30)
        self.assertIn(f"prunedamr-rx: mqtt://127.0.0.1:{broker.port}/t: {lost} events lost: its reader was too slow or "
                      "away", rest)
        self.assertEqual(status.take(1), ["0 t/status offline"])

    def test_a_broker_that_is_absent_or_silent_costs_its_own_events(self):
        absent = rx.free_endpoint().rsplit(":", 1)[1]
        self.assertEqual(len(self.classify(f"mqtt://127.0.0.1:{absent}/t")), EVENTS)
        self.assertIn("; retrying", self.stderr)
        peer, port = self.bound(rx.socket.SOCK_STREAM)  # accepts, and never answers
        self.labels.unlink()
        _, seconds = rx.timed(lambda: self.classify(f"mqtt://127.0.0.1:{port}/t"))
        self.assertLess(seconds, 10)

    def test_a_broker_that_stops_reading_holds_nobody_up(self):
        broker = Broker(self, "allow_anonymous true")
        lines = broker.subscribe("t")
        process = self.start(f"mqtt://127.0.0.1:{broker.port}/t;qos=1")
        self.feed(process)
        lines.take(19)
        broker.process.send_signal(signal.SIGSTOP)
        self.feed(process, 30)  # more than may be under way
        broker.process.send_signal(signal.SIGCONT)
        self.end(process)

    def test_users_and_passwords(self):
        (self.folder / "users").touch()
        subprocess.run(["mosquitto_passwd", "-b", self.folder / "users", "antenna", "p@ss w"], check=True)
        broker = Broker(self, "allow_anonymous false", f"password_file {self.folder}/users")
        secret = self.write("secret", b"p@ss w\n")
        secret.chmod(0o600)
        at = f"127.0.0.1:{broker.port}/t"
        for out in (f"mqtt://{at};user=antenna;password-file={secret}", f"mqtt://antenna:p%40ss%20w@{at}"):
            self.classify(out)
            self.assertEqual(self.stderr, "", out)
            self.labels.unlink()
        self.classify(f"mqtt://antenna:wrong@{at}")
        self.assertIn(f"mqtt://{at}: the broker refuses the connection: ", self.stderr)
        self.assertNotIn("wrong", self.stderr)
        secret.chmod(0o644)
        self.classify(f"mqtt://{at};user=antenna;password-file={secret}")
        self.assertIn("others on this machine can read this secret", self.stderr)

    def test_tls_with_the_right_authority_only(self):
        ca, certificate, key = authority(self.folder)
        broker = Broker(self, "allow_anonymous true", f"cafile {ca}", f"certfile {certificate}", f"keyfile {key}")
        self.classify(f"mqtts://localhost:{broker.port}/t;ca={ca}")
        self.assertEqual(self.stderr, "")
        self.classify(f"mqtts://localhost:{broker.port}/t")
        self.assertRegex(self.stderr, "TLS|certificate")
        result = rx.run(self.recording, *FORMAT, "--out", f"mqtts://localhost/t;ca={self.folder}/absent")
        self.assertEqual(result.code, 1)
        self.assertIn("cannot use these certificates", result.stderr)

    def test_home_assistant_finds_the_receiver(self):
        broker = Broker(self, "allow_anonymous true")
        self.classify(f"mqtt://127.0.0.1:{broker.port}/north/labels;discovery=homeassistant;retain")
        lines = broker.subscribe("homeassistant/#").take(4)
        found = {line.split(" ", 2)[1].split("/")[3]: json.loads(line.split(" ", 2)[2]) for line in lines}
        self.assertEqual(set(found), {"label", "center_freq_hz", "bandwidth_hz", "snr_db"})
        label = found["label"]
        self.assertEqual((label["state_topic"], label["availability_topic"], label["value_template"]),
                         ("north/labels", "north/labels/status", "{{ value_json.label }}"))
        self.assertEqual(len({entity["unique_id"] for entity in found.values()}), 4)
        for topic in (label["state_topic"], label["availability_topic"]):
            self.assertEqual(broker.subscribe(topic).take(1)[0].split(" ")[:2], ["1", topic])

    def test_what_no_broker_takes_is_refused(self):
        for out, text in (("mqtt://h/a+b", "bad MQTT topic"), ("mqtt://h:0/t", "bad address"), ("mqtt:h", "bad address"),
                          ("mqtt://h;qos=3", "qos=3, expected 0..2"), ("mqtt://", "found mqtt://,"), ("mqtt://:1883/t", "found mqtt://:1883/t,"),
                          ("mqtt://[]", "bad address"), ("mqtt://[]:1883", "bad address")):
            result = rx.run(self.recording, *FORMAT, "--out", out)
            self.assert_refused(result, 1, text)


if __name__ == "__main__":
    if os.environ.get("PRUNEDAMR_HAVE_MQTT") in ("OFF", ""):
        print("skipped: this build has no MQTT")
        sys.exit(rx.SKIPPED)
    if not BROKER:
        sys.exit("mosquitto is not installed: apt-get install mosquitto mosquitto-clients")
    unittest.main()
