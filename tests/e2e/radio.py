# SPDX-License-Identifier: GPL-3.0-or-later
"""A radio behind rtl_tcp, as far as a receiver sees it: noise and 2FSK of 5 kBd, and what it was told."""

import math
import random
import socket
import threading
import time


class RtlTcp:
    """Sends 250 kS/s in their time to whoever connects. `told`: {command: its last value}; `tuned`: all frequencies.
    `center_hz`: the only tuned frequency at which there is more than noise; none: all."""
    RATE = 250_000
    OFFSET_HZ = 40_000  # of the signal
    FREQUENCY, MODE, GAIN = 1, 3, 4

    def __init__(self, center_hz=None):
        self.told, self.tuned, self.center_hz, self.is_open = {}, [], center_hz, True
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        rng = random.Random(1)
        self.samples, self.noise, phase = bytearray(), bytearray(), 0.0
        for i in range(self.RATE):
            if i % (self.RATE // 5000) == 0:
                hz = self.OFFSET_HZ + rng.choice((-5000, 5000))
            phase += 2 * math.pi * hz / self.RATE
            self.samples += bytes(max(0, min(255, round(127.5 + 50 * part + rng.gauss(0, 3)))) for part in (math.cos(phase), math.sin(phase)))
        self.noise += bytes(max(0, min(255, round(127.5 + rng.gauss(0, 3)))) for _ in self.samples)
        threading.Thread(target=self.serve, daemon=True).start()

    def close(self):
        self.is_open = False
        self.server.close()

    def serve(self):
        try:
            while self.is_open:
                client, _ = self.server.accept()
                threading.Thread(target=self.listen, args=(client,), daemon=True).start()
                self.send(client)
        except OSError:
            return

    def send(self, client):
        try:
            client.sendall(b"RTL0" + (5).to_bytes(4, "big") + (29).to_bytes(4, "big"))
            begin, sent = time.monotonic(), 0
            while self.is_open:
                at = sent % len(self.samples)
                is_there = self.center_hz in (None, self.told.get(self.FREQUENCY))
                part = (self.samples if is_there else self.noise)[at:at + self.RATE // 10]
                client.sendall(part)
                sent += len(part)
                time.sleep(max(0.0, begin + sent / 2 / self.RATE - time.monotonic()))
        except OSError:
            client.close()

    def listen(self, client):
        rest = b""
        try:
            while more := client.recv(4096):
                rest += more
                while len(rest) >= 5:
                    self.told[rest[0]] = int.from_bytes(rest[1:5], "big")
                    if rest[0] == self.FREQUENCY:
                        self.tuned.append(self.told[rest[0]])
                    rest = rest[5:]
        except OSError:
            return
