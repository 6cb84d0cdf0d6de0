// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/synth/signal/symbols.h"

#include <cstdint>
#include <vector>

namespace prunedamr::synth {

/// Continuous-phase modulation with 2, 4, ... tones: 2FSK, 4FSK, GFSK, MSK, GMSK. Constant envelope 1.
struct CpmConfig {
    double samples_per_symbol = 8.0; ///< fractional, >= 1
    double modulation_index = 0.5; ///< h: tone spacing / symbol rate; level a turns the phase by pi h a per symbol
    double bt = 0.0;               ///< bandwidth-time product of the Gaussian filter; 0: rectangular pulse
    double first_symbol = 0.0;     ///< sample at which symbol 0 begins
};

/// Carson's rule with the highest keying frequency, half the symbol rate: (tones - 1) h + 1, in symbol rates.
double cpm_bandwidth(double modulation_index, int tones);

/// Symbols of `tones` values as the odd levels -(tones - 1) .. tones - 1.
std::vector<float> to_levels(const Symbols& symbols, int tones);

Samples modulate_cpm(const std::vector<float>& levels, const CpmConfig& config, int count);

/// Chirp spread spectrum: each symbol is a sweep over the whole bandwidth in 2^spreading_factor / bandwidth
/// samples, cyclically shifted by symbol / 2^spreading_factor of it; constant envelope 1, continuous phase.
struct ChirpConfig {
    double bandwidth = 0.5;    ///< cycles per sample, 0..1
    int spreading_factor = 7;  ///< bits per symbol, 5..12
    bool downwards = false;    ///< sweeps from high to low
    int preamble = 0;          ///< symbols at the start that are not shifted
    double first_symbol = 0.0; ///< sample at which symbol 0 begins
};

/// `symbols`: 0 .. 2^spreading_factor - 1 each.
Samples modulate_chirp(const std::vector<std::uint16_t>& symbols, const ChirpConfig& config, int count);

} // namespace prunedamr::synth
