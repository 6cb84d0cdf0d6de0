# SPDX-License-Identifier: GPL-3.0-or-later
"""examples/archive: many captures by GNU parallel and by a Slurm array, stopped in the middle and started again."""

import csv
import os
import shutil
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

import rx
from folder_watch import wait_until

TOOL = os.environ["PRUNEDAMR_TOOL"]
ARCHIVE = Path(__file__).resolve().parents[2] / "examples/archive"
CAPTURES = 6
MACHINE = {key: os.environ[key] for key in ("PATH", "PRUNEDAMR_RX") if key in os.environ}
CONFIG = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmdPort={other_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
ReturnToService=2
KillWait=2
MpiDefault=none
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/completed
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


class Archive(rx.Case):
    @classmethod
    def setUpClass(cls):
        kept = tempfile.TemporaryDirectory()
        cls.addClassCleanup(kept.cleanup)
        cls.captures = Path(kept.name) / "some captures"  # a path with a blank
        cls.captures.mkdir()
        for seed in range(CAPTURES):
            subprocess.run([TOOL, "synth", "scene", "--out", cls.captures / f"{seed}.sigmf-meta", "--rate", "200k", "--duration",
                            "0.5", "--signals", "2", "--snr", "20", "--bursts", "0", "--seed", str(seed)],
                           check=True, stdout=subprocess.DEVNULL, timeout=60)

    def setUp(self):
        super().setUp()
        self.list = self.folder / "captures.txt"
        self.results = self.folder / "results"
        self.names = sorted(str(path) for path in self.captures.glob("*.sigmf-meta"))
        self.list.write_text("".join(name + "\n" for name in self.names))
        self.results.mkdir()
        self.gate = self.folder / "gate"
        os.mkfifo(self.gate)

    def slow(self):
        """A receiver that waits after its second capture until the gate is open."""
        script = self.folder / "slow-rx"
        script.write_text("#!/bin/sh\n"
                          f"[ $(ls '{self.results}' | grep -c 'csv$') -lt 2 ] || [ ! -p '{self.gate}' ] || cat '{self.gate}' 2> /dev/null\n"
                          f"exec '{rx.RX}' \"$@\"\n")
        script.chmod(0o755)
        return {**MACHINE, "HOME": str(self.folder), "PRUNEDAMR_RX": str(script)}

    def open_gate(self):
        end = os.open(self.gate, os.O_RDWR)
        self.gate.unlink()
        os.close(end)

    def wait_for_two(self):
        wait_until(self.results, lambda: len(self.done()) >= 2, "two captures", 60)

    def done(self):
        return sorted(self.results.glob("*.csv"))

    def table(self):
        text = subprocess.run([ARCHIVE / "collect.sh", self.results], check=True, capture_output=True, text=True, timeout=60).stdout
        return list(csv.DictReader(text.splitlines()))

    def check_table(self):
        rows = self.table()
        self.assertEqual({row["source"] for row in rows}, {name[-48:] for name in self.names})
        for name in self.names[:2]:
            alone = rx.run(name, "--quiet", "--out", "json:-", plain=True).events
            self.assertEqual([row["label"] for row in rows if row["source"] == name[-48:]], [e["label"] for e in alone])

    def parallel(self, env, **keywords):
        return subprocess.Popen(["parallel", "--joblog", self.folder / "jobs.log", "--resume-failed", "-j", "2", "-a", self.list,
                                 ARCHIVE / "label.sh", self.results], env=env, **keywords)

    @unittest.skipUnless(shutil.which("parallel"), "GNU parallel is not installed")
    def test_parallel_goes_on_where_it_was_stopped(self):
        first = self.parallel(self.slow(), stderr=subprocess.DEVNULL)
        self.wait_for_two()
        for _ in range(2):  # the first lets the running ones end, the second does not
            first.terminate()
        first.wait(timeout=20)
        done = {path: path.stat().st_mtime_ns for path in self.done()}
        self.assertLess(len(done), CAPTURES)
        self.open_gate()
        self.assertEqual(self.parallel(self.slow()).wait(timeout=100), 0)
        for path, time in done.items():
            self.assertEqual(path.stat().st_mtime_ns, time, "done twice")
        self.assertEqual(len(self.done()), CAPTURES)
        self.check_table()

    @unittest.skipUnless(shutil.which("parallel"), "GNU parallel is not installed")
    def test_a_capture_that_fails_is_named_and_done_when_it_is_mended(self):
        bad = self.folder / "bad.sigmf-meta"
        bad.write_text("{")
        self.names.append(str(bad))
        self.list.write_text("".join(name + "\n" for name in self.names))
        self.open_gate()
        first = self.parallel(self.slow(), stderr=subprocess.PIPE, text=True)
        errors = first.communicate(timeout=100)[1]
        self.assertEqual(first.returncode, 1)
        self.assertIn(f"prunedamr-rx: {bad}", errors)
        self.assertEqual(len(self.done()), CAPTURES)
        for end in ("meta", "data"):
            shutil.copy(self.captures / f"0.sigmf-{end}", self.folder / f"bad.sigmf-{end}")
        self.assertEqual(self.parallel(self.slow()).wait(timeout=100), 0)
        self.check_table()

    def start_slurm(self):
        folder = self.folder / "slurm"
        for name in ("state", "spool"):  # of the two daemons
            (folder / name).mkdir(parents=True)
        folder.chmod(0o755)
        key = folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        host = os.uname().nodename.split(".")[0]
        config = folder / "slurm.conf"
        config.write_text(CONFIG.format(folder=folder, host=host, port=free_port(), other_port=free_port()))
        env = {**self.slow(), "SLURM_CONF": str(config)}

        def start(*line):
            log = open(folder / "daemons.log", "ab")
            process = subprocess.Popen(list(map(str, line)), env=env, stdout=log, stderr=log)
            log.close()
            self.addCleanup(process.wait, timeout=30)
            self.addCleanup(process.terminate)

        start("munged", "--foreground", "--force", f"--key-file={key}", f"--socket={folder}/munge.socket",
              f"--pid-file={folder}/munge.pid", f"--seed-file={folder}/munge.seed", f"--log-file={folder}/munge.log")
        try:
            wait_until(folder, lambda: (folder / "munge.socket").exists(), "munged")
        except AssertionError as late:
            self.skipTest("Slurm's daemons do not work on this machine: " + str(late))
        start("slurmctld", "-D")
        start("slurmd", "-D", "-N", host)
        try:
            ready = subprocess.run(["srun", "--immediate=40", "true"], env=env, capture_output=True, text=True, timeout=60)
            said = ready.stderr.strip() if ready.returncode != 0 else None
        except subprocess.TimeoutExpired:
            said = "no answer for a minute"
        if said is not None:
            self.skipTest("Slurm's daemons do not work on this machine: " + said)
        return env

    @unittest.skipUnless(shutil.which("slurmctld") and shutil.which("munged"), "Slurm is not installed")
    @unittest.skipUnless(os.geteuid() == 0, "Slurm's daemons need root")
    def test_a_slurm_array_goes_on_where_it_was_canceled(self):
        env = self.start_slurm()

        def slurm(*line):
            return subprocess.run(line, cwd=ARCHIVE, env=env, check=True, capture_output=True, text=True, timeout=150).stdout

        array = ("--array=0-1", f"--output={self.folder}/label-%a.log", "label.sbatch", str(self.list), str(self.results))
        job = slurm("sbatch", "--parsable", *array).strip()
        self.wait_for_two()
        done = {path: path.stat().st_mtime_ns for path in self.done()}
        slurm("scancel", job)
        self.open_gate()
        slurm("sbatch", "--wait", *array)
        logs = "".join(path.read_text() for path in self.folder.glob("label-*.log"))
        self.assertEqual(len(self.done()), CAPTURES, logs)
        for path, time in done.items():
            self.assertEqual(path.stat().st_mtime_ns, time, "done twice")
        self.check_table()
        completed = (self.folder / "slurm/completed").read_text()
        self.assertEqual(completed.count("Name=label JobState=COMPLETED"), 2, completed)


if __name__ == "__main__":
    unittest.main()
