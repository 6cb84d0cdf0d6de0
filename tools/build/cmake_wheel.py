# SPDX-License-Identifier: GPL-3.0-or-later
"""The backend of `pip install .` (PEP 517): CMake builds and installs the Python package, this packs it into a wheel.

The package holds what it needs beside it, the library and the shipped models, as a prefix of its own. The libraries of
other projects are those of the system. Built in build-wheel/; CMAKE_ARGS in the environment adds options for CMake.
--config-settings build-dir=DIR packs what a build tree holds already, and builds nothing.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
from pathlib import Path

from wheel.wheelfile import WheelFile

SOURCE = Path(__file__).resolve().parents[2]


def cmake(*arguments):
    subprocess.run(["cmake", *map(str, arguments)], check=True)


def build():
    """The build tree of the library and the Python module alone."""
    tree = SOURCE / "build-wheel"
    generator = ["-G", "Ninja"] if shutil.which("ninja") and not (tree / "CMakeCache.txt").exists() else []
    cmake("-S", SOURCE, "-B", tree, *generator, "-DCMAKE_BUILD_TYPE=Release", "-DBUILD_TESTING=OFF",
          "-DPRUNEDAMR_PYTHON=ON", "-DPRUNEDAMR_GNURADIO=OFF", "-DPRUNEDAMR_TRAIN=OFF",
          "-DPYTHON_EXECUTABLE=" + sys.executable, *shlex.split(os.environ.get("CMAKE_ARGS", "")))
    cmake("--build", tree, "--target", "prunedamr-python", "--parallel", os.cpu_count() or 1)
    return tree


def install(tree, package):
    """Installs into the folder `package`, whose parent is empty."""
    with tempfile.TemporaryDirectory() as prefix:
        cmake("--install", tree, "--component", "python", "--prefix", prefix)
        (module,) = Path(prefix).rglob("prunedamr/__init__.py")
        shutil.copytree(module.parent, package)
    cmake("--install", tree, "--component", "runtime", "--prefix", package)
    for link in [path for path in package.rglob("*") if path.is_symlink()]:
        target = link.resolve()  # a wheel has no links: the file goes by the name that the loader asks for
        link.unlink()
        target.rename(link)


def metadata(version):
    project = tomllib.loads((SOURCE / "pyproject.toml").read_text())["project"]
    fields = [("Metadata-Version", "2.1"), ("Name", project["name"]), ("Version", version),
              ("Summary", project["description"]), ("License", project["license"]["text"]),
              ("Requires-Python", project["requires-python"])]
    fields += [("Requires-Dist", package) for package in project["dependencies"]]
    return "".join("%s: %s\n" % field for field in fields)


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    header = (SOURCE / "lib/prunedamr/base/version.h").read_text()
    version = re.search(r'define PRUNEDAMR_VERSION "(.*?)"', header)[1]
    python = "cp%d%d" % sys.version_info[:2]
    tag = "%s-%s-%s" % (python, python, re.sub("[-.]", "_", sysconfig.get_platform()))
    name = "prunedamr-%s-%s.whl" % (version, tag)
    given = (config_settings or {}).get("build-dir")
    tree = Path(given) if given else build()
    with tempfile.TemporaryDirectory() as folder:
        content = Path(folder)
        install(tree, content / "prunedamr")
        info = content / ("prunedamr-%s.dist-info" % version)
        info.mkdir()
        (info / "METADATA").write_text(metadata(version))
        (info / "WHEEL").write_text("Wheel-Version: 1.0\nGenerator: cmake_wheel\nRoot-Is-Purelib: false\nTag: %s\n" % tag)
        shutil.copy(SOURCE / "LICENSE", info)
        with WheelFile(Path(wheel_directory) / name, "w") as wheel:
            wheel.write_files(content)
    return name
