# SPDX-License-Identifier: GPL-3.0-or-later
"""Modulation labels from live I/Q: blocks for GNU Radio."""

import os
from pathlib import Path

from .prunedamr_python import *


def model_path(model):
    """File of a model: a path is returned as it is, the name of a shipped model ("onair-s") is looked up.

    Shipped models are in share/prunedamr/models of the prefix, or where PRUNEDAMR_MODELS says.
    """
    if os.sep in model or model.endswith((".safetensors", ".pt")):
        return model
    installed = Path(__file__).resolve().parents[5] / "share" / "prunedamr" / "models"
    folder = Path(os.environ.get("PRUNEDAMR_MODELS", installed))
    path = folder / f"{model}.safetensors"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.safetensors"))) or "no models"
        raise FileNotFoundError(f"{folder}: no model of this name: found '{model}', expected one of: {known}")
    return str(path)
