# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that are run for each event."""

import json
import unittest

import rx
from output_case import EVENTS, FORMAT, OutputCase


class Trigger(OutputCase):
    def script(self, text):
        path = self.folder / "program"
        path.write_text("#!/bin/sh\n" + text)
        path.chmod(0o755)
        return path

    def test_a_program_reads_each_event(self):
        program = self.script('cat > "%s/event.$$"\n' % self.folder)
        events = self.classify(f"trigger:{program};if=seq<5")
        got = [json.loads(path.read_text()) for path in self.folder.glob("event.*")]
        self.assertEqual(sorted(got, key=lambda event: event["seq"]), events[:5])

    def test_it_gets_no_open_files_of_the_receiver(self):
        program = self.script('ls /proc/self/fd > "%s/open"\n' % self.folder)
        port = int(rx.free_endpoint().rsplit(":", 1)[1])
        words = ["--web", f"127.0.0.1:{port}", "--out", f"json:{self.labels}", "--out", f"trigger:{program};if=seq=0"]
        self.assertEqual(rx.run(self.recording, *FORMAT, *words).code, 0)
        self.assertEqual((self.folder / "open").read_text().split(), ["0", "1", "2", "3"])  # the last is that of ls

    def test_its_output_is_no_label(self):
        program = self.script("echo not a label\n")
        result = rx.run(self.recording, *FORMAT, "--out", "json:-", "--out", f"trigger:{program}")
        self.assertEqual((result.code, len(result.events)), (0, EVENTS))

    def test_no_more_than_so_many_run_at_a_time(self):
        program = self.script('echo + >> "%s/log"; sleep 0.05; echo - >> "%s/log"\n' % (self.folder, self.folder))
        self.classify(f"trigger:{program};children=3")
        level, highest = 0, 0
        for line in (self.folder / "log").read_text().split():
            level += 1 if line == "+" else -1
            highest = max(highest, level)
        self.assertEqual((level, highest), (0, 3))

    def test_one_that_hangs_is_killed_with_its_children(self):
        program = self.script('sleep 1000 & echo $! >> "%s/pids"; wait\n' % self.folder)
        self.classify(f"trigger:{program};seconds=1;if=seq<2")
        self.assertIn("it took longer than 1000 ms and was killed; further failures are counted only", self.stderr)
        for pid in map(int, (self.folder / "pids").read_text().split()):
            status = rx.Path("/proc/%d/status" % pid)
            self.assertTrue(not status.exists() or "State:\tZ" in status.read_text())

    def test_failures_are_told_once_and_bad_programs_refused(self):
        program = self.script("exit 3\n")
        self.classify(f"trigger:{program}")
        self.assertEqual(self.stderr.count("exit code 3"), 1)
        for path in (self.folder / "absent", self.folder, self.recording):
            self.assert_refused(rx.run("stdin", *FORMAT, "--out", f"trigger:{path}"), 1, "cannot run this program")


if __name__ == "__main__":
    unittest.main()
