# SPDX-License-Identifier: GPL-3.0-or-later
"""What changes a receiver while it runs, by HTTP, by `prunedamr-rx ctl`, and what the stream says."""

import base64
import http.client
import http.server
import json
import os
import socket
import ssl
import struct
import subprocess
import threading
import time
import unittest
from pathlib import Path

import rx
from radio import RtlTcp
from output_case import Lines, WAIT_S, authority

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "user" / "openapi.json"
TYPES = {"string": str, "number": (int, float), "integer": int, "boolean": bool, "object": dict, "array": list}


def faults(value, schema, document, where="$"):
    """Where a value is not what the schema says: as much of JSON Schema as the document uses."""
    if "$ref" in schema:
        return faults(value, document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], document, where)
    if value is None and schema.get("nullable"):
        return []
    if "allOf" in schema:
        return [fault for one in schema["allOf"] for fault in faults(value, one, document, where)]
    expected = TYPES[schema["type"]]
    if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
        return [f"{where}: {value!r:.60} is no {schema['type']}"]
    found = [f"{where}: no {name}" for name in schema.get("required", ()) if name not in value]
    if schema["type"] == "object" and "properties" in schema:
        found += [f"{where}: unknown {name}" for name in value if name not in schema["properties"]] if "required" in schema else []
        for name, one in schema["properties"].items():
            found += faults(value[name], one, document, f"{where}.{name}") if name in value else []
    for i, item in enumerate(value if schema["type"] == "array" else ()):
        found += faults(item, schema["items"], document, f"{where}[{i}]") if schema["items"] else []
    return found


class Stream:
    """A client of the stream, by RFC 6455."""

    def __init__(self, port, context=None, host="127.0.0.1", protocols="prunedamr.v1", origin=None):
        self.socket = socket.create_connection((host, port), WAIT_S)
        if context:
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        head = ["GET /api/v1/stream HTTP/1.1", f"Host: localhost:{port}", "Upgrade: websocket", "Connection: Upgrade",
                f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}", "Sec-WebSocket-Version: 13",
                f"Sec-WebSocket-Protocol: {protocols}", *([f"Origin: {origin}"] if origin else [])]
        self.socket.sendall(("\r\n".join(head) + "\r\n\r\n").encode())
        self.rest = b""
        while b"\r\n\r\n" not in self.rest:
            self.more()
        answer, self.rest = self.rest.split(b"\r\n\r\n", 1)
        self.status = int(answer.split()[1])

    def more(self):
        got = self.socket.recv(1 << 16)
        if not got:
            raise ConnectionError("closed")
        self.rest += got

    def take(self, count):
        while len(self.rest) < count:
            self.more()
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def message(self):
        """A row as bytes, or JSON."""
        while True:
            kind, size = self.take(2)
            assert kind & 0xf0 == 0x80, "a whole message in a frame"
            if size == 126:
                size = int.from_bytes(self.take(2), "big")
            elif size == 127:
                size = int.from_bytes(self.take(8), "big")
            payload = self.take(size)
            if kind & 15 == 9:  # ping: a pong, masked with zeros
                self.socket.sendall(bytes((0x8a, 0x80 | size)) + bytes(4) + payload)
            if kind & 15 in (1, 2):
                return payload if kind & 15 == 2 else json.loads(payload)

    def of_type(self, kind):
        while isinstance(message := self.message(), bytes) or message["type"] != kind:
            pass
        return message

    def row(self):
        while not isinstance(message := self.message(), bytes):
            pass
        return message


