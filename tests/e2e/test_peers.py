# SPDX-License-Identifier: GPL-3.0-or-later
"""Outputs to servers and logs: what they get, and what it costs when a peer is slow or away."""

import http.server
import json
import os
import re
import socket
import ssl
import threading
import time
import unittest
import urllib.parse

import rx
from output_case import CHUNK, EVENTS, FORMAT, Lines, OutputCase, WAIT_S, authority


class Datagrams(OutputCase):
    def test_an_event_is_a_datagram_of_json(self):
        peer, port = self.bound()
        expected = self.classify(f"udp:127.0.0.1:{port}")
        self.assertEqual([json.loads(peer.recv(65536)) for _ in expected], expected)

    def test_nobody_there_is_told_once_and_counted(self):
        peer, port = self.bound()
        peer.close()
        self.assertEqual(len(self.classify(f"udp:127.0.0.1:{port}")), EVENTS)
        self.assertEqual(self.stderr, f"prunedamr-rx: udp:127.0.0.1:{port}: Connection refused; events are lost\n")

    def test_addresses_that_are_none_are_refused(self):
        for out in ("udp:5000", "udp:host", "udp:host:0", "udp:", "influx:udp://x", "syslog:ftp://x", "syslog:udp://"):
            result = rx.run(self.recording, *FORMAT, "--out", out)
            self.assertIn(result.code, (1, 2), out)
            self.assertEqual(result.stderr.count("\n"), 1, result.stderr)


def parse_line_protocol(line):
    """Measurement, tags, fields, time: a plain reader of what needs no escapes."""
    series, fields, stamp = line.split(" ")
    measurement, *tags = series.split(",")
    return measurement, dict(t.split("=") for t in tags), dict(f.split("=") for f in fields.split(",")), int(stamp)


class InfluxServer(http.server.ThreadingHTTPServer):
    """Answers 204, or the next of `answers` with `text`; keeps requests."""

    def __init__(self, port=0):
        self.requests, self.answers, self.text, self.arrived = [], [], b"", threading.Semaphore(0)
        super().__init__(("127.0.0.1", port), InfluxServer.Handler)
        self.daemon_threads = True
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            code = self.server.answers.pop(0) if self.server.answers else 204
            self.server.requests.append((self.path, self.headers, body, code))
            self.send_response(code)
            text = self.server.text if code != 204 else b""
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
            self.server.arrived.release()

        def log_message(self, *_):
            pass

    def lines(self, code=204):
        return [line for request in self.requests if request[3] == code for line in request[2].splitlines()]


class Influx(OutputCase):
    def server(self, port=0):
        server = InfluxServer(port)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server, "http://127.0.0.1:%d" % server.server_address[1]

    def check(self, lines, events):
        self.assertEqual(len(lines), len(events))
        stamps = set()
        for line, event in zip(lines, events):
            measurement, tags, fields, stamp = parse_line_protocol(line)
            self.assertEqual(measurement, "prunedamr")
            self.assertEqual(tags, {k: event[k] for k in ("source", "state", "label", "family", "model") if event[k]})
            self.assertEqual(fields["seq"], "%di" % event["seq"])
            self.assertEqual(float(fields["confidence"]), event["confidence"])
            self.assertEqual(fields["time_source"], '"%s"' % event["time_source"])
            stamps.add(stamp)
        self.assertEqual(len(stamps), len(events))

    def test_both_versions_over_http(self):
        server, url = self.server()
        (self.folder / "token").write_text("s3cr3t==\n")
        (self.folder / "password").write_text("p:w\n")
        for secret in ("token", "password"):
            (self.folder / secret).chmod(0o600)
        events = self.classify(f"influx:{url};org=my org;bucket=b&c;token-file={self.folder}/token")
        path, headers, _, _ = server.requests[0]
        self.assertEqual(urllib.parse.parse_qs(urllib.parse.urlsplit(path).query),
                         {"precision": ["ns"], "org": ["my org"], "bucket": ["b&c"]})
        self.assertEqual((path[:14], headers["Authorization"]), ("/api/v2/write?", "Token s3cr3t=="))
        self.check(server.lines(), events)
        server.requests.clear()
        self.labels.unlink()
        events = self.classify(f"influx:{url};db=radio;user=me;password-file={self.folder}/password")
        path, headers, _, _ = server.requests[0]
        self.assertEqual((path, headers["Authorization"]), ("/write?precision=ns&db=radio", "Basic bWU6cDp3"))
        self.check(server.lines(), events)
        self.assertNotIn("s3cr3t", self.stderr)

    @unittest.skipIf(os.environ.get("PRUNEDAMR_HAVE_TLS") == "OFF", "this build has no TLS")
    def test_over_tls_with_the_right_authority_only(self):
        ca, certificate, key = authority(self.folder)
        server, _ = self.server()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        url = "https://localhost:%d" % server.server_address[1]
        events = self.classify(f"influx:{url};db=d;ca={ca}")
        self.check(server.lines(), events)
        server.requests.clear()
        self.labels.unlink()
        self.classify(f"influx:{url};db=d")
        self.assertIn("certificate verify failed", self.stderr)
        self.assertEqual(server.requests, [])

    def test_points_wait_for_a_server_that_is_away_and_a_refusal_is_counted(self):
        peer, port = self.bound(socket.SOCK_STREAM)
        peer.close()
        process = self.start(f"influx:http://127.0.0.1:{port};db=d")
        self.feed(process)
        self.notices.wait_for("cannot connect: Connection refused; retrying")
        server, _ = self.server(port)
        server.answers = [503, 400]
        server.text = b"a reason" * 20_000  # more than the receiver reads of it
        self.notices.wait_for("the server refuses events, and answers 400")
        refused = len(server.lines(400))
        self.feed(process)
        self.end(process)
        events = rx.events(self.labels)
        self.assertGreater(refused, 0)
        self.check(server.lines(400) + server.lines(), events)

    def test_by_datagrams_and_into_a_file(self):
        peer, port = self.bound()
        lines = self.folder / "points.lp"
        events = self.classify(f"influx:udp://127.0.0.1:{port}", f"influx:{lines}")
        self.check(lines.read_text().splitlines(), events)
        self.assertEqual([peer.recv(65536).decode() for _ in events], lines.read_text().splitlines(True))

    def test_a_file_is_appended_whatever_the_points_are_called(self):
        lines = self.folder / "points.lp"
        for _ in range(2):
            self.classify(f"influx:{lines};measurement=my points, here")
        text = lines.read_text().splitlines()
        self.assertEqual(len(text), 2 * EVENTS)
        self.assertTrue(all(line.startswith(r"my\ points\,\ here,source=") for line in text), text[0])

    def test_what_is_missing_is_said(self):
        for out in ("influx:http://h", "influx:http://h;db=a;bucket=b"):
            self.assert_refused(rx.run(self.recording, *FORMAT, "--out", out), 1, "expected db (version 1), or org and")


