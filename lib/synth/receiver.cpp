// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/receiver.h"

#include "prunedamr/synth/fft.h"

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {
namespace {

double amplitude(double db)
{
    return std::pow(10.0, db / 20.0);
}

} // namespace

void unbalance_iq(Samples& samples, double gain_db, double phase_rad)
{
    const auto in_phase = static_cast<float>(amplitude(gain_db) * std::sin(phase_rad));
    const auto quadrature = static_cast<float>(amplitude(gain_db) * std::cos(phase_rad));
    for (auto& x : samples)
        x = { x.real(), quadrature * x.imag() + in_phase * x.real() };
}

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

void quantise(Samples& samples, int bits, double full_scale)
{
    const auto levels = static_cast<float>(1 << (bits - 1));
    const auto to_code = static_cast<float>(levels / full_scale);
    const float to_value = 1.0f / to_code;
    const auto round = [&](float x) {
        return to_value * std::clamp(std::nearbyintf(x * to_code), -levels, levels - 1.0f);
    };
    for (auto& x : samples)
        x = { round(x.real()), round(x.imag()) };
}

void tilt_spectrum(Samples& samples, double tilt_db)
{
    const double nepers = tilt_db * std::log(10.0) / 20.0;
    shape_spectrum(samples, [nepers](double f) { return std::exp(nepers * f); });
}

void droop_spectrum(Samples& samples, double corner, double order)
{
    shape_spectrum(samples,
                   [=](double f) { return 1.0 / std::sqrt(1.0 + std::pow(std::abs(f) / corner, 2.0 * order)); });
}

void filter_channel(Samples& samples, const ChannelFilter& filter)
{
    const double floor = amplitude(filter.floor_db);
    shape_spectrum(samples, [&filter, floor](double f) {
        double distance = std::abs(f - filter.center);
        distance = std::min(distance, 1.0 - distance); // the spectrum of samples is a circle
        const double position = (distance - filter.width / 2) / filter.slope + 0.5;
        if (position <= 0.0)
            return 1.0;
        return position >= 1.0 ? floor : std::max(floor, 0.5 + 0.5 * std::cos(M_PI * position));
    });
}

} // namespace prunedamr::synth
