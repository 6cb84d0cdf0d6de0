// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/synth/signal.h"
#include "prunedamr/synth/symbols.h"

namespace prunedamr::synth {

/// Continuous-phase modulation with two tones: 2FSK, GFSK, MSK, GMSK. Constant envelope 1.
struct CpmConfig {
    double samples_per_symbol = 8.0; ///< fractional, >= 1
    double modulation_index = 0.5;   ///< h: tone spacing / symbol rate; the phase moves by +-pi h per symbol
    double bt = 0.0;                 ///< bandwidth-time product of the Gaussian filter; 0: rectangular pulse
    double first_symbol = 0.0;       ///< sample at which symbol 0 begins
};

/// Carson's rule with the highest keying frequency, half the symbol rate: (h + 1), in multiples of the symbol rate.
double cpm_bandwidth(double modulation_index);

Samples modulate_cpm(const Bits& bits, const CpmConfig& config, int count);

} // namespace prunedamr::synth
