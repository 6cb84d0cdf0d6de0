# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of outputs share: runs over a recording or a pipe, their notices as they come, peers on loopback."""

import socket
import subprocess
import threading
import time
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


class OutputCase(rx.Case):
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
