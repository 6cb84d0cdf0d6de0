# SPDX-License-Identifier: GPL-3.0-or-later
"""`pip install .` into a fresh environment, out of the build tree: module, library and models, and nothing else of us."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SOURCE, BUILD = os.environ["PRUNEDAMR_SOURCE_DIR"], os.environ["PRUNEDAMR_BUILD_DIR"]
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PRUNEDAMR"))}

TRIAL = """
import numpy, os, prunedamr, re, sys
model = prunedamr.Model("onair-s")
stream = prunedamr.SignalClassifier("onair-s", 1e6)
assert stream.process(numpy.ones(200000, numpy.complex64))[0]["model"] == model.name == "onair-s"
for path in [prunedamr.__file__] + re.findall(r"/\\S*/libprunedamr\\S*", open("/proc/self/maps").read()):
    assert os.path.realpath(path).startswith(os.path.realpath(sys.prefix)), path
"""


def run(*command, **keywords):
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=240,
                            env=ENVIRONMENT, **keywords)
    if result.returncode != 0:
        raise AssertionError("%s:\n%s%s" % (command, result.stdout, result.stderr))
    return result.stdout


class Pip(unittest.TestCase):
    def test_install_use_and_remove(self):
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder) / "venv"
            run(sys.executable, "-m", "venv", "--system-site-packages", home)
            python = home / "bin" / "python"
            pip = (python, "-m", "pip", "--disable-pip-version-check")
            run(*pip, "install", "--no-build-isolation", "--no-index", "--no-deps", "--config-settings",
                "build-dir=" + BUILD, SOURCE)
            run(python, "-c", TRIAL, cwd=folder)
            self.assertIn("Requires: numpy", run(*pip, "show", "prunedamr"))
            run(*pip, "uninstall", "--yes", "prunedamr")
            self.assertEqual(list(home.rglob("*prunedamr*")), [])


if __name__ == "__main__":
    try:
        import ensurepip, venv, wheel  # noqa: E401, F401
    except ImportError as missing:
        print("skipped: %s (on Debian: apt-get install python3-venv python3-wheel)" % missing)
        sys.exit(77)
    unittest.main()
