# SPDX-License-Identifier: GPL-3.0-or-later
"""What packagers and public services read agrees with the tree."""

import re
import shutil
import subprocess
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]


def text(path):
    return (SOURCE / path).read_text()


class Packaging(unittest.TestCase):
    def test_changelog_and_citation_have_the_version(self):
        version = re.search(r'define PRUNEDAMR_VERSION "(.*?)"', text("lib/prunedamr/base/version.h"))[1]
        packaged = re.match(r"gr-prunedamr \((.*)-\d+\) ", text("packaging/debian/changelog"))[1]
        self.assertEqual(packaged, version)
        self.assertEqual(re.search(r"^version: (.*)$", text("CITATION.cff"), re.M)[1], version)

    def test_public_ci_runs_the_commands_of_the_readme(self):
        section = re.search(r"## Two commands.*?```sh\n(.*?)```", text("README.md"), re.S)[1]
        commands = re.findall(r"^(\S+)", section, re.M)
        self.assertEqual(len(commands), 2)
        listed = re.search(r"^ +command: \[(.*)\]$", text(".github/workflows/ci.yml"), re.M)[1]
        self.assertEqual(listed.split(", "), commands)

    def test_every_binary_package_is_filled(self):
        packages = re.findall(r"^Package: (\S+)$", text("packaging/debian/control"), re.M)
        self.assertGreater(len(packages), 6)
        self.assertEqual({path.stem for path in (SOURCE / "packaging/debian").glob("*.install")}, set(packages))

    def test_documents_and_examples_of_the_packages_exist(self):
        for kind in ("docs", "examples"):
            for listing in (SOURCE / "packaging/debian").glob("*." + kind):
                for path in listing.read_text().split():
                    self.assertTrue((SOURCE / path).exists(), path)

    @unittest.skipUnless(shutil.which("reuse") and (SOURCE / ".git").exists(), "reuse or the repository is not here")
    def test_every_file_has_a_license(self):
        checked = subprocess.run(["reuse", "lint"], cwd=SOURCE, capture_output=True, text=True, timeout=120)
        self.assertEqual(checked.returncode, 0, checked.stdout)


if __name__ == "__main__":
    unittest.main()
