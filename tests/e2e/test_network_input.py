# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples by TCP, from rtl_tcp and by UDP; a server that goes away and returns; several files, parts of them, channels."""

import cmath
import signal
import socket
import struct
import unittest

import rx

RATE = 200_000
INTERVAL = 10 * rx.BLOCK
SAMPLES = rx.samples_ci8(2 * INTERVAL + 1000).tobytes()
COMMON = ["--format", "ci8", "--rate", RATE, "--interval", INTERVAL / RATE]


class Server:
    """A TCP server at a free port, or at that of one before."""

    def __init__(self, port=0):
        self.listener = socket.create_server(("127.0.0.1", port))
        self.listener.settimeout(10)
        self.port = self.listener.getsockname()[1]

    def accept(self):
        client = self.listener.accept()[0]
        client.settimeout(10)
        return client

    def close(self):
        self.listener.close()


class Network(rx.Case):
    def start(self, *arguments):
        self.labels = self.folder / "labels.json"
        process = rx.start(*arguments, "--out", "json:%s" % self.labels)
        self.addCleanup(process.kill)
        return process

    def wait_for(self, count):
        self.wait_until(lambda: len(rx.lines(self.labels)) >= count, "%d labels" % count)

    def test_a_tcp_server_goes_away_and_returns(self):
        server = Server()
        process = self.start("--source", "tcp:127.0.0.1:%d" % server.port, *COMMON)
        with server.accept() as client:
            client.sendall(SAMPLES)
            self.wait_for(2)
        server.close()
        self.assertIn(b"the server has closed the connection; opening it again", process.stderr.readline())
        server = Server(server.port)
        with server.accept() as client:
            client.sendall(SAMPLES)
            self.assertIn(b"samples come, after", process.stderr.readline())
            self.wait_for(5)  # the part of an interval before the loss too
            self.stop(process, signal.SIGTERM)
        server.close()
        events = rx.events(self.labels)
        self.assertEqual([e["sample_count"] for e in events[:5]], [INTERVAL, INTERVAL, 1000, INTERVAL, INTERVAL])
        self.assertEqual([e["overflows"] for e in events[2:4]], [0, 1])

    def test_a_tcp_server_that_goes_away_may_end_the_program(self):
        server = Server()
        process = self.start("--source", "tcp:127.0.0.1:%d" % server.port, *COMMON, "--exit-on-loss")
        server.accept().close()
        server.close()
        _, err = process.communicate(timeout=10)
        self.assertEqual((process.returncode, err.count(b"\n")), (1, 1), err)
        self.assertIn(b"the server has closed the connection", err)

    def test_a_server_that_is_not_there_is_refused(self):
        server = Server()
        server.close()
        result = rx.run("--source", "tcp:127.0.0.1:%d" % server.port, *COMMON)
        self.assert_refused(result, 1, "cannot connect: found Connection refused")

    def test_rtl_tcp(self):
        server = Server()
        process = self.start("--source", "rtl_tcp:127.0.0.1:%d" % server.port, "--rate", RATE, "--freq", "433.92M", "--gain", 30,
                             "--ppm", 3, "--offset-tune", "50k", "--interval", INTERVAL / RATE)
        with server.accept() as client:
            client.sendall(b"RTL0" + struct.pack(">II", 5, 29))
            commands = b""
            while len(commands) < 25:
                commands += client.recv(25)
            self.assertEqual(list(struct.iter_unpack(">BI", commands)),
                             [(2, RATE), (5, 3), (1, 433_970_000), (3, 1), (4, 300)])
            # A tone at the middle of the radio's band, which lies 50 kHz above the one that is wanted.
            client.sendall(bytes((200, 128)) * INTERVAL)
            self.wait_for(1)
            self.stop(process, signal.SIGTERM)
        server.close()
        self.assertAlmostEqual(rx.events(self.labels)[0]["center_freq_hz"], 433.97e6, delta=2e3)

    def test_udp(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        process = self.start("--source", "udp:%d" % port, *COMMON)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sent = 0
            while not rx.lines(self.labels):  # it listens at some time
                try:
                    sender.sendto(SAMPLES[:1000], ("127.0.0.1", port))
                    sent += 1
                except ConnectionRefusedError:
                    pass
        self.stop(process, signal.SIGTERM)
        self.assertEqual(rx.events(self.labels)[0]["sample_count"], INTERVAL)


class Parts(rx.Case):
    def setUp(self):
        super().setUp()
        self.files = [self.write("%s.ci8" % name, rx.samples_ci8(3 * INTERVAL, seed)) for seed, name in enumerate("abc")]
        self.options = COMMON[2:]

    def test_several_files_say_which(self):
        alone = [rx.run(path, *self.options).events for path in self.files]
        result = rx.run(*self.files, *self.options)
        self.assert_done(result)
        self.assertEqual([e["seq"] for e in result.events], list(range(9)))
        for number, event in enumerate(result.events):
            expected = dict(alone[number // 3][number % 3], seq=number, source=str(self.files[number // 3])[-48:])
            self.assertEqual(event, expected)

    def test_a_file_that_cannot_be_read_does_not_hide_the_others(self):
        result = rx.run(self.folder / "absent.ci8", self.files[0], *self.options)
        self.assertEqual((result.code, len(result.events)), (1, 3))
        self.assertRegex(result.stderr, r"\A[^\n]*absent\.ci8[^\n]*\n[^\n]*1 of 2 files could not be read to the end\n\Z")

    def test_a_part_has_the_samples_and_times_of_the_whole(self):
        whole = rx.run(self.files[0], *self.options).events
        for start, length in (("%dSa" % INTERVAL, "%dSa" % INTERVAL), (INTERVAL / RATE, "%fs" % (INTERVAL / RATE))):
            part = rx.run(self.files[0], *self.options, "--start", start, "--length", length)
            self.assert_done(part)
            self.assertEqual(part.events, [dict(whole[1], seq=0)])

    def test_a_name_with_a_colon_is_a_file(self):
        path = self.write("2024-01-01T12:00:00.ci8", SAMPLES)
        result = rx.subprocess.run(rx.command(path.name, *self.options), cwd=self.folder, capture_output=True, check=False)
        self.assertEqual((result.returncode, result.stderr), (0, b""))

    def test_a_channel_and_a_mirrored_spectrum(self):
        def labeled(*options, tones=(0.3,)):
            samples = bytearray()
            for n in range(10 * INTERVAL):
                x = sum(40 * cmath.exp(2j * cmath.pi * f * n) for f in tones)
                samples += struct.pack("bb", round(x.real), round(x.imag))
            result = rx.run(self.write("tones.ci8", samples), "--rate", RATE, "--freq", "100M", "--interval", 0.2, *options)
            self.assert_done(result)
            self.assertGreater(len(result.events), 3)
            return result.events[1]

        self.assertAlmostEqual(labeled()["center_freq_hz"], 100e6 + 0.3 * RATE, delta=500)
        self.assertAlmostEqual(labeled("--swap-iq")["center_freq_hz"], 100e6 - 0.3 * RATE, delta=500)
        self.assertAlmostEqual(labeled("--ppm", 10)["center_freq_hz"], 100e6 + 1000 + 0.3 * RATE, delta=500)
        channel = labeled("--offset", 0.29 * RATE, "--bandwidth", "20k", tones=(0.3, -0.2, 0.1))
        self.assertAlmostEqual(channel["center_freq_hz"], 100e6 + 0.3 * RATE, delta=500)
        self.assertEqual(channel["sample_rate_hz"], RATE / 8)


if __name__ == "__main__":
    unittest.main()
