# SPDX-License-Identifier: GPL-3.0-or-later
"""Outputs to servers, logs, tables and programs: what they get, and what it costs when a peer is slow or away."""

import csv
import http.server
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time
import unittest
import urllib.parse
from queue import Queue

import rx

FORMAT = ("--format", "ci8", "--rate", 1_000_000, "--interval", "1e-6")
CHUNK = rx.samples_ci8(40_000).tobytes()
EVENTS = -(-40_000 // rx.BLOCK)
WAIT_S = 20


def authority(folder):
    """A file of its certificate, and one that it signed for localhost, with the key."""
    run = lambda *words: subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    run("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test authority", "-days", "2")
    run("req", *new, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    run("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
        "-extfile", "names", "-out", "server.pem")
    return folder / "ca.pem", folder / "server.pem", folder / "server.key"


def table(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


class Lines:
    """Lines of a pipe, read as they come on a thread of their own."""

    def __init__(self, pipe):
        self.queue, self.seen = Queue(), []
        self.thread = threading.Thread(target=self.read, args=(pipe,), daemon=True)
        self.thread.start()

    def read(self, pipe):
        for line in pipe:
            self.queue.put(line.decode(errors="replace").rstrip("\n"))
        pipe.close()

    def wait_for(self, text):
        """The first new line with this text in it."""
        end = time.monotonic() + WAIT_S
        while True:
            self.seen.append(self.queue.get(timeout=max(0.01, end - time.monotonic())))
            if text in self.seen[-1]:
                return self.seen[-1]

    def take(self, count):
        return [self.queue.get(timeout=WAIT_S) for _ in range(count)]


class Peers(rx.Case):
    def setUp(self):
        super().setUp()
        self.recording = self.folder / "in.ci8"
        self.recording.write_bytes(CHUNK)
        self.labels = self.folder / "labels.jsonl"

    def classify(self, *outs, code=0):
        """A run over the recording; the events that a file got."""
        words = [word for out in (f"json:{self.labels}", *outs) for word in ("--out", out)]
        result = rx.run(self.recording, *FORMAT, *words)
        self.assertEqual(result.code, code, result.stderr)
        self.stderr = result.stderr
        return rx.events(self.labels)

    def start(self, *outs, talking=False):
        words = [word for out in (f"json:{self.labels}", *outs) for word in ("--out", out)]
        process = (rx.start_talking if talking else rx.start)("stdin", *FORMAT, *words)
        self.addCleanup(process.kill)
        self.notices = Lines(process.stderr)
        self.wait_until(self.labels.exists, "the label file")
        return process

    def feed(self, process, chunks=1):
        """Until their labels are in the file."""
        count = len(rx.lines(self.labels)) + chunks * (40_000 // rx.BLOCK)
        for _ in range(chunks):
            process.stdin.write(CHUNK)
            process.stdin.flush()
        self.wait_until(lambda: len(rx.lines(self.labels)) >= count, "labels")

    def end(self, process):
        process.stdin.close()
        self.assertEqual(process.wait(WAIT_S), 0)
        self.notices.thread.join(WAIT_S)
        rest = []
        while not self.notices.queue.empty():
            rest.append(self.notices.queue.get())
        return rest

    def bound(self, kind=socket.SOCK_DGRAM, port=0):
        peer = socket.socket(socket.AF_INET, kind)
        self.addCleanup(peer.close)
        peer.settimeout(WAIT_S)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        peer.bind(("127.0.0.1", port))
        if kind == socket.SOCK_STREAM:
            peer.listen()
        return peer, peer.getsockname()[1]

    def script(self, text):
        path = self.folder / "program"
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)
        return path


class Datagrams(Peers):
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


class Documentation(Peers):
    def test_the_docs_have_the_table_that_the_program_prints(self):
        text = (rx.Path(__file__).resolve().parents[2] / "docs" / "user" / "receiver.md").read_text()
        forms, options = rx.run("--out", "help", plain=True).stdout.split("with ;NAME=VALUE behind it:")
        for form in re.findall(r"^  (.+?)  ", forms, re.M):
            self.assertTrue(all(f"`{part}`" in text for part in form.split(" or ")), form)
        names = re.findall(r"^  ;([a-z-]+)", options, re.M)
        self.assertGreater(len(names), 15)
        for name in names:
            self.assertRegex(text, rf"\| `{name}[=`]")


class Conditions(Peers):
    def test_each_output_has_its_own(self):
        everything = self.classify()
        middle = sorted(event["confidence"] for event in everything)[EVENTS // 2]
        self.labels.unlink()
        sure, unsure, few = (self.folder / name for name in ("sure.jsonl", "unsure.jsonl", "few.csv"))
        self.classify(f"json:{sure};if=confidence>={middle}", f"json:{unsure};if=not confidence>={middle}",
                      f"csv:{few};if=seq=3..5")
        self.assertEqual(rx.events(self.labels), everything)
        self.assertEqual(rx.events(sure), [e for e in everything if e["confidence"] >= middle])
        self.assertEqual(rx.events(unsure), [e for e in everything if e["confidence"] < middle])
        self.assertLess(0, len(rx.events(unsure)))
        self.assertEqual([int(row["seq"]) for row in table(few)], [3, 4, 5])

    def test_what_is_wrong_is_said(self):
        for out, text in (("json:-;if=colour=red", "bad condition: found colour, expected one of band, v, source"),
                          ("json:-;qos=1", "unknown option of json: found qos, expected one of if"),
                          ("mqtt://h;qos=1;qos=2", "option of mqtt given twice"),
                          ("mqtt://h;qos", "bad option of mqtt: found qos, expected qos=0..2"),
                          ("mqtt://h;retain=1", "expected retain, without a value"),
                          ("smoke:signals", "unknown kind: found smoke, expected one of json, text, csv,"),
                          ("csv:", "expected a target after the colon: csv:FILE")):
            result = rx.run(self.recording, *FORMAT, "--out", out)
            self.assert_refused(result, 2, text)

    def test_a_semicolon_in_a_name_is_doubled(self):
        self.classify(f"json:{self.folder}/a;;b.jsonl")
        self.assertEqual(len(rx.lines(self.folder / "a;b.jsonl")), EVENTS)


class Tables(Peers):
    def setUp(self):
        super().setUp()
        self.table = self.folder / "labels.csv"

    def test_csv_holds_what_json_holds(self):
        events = self.classify(f"csv:{self.table}")
        rows = table(self.table)
        self.assertEqual(len(rows), len(events))
        for row, event in zip(rows, events):
            top, candidates = event.pop("top"), event.pop("candidates")
            measured, errors = event.pop("measured"), event.pop("measured_error")
            event.update(measured)
            event.update({f"{key}_error": value for key, value in errors.items()})
            for key, value in event.items():
                cell = row[key]
                read = None if cell == "" and value is None else type(value)(cell) if value is not None else cell
                self.assertEqual(read, value, key)
            for i, (label, probability) in enumerate(top, 1):
                self.assertEqual((row[f"top{i}"], float(row[f"top{i}_probability"])), (label, probability))
            names = [candidate["system"] for candidate in candidates]
            self.assertEqual([row[f"candidate{i}"] for i in (1, 2, 3)], names + [""] * (3 - len(names)))

    def test_csv_is_appended_and_completed_and_others_are_refused(self):
        self.classify(f"csv:{self.table}")
        whole = self.table.read_text()
        self.table.write_text(whole + whole.splitlines()[-1][:40])  # of a process that was killed
        self.labels.unlink()
        self.classify(f"csv:{self.table}")
        lines = self.table.read_text().splitlines()
        self.assertEqual(len(lines), 1 + 2 * EVENTS)
        self.assertEqual(lines[1:1 + EVENTS], lines[1 + EVENTS:])
        self.table.write_text("a,b\n1,2\n")
        result = rx.run(self.recording, *FORMAT, "--out", f"csv:{self.table}")
        self.assert_refused(result, 1, "holds something else than labels")
        for kind in ("csv", "influx"):
            result = rx.run(self.recording, *FORMAT, "--out", f"{kind}:{self.recording}")
            self.assert_refused(result, 1, f"--out {kind} would overwrite the source")

    def test_csv_is_reopened_on_sighup_with_a_header(self):
        process = self.start(f"csv:{self.table}")
        self.feed(process)
        self.wait_until(lambda: len(rx.lines(self.table)) == 20, "the table")
        self.table.rename(self.folder / "old.csv")
        process.send_signal(signal.SIGHUP)
        self.wait_until(self.table.exists, "a new table")
        self.feed(process)
        self.end(process)
        old, new = (rx.lines(self.folder / name) for name in ("old.csv", "labels.csv"))
        self.assertEqual(old[0], new[0])
        self.assertEqual(len(old) + len(new), len(rx.lines(self.labels)) + 2)


def parse_line_protocol(line):
    """Measurement, tags, fields, time: a plain reader of what needs no escapes."""
    series, fields, stamp = line.split(" ")
    measurement, *tags = series.split(",")
    return measurement, dict(t.split("=") for t in tags), dict(f.split("=") for f in fields.split(",")), int(stamp)


class InfluxServer(http.server.ThreadingHTTPServer):
    """Answers 204, or the next of `answers`; keeps requests."""

    def __init__(self, port=0):
        self.requests, self.answers, self.arrived = [], [], threading.Semaphore(0)
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
            self.send_header("Content-Length", "0")
            self.end_headers()
            self.server.arrived.release()

        def log_message(self, *_):
            pass

    def lines(self, code=204):
        return [line for request in self.requests if request[3] == code for line in request[2].splitlines()]


class Influx(Peers):
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
        self.notices.wait_for("cannot connect: Connection refused; it is tried again")
        server, _ = self.server(port)
        server.answers = [503, 400]
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

    def test_what_is_missing_is_said(self):
        for out in ("influx:http://h", "influx:http://h;db=a;bucket=b"):
            self.assert_refused(rx.run(self.recording, *FORMAT, "--out", out), 1, "expected db (version 1), or org and")


class Syslog(Peers):
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
        self.notices.wait_for("the server has closed the connection; it is tried again")
        self.feed(process)
        stream, _ = self.bound(socket.SOCK_STREAM, port)
        self.notices.wait_for("it is there again, 19 events were lost so far")
        self.feed(process)
        connection = stream.accept()[0]
        self.addCleanup(connection.close)
        connection.settimeout(WAIT_S)
        self.assertIn(b'"seq":19,', connection.recv(65536))
        self.assertIn(f"prunedamr-rx: syslog:tcp://127.0.0.1:{port}: 19 events lost, its reader was too slow or away",
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


class Trigger(Peers):
    def test_a_program_reads_each_event(self):
        program = self.script('cat > "%s/event.$$"\n' % self.folder)
        events = self.classify(f"trigger:{program};if=seq<5")
        got = [json.loads(path.read_text()) for path in self.folder.glob("event.*")]
        self.assertEqual(sorted(got, key=lambda event: event["seq"]), events[:5])

    def test_it_gets_no_open_files_of_the_receiver(self):
        program = self.script('ls /proc/self/fd > "%s/open"\n' % self.folder)
        port = int(rx.free_endpoint().rsplit(":", 1)[1])
        words = ["--web", f"127.0.0.1:{port}", "--out", f"json:{self.labels}", "--out", f"trigger:{program};if=seq=0"]
        self.assertEqual(rx.run(self.recording, *FORMAT, *words).code, 0)
        self.assertEqual((self.folder / "open").read_text().split(), ["0", "1", "2", "3"])  # the last is that of ls

    def test_its_output_is_no_label(self):
        program = self.script("echo not a label\n")
        result = rx.run(self.recording, *FORMAT, "--out", "json:-", "--out", f"trigger:{program}")
        self.assertEqual((result.code, len(result.events)), (0, EVENTS))

    def test_no_more_than_so_many_run_at_a_time(self):
        program = self.script('echo + >> "%s/log"; sleep 0.05; echo - >> "%s/log"\n' % (self.folder, self.folder))
        self.classify(f"trigger:{program};children=3")
        level, highest = 0, 0
        for line in (self.folder / "log").read_text().split():
            level += 1 if line == "+" else -1
            highest = max(highest, level)
        self.assertEqual((level, highest), (0, 3))

    def test_one_that_hangs_is_killed_with_its_children(self):
        program = self.script('sleep 1000 & echo $! >> "%s/pids"; wait\n' % self.folder)
        self.classify(f"trigger:{program};seconds=1;if=seq<2")
        self.assertIn("it took longer than 1000 ms and was killed; further failures are counted only", self.stderr)
        for pid in map(int, (self.folder / "pids").read_text().split()):
            status = rx.Path("/proc/%d/status" % pid)
            self.assertTrue(not status.exists() or "State:\tZ" in status.read_text())

    def test_failures_are_told_once_and_bad_programs_refused(self):
        program = self.script("exit 3\n")
        self.classify(f"trigger:{program}")
        self.assertEqual(self.stderr.count("exit code 3"), 1)
        for path in (self.folder / "absent", self.folder, self.recording):
            self.assert_refused(rx.run("stdin", *FORMAT, "--out", f"trigger:{path}"), 1, "cannot run this program")


if __name__ == "__main__":
    unittest.main()