class Syslog(OutputCase):
    REMOTE = re.compile(r"<30>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z \S+ prunedamr-rx \d+ label - (\{.*\})\Z")

    def test_by_udp_and_tcp_as_in_rfc_5424(self):
        datagrams, udp_port = self.bound()
        stream, tcp_port = self.bound(socket.SOCK_STREAM)
        events = self.classify(f"syslog:udp://127.0.0.1:{udp_port}", f"syslog:tcp://127.0.0.1:{tcp_port}")
        texts = [datagrams.recv(65536).decode() for _ in events]
        self.assertEqual([json.loads(self.REMOTE.match(text)[1]) for text in texts], events)
        data = b""
        connection = stream.accept()[0]
        while chunk := connection.recv(65536):
            data += chunk
        connection.close()
        for event in events:
            length, data = data.split(b" ", 1)
            self.assertEqual(json.loads(self.REMOTE.match(data[:int(length)].decode())[1]), event)
            data = data[int(length):]
        self.assertEqual(data, b"")

    def test_the_local_log(self):
        log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(log.close)
        log.settimeout(WAIT_S)
        log.bind(str(self.folder / "log"))
        process = self.start(f"syslog:{self.folder}/log;facility=local3")
        self.feed(process)
        texts = [log.recv(65536).decode() for _ in range(19)]
        self.end(process)
        local = re.compile(r"<158>\w{3} [ \d]\d \d\d:\d\d:\d\d prunedamr-rx\[%d\]: (\{.*\})\Z" % process.pid)
        self.assertEqual([json.loads(local.match(text)[1]) for text in texts], rx.events(self.labels)[:19])

    def test_a_server_that_leaves_is_found_again(self):
        stream, port = self.bound(socket.SOCK_STREAM)
        process = self.start(f"syslog:tcp://127.0.0.1:{port}", talking=True)
        connection = stream.accept()[0]
        connection.close()
        stream.close()
        self.notices.wait_for("the server has closed the connection; retrying")
        self.feed(process)
        stream, _ = self.bound(socket.SOCK_STREAM, port)
        self.notices.wait_for("connected again; 19 events lost so far")
        self.feed(process)
        connection = stream.accept()[0]
        self.addCleanup(connection.close)
        connection.settimeout(WAIT_S)
        self.assertIn(b'"seq":19,', connection.recv(65536))
        self.assertIn(f"prunedamr-rx: syslog:tcp://127.0.0.1:{port}: 19 events lost: its reader was too slow or away",
                      self.end(process))

    def test_a_server_that_never_reads_loses_its_own_messages_only(self):
        stream, port = self.bound(socket.SOCK_STREAM)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        words = ["--live", "--out", f"json:{self.labels}", "--out", f"syslog:tcp://127.0.0.1:{port}"]
        process = rx.start("stdin", *FORMAT, *words)
        self.addCleanup(process.kill)
        self.notices = Lines(process.stderr)
        self.wait_until(self.labels.exists, "the label file")
        end = time.monotonic() + 60
        while self.notices.queue.empty() and time.monotonic() < end:  # until all buffers are full
            process.stdin.write(CHUNK)
        self.notices.wait_for("connection lost")
        self.feed(process, 2)
        self.end(process)


if __name__ == "__main__":
    unittest.main()
