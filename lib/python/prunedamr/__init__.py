# SPDX-License-Identifier: GPL-3.0-or-later
from ._prunedamr import *
from ._prunedamr import __doc__, __version__
from .label_event import LabelEvent
