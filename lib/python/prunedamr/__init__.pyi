# SPDX-License-Identifier: GPL-3.0-or-later
import os
from typing import Any, Dict, List, Optional, Union

import numpy as np
import numpy.typing as npt

from .label_event import LabelEvent as LabelEvent

__version__: str

class Error(RuntimeError): ...

class Model:
    def __init__(self, model: Union[str, os.PathLike[str]]) -> None: ...
    @property
    def name(self) -> str: ...
    @property
    def labels(self) -> List[str]: ...
    @property
    def families(self) -> List[str]: ...
    @property
    def length(self) -> int: ...
    @property
    def front_end(self) -> Dict[str, Any]: ...
    @property
    def temperature(self) -> float: ...
    @property
    def min_confidence(self) -> float: ...
    @property
    def accuracy(self) -> Dict[str, Any]: ...
    @property
    def provenance(self) -> Dict[str, Any]: ...
    @property
    def description(self) -> str: ...
    def logits(self, frames: npt.ArrayLike) -> npt.NDArray[np.float32]: ...
    def probabilities(self, frames: npt.ArrayLike) -> npt.NDArray[np.float64]: ...
    def classify(
        self,
        samples: npt.ArrayLike,
        sample_rate_hz: float,
        *,
        center_freq_hz: float = 0.0,
        interval_s: Optional[float] = 0.1,
        min_confidence: Optional[float] = None,
        time_ns: int = 0,
        source: str = "rx0",
    ) -> List[LabelEvent]: ...

class _EventStream:
    def process(self, samples: npt.ArrayLike) -> List[LabelEvent]: ...
    def flush(self) -> List[LabelEvent]: ...
    def set_time(self, sample_index: int, time_ns: int, time_source: str = "system") -> None: ...
    def set_center_freq_hz(self, center_freq_hz: float) -> None: ...
    def set_model(self, model: Union[Model, str, os.PathLike[str]]) -> None: ...
    def revert_model(self) -> bool: ...
    def count_overflow(self) -> None: ...
    @property
    def stats(self) -> Dict[str, Union[int, float]]: ...
    @property
    def description(self) -> str: ...

class SignalClassifier(_EventStream):
    def __init__(
        self,
        model: Union[Model, str, os.PathLike[str]],
        sample_rate_hz: float,
        *,
        interval_s: float = 0.1,
        center_freq_hz: float = 0.0,
        source: str = "rx0",
        time_ns: Optional[int] = None,
        min_confidence: Optional[float] = None,
        live: bool = False,
        max_lag_s: float = 0.25,
        measure: bool = True,
        evidence: bool = False,
    ) -> None: ...
    def classify_burst(self, samples: npt.ArrayLike) -> Optional[LabelEvent]: ...

class WidebandScanner(_EventStream):
    def __init__(
        self,
        model: Union[Model, str, os.PathLike[str]],
        sample_rate_hz: float,
        *,
        interval_s: float = 0.1,
        center_freq_hz: float = 0.0,
        source: str = "rx0",
        time_ns: Optional[int] = None,
        min_confidence: Optional[float] = None,
        live: bool = False,
        max_lag_s: float = 0.25,
        measure: bool = True,
        evidence: bool = False,
    ) -> None: ...

def evaluate(
    logits: npt.ArrayLike,
    labels: npt.ArrayLike,
    class_names: List[str],
    snr_db: Optional[npt.ArrayLike] = None,
) -> Dict[str, Any]: ...
def calibrate(
    logits: npt.ArrayLike,
    labels: npt.ArrayLike,
    class_names: List[str],
    false_rejection: float = 0.01,
) -> Dict[str, float]: ...
def evaluate_recording(model: Union[str, os.PathLike[str]], path: Union[str, os.PathLike[str]]) -> Dict[str, Any]: ...
def frames_from_captures(
    files: List[Union[str, os.PathLike[str]]],
    front_end: Dict[str, Any],
    label: str = "",
    sample_rate_hz: Optional[float] = None,
) -> Dict[str, Any]: ...
