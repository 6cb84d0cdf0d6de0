# SPDX-License-Identifier: GPL-3.0-or-later
"""A headless Chromium, driven over the pipe of its DevTools protocol. Standard library only."""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
import zlib

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class PageGone(AssertionError):
    """What was asked was asked of a document that the browser was just replacing, which a slow machine makes likely."""


class Browser:
    """One tab. https://chromedevtools.github.io/devtools-protocol"""

    def __init__(self, width=1400, height=900, dark=True, wait_s=30):
        self.wait_s = wait_s
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_read, self.to = os.pipe()
        self.come, from_write = os.pipe()
        # The browser reads commands from descriptor 3 and writes to 4.
        line = [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                "--disable-background-networking", "--remote-debugging-pipe", f"--user-data-dir={self.profile.name}", "about:blank"]
        shell = f'exec 3<&{to_read} 4>&{from_write}; exec "$0" "$@"'
        self.process = subprocess.Popen(["bash", "-c", shell, *line], pass_fds=(to_read, from_write),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(from_write)
        self.buffer, self.next_id, self.session = b"", 1, None
        self.problems = []  # of the page: exceptions, refused by its policy, not found
        targets = self.call("Target.getTargets")["targetInfos"]
        target = next(t["targetId"] for t in targets if t["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.resize(width, height)
        self.set_dark(dark)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.to)
        os.close(self.come)
        self.profile.cleanup()

    def receive(self, end):
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.come], [], [], max(0.0, end - time.monotonic()))
            assert ready, "the browser does not answer"
            more = os.read(self.come, 1 << 20)
            assert more, "the browser has ended"
            self.buffer += more
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **parameters):
        number, self.next_id = self.next_id, self.next_id + 1
        message = {"id": number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + self.wait_s
        while True:
            answer = self.receive(end)
            if answer.get("method") == "Runtime.exceptionThrown":
                self.problems.append(json.dumps(answer["params"])[:500])
            if answer.get("method") == "Log.entryAdded" and answer["params"]["entry"]["level"] == "error":
                self.problems.append(answer["params"]["entry"]["text"])
            if answer.get("id") == number:
                if "navigated or closed" in answer.get("error", {}).get("message", ""):
                    raise PageGone(answer)
                assert "error" not in answer, answer
                return answer["result"]

    def open(self, url):
        self.call("Page.navigate", url=url)

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, (expression, result)
        return result["result"].get("value")

    def until(self, expression, what=None):
        """The value of the expression once it is true."""
        end = time.monotonic() + self.wait_s
        while True:
            try:
                if value := self.evaluate(expression):
                    return value
            except PageGone as gone:
                print(f"once more, the page was being replaced: {gone}", file=sys.stderr)
            assert time.monotonic() < end, what or expression
            time.sleep(0.05)

    def click(self, x, y):
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key, text=""):
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def resize(self, width, height, scale=1, mobile=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=mobile)

    def set_dark(self, dark):
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def screenshot(self):
        """PNG of what is seen."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])


def pixels(png):
    """Rows of bytes of a PNG as browsers write it, and the bytes of one pixel."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    at, data = 8, b""
    while at < len(png):
        size, kind = int.from_bytes(png[at:at + 4], "big"), png[at + 4:at + 8]
        if kind == b"IHDR":
            width, height = (int.from_bytes(png[at + 8 + 4 * i:at + 12 + 4 * i], "big") for i in range(2))
            step = {2: 3, 6: 4}[png[at + 17]]
        if kind == b"IDAT":
            data += png[at + 8:at + 8 + size]
        at += size + 12
    raw, rows, above = zlib.decompress(data), [], bytearray(width * step)
    for y in range(height):
        line = bytearray(raw[y * (width * step + 1) + 1:(y + 1) * (width * step + 1)])
        kind = raw[y * (width * step + 1)]
        for i in range(len(line)):  # https://www.w3.org/TR/png-3/#9Filters
            a = line[i - step] if i >= step else 0
            b, c = above[i], above[i - step] if i >= step else 0
            if kind == 1:
                guess = a
            elif kind == 2:
                guess = b
            elif kind == 3:
                guess = (a + b) // 2
            elif kind == 4:
                p = a + b - c
                guess = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            else:
                break
            line[i] = line[i] + guess & 255
        rows.append(bytes(line))
        above = line
    return rows, step
