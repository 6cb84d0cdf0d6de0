# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of labels and tables, which events they get, and what the docs say of outputs."""

import csv
import re
import signal
import unittest

import rx
from output_case import EVENTS, FORMAT, OutputCase


def table(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


class Documentation(OutputCase):
    def test_the_docs_have_the_table_that_the_program_prints(self):
        text = (rx.Path(__file__).resolve().parents[2] / "docs" / "user" / "receiver.md").read_text()
        forms, options = rx.run("--out", "help", plain=True).stdout.split("with ;NAME=VALUE behind it:")
        for form in re.findall(r"^  (.+?)  ", forms, re.M):
            self.assertTrue(all(f"`{part}`" in text for part in form.split(" or ")), form)
        names = re.findall(r"^  ;([a-z-]+)", options, re.M)
        self.assertGreater(len(names), 15)
        for name in names:
            self.assertRegex(text, rf"\| `{name}[=`]")


class Conditions(OutputCase):
    def test_each_output_has_its_own(self):
        everything = self.classify()
        middle = sorted(event["confidence"] for event in everything)[EVENTS // 2]
        self.labels.unlink()
        sure, unsure, few = (self.folder / name for name in ("sure.jsonl", "unsure.jsonl", "few.csv"))
        self.classify(f"json:{sure};if=confidence>={middle}", f"json:{unsure};if=not confidence>={middle}",
                      f"csv:{few};if=seq=3..5")
        self.assertEqual(rx.events(self.labels), everything)
        self.assertEqual(rx.events(sure), [e for e in everything if e["confidence"] >= middle])
        self.assertEqual(rx.events(unsure), [e for e in everything if e["confidence"] < middle])
        self.assertLess(0, len(rx.events(unsure)))
        self.assertEqual([int(row["seq"]) for row in table(few)], [3, 4, 5])

    def test_what_is_wrong_is_said(self):
        for out, text in (("json:-;if=colour=red", "bad condition: found colour, expected one of band, v, source"),
                          ("json:-;qos=1", "unknown option of json: found qos, expected one of if"),
                          ("mqtt://h;qos=1;qos=2", "option of mqtt given twice"),
                          ("mqtt://h;qos", "bad option of mqtt: found qos, expected qos=0..2"),
                          ("mqtt://h;retain=1", "expected retain, without a value"),
                          ("smoke:signals", "unknown kind: found smoke, expected one of json, text, csv,"),
                          ("csv:", "expected a target after the colon: csv:FILE")):
            result = rx.run(self.recording, *FORMAT, "--out", out)
            self.assert_refused(result, 2, text)

    def test_a_semicolon_in_a_name_is_doubled(self):
        self.classify(f"json:{self.folder}/a;;b.jsonl")
        self.assertEqual(len(rx.lines(self.folder / "a;b.jsonl")), EVENTS)


class Tables(OutputCase):
    def setUp(self):
        super().setUp()
        self.table = self.folder / "labels.csv"

    def test_csv_holds_what_json_holds(self):
        events = self.classify(f"csv:{self.table}")
        rows = table(self.table)
        self.assertEqual(len(rows), len(events))
        for row, event in zip(rows, events):
            top, candidates = event.pop("top"), event.pop("candidates")
            measured, errors = event.pop("measured"), event.pop("measured_error")
            event.update(measured)
            event.update({f"{key}_error": value for key, value in errors.items()})
            for key, value in event.items():
                cell = row[key]
                read = None if cell == "" and value is None else type(value)(cell) if value is not None else cell
                self.assertEqual(read, value, key)
            for i, (label, probability) in enumerate(top, 1):
                self.assertEqual((row[f"top{i}"], float(row[f"top{i}_probability"])), (label, probability))
            names = [candidate["system"] for candidate in candidates]
            self.assertEqual([row[f"candidate{i}"] for i in (1, 2, 3)], names + [""] * (3 - len(names)))

    def test_csv_is_appended_and_completed_and_others_are_refused(self):
        self.classify(f"csv:{self.table}")
        whole = self.table.read_text()
        self.table.write_text(whole + whole.splitlines()[-1][:40])  # of a process that was killed
        self.labels.unlink()
        self.classify(f"csv:{self.table}")
        lines = self.table.read_text().splitlines()
        self.assertEqual(len(lines), 1 + 2 * EVENTS)
        self.assertEqual(lines[1:1 + EVENTS], lines[1 + EVENTS:])
        self.table.write_text("a,b\n1,2\n")
        result = rx.run(self.recording, *FORMAT, "--out", f"csv:{self.table}")
        self.assert_refused(result, 1, "holds something else than labels")
        for kind in ("csv", "influx"):
            result = rx.run(self.recording, *FORMAT, "--out", f"{kind}:{self.recording}")
            self.assert_refused(result, 1, f"--out {kind} would overwrite the source")

    def test_csv_is_reopened_on_sighup_with_a_header(self):
        process = self.start(f"csv:{self.table}")
        self.feed(process)
        self.wait_until(lambda: len(rx.lines(self.table)) == 20, "the table")
        self.table.rename(self.folder / "old.csv")
        process.send_signal(signal.SIGHUP)
        self.wait_until(self.table.exists, "a new table")
        self.feed(process)
        self.end(process)
        old, new = (rx.lines(self.folder / name) for name in ("old.csv", "labels.csv"))
        self.assertEqual(old[0], new[0])
        self.assertEqual(len(old) + len(new), len(rx.lines(self.labels)) + 2)


if __name__ == "__main__":
    unittest.main()