class Control(rx.Case):
    def setUp(self):
        super().setUp()
        self.radio = RtlTcp()
        self.addCleanup(self.radio.close)
        self.token = self.write("token", b"open sesame, please\n")
        self.token.chmod(0o600)
        self.port = int(rx.free_endpoint().rsplit(":", 1)[1])

    def start(self, *options, address=None):
        process = rx.start_talking(f"rtl_tcp:127.0.0.1:{self.radio.port}", "--rate", RtlTcp.RATE, "--freq", "433.92M",
                                   "--out", "json:/dev/null", "--web", address or f"127.0.0.1:{self.port}", *options, band=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        process.stdin.close()
        self.notices = Lines(process.stderr)
        self.notices.wait_for("Serving http")
        return process

    def ctl(self, *words, token=False, **access):
        access.setdefault("url", f"http://127.0.0.1:{self.port}")
        options = [word for name, value in access.items() for word in (f"--{name}", str(value))]
        line = [rx.RX, "ctl", *options, *(["--token", str(self.token)] if token else []),
                *map(str, words)]
        done = subprocess.run(line, capture_output=True, timeout=WAIT_S)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def changed(self, *words):
        code, out, err = self.ctl(*words, token=True)
        self.assertEqual((code, err), (0, ""))
        return out

    def refused(self, *words, token=True, code=1):
        result = self.ctl(*words, token=token)
        self.assertEqual((result[0], result[1]), (code, ""), result)
        self.assertRegex(result[2], r"\Aprunedamr-rx ctl: [^\n]+\n\Z")
        return result[2]

    def status(self):
        return json.loads(self.ctl("status")[1])

    def until(self, condition):
        end = time.monotonic() + WAIT_S
        while not (value := condition()):
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)
        return value


class Changes(Control):
    def test_the_source_is_tuned_and_its_gain_set(self):
        self.start("--web-token", self.token)
        stream = Stream(self.port)
        self.assertEqual(struct.unpack_from("<dd", stream.row(), 8), (433.92e6, RtlTcp.RATE))
        self.assertEqual(self.changed("tune", "868.3M"), "changed\n")
        self.until(lambda: self.radio.told[RtlTcp.FREQUENCY] == 868_300_000)
        while struct.unpack_from("<d", stream.row(), 8)[0] != 868.3e6:
            pass
        self.until(lambda: self.status()["source"]["center_freq_hz"] == 868.3e6)
        self.changed("gain", "12.5")
        self.until(lambda: self.radio.told.get(RtlTcp.GAIN) == 125 and self.radio.told[RtlTcp.MODE] == 1)
        self.until(lambda: self.status()["control"]["gain_db"] == 12.5)
        self.changed("gain", "auto")
        self.until(lambda: self.radio.told[RtlTcp.MODE] == 0)
        self.assertIn("overall gain only", self.refused("gain", "3", "LNA"))
        self.assertIn("cannot have this frequency", self.refused("tune", "5G"))
        self.changed("threshold", "0.75")
        self.until(lambda: self.status()["control"]["min_confidence"] == 0.75)
        self.changed("model", "reload")
        self.notices.wait_for("Switched to model")
        self.assertEqual(self.status()["source"]["dropped_samples"], 0)
        self.assertIn("this receiver does not scan: see --scan (409)", self.refused("set-scan", "433M"))
        self.assertEqual(json.loads(self.ctl("scan")[1])["is_scanning"], False)
        self.assertIn("keeps no snippets", self.refused("label", "x", "OOK"))

    def test_every_refusal_is_json(self):
        self.start("--web-token", self.token, "--snippets", self.folder, "--snippet-if", "snr_db>200")
        bearer = {"Authorization": "Bearer open sesame, please"}
        label = json.dumps({"snippet": "nowhere", "label": "OOK"})
        for status, method, path, body, headers in (
                (404, "GET", "/api/v1/nothing", None, {}), (404, "GET", "/api/v1/evidence?id=123456", None, {}), (404, "POST", "/api/v1/label", label, bearer),
                (405, "POST", "/api/v1/status", "", {}), (400, "GET", "/api/v1/history?limit=x", None, {}), (400, "POST", "/api/v1/tune", "{", bearer),
                (401, "POST", "/api/v1/tune", "{}", {}), (401, "POST", "/api/v1/tune", "{}", {"Authorization": "Bearer x"}),
                (403, "GET", "/api/v1/status", None, {"Host": "evil.example"}), (403, "GET", "/api/v1/status", None, {"Origin": "http://evil.example"}),
                (409, "POST", "/api/v1/tune", '{"center_freq_hz": 5e9}', bearer), (413, "POST", "/api/v1/tune", 70_000 * "x", bearer),
                (426, "GET", "/api/v1/stream", None, {})):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)
            self.addCleanup(connection.close)
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            self.assertEqual((answer.status, answer.getheader("Content-Type")), (status, "application/json"), path)
            self.assertEqual(list(json.loads(answer.read())), ["error"], path)

    def test_nothing_is_changed_without_the_token(self):
        process = self.start("--web-token", self.token)
        before = self.radio.told[RtlTcp.FREQUENCY]
        self.assertIn("a token is needed (401)", self.refused("tune", "868.3M", token=False))
        self.token.write_bytes(b"open sesam\n")
        self.assertIn("this token is not the one of --web-token (401)", self.refused("tune", "868.3M"))
        self.assertIn("out of range: found 2, expected 0 to 1", self.refused("threshold", "2", code=2))
        self.assertIn("unknown subcommand 'tuna': expected status, ", self.refused("tuna", "1", code=2))
        self.assertEqual(self.radio.told[RtlTcp.FREQUENCY], before)
        self.assertIsNone(process.poll())

    def test_without_a_token_file_nothing_can_be_changed(self):
        self.start()
        self.assertIn("--web-token", self.refused("tune", "868.3M"))
        self.assertFalse(self.status()["control"]["may_change"])


