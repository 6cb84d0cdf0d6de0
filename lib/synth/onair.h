// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"
#include "prunedamr/data/dataset.h"
#include "prunedamr/data/recording.h"

#include <complex>
#include <string>
#include <vector>

namespace prunedamr::synth {

/// One synthetic reception: `samples` as an antenna's receiver would deliver them.
struct Reception {
    std::vector<std::complex<float>> samples;
    std::string label;
    float snr_db = 0.0f;    ///< in the signal's own bandwidth; NaN for noise
    float center = 0.0f;    ///< carrier offset, cycles per sample
    float bandwidth = 0.0f; ///< nominal occupied bandwidth, cycles per sample; 1 for noise
    std::vector<float>
        energy; ///< energy[k]: of the signal alone in the first k * kEnergyStep samples, power 1 while on
};

inline constexpr int kEnergyStep = 64;

/// Labels that the recipe can make, in the order of the class table.
std::vector<std::string> onair_labels();

/// `count` samples of one class with random symbol rate, pulse, offset, impairments and SNR, all drawn from `rng`.
/// `snr_db` fixed by the caller if finite, else drawn from the recipe's range (-6..40 dB).
/// Throws `Error` for an unknown label.
Reception onair_reception(const std::string& label, int count, float snr_db, Rng& rng);

struct OnairConfig {
    FrontEndSpec front_end;
    std::int64_t frames_per_class = 1000;
    std::int64_t max_frames_per_reception = 2; ///< frames of one reception share a group
    double snr_low_db = -6.0;
    double snr_high_db = 40.0;
    std::vector<std::string> labels; ///< empty: all
    std::uint64_t seed = 1;
    int threads = 0; ///< 0: all cores; the result does not depend on it
};

/// Labelled frames, made through `dsp::FrontEnd` exactly as the live path makes them; split assigned.
data::Dataset onair_dataset(const OnairConfig& config);

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
