#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one hub carries, and whether it loses anything: simulated receivers, a real mosquitto, SQLite or PostgreSQL, and hub, broker and
database killed (SIGKILL) in turn while labels come; then how long questions take with many labels in the database.

    tools/benchmarks/hub.py --build build --out docs/results/hub.json
"""

import argparse
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import one_line

TICKS = os.sysconf("SC_CLK_TCK")
MOSQUITTO = shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Service:
    """A process that can be killed and started again; `cpu_s` counts all its lives."""

    def __init__(self, command, log, ready):
        self.command, self.log, self.ready, self.past_s = command, log, ready, 0.0
        self.start()

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(list(map(str, self.command)), stdout=log, stderr=log)
        wait_for(self.ready, self.command[0])

    def cpu_s(self):
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
            return self.past_s + (int(fields[11]) + int(fields[12])) / TICKS
        except OSError:
            return self.past_s

    def kill(self):
        self.past_s = self.cpu_s()
        self.process.kill()
        self.process.wait()

    def end(self):
        self.process.terminate()
        self.process.wait()


def wait_for(condition, what, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"{what} does not come up")
        time.sleep(0.1)


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Postgres:
    """A server in a folder of its own; as the user postgres where we are root, whom it refuses."""

    def __init__(self, folder):
        self.bin = sorted(Path("/usr/lib/postgresql").glob("*/bin"))[-1]
        self.folder, self.port = folder / "postgres", free_port()
        self.folder.mkdir()
        self.by = []
        if os.geteuid() == 0:
            self.by = ["runuser", "-u", "postgres", "--"]
            shutil.chown(self.folder, "postgres", "postgres")
            for parent in self.folder.parents:
                if parent.is_relative_to(tempfile.gettempdir()) and parent != Path(tempfile.gettempdir()):
                    parent.chmod(0o755)
        self.run("initdb", "-D", self.folder / "data", "-U", "hub", "-A", "trust", "-N")
        with open(self.folder / "data/postgresql.conf", "a") as conf:
            conf.write(f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\nmax_wal_size = '4GB'\nshared_buffers = '1GB'\n")
        self.start()
        self.run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "hub", "hub")
        self.url = f"postgresql://hub@127.0.0.1:{self.port}/hub"

    def run(self, program, *arguments):
        return subprocess.run([*self.by, str(self.bin / program), *map(str, arguments)], cwd="/", check=True, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)

    def start(self):
        self.run("pg_ctl", "-D", self.folder / "data", "-l", self.folder / "log", "-w", "start")

    def pid(self):
        return int((self.folder / "data/postmaster.pid").read_text().split()[0])

    def kill(self):
        os.kill(self.pid(), signal.SIGKILL)
        wait_for(lambda: not listens(self.port), "the end of postgres")
        time.sleep(1)  # its children see that it has gone

    def restart(self):
        for _ in range(30):
            try:
                return self.start()
            except subprocess.CalledProcessError:
                time.sleep(1)
        sys.exit("postgres does not start again: see its log")

    def end(self):
        self.run("pg_ctl", "-D", self.folder / "data", "-m", "fast", "stop")

    def ask(self, sql):
        done = subprocess.run(["psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "hub", "-d", "hub", "-At", "-F", "\t", "-c", sql], text=True,
                              capture_output=True, check=True)
        return [tuple(line.split("\t")) for line in done.stdout.splitlines()]

    def bytes(self):
        return int(self.ask("SELECT pg_database_size('hub')")[0][0])

    def indexes(self):
        return self.ask("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'labels' AND indexname <> 'labels_pkey'")

    def cpu_s(self):
        """Of the server's processes that are there."""
        total, parent = 0, self.pid()
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[1]) == parent or int(stat.parent.name) == parent:
                total += int(fields[11]) + int(fields[12])
        return total / TICKS


class Sqlite:
    def __init__(self, folder):
        self.url = str(folder / "hub.db")

    def ask(self, sql):
        database = sqlite3.connect(self.url, timeout=60)
        database.execute("PRAGMA cache_size = -500000")
        with database:
            found = database.execute(sql).fetchall()
        database.close()
        return found

    def indexes(self):
        return self.ask("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'labels' AND sql IS NOT NULL")

    def bytes(self):
        return sum(os.path.getsize(self.url + end) for end in ("", "-wal") if os.path.exists(self.url + end))

    def cpu_s(self):
        return 0.0  # it is a part of its hub

    def end(self):
        pass


