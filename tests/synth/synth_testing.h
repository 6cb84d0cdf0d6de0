// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/synth/signal/symbols.h"

#include <algorithm>
#include <cmath>
#include <complex>

namespace prunedamr::synth {

inline double mean_power(const Samples& samples, std::size_t begin, std::size_t end)
{
    double power = 0.0;
    for (std::size_t n = begin; n < end; ++n)
        power += std::norm(samples[n]);
    return power / static_cast<double>(end - begin);
}

inline double mean_power(const Samples& samples)
{
    return mean_power(samples, 0, samples.size());
}

/// One bin of a plain Fourier sum at `frequency` cycles per sample.
inline std::complex<double> fourier(const Samples& samples, double frequency, std::size_t begin, std::size_t end)
{
    std::complex<double> sum = 0.0;
    for (std::size_t n = begin; n < end; ++n)
        sum += std::complex<double>(samples[n]) * std::polar(1.0, -2.0 * M_PI * frequency * static_cast<double>(n));
    return sum;
}

/// Largest | |x| - 1 |.
inline double envelope_error(const Samples& samples)
{
    double worst = 0.0;
    for (const auto& x : samples)
        worst = std::max(worst, std::abs(static_cast<double>(std::abs(x)) - 1.0));
    return worst;
}

} // namespace prunedamr::synth
