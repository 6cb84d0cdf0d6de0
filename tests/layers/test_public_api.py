# SPDX-License-Identifier: GPL-3.0-or-later
"""What an installed copy shows: the listed headers, each of which compiles alone, and no symbol beside them."""

import concurrent.futures
import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

LISTED = set(os.environ["PRUNEDAMR_PUBLIC_HEADERS"].split(":"))  # "prunedamr/base/error.h", ...
LIBRARIES = os.environ["PRUNEDAMR_LIBRARIES"].split(":")  # built shared libraries
ENTITY = re.compile(r"(?:typeinfo for |typeinfo name for |vtable for )?(prunedamr::[\w:]+)")


def output(*command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=True).stdout


def declared(header):
    """Qualified names that a header declares with PRUNEDAMR_API."""
    names, namespaces = set(), []
    one_line = re.sub(r"(\bPRUNEDAMR_API\b[^;{(\n]*)\n\s*", r"\1 ", header.read_text())  # a return type above its name
    for line in one_line.splitlines():
        opened = re.match(r"namespace ([\w:]+) \{", line)
        if opened:
            namespaces.append(opened.group(1))
        elif re.match(r"\} // namespace", line):
            namespaces.pop()
        api = re.search(r"\bPRUNEDAMR_API\b(.*)", line)
        if api and namespaces:
            rest = api.group(1)
            if re.search(r"\b(class|struct) PRUNEDAMR_API", line):
                name = re.match(r"\s*(\w+)", rest).group(1)
            else:
                found = re.search(r"([\w]+)\s*(?:\(|;|\[|=)", rest)
                name = found.group(1) if found else rest.split()[-1]
            names.add("::".join(namespaces + [name]))
    return names


class PublicApi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temporary.cleanup)
        cls.prefix = Path(temporary.name)
        output(os.environ["PRUNEDAMR_CMAKE"], "--install", os.environ["PRUNEDAMR_BUILD_DIR"], "--prefix", cls.prefix)
        cls.include = cls.prefix / "include"

    def test_only_the_listed_headers_are_installed(self):
        installed = {str(path.relative_to(self.include)) for path in (self.include / "prunedamr").rglob("*.h")}
        self.assertEqual(installed, LISTED)
        self.assertLess(len(LISTED), 50)

    def test_each_header_compiles_alone(self):
        def compile_alone(header):
            return header, subprocess.run(
                [os.environ["PRUNEDAMR_CXX"], "-std=c++17", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-x", "c++",
                 "-I", str(self.include), "-include", header, "/dev/null"], capture_output=True, text=True).stderr

        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for header, errors in pool.map(compile_alone, sorted(LISTED)):
                with self.subTest(header):
                    self.assertEqual(errors, "")

    def test_headers_include_only_headers_of_the_list_and_of_the_standard_library(self):
        for header in sorted(LISTED):
            for include in re.findall(r'^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]',
                                      (self.include / header).read_text(), re.M):
                self.assertTrue(include in LISTED or re.fullmatch("[a-z_0-9]+", include), "%s: %s" % (header, include))

    def test_libraries_export_what_the_headers_declare_and_nothing_else(self):
        names = set().union(*(declared(self.include / header) for header in LISTED))
        self.assertGreater(len(names), 50)
        exported = set()
        for library in LIBRARIES:
            symbols = output("nm", "-DC", "--defined-only", library).splitlines()
            self.assertGreater(len(symbols), 3, library)
            for line in symbols:
                symbol = line.split(" ", 2)[2]
                entity = ENTITY.match(symbol.replace("[abi:cxx11]", ""))
                with self.subTest(library=library, symbol=symbol):
                    self.assertIsNotNone(entity)
                    parts = entity.group(1).split("::")
                    found = names.intersection("::".join(parts[:end]) for end in range(2, len(parts) + 1))
                    self.assertTrue(found)
                    exported |= found
        self.assertEqual(names - exported, set())


if __name__ == "__main__":
    unittest.main()
