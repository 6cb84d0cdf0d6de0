# SPDX-License-Identifier: GPL-3.0-or-later
"""What --web serves: metrics that Prometheus reads, a status, and nothing to those who should not have it."""

import http.client
import json
import math
import os
import re
import socket
import ssl
import subprocess
import threading
import time
import unittest
from pathlib import Path

import rx
from output_case import CHUNK, FORMAT, Lines, OutputCase, WAIT_S, authority

BOARD = Path(__file__).resolve().parents[2] / "examples" / "grafana" / "board.json"

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\S+)\Z")


def parse_metrics(text):
    """{family: (type, {(name, labels): value})}, by the rules of the text format 0.0.4; a fault is an AssertionError."""
    assert text.endswith("\n")
    families, current = {}, None
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, text_of_help = line[7:].split(" ", 1)
            assert re.fullmatch(NAME, name) and name not in families, line
            assert text_of_help and "\\" not in text_of_help, line
            current, families[name] = name, [None, {}]
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert name == current and families[name] == [None, {}], line
            assert kind in ("counter", "gauge", "histogram"), line
            families[name][0] = kind
        else:
            match = SAMPLE.match(line)
            assert match, line
            name, value = match[1], float(match[match.lastindex])
            kind, samples = families[current]
            endings = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
            assert kind and any(name == current + ending for ending in endings), line
            labels = tuple(sorted((found[0], found[1]) for found in re.findall(LABEL, match[2] or "")))
            assert len({label for label, _ in labels}) == len(labels) and (name, labels) not in samples, line
            if kind == "counter":
                assert name.endswith("_total") and value >= 0 and math.isfinite(value), line
            samples[name, labels] = value
    for name, (kind, samples) in families.items():
        if kind == "histogram":
            buckets = [(float(dict(labels)["le"]), value) for (key, labels), value in samples.items()
                       if key == name + "_bucket"]
            assert buckets == sorted(buckets) and [v for _, v in buckets] == sorted(v for _, v in buckets), name
            assert buckets[-1] == (math.inf, samples[name + "_count", ()]), name
    return families


