# SPDX-License-Identifier: GPL-3.0-or-later
"""tools/release/release.py makes the same archive twice, and refuses a tree that is not ready, in one line."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

SOURCE = Path(__file__).resolve().parents[2]
FILES = ("lib/prunedamr/base/version.h", "CHANGELOG.md", "packaging/debian/changelog", "CITATION.cff", "docs/user/upgrade.md", "README.md")
IDENTITY = ("-c", "user.name=a", "-c", "user.email=a@example.org")


# From the archive of a release there is nothing to release, and its tests run without git.
@unittest.skipUnless((SOURCE / ".git").exists() and shutil.which("git") and shutil.which("xz"), "git, xz or the repository is not here")
class Release(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.tree, self.out = Path(temporary.name) / "tree", Path(temporary.name) / "out"
        for name in FILES:
            (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
        self.write("lib/prunedamr/base/version.h", '#define PRUNEDAMR_VERSION_MAJOR 0\n#define PRUNEDAMR_VERSION_MINOR 2\n'
                   '#define PRUNEDAMR_VERSION_PATCH 0\n#define PRUNEDAMR_VERSION "0.2.0"\n')
        self.write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-12-01\n\n### Added\n\n- All.\n")
        self.write("packaging/debian/changelog", "gr-prunedamr (0.2.0-1) unstable; urgency=medium\n")
        self.write("CITATION.cff", "cff-version: 1.2.0\nversion: 0.2.0\n")
        self.write("docs/user/upgrade.md", "# Upgrades\n\n## From 0.1.0 to 0.2.0\n")
        self.write("README.md", "find_package(prunedamr 0.2 REQUIRED)\n")
        (self.tree / "examples").mkdir()
        (self.tree / "tests").mkdir()
        self.script("examples/quickstart.sh", "exit 0")
        self.script("tests/run.sh", "test ! -e .git")
        subprocess.run(["git", "init", "--quiet"], cwd=self.tree, check=True)
        self.commit()

    def write(self, name, text):
        (self.tree / name).write_text(text)

    def script(self, name, text):
        self.write(name, "#!/bin/sh\n%s\n" % text)
        (self.tree / name).chmod(0o755)

    def commit(self):
        subprocess.run(["git", "add", "-A"], cwd=self.tree, check=True)
        subprocess.run(["git", *IDENTITY, "commit", "--quiet", "--allow-empty", "-m", "x"], cwd=self.tree, check=True)

    def release(self, *arguments):
        return subprocess.run([sys.executable, SOURCE / "tools/release/release.py", self.out, *arguments], capture_output=True,
                              text=True, timeout=120, env={**os.environ, "PRUNEDAMR_RELEASE_TREE": str(self.tree)})

    def assert_refused(self, text):
        self.commit()
        result = self.release()
        self.assertEqual(result.returncode, 1, text)
        self.assertRegex(result.stderr, r"\Arelease: [^\n]*\n\Z")
        self.assertIn(text, result.stderr)
        self.assertFalse(self.out.exists())

    def test_a_tree_that_is_ready_gives_an_archive_and_its_checksum(self):
        result = self.release()
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        made = (self.out / "gr-prunedamr-0.2.0.tar.xz").read_bytes()
        self.assertEqual((self.out / "SHA256SUMS").read_text(), hashlib.sha256(made).hexdigest() + "  gr-prunedamr-0.2.0.tar.xz\n")
        os.utime(self.tree / "README.md", (1, 1))
        self.assertEqual(self.release("--archive").returncode, 0)
        self.assertEqual((self.out / "gr-prunedamr-0.2.0.tar.xz").read_bytes(), made)

    def test_a_file_that_is_not_committed(self):
        self.write("README.md", "changed\n")
        result = self.release("--archive")
        self.assertEqual((result.returncode, result.stderr), (1, "release: the tree is not clean: 1 files changed, the first is README.md\n"))
        self.assertFalse(self.out.exists())

    def test_what_fails_elsewhere_is_said_in_one_line(self):
        (self.tree / "CITATION.cff").unlink()
        self.assert_refused("CITATION.cff")
        programs = self.out.parent / "programs"
        programs.mkdir()
        (programs / "xz").write_text("#!/bin/sh\nexit 3\n")
        (programs / "xz").chmod(0o755)
        with mock.patch.dict(os.environ, PATH="%s:%s" % (programs, os.environ["PATH"])):
            result = self.release("--archive")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"\Arelease: [^\n]*xz[^\n]* 3[^\n]*\n\Z")
        self.out.write_text("a file")
        result = self.release("--archive")
        self.assertEqual((result.returncode, result.stderr), (1, "release: %s: found a file, expected a folder\n" % self.out))

    def test_a_version_that_was_forgotten(self):
        for name in FILES:
            before = (self.tree / name).read_text()
            self.write(name, before.replace("0.2", "0.3"))
            self.assert_refused("lib/prunedamr/base/version.h" if name.endswith("version.h") else "%s: found 0.3" % name)
            self.write(name, before)
        self.assertFalse(self.out.exists())

    def test_changes_that_belong_to_no_version(self):
        self.write("CHANGELOG.md", "## [Unreleased]\n\n- More.\n\n## [0.2.0] - 2026-12-01\n")
        self.assert_refused("under Unreleased")
        self.write("CHANGELOG.md", "## [Unreleased]\n\n### Added\n\n- More.\n\n## [0.2.0] - 2026-12-01\n")
        self.assert_refused("under Unreleased")
        self.write("CHANGELOG.md", "## [Unreleased]\n\n- More.\n")
        self.assert_refused("CHANGELOG.md: found no version")

    def test_an_archive_that_needs_git_or_does_not_pass(self):
        self.script("tests/run.sh", "git describe || true")
        self.assert_refused("git was asked for: describe")
        self.script("tests/run.sh", "exit 1")
        self.assert_refused("tests/run.sh of the archive fails")


if __name__ == "__main__":
    unittest.main()