class Answers(Control):
    def test_they_are_what_the_document_says(self):
        self.start("--web-token", self.token)
        document = json.loads(DOCUMENT.read_text())
        self.assertEqual(json.loads(self.ctl("openapi")[1]), document)
        seen = self.until(lambda: [one for one in json.loads(self.ctl("emissions")[1]) if one["has_picture"]])
        number = seen[0]["id"]
        picture = json.loads(self.ctl("evidence", number)[1])["picture"]
        self.assertGreater(len(picture["spectrum_db"]), 100)
        self.assertGreater(max(picture["spectrum_db"]), min(picture["spectrum_db"]))
        self.changed("tune", "868.3M")
        asked = {"evidence": (str(number),), "history": ("5",)}
        for path, methods in document["paths"].items():
            command = path.rsplit("/", 1)[1]
            if "get" not in methods or path in ("/metrics", "/api/v1/stream", "/api/v1/openapi.json"):
                continue
            code, out, err = self.ctl(command, *asked.get(command, ()))
            self.assertEqual((code, err), (0, ""), path)
            schema = methods["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            self.assertEqual(faults(json.loads(out), schema, document), [], path)

    def test_the_checker_finds_faults(self):
        document = {"components": {"schemas": {"A": {"type": "object", "required": ["x"], "properties": {"x": {"type": "integer"}}}}}}
        schema = {"type": "array", "items": {"$ref": "#/components/schemas/A"}}
        self.assertEqual(faults([{"x": 1}], schema, document), [])
        for wrong in ({}, [{}], [{"x": "1"}], [{"x": True}], [{"x": None}], [{"x": 1, "y": 2}]):
            self.assertTrue(faults(wrong, schema, document), wrong)

    def test_the_stream_welcomes_and_tells(self):
        self.start()
        stream = Stream(self.port)
        self.assertEqual(stream.status, 101)
        welcome = stream.of_type("welcome")
        self.assertEqual(welcome["status"]["source"]["center_freq_hz"], 433.92e6)
        update = stream.of_type("update")
        self.assertTrue(update["boxes"] and update["emissions"])
        self.assertGreater(stream.of_type("status")["status"]["counts"]["samples"], 0)
        row = stream.row()
        bins = struct.unpack_from("<H", row, 2)[0]
        self.assertEqual(len(row), 56 + bins)
        loudest = (max(range(bins), key=lambda i: row[56 + i]) / bins - 0.5) * RtlTcp.RATE
        self.assertLess(abs(loudest - RtlTcp.OFFSET_HZ), 10_000)
        begin = time.monotonic()
        for _ in range(20):
            stream.row()
        self.assertGreater(time.monotonic() - begin, 0.8)
        self.assertEqual(Stream(self.port, origin="http://evil.example").status, 403)

    def test_many_clients_and_those_that_never_read_cost_no_sample(self):
        self.start()
        readers = [Stream(self.port) for _ in range(12)]
        silent = [Stream(self.port) for _ in range(12)]
        for _ in range(10):
            for reader in readers:
                reader.row()
        self.assertEqual([self.status()["source"][name] for name in ("overflows", "dropped_samples")], [0, 0])
        self.assertEqual(len({stream.status for stream in readers + silent}), 1)


class Elsewhere(Control):
    def test_who_does_not_answer_as_a_receiver_is_named(self):
        class Other(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(302 if self.path == "/api/v1/status" else 200)
                self.send_header("Content-Length", "6")
                self.end_headers()
                self.wfile.write(b"<html>")

            def log_message(self, *_):
                pass

        self.assertIn(f"127.0.0.1:{self.port}: cannot connect: found Connection refused", self.refused("status"))
        server = http.server.HTTPServer(("127.0.0.1", self.port), Other)
        self.addCleanup(server.server_close)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.shutdown)
        url = f"http://127.0.0.1:{self.port}"
        self.assertIn(f"{url}: not a receiver's answer: found HTTP status 302", self.refused("status"))
        self.assertIn(f"{url}: not a receiver's answer: found HTTP status 200", self.refused("emissions"))

    def test_wrong_command_lines(self):
        for text, *words in (("no subcommand: expected status, ", ), ("unknown subcommand 'tuna': expected status, ", "tuna"),
                             ("unknown option --tokne: did you mean --token?", "status", "--tokne", "x"),
                             ("center_freq_hz is required", "tune"), ("expected reload or revert", "model", "drop"),
                             ("--url: found no value", "status", "--url")):
            self.assertIn(text, self.refused(*words, code=2))
        code, _, err = self.ctl("status", url="")
        self.assertEqual(code, 2)
        self.assertIn("--url: found ''", err)
        self.token.chmod(0o644)
        code, _, err = self.ctl("status", "--token", self.token)
        self.assertEqual(code, 1)
        self.assertIn("others on this machine can read this secret", err)


@unittest.skipIf(os.environ.get("PRUNEDAMR_HAVE_TLS") == "OFF", "this build has no TLS")
class Network(Control):
    def test_beyond_loopback_the_stream_and_ctl_need_the_token(self):
        ca, certificate, key = authority(self.folder)
        self.start("--web-cert", certificate, "--web-key", key, "--web-token", self.token, address=f"0.0.0.0:{self.port}")
        context = ssl.create_default_context(cafile=ca)
        coded = lambda text: base64.urlsafe_b64encode(text).decode().rstrip("=")
        for protocols, status in (("prunedamr.v1", 401), ("prunedamr.v1, bearer." + coded(b"open"), 401),
                                  ("prunedamr.v1, bearer." + coded(b"open sesame, please"), 101), ("bearer.***", 401)):
            self.assertEqual(Stream(self.port, context, "localhost", protocols).status, status, protocols)
        url = f"https://localhost:{self.port}"
        self.assertIn("a token is needed", self.ctl("status", ca=ca, url=url)[2])
        code, out, _ = self.ctl("status", token=True, ca=ca, url=url)
        self.assertEqual((code, json.loads(out)["source"]["live"]), (0, True))


if __name__ == "__main__":
    unittest.main()