class Bench:
    def __init__(self, build, folder, database):
        self.build, self.folder, self.database = Path(build), folder, database
        self.broker_port, self.web_port = free_port(), free_port()
        (folder / "mosquitto.conf").write_text(f"listener {self.broker_port} 127.0.0.1\nallow_anonymous true\nuser root\nmax_queued_messages 100000\n")
        self.broker = Service([MOSQUITTO, "-c", folder / "mosquitto.conf"], folder / "broker.log", lambda: listens(self.broker_port))
        self.mqtt = f"mqtt://127.0.0.1:{self.broker_port}"
        self.hub = Service([self.build / "bin/prunedamr-hub", "--listen", self.mqtt, "--database", database.url, "--web", f"127.0.0.1:{self.web_port}"],
                           folder / "hub.log", lambda: listens(self.web_port))

    def receivers(self, count, rate, seconds):
        return subprocess.Popen([self.build / "tests/tools/simulated_receivers", "--hub", self.mqtt, "--receivers", str(count), "--rate", str(rate),
                                 "--duration", str(seconds), "--wait", "120", "--spool", "64000000"], stdout=subprocess.PIPE, stderr=open(self.folder / "receivers.log", "ab"))

    def get(self, path, **query):
        url = f"http://127.0.0.1:{self.web_port}{path}?{urllib.parse.urlencode(query)}"
        begin = time.monotonic()
        with urllib.request.urlopen(url, timeout=120) as answer:
            body = answer.read()
        return (time.monotonic() - begin, json.loads(body) if path != "/metrics" else body.decode())

    def end(self):
        self.hub.end()
        self.broker.end()


def check(said, database):
    """Labels given out and labels stored, by receiver and number."""
    rows = database.ask("SELECT r.name, count(*), min(l.seq), max(l.seq) FROM labels l JOIN receivers r ON r.id = l.receiver WHERE r.name LIKE 'sim-%' GROUP BY r.name")
    stored = {name: (int(count), int(low), int(high)) for name, count, low, high in rows}
    given = {one["receiver"]: one["last"] + 1 for one in said["receivers"]}
    missing = sum(count - stored.get(name, (0, 0, 0))[0] for name, count in given.items())
    exact = all(stored.get(name) == (count, 0, count - 1) for name, count in given.items())
    return {"given": sum(given.values()), "stored": sum(count for count, _, _ in stored.values()), "missing": missing, "every_number_once": exact,
            "lost_by_spools": said["lost"], "reconnects": said["reconnects"]}


def calm(bench, count, rate, seconds):
    """As it goes when nobody dies: what a label costs."""
    hub_s, broker_s, database_s = bench.hub.cpu_s(), bench.broker.cpu_s(), bench.database.cpu_s()
    begin, before = time.monotonic(), bench.database.bytes()
    said = json.loads(bench.receivers(count, rate, seconds).communicate()[0])
    wall_s = time.monotonic() - begin
    result = check(said, bench.database)
    labels = result["stored"]
    return {**result, "wall_s": round(wall_s, 1), "labels_per_s": round(labels / wall_s), "hub_cpu_us_per_label": round(1e6 * (bench.hub.cpu_s() - hub_s) / labels, 1),
            "broker_cpu_us_per_label": round(1e6 * (bench.broker.cpu_s() - broker_s) / labels, 1),
            "database_cpu_us_per_label": round(1e6 * (bench.database.cpu_s() - database_s) / labels, 1),
            "bytes_per_label": round((bench.database.bytes() - before) / labels), "load": os.getloadavg()[0]}


def killed(bench, count, rate, seconds):
    """Hub, broker and database in turn, each away for some seconds."""
    receivers = bench.receivers(count, rate, seconds)
    kills, turn = {"hub": 0, "broker": 0, "database": 0}, 0
    begin = time.monotonic()
    while time.monotonic() - begin < seconds - 10:
        time.sleep(6)
        what = ["hub", "broker", "database"][turn % 3]
        turn += 1
        if what == "database" and isinstance(bench.database, Postgres):
            bench.database.kill()
            time.sleep(3)
            bench.database.restart()
        elif what == "broker":
            bench.broker.kill()
            time.sleep(2)
            bench.broker.start()
        else:  # a file dies with its hub
            bench.hub.kill()
            time.sleep(2)
            bench.hub.start()
        kills[what if what != "database" or isinstance(bench.database, Postgres) else "hub"] += 1
    said = json.loads(receivers.communicate()[0])
    return {**check(said, bench.database), "kills": kills, "wall_s": round(time.monotonic() - begin, 1)}


FILL = """INSERT INTO labels (receiver, run, seq, time_us, center_freq_hz, bandwidth_hz, band, label, state, confidence, snr_db, event)
WITH RECURSIVE n (i) AS (SELECT CAST({first} AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {end})
SELECT 100000 + i % 200, 100000 + i % 200, i / 200, {start} + i * {step}, 400000000.0 + 100000.0 * ((i * 7919) % 2000) + (i % 97) * 500.0, 12500.0,
4000 + (i * 7919) % 2000, 'C' || ((i * 31) % 20), CASE WHEN i % 20 = 0 THEN 'unknown' ELSE 'signal' END, 0.9, 12.5, '{pad}' FROM n"""


