// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/analog.h"

#include "prunedamr/synth/fft.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {

Samples modulate_am(const std::vector<float>& message, double depth)
{
    Samples out(message.size());
    for (std::size_t n = 0; n < message.size(); ++n)
        out[n] = 1.0f + static_cast<float>(depth) * message[n];
    return out;
}

Samples modulate_ssb(const std::vector<float>& message, bool upper, double bandwidth)
{
    Samples out(message.begin(), message.end());
    shape_spectrum(out, [](double f) { return f > 0.0 ? 1.0 : 0.0; });
    const std::complex<double> step = std::polar(1.0, -M_PI * bandwidth);
    std::complex<double> phasor = 1.0;
    for (auto& x : out) {
        const std::complex<float> shifted = x * std::complex<float>(phasor);
        x = upper ? shifted : std::conj(shifted);
        phasor *= step;
    }
    return out;
}

Samples modulate_fm(const std::vector<float>& message, double deviation)
{
    Samples out(message.size());
    double turns = 0.0;
    for (std::size_t n = 0; n < message.size(); ++n) {
        turns += deviation * message[n];
        turns -= std::floor(turns);
        out[n] = std::polar(1.0f, static_cast<float>(2.0 * M_PI * turns));
    }
    return out;
}

void pre_emphasise(std::vector<float>& message, double corner)
{
    const auto lift = static_cast<float>(1.0 / (2.0 * M_PI * corner));
    float before = 0.0f, peak = 1e-30f, old_peak = 0.0f;
    for (auto& x : message) {
        old_peak = std::max(old_peak, std::abs(x));
        const float lifted = x + lift * (x - before);
        before = x;
        x = lifted;
        peak = std::max(peak, std::abs(lifted));
    }
    for (auto& x : message)
        x *= old_peak / peak;
}

} // namespace prunedamr::synth
