# SPDX-License-Identifier: GPL-3.0-or-later
"""The receiver runs where no LibTorch is."""

import subprocess
import unittest

import rx


class Links(unittest.TestCase):
    def test_no_libtorch(self):
        libraries = subprocess.run(["ldd", rx.RX], capture_output=True, text=True, check=True).stdout
        self.assertIn("libprunedamr.so", libraries)
        self.assertNotRegex(libraries, r"libtorch|libc10|libprunedamr-workshop|not found")


if __name__ == "__main__":
    unittest.main()
