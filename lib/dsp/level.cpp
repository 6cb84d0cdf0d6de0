// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/level.h"

#include <volk/volk.h>

#include <algorithm>
#include <cmath>

namespace prunedamr::dsp {
namespace {

/// 2^-kLeastExponent is still a finite float, so that denormal input can be scaled up.
constexpr int kLeastExponent = -120;

} // namespace

int copy_levelled(const std::complex<float>* samples, int count, std::complex<float>* out) noexcept
{
    float peak = 0.0f;
    for (int i = 0; i < count; ++i) {
        const bool finite = std::isfinite(samples[i].real()) && std::isfinite(samples[i].imag());
        out[i] = finite ? samples[i] : std::complex<float>{};
        peak = std::max({ peak, std::fabs(out[i].real()), std::fabs(out[i].imag()) });
    }
    if (peak == 0.0f)
        return 0;
    int exponent = 0;
    std::frexp(peak, &exponent);
    exponent = std::max(exponent, kLeastExponent);
    auto* values = reinterpret_cast<float*>(out);
    volk_32f_s32f_multiply_32f(values, values, std::ldexp(1.0f, -exponent), 2 * static_cast<unsigned>(count));
    return exponent;
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
