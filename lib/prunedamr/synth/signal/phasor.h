// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/synth/signal/symbols.h"

#include <cmath>
#include <vector>

namespace prunedamr::synth {

struct Phasor {
    float re, im;
};

/// exp(2 pi i turns) for any number of turns that a float still resolves; error below 1e-6, loops vectorise.
/// Sine and cosine of half the angle by their Taylor series (|x| <= pi/2), then doubled.
inline Phasor phasor(float turns)
{
    constexpr float kRound = 12582912.0f; // 1.5 * 2^23: the sum has no fraction bits left
    const float x = static_cast<float>(M_PI) * (turns - ((turns + kRound) - kRound)), y = x * x;
    const float s =
        x * (1.0f +
             y * (-1.0f / 6 + y * (1.0f / 120 + y * (-1.0f / 5040 + y * (1.0f / 362880 - y * (1.0f / 39916800))))));
    const float c =
        1.0f +
        y * (-0.5f + y * (1.0f / 24 +
                          y * (-1.0f / 720 + y * (1.0f / 40320 + y * (-1.0f / 3628800 + y * (1.0f / 479001600))))));
    return { 1.0f - 2.0f * s * s, 2.0f * s * c };
}

/// out[n] = start + n * step: the phases of a steady tone, in turns.
inline void write_ramp(double start, double step, std::size_t count, float* out)
{
    const auto base = static_cast<float>(start), rise = static_cast<float>(step);
    for (std::size_t n = 0; n < count; ++n)
        out[n] = base + rise * static_cast<float>(static_cast<int>(n));
}

/// out[n] = exp(2 pi i turns[n]).
void write_phasors(const float* turns, std::size_t count, std::complex<float>* out);

/// samples[n] *= exp(2 pi i turns[n]).
void multiply_phasors(const float* turns, std::size_t count, std::complex<float>* samples);

/// `factor` samples for each of `in` (zeros between them) through `taps`; the filter starts empty.
Samples upsample(const Samples& in, const std::vector<float>& taps, int factor);

std::vector<float> real_part(const Samples& samples);

} // namespace prunedamr::synth
