// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/sample_check.h"

#include "prunedamr/dsp/level.h"

#include <array>
#include <cmath>

namespace prunedamr::stream {
namespace {

constexpr std::uint64_t kFewValues = 16;
constexpr double kFewOfAll = 1e-4;
constexpr int kParts = 8;
constexpr double kNoiseFourth = 2.0;   ///< fourth moment over the square of the second,
constexpr double kNoiseSpread = 2.0;   ///< and, over the root of their number, what it is off by chance
constexpr double kSigmas = 6.0;
constexpr double kFourthMargin = 0.15;
constexpr double kMostNeighbors = 0.5; ///< correlation of neighboring samples

/// The end of the range of some converter's numbers, as floats up to 1, as whole numbers, or of fewer bits in 16.
/// The negative end of those is a round number that others have, too: `is_negative_end`, if the positive one is
/// there.
bool is_full_scale(float value) noexcept
{
    if (value >= 127.0f / 128 && value <= 1.0001f)
        return true;
    for (const int bits : { 7, 11, 13, 15 })
        if (const float range = std::ldexp(1.0f, bits); value == range || value == range - 1.0f)
            return true;
    return value == 2047.0f / 32768 || value == 8191.0f / 32768;
}

bool is_negative_end(float value) noexcept
{
    return value == 2048.0f / 32768 || value == 8192.0f / 32768;
}

float beyond(std::complex<float> x) noexcept
{
    return std::max(std::abs(x.real()), std::abs(x.imag()));
}

} // namespace

const std::complex<float>* SampleIntake::clean(const std::complex<float>* samples, std::size_t count) noexcept
{
    const float largest = dsp::largest_component(samples, static_cast<std::ptrdiff_t>(count));
    if (largest <= kAbsurd) {
        absurd_ += largest > 0.0f && largest < kVanishing ? count : 0;
        return samples;
    }
    for (std::size_t i = 0; i < count; ++i)
        absurd_ += beyond(samples[i]) > kAbsurd; // no number is none of these
    if (largest <= kLargest)
        return samples;
    for (std::size_t i = 0; i < count; ++i) {
        const bool usable = std::abs(samples[i].real()) <= kLargest && std::abs(samples[i].imag()) <= kLargest;
        non_finite_ += !usable;
        cleaned_[i] = usable ? samples[i] : std::complex<float>{};
    }
    return cleaned_.data();
}

void ClippingMeter::End::add(float x) noexcept
{
    if (x > value) {
        value = x;
        count = 0;
    }
    count += x == value;
}

void ClippingMeter::add(const std::complex<float>* samples, std::size_t count) noexcept
{
    values_ += 2 * count;
    const float largest = dsp::largest_component(samples, static_cast<std::ptrdiff_t>(count));
    if (!is_full_scale(largest) && !is_negative_end(largest)) {
        if (largest > std::max(top_.value, bottom_.value))
            top_ = bottom_ = { largest, 0 };
        return;
    }
    const auto* values = reinterpret_cast<const float*>(samples);
    for (std::size_t i = 0; i < 2 * count; ++i) {
        top_.add(values[i]);
        bottom_.add(-values[i]);
    }
}

float ClippingMeter::fraction() const noexcept
{
    const bool top = is_full_scale(top_.value),
               bottom = is_full_scale(bottom_.value) || (top && is_negative_end(bottom_.value));
    const std::uint64_t clipped = (top ? top_.count : 0) + (bottom ? bottom_.count : 0);
    if (clipped < kFewValues || static_cast<double>(clipped) < kFewOfAll * static_cast<double>(values_))
        return 0.0f;
    return static_cast<float>(static_cast<double>(clipped) / static_cast<double>(values_));
}

Constant measure_constant(const std::complex<float>* samples, int count) noexcept
{
    const int part = count / kParts;
    if (part == 0)
        return {};
    std::array<std::complex<double>, kParts> means{};
    std::complex<double> mean;
    for (int p = 0; p < kParts; ++p) {
        for (int i = p * part; i < (p + 1) * part; ++i)
            means[p] += std::complex<double>(samples[i]);
        means[p] /= part;
        mean += means[p] / static_cast<double>(kParts);
    }
    double spread = 0.0;
    for (const auto& each : means)
        spread += std::norm(each - mean) / (kParts * (kParts - 1));
    return { std::complex<float>(mean), spread > 0.0 ? std::norm(mean) / spread : 0.0 };
}

bool differs_from_noise(const std::complex<float>* samples, int count) noexcept
{
    double power = 0.0, fourth = 0.0;
    std::complex<double> neighbors;
    for (int i = 1; i < count; ++i) {
        const std::complex<double> x(samples[i]), before(samples[i - 1]);
        power += std::norm(x);
        fourth += std::norm(x) * std::norm(x);
        neighbors += x * std::conj(before);
    }
    if (power == 0.0)
        return false;
    const double n = count - 1, chance = kSigmas * kNoiseSpread / std::sqrt(n);
    return std::abs(n * fourth / (power * power) - kNoiseFourth) > kFourthMargin + chance ||
           std::abs(neighbors) > (kMostNeighbors + chance) * power;
}

} // namespace prunedamr::stream
