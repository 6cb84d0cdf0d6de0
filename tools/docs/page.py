#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of docs/user/page.md: the receiver's page in a browser.

    prunedamr synth scene --scene tools/docs/waterfall.json --out scene.sigmf-meta
    prunedamr-rx scene.sigmf-meta --realtime --loop --web 127.0.0.1:8080 --out json:/dev/null &
    tools/docs/page.py http://127.0.0.1:8080 QPSK docs/page.png      # the label whose evidence is opened
"""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "e2e"))
from browser import Browser

url, label, target = sys.argv[1:]
browser = Browser(1360, 860)
browser.open(url)
browser.until("document.querySelectorAll('#emissions tbody tr').length > 3")
time.sleep(45)  # the waterfall fills
row = f"[...document.querySelectorAll('#emissions tbody tr')].find((row) => row.cells[1].textContent.startsWith({json.dumps(label)}))"
browser.until(f"{row} && ({row}.querySelector('button').click(), true)")
time.sleep(2)
Path(target).write_bytes(browser.screenshot())
browser.close()