def fill(database, labels, hours):
    """Labels of 200 receivers, 20 classes and 2000 frequencies, over the last hours; the indexes are made at the end."""
    start = int((time.time() - 3600 * hours) * 1e6)
    pad = json.dumps({"v": 2, "seq": 1, "time": "2027-01-01T00:00:00Z", "center_freq_hz": 4e8, "bandwidth_hz": 12500, "label": "C1", "state": "signal", "confidence": 0.9,
                      "snr_db": 12.5, "pad": "x" * 150})
    indexes = database.indexes()
    for name, _ in indexes:
        database.ask(f"DROP INDEX {name}")
    database.ask("INSERT INTO receivers (id, name) WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 199) SELECT 100000 + i, 'old-' || i FROM n")
    begin, piece = time.monotonic(), 1_000_000
    for first in range(0, labels, piece):
        database.ask(FILL.format(first=first, end=min(first + piece, labels), start=start, step=int(3600e6 * hours / labels), pad=pad))
    for _, sql in indexes:
        database.ask(sql)
    if isinstance(database, Postgres):
        database.ask("ANALYZE labels")
    return round(time.monotonic() - begin, 1)


def questions(bench, hours):
    """Each of an hour in the middle, three times; the slowest counts."""
    to = datetime.now(timezone.utc) - timedelta(hours=hours / 2)
    hour = {"from": (to - timedelta(hours=1)).isoformat(), "to": to.isoformat(), "limit": 200}
    asked = {
        "everything": {}, "receiver": {"receiver": "old-17"}, "label": {"label": "C7"}, "absent label": {"label": "none"},
        "narrow band": {"from_hz": 433.9e6, "to_hz": 434.0e6}, "wide band": {"from_hz": 400e6, "to_hz": 600e6}, "empty band": {"from_hz": 2.4e9, "to_hz": 2.5e9},
        "label in a band": {"label": "C7", "from_hz": 433e6, "to_hz": 435e6}, "receiver and label": {"receiver": "old-17", "label": "C7"},
    }
    found = {}
    for name, query in asked.items():
        times = []
        for _ in range(3):
            seconds, page = bench.get("/api/v1/labels", **hour, **query)
            times.append(seconds)
        found[name] = {"ms": round(1e3 * max(times), 1), "labels": len(page["labels"])}
    found["receivers"] = {"ms": round(1e3 * bench.get("/api/v1/receivers")[0], 1)}
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build")
    parser.add_argument("--out", default="docs/results/hub.json")
    parser.add_argument("--databases", default="sqlite,postgres")
    parser.add_argument("--receivers", type=int, default=200)
    parser.add_argument("--rate", type=float, default=20.0, help="labels per second of each")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--labels", type=int, default=10_000_000, help="that questions are asked over")
    parser.add_argument("--hours", type=float, default=10.0, help="that these are spread over")
    options = parser.parse_args()
    with open("/proc/cpuinfo") as info:
        cpu = next(line.split(":")[1].strip() for line in info if line.startswith("model name"))
    result = {"machine": {"cpu": cpu, "cores": os.cpu_count()}, "receivers": options.receivers, "rate": options.rate, "databases": {}}
    for name in options.databases.split(","):
        with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
            folder = Path(folder)
            database = Postgres(folder) if name == "postgres" else Sqlite(folder)
            bench = Bench(options.build, folder, database)
            part = result["databases"][name] = {}
            try:
                part["calm"] = calm(bench, options.receivers, options.rate, options.seconds)
                print(name, json.dumps(part["calm"]), flush=True)
                bench.hub.end()
                database.ask("DELETE FROM labels")
                bench.hub.start()
                part["killed"] = killed(bench, options.receivers, options.rate, options.seconds)
                print(name, json.dumps(part["killed"]), flush=True)
                if options.labels:
                    part["filled"] = {"labels": options.labels, "hours": options.hours, "s": fill(database, options.labels, options.hours), "bytes": database.bytes()}
                    part["questions"] = questions(bench, options.hours)
                    print(name, json.dumps(part["questions"]), flush=True)
            finally:
                bench.end()
                database.end()
        Path(options.out).write_text(json.dumps(result, indent=1) + "\n")
    lost = [part[run] for part in result["databases"].values() for run in ("calm", "killed") if part[run]["missing"] or not part[run]["every_number_once"]]
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    one_line.run(main)
