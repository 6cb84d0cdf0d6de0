// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/level.h"

#include "prunedamr/base/vector_clones.h"

#include <volk/volk.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace prunedamr::dsp {
namespace {

/// 2^-kMinExponent is still a finite float, so that denormal input can be scaled up.
constexpr int kMinExponent = -120;

/// Bits of the largest |component|, which order as the numbers do; those of an infinity or more if one is not
/// finite.
PRUNEDAMR_VECTOR_CLONES
std::int32_t largest_magnitude(const float* values, std::ptrdiff_t count) noexcept
{
    std::int32_t largest = 0;
    for (std::ptrdiff_t i = 0; i < count; ++i) {
        std::int32_t bits;
        std::memcpy(&bits, values + i, sizeof bits);
        largest = std::max(largest, bits & 0x7fffffff);
    }
    return largest;
}

PRUNEDAMR_VECTOR_CLONES
void copy_finite_loop(const std::complex<float>* samples, int count, std::complex<float>* out) noexcept
{
    for (int i = 0; i < count; ++i) {
        const float re = samples[i].real(), im = samples[i].imag();
        const bool finite = (re - re) + (im - im) == 0.0f;
        out[i] = { finite ? re : 0.0f, finite ? im : 0.0f };
    }
}

} // namespace

float largest_component(const std::complex<float>* samples, std::ptrdiff_t count) noexcept
{
    const std::int32_t bits = largest_magnitude(reinterpret_cast<const float*>(samples), 2 * count);
    float largest;
    std::memcpy(&largest, &bits, sizeof largest);
    return std::isfinite(largest) ? largest : std::numeric_limits<float>::infinity();
}

void copy_finite(const std::complex<float>* samples, int count, std::complex<float>* out) noexcept
{
    copy_finite_loop(samples, count, out);
}

int copy_levelled(const std::complex<float>* samples, int count, std::complex<float>* out) noexcept
{
    constexpr std::int32_t kInfinity = 0x7f800000;
    const auto* from = reinterpret_cast<const float*>(samples);
    auto* to = reinterpret_cast<float*>(out);
    std::int32_t largest = largest_magnitude(from, 2 * std::ptrdiff_t{ count });
    if (largest >= kInfinity) {
        copy_finite(samples, count, out);
        from = to;
        largest = largest_magnitude(to, 2 * std::ptrdiff_t{ count });
    }
    float peak;
    std::memcpy(&peak, &largest, sizeof peak);
    int exponent = 0;
    std::frexp(peak, &exponent);
    exponent = std::max(exponent, kMinExponent);
    volk_32f_s32f_multiply_32f(to, from, std::ldexp(1.0f, -exponent), 2 * static_cast<unsigned>(count));
    return peak == 0.0f ? 0 : exponent;
}

float mean_power(const std::complex<float>* samples, int count) noexcept
{
    if (count <= 0)
        return 0.0f;
    const auto* values = reinterpret_cast<const float*>(samples);
    float sum = 0.0f;
    volk_32f_x2_dot_prod_32f(&sum, values, values, 2 * static_cast<unsigned>(count));
    return sum / static_cast<float>(count);
}

float power_dbfs(float mean_power, int exponent) noexcept
{
    if (!(mean_power > 0.0f))
        return kSilenceDbfs;
    const double db = 10.0 * std::log10(static_cast<double>(mean_power)) + 20.0 * std::log10(2.0) * exponent;
    return std::max(kSilenceDbfs, static_cast<float>(db));
}

} // namespace prunedamr::dsp
