# SPDX-License-Identifier: GPL-3.0-or-later
"""For the scripts of this folder: what is wrong with files and programs is said in one line, without a traceback.

    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    import one_line
    one_line.run(main)
"""

import json
import subprocess
import sys
from pathlib import Path


def read_json(path):
    """Raises ValueError naming the file."""
    try:
        return json.loads(Path(path).read_text())
    except ValueError as error:
        raise ValueError(f"{path}: not JSON: {error}") from None


def problem(error):
    if isinstance(error, subprocess.CalledProcessError):
        return f"{error.cmd[0]} ended with {error.returncode}"
    if isinstance(error, KeyError):
        return f"missing key {error}"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error) or type(error).__name__


def run(main, *arguments):
    """Ends the script with what `main` returns, or with 1 and a line of what was wrong."""
    try:
        code = main(*arguments)
    except KeyboardInterrupt:
        code = 130
    except (OSError, ValueError, KeyError, subprocess.SubprocessError) as error:
        code = f"{Path(sys.argv[0]).name}: {problem(error)}"
    sys.exit(code)
