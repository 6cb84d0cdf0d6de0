# SPDX-License-Identifier: GPL-3.0-or-later
"""ZeroMQ subscribers: two frames, gapless seq; one that never reads holds nobody up."""

import json
import os
import unittest

import zmq
import zmq.auth
from zmq.utils.monitor import recv_monitor_message

import rx

RATE = 1_000_000
CHUNK = rx.samples_ci8(40_000).tobytes()
CHUNK_EVENTS = 40_000 // rx.BLOCK  # at an interval of one block


class ZmqOutput(rx.Case):
    def setUp(self):
        super().setUp()
        self.context = zmq.Context()
        self.addCleanup(self.context.destroy, 0)
        self.endpoint = rx.free_endpoint()

    def start(self, *arguments, bound=None):
        (self.folder / "labels.json").unlink(missing_ok=True)  # of a run before, which would be appended to
        process = rx.start("--source", "stdin", "--format", "ci8", "--rate", RATE, "--interval", "1e-6", "--zmq",
                           bound or self.endpoint, "--out", "json:%s" % (self.folder / "labels.json"), *arguments)
        self.addCleanup(process.kill)
        return process

    def certificate(self, name, folder=None):
        """The path of a new NAME.key."""
        public, secret = zmq.auth.create_certificates(folder or self.folder, name)
        os.chmod(secret, 0o600)
        return public

    def handshake(self, server_key=None, client=None):
        """How the first handshake of a subscriber ends: event and value; `client`: its NAME.key_secret."""
        subscriber = self.context.socket(zmq.SUB)
        self.addCleanup(subscriber.close, 0)
        if client:
            subscriber.curve_serverkey = server_key
            subscriber.curve_publickey, subscriber.curve_secretkey = zmq.auth.load_certificate(client)
        monitor = subscriber.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_HANDSHAKE_FAILED_AUTH | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
            | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL)
        monitor.set(zmq.RCVTIMEO, 10_000)
        subscriber.connect(self.endpoint)
        message = recv_monitor_message(monitor)
        subscriber.disable_monitor()
        monitor.close(0)
        return message["event"], message["value"]

    def subscribe(self, topic=b"label", high_water_mark=1000, server_key=None, client=None):
        """A subscriber; returns when it is connected. `client`: its NAME.key_secret, else keys of its own."""
        subscriber = self.context.socket(zmq.SUB)
        if server_key:
            subscriber.curve_serverkey = server_key
            subscriber.curve_publickey, subscriber.curve_secretkey = (
                zmq.auth.load_certificate(client) if client else zmq.curve_keypair())
        self.addCleanup(subscriber.close, 0)
        subscriber.set(zmq.RCVHWM, high_water_mark)
        subscriber.set(zmq.SUBSCRIBE, topic)
        subscriber.set(zmq.RCVTIMEO, 10_000)
        monitor = subscriber.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
        monitor.set(zmq.RCVTIMEO, 10_000)
        subscriber.connect(self.endpoint)
        recv_monitor_message(monitor)
        subscriber.disable_monitor()
        monitor.close(0)
        return subscriber

    def end(self, process):
        process.stdin.close()
        self.assertEqual(process.wait(20), 0)
        self.assertEqual(process.stderr.read(), b"")
        process.stderr.close()

    def feed_until_received(self, process, subscriber):
        """The subscription travels after the handshake: the first chunks may pass before it is known."""
        for _ in range(100):
            process.stdin.write(CHUNK)
            process.stdin.flush()
            if subscriber.poll(200):
                return
        self.fail("no label in 100 chunks")

    def test_two_frames_gapless_to_the_last_event(self):
        process = self.start("--topic", "label.north")
        subscriber = self.subscribe(b"label.north")
        self.feed_until_received(process, subscriber)
        for _ in range(10):
            process.stdin.write(CHUNK)
        self.end(process)
        written = rx.lines(self.folder / "labels.json")
        received = []
        while not received or received[-1] != written[-1]:
            topic, text = subscriber.recv_multipart()
            self.assertEqual(topic, b"label.north")
            received.append(text.decode())
        seqs = [json.loads(text)["seq"] for text in received]
        self.assertEqual(seqs, list(range(seqs[0], seqs[0] + len(seqs))))
        self.assertGreaterEqual(len(seqs), 10 * CHUNK_EVENTS)
        self.assertEqual(received, written[-len(received):])

    def test_with_a_key_labels_leave_this_machine_encrypted(self):
        public = self.certificate("antenna")
        reachable = self.endpoint.replace("127.0.0.1", "0.0.0.0")
        refused = rx.run("--source", self.write("x.ci8", CHUNK), "--rate", RATE, "--zmq", reachable)
        self.assert_refused(refused, 1, "expected a loopback address, or a CURVE secret key")
        wrong = rx.run("--source", self.write("x.ci8", CHUNK), "--rate", RATE, "--zmq", reachable, "--zmq-key", public)
        self.assert_refused(wrong, 1, "antenna.key: no CURVE secret key in this file")

        unused = rx.run("--source", self.write("x.ci8", CHUNK), "--rate", RATE, "--zmq-key", "antenna.key_secret")
        self.assert_refused(unused, 2, "--zmq-key: encrypts ZeroMQ outputs, and there is none")

        clients = self.certificate("client")
        process = self.start("--zmq-key", self.folder / "antenna.key_secret", "--zmq-clients", clients, bound=reachable)
        server_key, _ = zmq.auth.load_certificate(public)
        subscriber = self.subscribe(server_key=server_key, client=clients + "_secret")
        self.feed_until_received(process, subscriber)
        self.end(process)
        self.assertEqual(json.loads(subscriber.recv_multipart()[1])["source"], "rx0")

    def test_only_listed_clients_may_subscribe(self):
        clients = self.folder / "clients"
        clients.mkdir()
        server_key, _ = zmq.auth.load_certificate(self.certificate("antenna"))
        listed = [self.certificate(name, clients) + "_secret" for name in ("ann", "bob")]
        stranger = self.certificate("stranger") + "_secret"
        process = self.start("--zmq-key", self.folder / "antenna.key_secret", "--zmq-clients", clients)
        admitted = self.subscribe(server_key=server_key, client=listed[0])
        self.feed_until_received(process, admitted)
        self.assertEqual(self.handshake(server_key, listed[1])[0], zmq.EVENT_HANDSHAKE_SUCCEEDED)
        self.assertEqual(self.handshake(server_key, stranger), (zmq.EVENT_HANDSHAKE_FAILED_AUTH, 400))
        wrong_server_key, _ = zmq.auth.load_certificate(stranger)
        for event, _ in (self.handshake(wrong_server_key, listed[0]), self.handshake()):
            self.assertNotEqual(event, zmq.EVENT_HANDSHAKE_SUCCEEDED)
        self.end(process)
        written = rx.lines(self.folder / "labels.json")
        while admitted.recv_multipart()[1].decode() != written[-1]:  # RCVTIMEO: raises when the last never comes
            pass

    def test_lists_of_clients_that_cannot_be_used_are_refused_in_one_line(self):
        secret = self.certificate("antenna") + "_secret"
        source = self.write("x.ci8", CHUNK)
        (self.folder / "empty").mkdir()
        bad = self.write("bad.key", b"short\n")

        def refuse(code, text, *arguments):
            self.assert_refused(rx.run("--source", source, "--rate", RATE, *arguments), code, text)

        keyed = ("--zmq", self.endpoint, "--zmq-key", secret)
        refuse(2, "--zmq-clients: needs --zmq-key", "--zmq", self.endpoint, "--zmq-clients", bad)
        refuse(1, "bad.key: bad CURVE public key", *keyed, "--zmq-clients", bad)
        refuse(1, "empty: no client keys in this folder", *keyed, "--zmq-clients", self.folder / "empty")
        refuse(1, "absent: cannot open", *keyed, "--zmq-clients", self.folder / "absent")
        refuse(1, "found no list of client keys", "--zmq", self.endpoint.replace("127.0.0.1", "0.0.0.0"), "--zmq-key",
               secret)

    def run_to_end(self, chunks, subscribed):
        process = self.start()
        if subscribed:
            self.subscribe(high_water_mark=1)

        def feed():
            for _ in range(chunks):
                process.stdin.write(CHUNK)
            self.end(process)

        _, seconds = rx.timed(feed)
        self.assert_complete(rx.events(self.folder / "labels.json"), chunks * 40_000, rx.BLOCK)
        return seconds

    def test_subscriber_that_never_reads_does_not_slow_the_receiver(self):
        alone = self.run_to_end(150, subscribed=False)
        self.endpoint = rx.free_endpoint()
        watched = self.run_to_end(150, subscribed=True)
        self.assertLess(watched, 2 * alone + 2)


if __name__ == "__main__":
    unittest.main()
