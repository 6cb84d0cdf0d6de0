# SPDX-License-Identifier: GPL-3.0-or-later
"""What the receiver needs at the antenna: none of the libraries that training, data sets or flowgraphs need."""

import os
import re
import subprocess
import unittest

FORBIDDEN = re.compile(r"lib(torch|c10|hdf5|matio|liquid|gnuradio|prunedamr-(tools|train))", re.I)

# The whole list: what the receiver needs beside itself.
ALLOWED = {"libc", "libm", "libstdc++", "libgcc_s", "ld-linux-x86-64", "ld-linux-aarch64", "libprunedamr", "libfmt", "libz",
           "libbz2", "liblzma", "libzstd", "libsodium", "libzmq", "libvolk", "libfftw3f", "libfftw3f_threads", "libSoapySDR",
           "libmosquitto", "libssl", "libcrypto"}


def package(name):
    return re.sub(r"\.so.*", "", name)


def needed(file):
    text = subprocess.run(["readelf", "-d", file], capture_output=True, text=True, check=True).stdout
    return re.findall(r"\(NEEDED\)[^\[]*\[([^\]]+)\]", text)


class Links(unittest.TestCase):
    def test_the_receiver_and_its_libraries(self):
        files = [os.environ["PRUNEDAMR_RX"], os.environ["PRUNEDAMR_LIBRARY"]]
        for file in files:
            names = needed(file)
            self.assertTrue(names, file)
            for name in names:
                self.assertNotRegex(name, FORBIDDEN, file)
            self.assertLessEqual(set(map(package, names)), ALLOWED, file)
        loaded = subprocess.run(["ldd", *files], capture_output=True, text=True, check=True).stdout
        self.assertNotIn("not found", loaded)
        self.assertNotRegex(loaded, FORBIDDEN)

    def test_the_rule_knows_what_it_forbids(self):
        for name in ("libtorch_cpu.so", "libc10.so", "libhdf5_serial.so.103", "libmatio.so.11", "libliquid.so.1",
                     "libgnuradio-runtime.so.3.10.5"):
            self.assertRegex(name, FORBIDDEN)


if __name__ == "__main__":
    unittest.main()
