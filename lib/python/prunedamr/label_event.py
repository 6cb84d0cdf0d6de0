# SPDX-License-Identifier: GPL-3.0-or-later
from typing import Dict, List, Optional, TypedDict, Union


class _Evidence(TypedDict, total=False):
    drift: Dict[str, Union[str, float]]  # where decisions are no longer as they were: quantity, of, change, expected, found
    evidence: Dict[str, list]  # where asked for: symbols, [I, Q] each, or phase_advances, cycles per symbol


class LabelEvent(_Evidence):
    """What a decision says; the keys are those of the JSON that prunedamr-rx writes."""

    v: int  # version of this schema
    source: str
    seq: int  # rises by one per event and source
    track: int  # number of the signal, the same as long as it is followed; 0: noise, or not followed
    visit: int  # of a scan: number of the stay at this frequency; else 0
    time: str  # of the first sample, RFC 3339 in UTC with nanoseconds
    time_source: str  # hw, system or file
    sample_start: int  # counted from the start of the stream
    sample_count: int
    sample_rate_hz: float
    center_freq_hz: float  # of the signal: tuned frequency plus the offset that was found
    bandwidth_hz: float
    snr_db: Optional[float]  # None when it could not be measured
    power_dbfs: Optional[float]  # None when every block was dropped
    state: str  # signal, noise or unknown
    label: str  # class, or family when only that is sure, or noise, unknown
    family: str
    confidence: float  # calibrated probability of `label`, 0..1
    top: List[List[Union[str, float]]]  # most probable classes, each with its probability, descending
    measured: Dict[str, float]  # symbol_rate_hz, carrier_hz, ...: what was measured
    measured_error: Dict[str, Optional[float]]  # one standard error each; None where it is not known
    candidates: List[dict]  # systems that it may be: system, and what of it fits and what does not ("not")
    model: str
    dropped_frames: int  # since the start of the stream
    overflows: int  # losses and gaps since the start of the stream, reported by the source or seen by the time
    clipped: float  # of the interval's I and Q values those at full scale; 0 for no more than a few
    note: str  # what is doubtful: "", or "dc_spike"