class Web(OutputCase):
    def serve(self, *options, outs=(), port=None):
        self.port = port or int(rx.free_endpoint().rsplit(":", 1)[1])
        words = [word for out in (f"json:{self.labels}", *outs) for word in ("--out", out)]
        process = rx.start_talking("stdin", *FORMAT, *words, "--web", f"127.0.0.1:{self.port}", *options)
        self.addCleanup(process.kill)
        self.notices = Lines(process.stderr)
        self.notices.wait_for("Serving http")
        return process

    def get(self, path, method="GET", body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        finally:
            connection.close()

    def metrics(self):
        status, headers, text = self.get("/metrics")
        self.assertEqual((status, headers["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
        return parse_metrics(text)

    def until(self, condition):
        """The metrics that meet it; they follow the run within a fraction of a second."""
        end = time.monotonic() + WAIT_S
        while not condition(metrics := self.metrics()):
            self.assertLess(time.monotonic(), end, metrics)
        return metrics


class Metrics(Web):
    def test_they_are_what_the_labels_are(self):
        process = self.serve(outs=("udp:127.0.0.1:9;if=seq<7",))
        self.feed(process, 3)
        count = len(rx.lines(self.labels))
        metrics = self.until(lambda m: m["prunedamr_events_total"][1]["prunedamr_events_total", ()] >= count
                             and sum(m["prunedamr_labels_total"][1].values()) >= count)
        value = lambda name, **labels: metrics[name][1][name, tuple(sorted(labels.items()))]
        events = rx.events(self.labels)[:int(value("prunedamr_events_total"))]
        for state, label in {(event["state"], event["label"]) for event in events}:
            same = [event for event in events if (event["state"], event["label"]) == (state, label)]
            self.assertEqual(value("prunedamr_labels_total", state=state, label=label), len(same))
        self.assertEqual(value("prunedamr_samples_total"), 120_000)
        self.assertEqual(value("prunedamr_sample_rate_hertz"), 1e6)
        self.assertEqual(value("prunedamr_output_filtered_total", output="udp:127.0.0.1:9"), len(events) - 7)
        self.assertEqual(value("prunedamr_output_written_total", output=str(self.labels)), len(events))
        self.assertEqual(value("prunedamr_output_up", output=str(self.labels)), 1)
        loud = [event["confidence"] for event in events if event["state"] != "noise"]
        buckets = metrics["prunedamr_label_confidence"][1]
        for i in range(1, 10):
            self.assertEqual(buckets["prunedamr_label_confidence_bucket", (("le", f"0.{i}"),)],
                             sum(c <= i / 10 for c in loud))
        self.assertAlmostEqual(buckets["prunedamr_label_confidence_sum", ()], sum(loud), 3)
        self.assertLess(abs(value("process_start_time_seconds") - time.time()), 60)
        self.assertGreater(value("process_resident_memory_bytes"), 1e6)
        self.assertEqual(value("prunedamr_source_info", source="standard input", model="amr_s"), 1)
        status = json.loads(self.get("/api/v1/status")[2])
        self.assertEqual(status["counts"]["events"], len(events))
        self.assertEqual(sum(entry["events"] for entry in status["labels"]), len(events))
        self.assertEqual([entry["name"] for entry in status["outputs"]], [str(self.labels), "udp:127.0.0.1:9"])
        self.end(process)

    def test_the_board_in_the_examples_shows_metrics_that_there_are(self):
        process = self.serve()
        self.feed(process)
        metrics = self.metrics()
        known = {name for _, samples in metrics.values() for name, _ in samples}
        used = set(re.findall(r"\b(?:prunedamr|process)_[a-z_]+", BOARD.read_text())) - {"prunedamr_rx"}
        self.assertGreater(len(used), 8)
        self.assertLessEqual(used, known)
        self.end(process)

    def test_the_reader_of_the_tests_is_strict(self):
        good = "# HELP a_total A.\n# TYPE a_total counter\na_total{x=\"1\"} 2\n"
        parse_metrics(good)
        for bad in (good[:-1], good + good, good.replace("a_total{", "b_total{"), good.replace('"1"', "1"),
                    good.replace("counter", "count"), good.replace(" 2", " two"), good.replace("# HELP a_total A.\n", ""),
                    good.replace(" 2", " -2"), good.replace("} 2", "}  2")):
            with self.assertRaises((AssertionError, ValueError, KeyError), msg=bad):
                parse_metrics(bad)

    def test_a_failed_output_is_told_and_the_page_goes_on(self):
        process = self.serve(outs=("json:/dev/full",))
        process.stdin.write(CHUNK)
        process.stdin.flush()
        self.notices.wait_for("/dev/full: cannot write labels")
        up = self.until(lambda m: m["prunedamr_output_up"][1]["prunedamr_output_up", (("output", "/dev/full"),)] == 0)
        self.assertEqual(up["prunedamr_output_up"][1]["prunedamr_output_up", (("output", str(self.labels)),)], 1)
        process.stdin.close()
        self.assertEqual(process.wait(WAIT_S), 1)


class Protection(Web):
    def test_wrong_requests_are_answered_and_leave_nothing_behind(self):
        process = self.serve()
        for expected, arguments in ((200, ("/", "GET")), (404, ("/x", "GET")), (404, ("/../etc/passwd", "GET")), (405, ("/metrics", "POST")),
                                    (405, ("/metrics", "DELETE")), (400, ("/metrics?x=y", "GET")), (200, ("/metrics", "HEAD")), (404, ("/x", "HEAD"))):
            self.assertEqual(self.get(*arguments)[0], expected, arguments)
        self.assertEqual(self.get("/metrics", "POST")[1]["Allow"], "GET, HEAD")
        self.assertIn("unknown parameter: found 'x'", self.get("/metrics?x=y")[2])
        self.assertEqual(self.get("/metrics", Host="evil.example")[0], 403)
        self.assertEqual(self.get("/metrics", Host="localhost:1")[0], 200)
        for raw, status in ((b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + 9000 * b"a" + b"\r\n\r\n", b"431"),
                            (b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n", b"413"),
                            (b"nonsense\r\n\r\n", b"400"), (b"GET /metrics HTTP/9.9\r\n\r\n", b"400"),
                            (b"GET /metrics HTTP/1.0\r\n\r\n", b"403")):
            with socket.create_connection(("127.0.0.1", self.port), WAIT_S) as client:
                client.sendall(raw)
                self.assertEqual(client.recv(65536).split(b" ")[1], status, raw[:60])
        headers = self.get("/api/v1/status")[1]
        self.assertEqual((headers["X-Content-Type-Options"], headers["Cache-Control"]), ("nosniff", "no-store"))
        self.assertNotIn("Access-Control-Allow-Origin", headers)
        self.end(process)

    def test_a_hundred_megabytes_are_not_taken(self):
        process = self.serve()
        with self.assertRaises((ConnectionError, http.client.HTTPException, AssertionError)):
            status = self.get("/metrics", "POST", body=100_000_000 * b"a")[0]
            self.assertNotEqual(status, 413)
        self.assertEqual(self.get("/metrics")[0], 200)
        self.end(process)

    def test_who_sends_slowly_or_nothing_takes_no_place(self):
        process = self.serve()
        clients = [socket.create_connection(("127.0.0.1", self.port), WAIT_S) for _ in range(300)]
        for i, client in enumerate(clients):
            self.addCleanup(client.close)
            try:
                client.sendall(b"" if i % 2 else b"GET /metrics HT")
            except ConnectionError:
                pass
        for _ in range(5):
            answer, seconds = rx.timed(lambda: self.get("/metrics"))
            self.assertEqual(answer[0], 200)
            self.assertLess(seconds, 2)
        descriptors = parse_metrics(answer[2])["process_open_fds"][1]["process_open_fds", ()]
        self.assertLess(descriptors, 64 + 60)
        self.feed(process)
        self.end(process)

    def test_who_asks_and_never_reads_holds_nobody_up(self):
        process = self.serve()
        for _ in range(20):
            client = socket.create_connection(("127.0.0.1", self.port), WAIT_S)
            self.addCleanup(client.close)
            client.sendall(500 * b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertEqual(self.get("/metrics")[0], 200)
        self.feed(process, 3)
        self.end(process)

    def test_many_requests_on_one_connection(self):
        process = self.serve()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)
        self.addCleanup(connection.close)
        for _ in range(50):
            connection.request("GET", "/metrics")
            parse_metrics(connection.getresponse().read().decode())
        self.end(process)

    def test_curl_reads_it(self):
        process = self.serve()
        done = subprocess.run(["curl", "-sf", f"http://localhost:{self.port}/api/v1/status"], capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("uptime_s", json.loads(done.stdout))
        self.end(process)


@unittest.skipIf(os.environ.get("PRUNEDAMR_HAVE_TLS") == "OFF", "this build has no TLS")
class Network(Web):
    def test_beyond_loopback_only_with_tls_and_a_token(self):
        ca, certificate, key = authority(self.folder)
        token, short = self.write("token", b"open sesame, please\n"), self.write("short", b"open sesame\n")
        token.chmod(0o600)
        short.chmod(0o600)
        tls = ("--web-cert", certificate, "--web-key", key)
        for options, text in (((), "no certificate"), (tls, "no token"), (("--web-token", token), "no certificate"),
                              (tls[:2], "a certificate and its key belong together"),
                              ((*tls, "--web-token", short), "too short: found 11 characters, expected at least 16")):
            result = rx.run("stdin", *FORMAT, "--web", "0.0.0.0:8080", *options)
            self.assert_refused(result, 1, text)
        for address, text in (("8080", "bad address"), ("example.org:80", "bad address"), ("127.0.0.1:99999", "bad address")):
            self.assert_refused(rx.run("stdin", *FORMAT, "--web", address), 1, text)
        for option, file in (("--web-cert", certificate), ("--web-key", key), ("--web-token", token)):
            self.assert_refused(rx.run("stdin", *FORMAT, option, file), 2, option + ": belongs to --web")
        self.assert_refused(rx.run("stdin", *FORMAT, "--web", ""), 2, "--web: found '', expected ADDRESS:PORT")
        self.assert_refused(rx.run("stdin", *FORMAT, "--web", "127.0.0.1:8080", "--web-cert", "nowhere.pem", "--web-key", key),
                            1, "nowhere.pem: cannot open: found No such file")
        self.assert_refused(rx.run("stdin", *FORMAT, "--web", "127.0.0.1:8080", "--web-cert", key, "--web-key", key), 1,
                            "cannot use this certificate")
        port = int(rx.free_endpoint().rsplit(":", 1)[1])
        process = rx.start_talking("stdin", *FORMAT, "--out", f"json:{self.labels}", "--web", f"0.0.0.0:{port}", *tls,
                                   "--web-token", token)
        self.addCleanup(process.kill)
        self.notices = Lines(process.stderr)
        self.notices.wait_for("Serving https")
        context = ssl.create_default_context(cafile=ca)

        def get(**headers):
            connection = http.client.HTTPSConnection("localhost", port, timeout=WAIT_S, context=context)
            connection.request("GET", "/metrics", headers=headers)
            answer = connection.getresponse()
            result = answer.status, answer.read().decode()
            connection.close()
            return result

        for headers in ({}, {"Authorization": "Bearer open"}, {"Authorization": "Bearer open sesame, pleasf"},
                        {"Authorization": "open sesame, please"}):
            self.assertEqual(get(**headers)[0], 401, headers)
        status, text = get(Authorization="Bearer open sesame, please")
        self.assertEqual(status, 200)
        parse_metrics(text)
        with socket.create_connection(("127.0.0.1", port), WAIT_S) as plain:
            plain.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertNotIn(b"prunedamr", plain.recv(65536))
        self.end(process)

    def test_a_port_that_is_taken_is_refused(self):
        peer, port = self.bound(socket.SOCK_STREAM)
        self.assert_refused(rx.run("stdin", *FORMAT, "--web", f"127.0.0.1:{port}"), 1, "cannot serve the page")


if __name__ == "__main__":
    unittest.main()
