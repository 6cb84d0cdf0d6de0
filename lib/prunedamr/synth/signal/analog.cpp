// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/analog.h"

#include "prunedamr/synth/signal/fading.h"
#include "prunedamr/synth/signal/fft.h"
#include "prunedamr/synth/signal/multiply_spectrum.h"
#include "prunedamr/synth/signal/phasor.h"

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
    out.resize(static_cast<std::size_t>(fast_transform_size(static_cast<int>(out.size()))));
    std::vector<float> positive(out.size()); // frequencies
    std::fill(positive.begin() + 1, positive.begin() + static_cast<std::ptrdiff_t>(out.size() / 2),
              1.0f / static_cast<float>(out.size()));
    multiply_spectrum(out, positive);
    out.resize(message.size());
    Rng unused(0);
    mix(out, { -bandwidth / 2 }, unused);
    if (!upper)
        for (auto& x : out)
            x = std::conj(x);
    return out;
}

Samples modulate_fm(const std::vector<float>& message, double deviation)
{
    constexpr std::size_t kStride = 16; // samples summed in float
    std::vector<float> turns(message.size());
    const auto step = static_cast<float>(deviation);
    double start = 0.0;
    for (std::size_t first = 0; first < message.size(); first += kStride) {
        float part = 0.0f;
        for (std::size_t n = first; n < std::min(first + kStride, message.size()); ++n) {
            part += step * message[n];
            turns[n] = static_cast<float>(start) + part;
        }
        start += static_cast<double>(part);
        start -= std::floor(start);
    }
    Samples out(message.size());
    write_phasors(turns.data(), turns.size(), out.data());
    return out;
}

void pre_emphasize(std::vector<float>& message, double corner)
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
    const float gain = old_peak / peak;
    for (auto& x : message)
        x *= gain;
}

} // namespace prunedamr::synth
