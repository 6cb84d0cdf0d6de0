// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/recording.h"

#include <complex>
#include <string>
#include <vector>

namespace prunedamr::synth {

struct CaptureConfig {
    double sample_rate_hz = 1e6;
    double center_freq_hz = 0.0;
    int samples_per_signal = 65536;
    std::vector<std::string> labels; ///< in the order in which they appear; empty: all, once each
    double snr_db = 25.0;
    std::uint64_t seed = 1;
};

struct Capture {
    data::RecordingInfo info; ///< one annotation per signal, with label and frequency edges
    std::vector<std::complex<float>> samples;
};

/// Signals one after another on one noise floor, annotated: for demonstrations and tests of the whole path.
Capture onair_capture(const CaptureConfig& config);

} // namespace prunedamr::synth
