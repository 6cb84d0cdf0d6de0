// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/synth/signal/signal.h"

#include <string>
#include <vector>

namespace prunedamr::synth {

/// One synthetic reception: `samples` as an antenna's receiver would deliver them.
struct Reception {
    Samples samples;
    std::string label;
    float snr_db = 0.0f;    ///< in the signal's own bandwidth; NaN for noise
    float center = 0.0f;    ///< carrier offset, cycles per sample
    float bandwidth = 0.0f; ///< nominal occupied bandwidth, cycles per sample; 1 for noise
    std::vector<float>
        energy; ///< energy[k]: of the signal alone in the first k * kEnergyStep samples, power 1 while on
};

inline constexpr int kEnergyStep = 64;

} // namespace prunedamr::synth
