# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page withstands while a radio is received: fuzzed requests (PRUNEDAMR_FLOOD_REQUESTS, default 10,000), a thousand
connections that send a byte now and then, bodies of 100 MB. No sample is lost, nothing is changed, nothing grows."""

import collections
import json
import os
import random
import re
import resource
import socket
import sys
import threading
import time
import unittest
from pathlib import Path

import rx
from radio import RtlTcp
from output_case import Lines, WAIT_S
from test_web import parse_metrics

REQUESTS = int(os.environ.get("PRUNEDAMR_FLOOD_REQUESTS", 10_000))
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "user" / "openapi.json"
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3}) ")
PIECES = (b"\r\n", b"\r\n\r\n", b"\0", b"\xff\xfe", b": ", b" HTTP/1.1", b"GET ", b"POST ", b"HEAD ", b"%00", b"../", b"/*", b"?", b"&limit=1",
          b"Content-Length: 5\r\n", b"Content-Length: 99999999999999999999\r\n", b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n",
          b"ffffffffffffffff\r\n", b"0\r\n\r\n", b"Host: localhost\r\n", b"Host: evil.example\r\n", b"Origin: null\r\n", b"Expect: 100-continue\r\n",
          b"Authorization: Bearer x\r\n", b"Upgrade: websocket\r\n", b"Connection: Upgrade\r\n", b"Connection: close\r\n", b"Sec-WebSocket-Key: x\r\n",
          b"[[[[[[[[", b"{\"a\":", b"1e999", b"null", b"-0", 600 * b"A", 9000 * b"B")


def valid_requests():
    """One for each method of each path that there is, and of some that there are not."""
    found = []
    for path, methods in json.loads(DOCUMENT.read_text())["paths"].items():
        for method in methods:
            body = b'{"center_freq_hz": 868300000, "gain_db": 1, "min_confidence": 0.9, "action": "revert"}' if method == "post" else b""
            length = b"Content-Length: %d\r\n" % len(body) if method == "post" else b""
            found.append(b"%s %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n%s" % (method.upper().encode(), path.encode(), length, body))
    found.append(b"GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                 b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    return [*found, *(b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path for path in (b"/", b"/page.js", b"/x", b"/api/v1/history?limit=3"))]


def mutated(rng, request):
    data = bytearray(request)
    for _ in range(rng.choice((0, 1, 1, 2, 4))):
        at, kind = rng.randrange(len(data) + 1), rng.randrange(5)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[at:at] = rng.choice(PIECES)
        elif kind == 2:
            del data[at:at + rng.randrange(1, 20)]
        elif kind == 3:
            begin = rng.randrange(len(data) + 1)
            data[at:at] = data[begin:begin + rng.randrange(60)]
        else:
            data[at:at] = rng.randbytes(rng.randrange(1, 12))
    return bytes(data)


class Flood(rx.Case):
    def setUp(self):
        super().setUp()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        self.radio = RtlTcp()
        self.addCleanup(self.radio.close)
        token = self.write("token", os.urandom(24).hex().encode())
        token.chmod(0o600)
        self.port = int(rx.free_endpoint().rsplit(":", 1)[1])
        self.process = rx.start_talking(f"rtl_tcp:127.0.0.1:{self.radio.port}", "--rate", RtlTcp.RATE, "--freq", "433.92M", "--out", "json:/dev/null",
                                        "--web", f"127.0.0.1:{self.port}", "--web-token", token, band=True)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)
        self.process.stdin.close()
        Lines(self.process.stderr).wait_for("Serving http")
        end = time.monotonic() + WAIT_S
        while (before := self.state())["samples"] == 0:
            self.assertLess(time.monotonic(), end, "no samples")
        self.before = before

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), WAIT_S)

    def get(self, path):
        with self.connect() as client:
            client.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n" % path.encode())
            answer = b"".join(iter(lambda: client.recv(1 << 16), b""))
        head, body = answer.split(b"\r\n\r\n", 1)
        self.assertEqual(head.split()[1], b"200", path)
        return body.decode()

    def state(self):
        """What nobody may change, what is lost, and what it takes."""
        status = json.loads(self.get("/api/v1/status"))
        metrics = parse_metrics(self.get("/metrics"))
        value = lambda name: metrics[name][1][name, ()]
        return {"kept": (status["control"], status["source"]["center_freq_hz"], status["counts"]["model_switches"]),
                "lost": tuple(status["source"][name] for name in ("overflows", "dropped_samples")) + (status["counts"]["dropped_frames"],),
                "samples": status["counts"]["samples"], "bytes": value("process_resident_memory_bytes"), "files": value("process_open_fds"),
                "cpu_s": value("process_cpu_seconds_total")}

    def check(self, what, told=""):
        """The receiver is as it was, and has gone on."""
        end = time.monotonic() + WAIT_S
        while (now := self.state())["samples"] <= self.before["samples"]:
            self.assertLess(time.monotonic(), end, "no samples")
        self.assertIsNone(self.process.poll())
        self.assertEqual(now["kept"], self.before["kept"])
        self.assertEqual(now["lost"], (0, 0, 0))
        self.assertEqual(self.radio.tuned, [433_920_000])
        self.assertLess(now["bytes"] - self.before["bytes"], 64e6)
        self.assertLess(now["files"], 64 + 60)
        print(f"{what}: {told}receiver {now['cpu_s'] - self.before['cpu_s']:.1f} CPU s, {self.before['bytes'] / 1e6:.1f} MB before, "
              f"{now['bytes'] / 1e6:.1f} MB after, {now['samples'] - self.before['samples']} samples received, 0 lost", file=sys.stderr)

    def test_fuzzed_requests(self):
        rng, valid, answers, asked, begin = random.Random(7), valid_requests(), collections.Counter(), 0, time.monotonic()
        while sum(answers.values()) < REQUESTS:
            batch = [mutated(rng, rng.choice(valid)) for _ in range(rng.randrange(1, 60))]
            asked += len(batch)
            got = b""
            try:
                with self.connect() as client:
                    client.sendall(b"".join(batch))
                    client.shutdown(socket.SHUT_WR)
                    while more := client.recv(1 << 18):
                        got += more
            except OSError:  # it need not read to the end what it has refused
                pass
            found = [int(code) for code in STATUS.findall(got)]
            answers.update(found or [0])  # closed without an answer, which is one
        seconds = time.monotonic() - begin
        self.assertLessEqual(set(answers), {0, 100, 101, 200, 400, 401, 403, 404, 405, 413, 426, 431})
        for status in (101, 200, 400, 401, 403, 404, 405):
            self.assertGreater(answers[status], 0, status)
        told = ", ".join(f"{count} x {status or 'closed'}" for status, count in sorted(answers.items()))
        self.check("fuzzed", f"{sum(answers.values())} answers ({told}) of {asked} requests in {seconds:.0f} s; ")

    def test_a_thousand_connections_that_send_a_byte_now_and_then(self):
        request = b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + 1000 * b"a"
        clients, is_over = [self.connect() for _ in range(1000)], threading.Event()
        for client in clients:
            self.addCleanup(client.close)

        def drip():
            for byte in request:
                for client in clients:
                    try:
                        client.send(bytes((byte,)))
                    except OSError:  # closed
                        pass
                if is_over.wait(0.3):
                    return

        dripping = threading.Thread(target=drip)
        dripping.start()
        self.addCleanup(dripping.join)
        self.addCleanup(is_over.set)
        longest = 0.0
        for _ in range(20):
            _, seconds = rx.timed(lambda: self.get("/api/v1/status"))
            longest = max(longest, seconds)
        self.assertLess(longest, 5)
        self.check("slow", f"1000 connections, the longest of 20 answers took {longest:.2f} s; ")

    def test_bodies_of_a_hundred_megabytes(self):
        part = 1_000_000 * b"a"
        for path in (b"/api/v1/tune", b"/api/v1/model/update", b"/metrics", b"/x"):
            for head, piece in ((b"Content-Length: 100000000\r\n", part), (b"Transfer-Encoding: chunked\r\n", b"f4240\r\n" + part + b"\r\n")):
                sent, got = 0, b""
                with self.connect() as client:
                    try:
                        client.sendall(b"POST %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n" % (path, head))
                        for _ in range(100):
                            client.sendall(piece)
                            sent += len(part)
                        got = client.recv(1 << 16)
                    except ConnectionError:
                        pass
                self.assertTrue(sent < 100_000_000 or STATUS.match(got)[1] in (b"401", b"404", b"405", b"413"), (path, head))
        self.check("large", "8 bodies of 100 MB; ")


if __name__ == "__main__":
    unittest.main()
