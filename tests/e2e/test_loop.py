# SPDX-License-Identifier: GPL-3.0-or-later
"""The loop as examples/loop closes it: from nothing, with SQLite and one hub, then with PostgreSQL and two hubs."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from postgres import Postgres

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = 77


def missing():
    """Why the loop cannot be closed here, or nothing."""
    if os.environ.get("PRUNEDAMR_HAVE_TRAIN") not in ("1", "ON", "TRUE"):
        return "built without LibTorch: prunedamr adapt is not there"
    if not os.path.exists(os.environ.get("PRUNEDAMR_HUB_PROGRAM", "")):
        return "built without prunedamr-hub"
    if not shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin") or not shutil.which("mosquitto_pub"):
        return "no mosquitto (apt-get install mosquitto mosquitto-clients)"
    return None


class Loop(unittest.TestCase):
    def close(self, *options):
        """Its lines are shown as they come: they are the tour."""
        line = [sys.executable, ROOT / "examples/loop/loop.py", "--prunedamr", os.environ["PRUNEDAMR_TOOL"], "--prunedamr-rx", os.environ["PRUNEDAMR_RX"],
                "--prunedamr-hub", os.environ["PRUNEDAMR_HUB_PROGRAM"], *options]
        done = subprocess.run([str(word) for word in line], env={**os.environ, "PRUNEDAMR_MODELS": str(ROOT / "models")})
        self.assertEqual(done.returncode, 0)

    def test_it_closes_with_one_hub_and_then_with_two_and_postgresql(self):
        with tempfile.TemporaryDirectory() as folder:
            self.close("--work", folder)
            learned = Path(folder, "better.safetensors")
            with tempfile.TemporaryDirectory() as place:
                server = Postgres(place)
                if not server.programs:
                    self.skipTest("no PostgreSQL (apt-get install postgresql): closed with SQLite only")
                try:
                    self.close("--adapted", learned, "--no-drift", "--hubs", 2, "--database", server.start())
                finally:
                    server.stop()


if __name__ == "__main__":
    why = missing()
    if why:
        print("skipped:", why)
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
