# SPDX-License-Identifier: GPL-3.0-or-later
"""As a service: what its manager is told, and the unit and the configuration that are shipped for systemd."""

import os
import shutil
import signal
import socket
import subprocess
import unittest
from pathlib import Path

import rx

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"
UNIT = PACKAGING / "prunedamr-rx@.service.in"
EXAMPLE = PACKAGING / "rtlsdr.conf"
FAKE_SOAPY = os.environ.get("PRUNEDAMR_FAKE_SOAPY")
RATE = 1_000_000
SILENT = ["--source", "stdin", "--format", "ci8", "--live", "--rate", RATE]


class Service(rx.Case):
    def setUp(self):
        super().setUp()
        self.manager = self.listen(str(self.folder / "notify"))

    def listen(self, name):
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.bind(name)
        manager.settimeout(10)
        return manager

    def start(self, *arguments, name=None, **env):
        """Its events go to the file `labels`."""
        env = {**os.environ, "NOTIFY_SOCKET": name or str(self.folder / "notify"), **env}
        process = rx.start(*arguments, "--out", "json:%s" % (self.folder / "labels"), env=env)
        self.addCleanup(process.kill)
        return process

    def heard(self, manager=None):
        return (manager or self.manager).recv(4096).decode()

    def test_the_manager_hears_of_the_start_of_life_and_of_the_end(self):
        process = self.start(*SILENT, WATCHDOG_USEC="40000")
        self.assertEqual([self.heard() for _ in range(4)], ["READY=1"] + 3 * ["WATCHDOG=1"])
        process.send_signal(signal.SIGTERM)
        while (last := self.heard()) == "WATCHDOG=1":
            pass
        self.assertEqual(last, "STOPPING=1")
        process.communicate(timeout=10)
        self.assertEqual(process.returncode, 0)

    def test_an_abstract_socket(self):
        name = "prunedamr-test-%d" % os.getpid()
        manager = self.listen("\0" + name)
        process = self.start(*SILENT, name="@" + name)
        self.assertEqual(self.heard(manager), "READY=1")
        self.stop(process, signal.SIGTERM)
        self.assertEqual(self.heard(manager), "STOPPING=1")  # and no sign of life that nobody waits for

    def test_a_source_that_cannot_be_opened_is_never_ready(self):
        process = self.start("--source", "file:" + str(self.folder / "gone"), "--rate", RATE, "--format", "ci8")
        process.communicate(timeout=10)
        self.assertEqual(process.returncode, 1)
        self.manager.setblocking(False)
        with self.assertRaises(BlockingIOError):
            self.heard()

    def test_a_manager_that_is_not_there_is_no_failure(self):
        for name in (str(self.folder / "gone"), "relative", "@", "/" + 200 * "x"):
            with self.subTest(name=name):
                source = self.write("x.ci8", rx.samples_ci8(3 * rx.BLOCK).tobytes())
                process = self.start("--source", source, "--rate", RATE, name=name)
                process.communicate(timeout=10)
                self.assertEqual(process.returncode, 0)

    @unittest.skipUnless(FAKE_SOAPY, "this build has no SoapySDR")
    def test_a_driver_that_does_not_come_back_gives_no_sign_of_life(self):
        process = self.start("--source", "soapy:driver=fake,script=%d;timeout;stick" % (2 * rx.BLOCK), "--rate", RATE, "--freq", "100M",
                             WATCHDOG_USEC="40000", SOAPY_SDR_PLUGIN_PATH=FAKE_SOAPY)
        self.assertEqual(self.heard(), "READY=1")
        self.assertRegex(process.stderr.readline(), b"no answer for")
        self.manager.setblocking(False)
        try:
            while True:
                self.heard()
        except BlockingIOError:
            pass
        self.manager.settimeout(0.5)
        with self.assertRaises(TimeoutError):
            self.heard()
        process.kill()
        process.communicate(timeout=10)

    def test_programs_that_it_starts_do_not_speak_for_it(self):
        program = self.folder / "show"
        shown = self.folder / "shown"
        program.write_text("#!/bin/sh\nenv >%s.part\nmv %s.part %s\n" % (shown, shown, shown))
        program.chmod(0o755)
        source = self.write("x.ci8", rx.samples_ci8(3 * rx.BLOCK).tobytes())
        process = self.start("--source", source, "--rate", RATE, "--out", "trigger:%s" % program)
        process.communicate(timeout=10)
        self.wait_until(shown.exists, "the program")
        self.assertNotIn("NOTIFY_SOCKET", shown.read_text())


class Unit(rx.Case):
    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd is not installed")
    def test_it_is_right_and_hardened(self):
        unit = self.folder / "prunedamr-rx@north.service"
        unit.write_text(UNIT.read_text().replace("@CMAKE_INSTALL_FULL_BINDIR@/prunedamr-rx", rx.RX))
        for task in (["verify", "--man=no"], ["security", "--offline=true", "--threshold=20"]):
            done = subprocess.run(["systemd-analyze", *task, unit], capture_output=True, text=True, timeout=60)
            self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)

    @unittest.skipUnless(FAKE_SOAPY, "this build has no SoapySDR")
    def test_the_example_configures_a_receiver(self):
        text = EXAMPLE.read_text().replace("driver=rtlsdr", "driver=fake,script=%d;unplug" % (2 * rx.BLOCK))
        labels = self.folder / "labels.jsonl"
        config = self.write("north.conf", text.encode())
        result = rx.run("--config", config, "--model", rx.MODEL, "--single", "--interval", "0.001", "--out", "json:%s" % labels,
                        plain=True, env={**os.environ, "SOAPY_SDR_PLUGIN_PATH": FAKE_SOAPY})
        self.assertEqual(result.code, 1, result.stderr)
        self.assertIn("the device is gone", result.stderr)
        self.assertEqual({event["sample_rate_hz"] for event in rx.events(labels)}, {1_024_000})


if __name__ == "__main__":
    unittest.main()
