# SPDX-License-Identifier: GPL-3.0-or-later
"""Modulation labels from live I/Q: blocks for GNU Radio."""

from .prunedamr_python import *


def __getattr__(name):
    """What has a window needs PyQt5, which nothing else does."""
    if name == "label_waterfall":
        import importlib

        return importlib.import_module(".qt_waterfall", __name__).label_waterfall
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
