// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/synth/signal/symbols.h"

namespace prunedamr::synth {

enum class Pulse { root_raised_cosine, raised_cosine, gaussian, half_sine, rectangular };

/// PSK and QAM: s(n) = sum over k of a_k p((n - first_instant) / samples_per_symbol - k).
struct LinearConfig {
    double samples_per_symbol = 8.0; ///< fractional, >= 1
    Pulse pulse = Pulse::root_raised_cosine;
    double shape = 0.35;        ///< roll-off [0, 1), or bandwidth-time product of the Gaussian pulse
    bool offset = false;        ///< Q delayed by half a symbol (OQPSK)
    double first_instant = 0.0; ///< sample at which symbol 0 stands
};

/// Symbols that a pulse reaches on either side of its instant.
inline constexpr int kPulseReach = 6;

/// Occupied bandwidth in multiples of the symbol rate: 1 + roll-off; 2 (between the nulls) when
/// rectangular, 1.5 for the half sine.
double linear_bandwidth(Pulse pulse, double shape);

Samples modulate_linear(const Samples& symbols, const LinearConfig& config, int count);

} // namespace prunedamr::synth
