# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/results.md and docs/detection.md are what their scripts make of the numbers in the tree: nobody has edited them by hand."""

import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
SKIPPED = 77

if not list((DOCS / "results" / "runs").glob("*.json")):
    if (DOCS / "results.md").exists():
        sys.exit("docs/results.md is there without the run files it was made from")
    print("skipped: there are no run files yet")
    sys.exit(SKIPPED)
TOOLS = DOCS.parent / "tools" / "results"
sys.exit(subprocess.call([sys.executable, TOOLS / "table.py", "--check"])
         or subprocess.call([sys.executable, TOOLS / "detection.py", "page", "--check"]))
