// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"
#include "prunedamr/synth/onair_ranges.h"
#include "prunedamr/synth/signal.h"

#include <string>

namespace prunedamr::synth {

/// How fast and how wide a drawn signal may be.
struct SignalLimits {
    Range samples_per_symbol = kOnairRanges.samples_per_symbol;
    Range samples_per_ook_chip = kOnairRanges.samples_per_ook_chip;
    Range analog_bandwidth = kOnairRanges.analog_bandwidth;
    Range ofdm_oversampling = kOnairRanges.ofdm_oversampling;
    double ofdm_band_rate = kOnairRanges.ofdm_band_rate;
};

/// A transmitter of the class `label` (not noise) as it leaves the modulator, mean power 1.
Signal draw_signal(const std::string& label, int count, const SignalLimits& limits, Rng& rng);

} // namespace prunedamr::synth
