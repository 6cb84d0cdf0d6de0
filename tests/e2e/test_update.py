# SPDX-License-Identifier: GPL-3.0-or-later
"""Signed updates of the model: made by `prunedamr`, taken or refused by a receiver that runs, and returned when the new model does worse."""

import json
import os
import subprocess
import time
import unittest
import urllib.error
import urllib.request

import rx

TOOL = os.environ["PRUNEDAMR_TOOL"]
RATE = 200_000
EVENTS = 4  # of 10,240 samples, in a buffer
SAMPLES = rx.samples_ci8(40_960, turns=1).tobytes()  # a tone, always on
WAIT_S = 30


def edited(content, old, new):
    """A model file whose JSON has another value of the same length."""
    old, new = old.replace('"', '\\"').encode(), new.replace('"', '\\"').encode()
    assert len(old) == len(new) and content.count(old) == 1, (old, content[:400])
    return content.replace(old, new)


class Update(rx.Case):
    def setUp(self):
        super().setUp()
        self.store = self.folder / "store"
        for key in ("key", "other"):
            self.tool("key", "new", self.folder / key)
        for name in ("first", "other", "third"):
            self.write(name + ".safetensors", rx.renamed_model(name))
        self.write("worse.safetensors", edited(rx.renamed_model("worse"), '"min_confidence":0.4', '"min_confidence":1.0'))

    def tool(self, *words):
        done = subprocess.run([TOOL, *map(str, words)], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def update(self, base, new, number, key="key"):
        out = self.folder / f"{base}-{new}-{number}-{key}"
        self.tool("model", "diff", self.folder / f"{base}.safetensors", self.folder / f"{new}.safetensors", "--out", out,
                  "--sign", self.folder / key, "--sequence", number)
        return out.read_bytes()

    def start(self, *arguments):
        self.labels = self.folder / "labels.jsonl"
        self.fed = len(rx.lines(self.labels))
        line = [rx.RX, "--single", "--model", self.folder / "first.safetensors", "--source", "stdin", "--format", "ci8", "--rate", RATE,
                "--quiet", "--interval", "0.05", "--out", f"json:{self.labels}",
                "--updates", self.store, "--update-keys", self.folder / "key.pub", *arguments]
        self.process = subprocess.Popen(list(map(str, line)), stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.process.kill)
        self.feed()

    def feed(self):
        """One buffer of samples; returns the last event."""
        self.fed += EVENTS
        self.process.stdin.write(SAMPLES)
        self.process.stdin.flush()
        self.wait_until(lambda: len(rx.lines(self.labels)) >= self.fed, "labels")
        return json.loads(rx.lines(self.labels)[-1])

    def feed_until(self, model):
        end = time.monotonic() + WAIT_S
        while self.feed()["model"] != model:
            self.assertLess(time.monotonic(), end, "no label of " + model)

    def put(self, name, content):
        self.write("new", content).rename(self.store / name)

    def wait_for_file(self, name):
        end = time.monotonic() + WAIT_S
        while not (self.store / name).exists():
            self.feed()
            self.assertLess(time.monotonic(), end, "no " + name)

    def finish(self):
        """What was said; and no sample was lost."""
        self.process.stdin.close()
        text = self.process.stderr.read().decode()
        self.assertEqual(self.process.wait(10), 0, text)
        self.process.stderr.close()
        next_sample = 0
        for event in rx.events(self.labels):
            self.assertEqual((event["sample_start"], event["dropped_frames"]), (next_sample, 0))
            next_sample += event["sample_count"]
        return text.splitlines()

    def test_a_good_one_is_taken_and_what_is_not_is_refused_with_its_reason(self):
        self.start()
        good = self.update("first", "other", 5)
        damaged, forged = bytearray(good), bytearray(good)
        damaged[200] ^= 1
        forged[12] = 9
        for name, content, why in (("a", damaged, "damaged"), ("b", forged, "bad_signature"), ("c", self.update("first", "other", 5, "other"), "unknown_key"),
                                   ("d", self.update("third", "other", 5), "other_base"), ("e", good[:100], "damaged")):
            self.put(name + ".update", bytes(content))
            self.wait_for_file(name + ".update.refused")
            line = self.process.stderr.readline().decode()
            self.assertRegex(line, r"\Aprunedamr-rx: Update refused \(%s\): [^\n]*%s\.update[^\n]*\n\Z" % (why, name))
            self.assertEqual(self.feed()["model"], "first")
        self.put("f.update", good)
        self.feed_until("other")
        self.wait_for_file("f.update.taken")
        self.assertIn("Update number 5 taken", self.process.stderr.readline().decode())
        self.put("g.update", self.update("other", "third", 5))
        self.wait_for_file("g.update.refused")
        self.assertEqual(self.feed()["model"], "other")
        said = [line for line in self.finish() if not line.startswith("prunedamr-rx: Update number 5 stays")]  # its trial may be over
        self.assertEqual(len(said), 1, said)
        self.assertIn("Update refused (not_newer)", said[0])

    def test_after_a_restart_it_runs_what_it_took(self):
        self.start()
        self.put("a.update", self.update("first", "other", 1))
        self.feed_until("other")
        self.wait_for_file("a.update.taken")
        self.finish()
        self.labels.unlink()
        self.start()
        self.assertEqual(self.feed()["model"], "other")
        self.put("b.update", self.update("first", "third", 2))
        self.wait_for_file("b.update.refused")
        self.assertIn("(other_base)", self.finish()[-1])  # before it, the first one may have passed its trial

    def test_a_bad_one_that_is_signed_is_taken_and_returned(self):
        self.start()
        for _ in range(40):
            known = self.feed()
        if known["state"] != "signal":
            self.fail("the model of the tests says nothing of the tone")
        self.put("bad.update", self.update("first", "worse", 3))
        self.feed_until("worse")
        self.assertEqual(self.feed()["state"], "unknown")
        self.feed_until("first")
        text = self.finish()
        self.assertIn("Update number 3 taken", text[0])
        self.assertRegex(text[1], r"Update number 3 is returned: unknown signals (9\d|100)\.\d % in \d+ decisions, before 0\.0 %")
        self.labels.unlink()
        self.start()
        self.assertEqual(self.feed()["model"], "first")
        self.put("again.update", self.update("first", "worse", 3))
        self.wait_for_file("again.update.refused")
        self.assertIn("(not_newer)", self.finish()[0])

    def test_by_http(self):
        token = self.write("token", b"open sesame, please\n")
        token.chmod(0o600)
        port = int(rx.free_endpoint().rsplit(":", 1)[1])
        self.start("--web", f"127.0.0.1:{port}", "--web-token", token)
        url = f"http://127.0.0.1:{port}"

        def ctl(name, content):
            file = self.write(name, content)
            done = subprocess.run([rx.RX, "ctl", "update", file, "--url", url, "--token", token], capture_output=True, text=True)
            return done.returncode, done.stdout + done.stderr

        def metric(name):
            with urllib.request.urlopen(url + "/metrics") as answer:
                found = [line for line in answer.read().decode().splitlines() if line.startswith(name + " ")]
            return int(found[0].split()[1]) if found else None

        good = self.update("first", "other", 7)
        code, said = ctl("cut", good[:-1])
        self.assertEqual((code, said.count("\n")), (1, 1))
        self.assertIn("update is damaged", said)
        self.assertIn("does not begin as a signed update does", ctl("large", bytes(100_000))[1])
        code, said = ctl("good", good)
        self.assertEqual((code, said), (0, "update number 7 is taken\n"))
        self.feed_until("other")
        code, said = ctl("again", good)
        self.assertIn("update is for another base", said)
        end = time.monotonic() + WAIT_S
        while metric('prunedamr_updates_total{result="other_base"}') != 1 and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual([metric("prunedamr_updates_total{result=\"%s\"}" % result) for result in ("taken", "damaged", "other_base", "returned")], [1, 2, 1, 0])
        self.assertEqual(metric("prunedamr_update_sequence"), 7)
        with urllib.request.urlopen(url + "/api/v1/status") as answer:
            updates = json.load(answer)["updates"]
        self.assertEqual((updates["taken"], updates["refused"], updates["on_trial"]), (1, {"damaged": 2, "other_base": 1}, True))
        large = urllib.request.Request(url + "/api/v1/model/update", data=bytes(100_000))  # no token: not read
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(large)
        self.assertEqual(refused.exception.code, 401)
        self.finish()

    def test_keys_and_folder_belong_together(self):
        for words in (("--updates", self.store), ("--update-keys", self.folder / "key.pub")):
            result = rx.run(*words, "--source", "stdin", "--format", "ci8", "--rate", RATE)
            self.assert_refused(result, 2, "belongs with --update-keys")
        result = rx.run("--updates", self.store, "--update-keys", self.folder / "key", "--source", "stdin", "--format", "ci8", "--rate", RATE)
        self.assert_refused(result, 1, "this key is secret")

    def test_the_tool_makes_the_model_of_a_signed_update(self):
        self.write("u", self.update("first", "other", 1))
        patch = ("model", "patch", self.folder / "first.safetensors", self.folder / "u", "--out", self.folder / "made.safetensors")
        self.tool(*patch, "--keys", self.folder / "key.pub")
        self.assertEqual((self.folder / "made.safetensors").read_bytes(), rx.renamed_model("other"))
        done = subprocess.run([TOOL, *map(str, patch), "--keys", self.folder / "other.pub"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Aprunedamr: [^\n]*update is signed by an unknown key[^\n]*\n\Z")


if __name__ == "__main__":
    unittest.main()
