// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/receiver_impairments.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/vector_clones.h"
#include "prunedamr/synth/signal/fft.h"
#include "prunedamr/synth/signal/phasor.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace prunedamr::synth {
namespace {

constexpr float kRound = 12582912.0f;    // 1.5 * 2^23: a sum with it has no fraction bits left
constexpr std::size_t kTiltBlock = 64;   // bins that share one row of factors
constexpr std::size_t kDroopSteps = 144; // straight pieces of a Butterworth response, error below 1e-3

/// gains[k] *= exp(slope * (k + first)).
void multiply_exponential(float* gains, std::size_t count, double slope, double first)
{
    std::array<float, kTiltBlock> row;
    for (std::size_t i = 0; i < row.size(); ++i)
        row[i] = static_cast<float>(std::exp(slope * static_cast<double>(i)));
    for (std::size_t begin = 0; begin < count; begin += kTiltBlock) {
        const auto base = static_cast<float>(std::exp(slope * (first + static_cast<double>(begin))));
        const std::size_t width = std::min(kTiltBlock, count - begin);
        for (std::size_t i = 0; i < width; ++i)
            gains[begin + i] *= base * row[i];
    }
}

/// gains[k] *= the raised-cosine band-pass, `step` cycles per sample from bin to bin.
PRUNEDAMR_VECTOR_CLONES
void multiply_pass(float* gains, int count, float step, float center, float half_width, float per_slope,
                   float floor)
{
    for (int k = 0; k < count; ++k) {
        const float apart = static_cast<float>(k) * step - center;
        const float distance = std::abs(apart - ((apart + kRound) - kRound)); // the spectrum of samples is a circle
        const float position = std::min(std::max((distance - half_width) * per_slope + 0.5f, 0.0f), 1.0f);
        gains[k] *= std::max(floor, 0.5f + 0.5f * phasor(0.5f * position).re);
    }
}

} // namespace

SpectralShape::SpectralShape(std::size_t count)
    : count_(count), gains_(static_cast<std::size_t>(fast_transform_size(static_cast<int>(count))))
{
    std::fill(gains_.begin(), gains_.end(), 1.0f / static_cast<float>(gains_.size()));
}

void SpectralShape::tilt(double tilt_db)
{
    const std::size_t half = gains_.size() / 2;
    const double slope = tilt_db * std::log(10.0) / 20.0 / static_cast<double>(gains_.size());
    multiply_exponential(gains_.data(), half, slope, 0.0);
    multiply_exponential(gains_.data() + half, half, slope, -static_cast<double>(half));
    shaped_ = true;
}

void SpectralShape::ripple(double peak_to_peak_db, double periods)
{
    if (peak_to_peak_db == 0.0)
        return;
    const double exponent = peak_to_peak_db / 2.0 * std::log(10.0) / 20.0;
    const double turn = 2.0 * M_PI * periods / static_cast<double>(gains_.size());
    for (std::size_t k = 0; k < gains_.size(); ++k)
        gains_[k] *= static_cast<float>(std::exp(exponent * std::cos(turn * static_cast<double>(k))));
    shaped_ = true;
}

void SpectralShape::droop(double corner, double order)
{
    const std::size_t half = gains_.size() / 2;
    const std::size_t block = (half + kDroopSteps - 1) / kDroopSteps;
    const auto response = [&](std::size_t bin) {
        const double f = static_cast<double>(bin) / static_cast<double>(gains_.size());
        return static_cast<float>(1.0 / std::sqrt(1.0 + std::pow(f / corner, 2.0 * order)));
    };
    gains_[0] *= response(0);
    float left = response(0);
    for (std::size_t begin = 0; begin < half; begin += block) {
        const std::size_t width = std::min(block, half - begin);
        const float right = response(begin + width);
        const float rise = (right - left) / static_cast<float>(width);
        for (std::size_t i = 1; i <= width; ++i) {
            const float gain = left + rise * static_cast<float>(i);
            gains_[begin + i] *= gain;
            if (begin + i < half) // the half-way bin has no mirror image
                gains_[gains_.size() - begin - i] *= gain;
        }
        left = right;
    }
    shaped_ = true;
}

void SpectralShape::pass(const ChannelFilter& filter)
{
    multiply_pass(gains_.data(), static_cast<int>(gains_.size()), 1.0f / static_cast<float>(gains_.size()),
                  static_cast<float>(filter.center), static_cast<float>(filter.width / 2),
                  static_cast<float>(1.0 / filter.slope),
                  static_cast<float>(std::pow(10.0, filter.floor_db / 20.0)));
    shaped_ = true;
}

void SpectralShape::apply(Samples& samples) const
{
    PRUNEDAMR_CHECK(samples.size() == count_, "the shape was made for as many samples");
    if (!shaped_ || samples.empty())
        return;
    samples.resize(gains_.size());
    multiply_spectrum(samples, gains_);
    samples.resize(count_);
}

namespace {

double amplitude(double db)
{
    return std::pow(10.0, db / 20.0);
}

PRUNEDAMR_VECTOR_CLONES
void unbalance_iq_loop(Samples& samples, double gain_db, double phase_rad)
{
    const auto in_phase = static_cast<float>(amplitude(gain_db) * std::sin(phase_rad));
    const auto quadrature = static_cast<float>(amplitude(gain_db) * std::cos(phase_rad));
    for (auto& x : samples)
        x = { x.real(), quadrature * x.imag() + in_phase * x.real() };
}

} // namespace

void unbalance_iq(Samples& samples, double gain_db, double phase_rad)
{
    unbalance_iq_loop(samples, gain_db, phase_rad);
}

namespace {

PRUNEDAMR_VECTOR_CLONES
void add_constant_loop(Samples& samples, std::complex<float> value)
{
    for (auto& x : samples)
        x += value;
}

} // namespace

void add_constant(Samples& samples, std::complex<float> value)
{
    add_constant_loop(samples, value);
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

namespace {

PRUNEDAMR_VECTOR_CLONES
void quantize_loop(Samples& samples, int bits, double full_scale)
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

} // namespace

void quantize(Samples& samples, int bits, double full_scale)
{
    quantize_loop(samples, bits, full_scale);
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
