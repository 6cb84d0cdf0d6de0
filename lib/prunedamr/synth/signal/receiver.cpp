// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/receiver.h"

#include "prunedamr/base/vector_clones.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {
namespace {

double amplitude(double db)
{
    return std::pow(10.0, db / 20.0);
}

} // namespace

PRUNEDAMR_VECTOR_CLONES
void unbalance_iq(Samples& samples, double gain_db, double phase_rad)
{
    const auto in_phase = static_cast<float>(amplitude(gain_db) * std::sin(phase_rad));
    const auto quadrature = static_cast<float>(amplitude(gain_db) * std::cos(phase_rad));
    for (auto& x : samples)
        x = { x.real(), quadrature * x.imag() + in_phase * x.real() };
}

PRUNEDAMR_VECTOR_CLONES
void add_constant(Samples& samples, std::complex<float> value)
{
    for (auto& x : samples)
        x += value;
}

void step_gain(Samples& samples, int position, double step_db, double decay)
{
    const auto shrink = static_cast<float>(std::exp(-1.0 / decay));
    auto extra = static_cast<float>(amplitude(step_db) - 1.0);
    for (std::size_t n = static_cast<std::size_t>(position); n < samples.size(); ++n) {
        samples[n] *= 1.0f + extra;
        extra *= shrink;
    }
}

PRUNEDAMR_VECTOR_CLONES
void quantize(Samples& samples, int bits, double full_scale)
{
    const auto levels = static_cast<float>(1 << (bits - 1));
    const auto to_code = static_cast<float>(levels / full_scale);
    const float to_value = 1.0f / to_code;
    constexpr float kRound = 12582912.0f; // 1.5 * 2^23: the sum has no fraction bits left
    auto* values = reinterpret_cast<float*>(samples.data());
    for (std::size_t i = 0; i < 2 * samples.size(); ++i) {
        const float code = std::min(std::max(values[i] * to_code, -levels), levels - 1.0f);
        values[i] = to_value * ((code + kRound) - kRound);
    }
}

void tilt_spectrum(Samples& samples, double tilt_db)
{
    SpectralShape shape(samples.size());
    shape.tilt(tilt_db);
    shape.apply(samples);
}

void droop_spectrum(Samples& samples, double corner, double order)
{
    SpectralShape shape(samples.size());
    shape.droop(corner, order);
    shape.apply(samples);
}

void filter_channel(Samples& samples, const ChannelFilter& filter)
{
    SpectralShape shape(samples.size());
    shape.pass(filter);
    shape.apply(samples);
}

} // namespace prunedamr::synth
