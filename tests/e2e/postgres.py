# SPDX-License-Identifier: GPL-3.0-or-later
"""A PostgreSQL server of a test's own."""

import os
import shutil
import subprocess
from pathlib import Path


class Postgres:
    """In a folder, without a port; as the user postgres where we are root, whom it refuses."""

    def __init__(self, folder):
        self.folder = Path(folder)
        places = [Path(path).parent for path in [shutil.which("initdb")] if path] + sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        self.programs = places[0] if places else None
        self.user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self.is_running = False

    def start(self):
        if self.user:
            shutil.chown(self.folder, "postgres", "postgres")
        self.run("initdb", "-D", self.folder / "data", "-U", "test", "-A", "trust", "-N")
        self.run("pg_ctl", "-D", self.folder / "data", "-w", "-l", self.folder / "log", "-o", f"-k {self.folder} -c listen_addresses=''", "start")
        self.is_running = True
        return f"postgresql://test@/postgres?host={self.folder}"

    def stop(self):
        if self.is_running:
            self.run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")

    def run(self, name, *words):
        subprocess.run([*self.user, str(self.programs / name), *map(str, words)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/")
