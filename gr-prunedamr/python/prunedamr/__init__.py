# SPDX-License-Identifier: GPL-3.0-or-later
"""Modulation labels from live I/Q: blocks for GNU Radio."""

from .prunedamr_python import *
