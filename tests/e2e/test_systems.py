# SPDX-License-Identifier: GPL-3.0-or-later
"""`prunedamr systems`: the shipped table and one's own, for people and as JSON."""

import json
import unittest

from test_data import FAILED, USAGE, Case

OWN = {"version": 1,
       "systems": [{"name": "AIS", "what": "mine", "bands_mhz": {"here": [7.5]}, "bandwidth_hz": [1000, 2000], "labels": ["CW"],
                    "sources": ["notes"]}]}


class Systems(Case):
    def names(self, *arguments):
        return [row["name"] for row in self.done("systems", *arguments)["systems"]]

    def test_the_shipped_table_is_listed_and_filtered(self):
        whole = self.names()
        self.assertGreater(len(whole), 100)
        at = self.names("--at", "433.92M")
        self.assertIn("KeeLoq remote", at)
        self.assertNotIn("FM broadcast", at)
        self.assertEqual(set(at) & set(self.names("--label", "OOK")), set(self.names("--at", "433.92M", "--label", "OOK")))
        self.assertIn("Olivia", self.names("--label", "2FSK"))  # of a family whole
        self.assertEqual(self.names("vdl", "--bandwidth", "12k", "--label", "PSK"), ["VDL mode 2"])

    def test_one_system_is_shown_with_its_numbers_and_sources(self):
        text = self.run_tool("systems", "pocsag 1200").stdout
        for part in ("POCSAG 1200: radio paging", "1.2 kHz", "4.5 kHz +-11 %", "929-932", "2FSK GFSK", "ITU-R M.584-2"):
            self.assertIn(part, text)
        self.assertIn("No system", self.run_tool("systems", "no such thing").stdout)

    def test_a_table_of_ones_own(self):
        (self.folder / "own.json").write_text(json.dumps(OWN))
        self.assertEqual(self.names("--systems", "own.json", "--at", "7.5M", "--label", "CW", "mine"), ["AIS"])
        self.assertEqual(len(self.names("--systems", "own.json")), len(self.names()))

    def test_what_is_refused(self):
        broken = json.loads(json.dumps(OWN))
        broken["systems"][0]["labels"] = ["CV"]
        (self.folder / "own.json").write_text(json.dumps(broken))
        self.refused(FAILED, "own.json: system 'AIS': unknown label: found 'CV', expected a class", "systems", "--systems",
                     "own.json")
        self.refused(FAILED, "nowhere.json", "systems", "--systems", "nowhere.json")
        self.refused(USAGE, "--label", "systems", "--label", "CV")
        self.refused(USAGE, "--at", "systems", "--at", "here")


if __name__ == "__main__":
    unittest.main()
