// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"

#include <cmath>
#include <complex>
#include <vector>

namespace prunedamr::test {

using Samples = std::vector<std::complex<float>>;

inline Samples tone(int count, double frequency, double amplitude = 1.0)
{
    Samples x(count);
    for (int i = 0; i < count; ++i)
        x[i] = std::complex<float>(std::polar(amplitude, 2.0 * M_PI * frequency * i));
    return x;
}

/// Complex white Gaussian noise of the given mean power.
inline Samples white_noise(int count, double power, std::uint64_t seed)
{
    Rng rng(seed);
    Samples x(count);
    const double sigma = std::sqrt(0.5 * power);
    for (auto& v : x) {
        const double re = sigma * rng.normal();
        const double im = sigma * rng.normal();
        v = std::complex<float>(std::complex<double>(re, im));
    }
    return x;
}

/// Gaussian noise that fills `center` +- bandwidth/2 with nearly straight edges, of the given mean power.
inline Samples band_noise(int count, double center, double bandwidth, double power, std::uint64_t seed)
{
    constexpr int kHalf = 160;
    std::vector<double> taps(2 * kHalf + 1);
    double energy = 0.0;
    for (int i = -kHalf; i <= kHalf; ++i) {
        const double sinc = i == 0 ? bandwidth : std::sin(M_PI * bandwidth * i) / (M_PI * i);
        taps[i + kHalf] = sinc * (0.54 + 0.46 * std::cos(M_PI * i / kHalf));
        energy += taps[i + kHalf] * taps[i + kHalf];
    }
    const Samples white = white_noise(count + 2 * kHalf, power / energy, seed);
    Samples x(count);
    for (int n = 0; n < count; ++n) {
        std::complex<double> sum;
        for (int i = 0; i <= 2 * kHalf; ++i)
            sum += taps[i] * std::complex<double>(white[n + i]);
        x[n] = std::complex<float>(sum * std::polar(1.0, 2.0 * M_PI * center * n));
    }
    return x;
}

/// Continuous-phase frequency shift keying with tones at center +- spacing/2 and `rate` symbols per sample.
inline Samples fsk(int count, double center, double spacing, double rate, std::uint64_t seed)
{
    Rng rng(seed);
    Samples x(count);
    double phase = 0.0, tone = 0.0;
    for (int i = 0; i < count; ++i) {
        if (i == 0 || std::floor(i * rate) != std::floor((i - 1) * rate))
            tone = rng.uniform(0.0, 1.0) < 0.5 ? -0.5 : 0.5;
        phase += 2.0 * M_PI * (center + tone * spacing);
        x[i] = std::complex<float>(std::polar(1.0, phase));
    }
    return x;
}

/// Binary phase shift keying with rectangular pulses.
inline Samples bpsk(int count, double center, double rate, std::uint64_t seed)
{
    Rng rng(seed);
    Samples x = tone(count, center);
    float sign = 1.0f;
    for (int i = 0; i < count; ++i) {
        if (i == 0 || std::floor(i * rate) != std::floor((i - 1) * rate))
            sign = rng.uniform(0.0, 1.0) < 0.5 ? -1.0f : 1.0f;
        x[i] *= sign;
    }
    return x;
}

inline Samples operator+(Samples a, const Samples& b)
{
    for (std::size_t i = 0; i < a.size(); ++i)
        a[i] += b[i];
    return a;
}

inline Samples operator*(Samples a, float gain)
{
    for (auto& v : a)
        v *= gain;
    return a;
}

} // namespace prunedamr::test
