# SPDX-License-Identifier: GPL-3.0-or-later
"""A radio through SoapySDR: a fake driver module, which a script tells what arrives."""

import os
import signal
import unittest

import rx

FOLDER = os.environ.get("PRUNEDAMR_FAKE_SOAPY")
RATE = 1_000_000
INTERVAL = 10 * rx.BLOCK


@unittest.skipUnless(FOLDER, "this build has no SoapySDR")
class Soapy(rx.Case):
    def setUp(self):
        super().setUp()
        self.env = {**os.environ, "SOAPY_SDR_PLUGIN_PATH": FOLDER}

    def arguments(self, script, *options):
        return ["--source", "soapy:driver=fake,script=" + script, "--rate", RATE, "--freq", "100M", "--interval",
                INTERVAL / RATE, *options]

    def run_radio(self, script, *options):
        """Until the radio is gone."""
        return rx.run(*self.arguments(script, "--exit-on-loss", *options), env=self.env)

    def test_unplugging_ends_in_one_line_after_the_labels(self):
        for script, reason in (("unplug", "the device is gone"), ("failure", "STREAM_ERROR")):
            with self.subTest(script=script):
                result = self.run_radio("time;%d;%s" % (INTERVAL + 5000, script))
                self.assertEqual(result.code, 1)
                self.assertRegex(result.stderr, r"\Aprunedamr-rx: soapy:driver=fake[^\n]*: the radio failed: found %s\n\Z"
                                 % reason)
                self.assert_complete(result.events, INTERVAL + 5000, INTERVAL)
                self.assertEqual({e["time_source"] for e in result.events}, {"hw"})

    def test_an_overflow_is_counted_and_the_time_after_it_is_right(self):
        result = self.run_radio("time;%d;overflow;timeout;%d;unplug" % (INTERVAL, INTERVAL))
        before, after = result.events
        self.assertEqual((before["overflows"], after["overflows"]), (0, 1))
        self.assertEqual(before["time"], "2023-11-14T22:13:20.000000000Z")
        self.assertEqual(after["time"], "2023-11-14T22:13:20.%09dZ" % round((INTERVAL + 1000) / RATE * 1e9))
        self.assertEqual(after["sample_start"], INTERVAL)

    def test_status_tells_losses(self):
        result = rx.run(*self.arguments("5000;overflow;5000;unplug", "--exit-on-loss"), "--model", rx.MODEL, plain=True,
                        env=self.env)
        self.assertEqual(result.code, 1)
        process = rx.subprocess.Popen([rx.RX, "--single", "--model", rx.MODEL, *map(str, self.arguments("5000;overflow;5000"))],
                                      stdout=rx.subprocess.DEVNULL, stderr=rx.subprocess.PIPE, env=self.env)
        self.addCleanup(process.kill)
        process.stderr.readline()
        self.assertRegex(process.stderr.readline(), rb"10000 samples .* 0 lost, 1 overflows, \d s silent, \d+ % busy\n")
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
        self.assertEqual(process.returncode, 0)

    def test_a_stalled_radio_can_be_stopped(self):
        labels = self.folder / "labels.json"
        process = rx.start(*self.arguments("%d" % INTERVAL), "--out", "json:%s" % labels, env=self.env)
        self.addCleanup(process.kill)
        self.wait_until(lambda: rx.lines(labels), "the first label")
        self.stop(process, signal.SIGINT)
        self.assertEqual(len(rx.lines(labels)), 1)

    def test_a_stalled_radio_is_named_within_two_seconds_and_opened_again(self):
        """Each time it is opened, the script starts over."""
        labels = self.folder / "labels.json"
        process = rx.start(*self.arguments("%d" % INTERVAL), "--out", "json:%s" % labels, env=self.env)
        self.addCleanup(process.kill)
        self.wait_until(lambda: rx.lines(labels), "the first label")
        line, seconds = rx.timed(process.stderr.readline)
        self.assertRegex(line, rb"soapy:driver=fake[^\n]*: no samples for 1\.\d s; opening it again\n")
        self.assertLess(seconds, 2.0)
        self.assertRegex(process.stderr.readline(), rb": samples come, after \d\.\d s\n")
        self.wait_until(lambda: len(rx.lines(labels)) >= 2, "a label after it")
        self.stop(process, signal.SIGTERM, quiet=False)
        self.assertEqual([e["overflows"] for e in rx.events(labels)[:2]], [0, 1])

    def test_an_unplugged_radio_comes_back(self):
        labels = self.folder / "labels.json"
        process = rx.start(*self.arguments("%d;unplug" % INTERVAL), "--out", "json:%s" % labels, env=self.env)
        self.addCleanup(process.kill)
        self.assertIn(b"the device is gone; opening it again", process.stderr.readline())
        self.assertIn(b"samples come, after", process.stderr.readline())
        self.wait_until(lambda: len(rx.lines(labels)) >= 2, "a label after it")
        self.stop(process, signal.SIGTERM, quiet=False)

    def test_a_stalled_radio_may_end_the_program(self):
        result = self.run_radio("%d" % INTERVAL)
        self.assertEqual(result.code, 1)
        self.assertRegex(result.stderr, r"\Aprunedamr-rx: soapy:driver=fake[^\n]*: no samples: found 1\.\d s of silence\n\Z")
        self.assertEqual(len(result.events), 1)

    def test_a_driver_that_does_not_come_back_is_named_and_can_be_stopped(self):
        labels = self.folder / "labels.json"
        process = rx.start(*self.arguments("%d;timeout;stick" % INTERVAL), "--out", "json:%s" % labels, env=self.env)
        self.addCleanup(process.kill)
        self.wait_until(lambda: rx.lines(labels), "the first label")
        line, seconds = rx.timed(process.stderr.readline)
        self.assertRegex(line, rb"soapy:driver=fake[^\n]*: no answer for 1\.[5-9] s\n")
        self.assertLess(seconds, 2.0)
        self.stop(process, signal.SIGINT)
        self.assertEqual(len(rx.lines(labels)), 1)

    def test_a_driver_that_does_not_come_back_may_end_the_program(self):
        result = self.run_radio("%d;stick" % (INTERVAL + 5000))
        self.assertEqual(result.code, 1)
        self.assertRegex(result.stderr, r"\Aprunedamr-rx: soapy:driver=fake[^\n]*: no answer for 1\.[5-9] s\n\Z")
        self.assert_complete(result.events, INTERVAL + 5000, INTERVAL)

    def test_settings_are_taken_and_those_that_cannot_be_are_told(self):
        done = self.run_radio("5000;unplug", "--gain", "LNA=16,VGA=4", "--gain", "20", "--antenna", "AUX", "--ppm", "-1.5",
                              "--bandwidth", "300k")
        self.assertIn("the device is gone", done.stderr)
        for options, text in ((["--gain", "MIX=3"], "no such gain element: found MIX, expected one of LNA, VGA"),
                              (["--antenna", "DISH"], "no such antenna: found DISH, expected one of RX, AUX"),
                              (["--freq", "1k"], "refuses this frequency (PLL not locked): found 1000, expected 1000000.."),
                              (["--rate", "100M"], "refuses this sample rate"),
                              (["--bandwidth", "1k"], "refuses this bandwidth")):
            with self.subTest(options=options):
                arguments = self.arguments("5000;unplug")
                if options[0] in arguments:
                    place = arguments.index(options[0])
                    del arguments[place : place + 2]
                self.assert_refused(rx.run(*arguments, *options, env=self.env), 1, text)

    def test_a_radio_that_is_not_there_is_told_with_those_that_are(self):
        result = rx.run("--source", "soapy:driver=nonsense", "--rate", RATE, "--freq", "100M", env=self.env)
        self.assert_refused(result, 1, "soapy:driver=nonsense")
        self.assertIn("one of: driver=fake,serial=1", result.stderr)


if __name__ == "__main__":
    unittest.main()
