// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/scene/interpolator.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace prunedamr::synth {
namespace {

constexpr int kPhases = 1024; // the nearest one is off by 1/2048 sample at most: -63 dB at 0.2 of the rate
constexpr int kTaps = 2 * Interpolator::kReach;
constexpr double kKaiserBeta = 6.8; // 70 dB

/// Sum of x[i] w[i] over a multiple of 8: eight sums side by side, which compilers turn into vectors.
std::complex<float> weighted_sum(const float* x, const float* w, int count)
{
    float sums[8] = {};
    for (int i = 0; i < count; i += 8)
        for (int lane = 0; lane < 8; ++lane)
            sums[lane] += x[i + lane] * w[i + lane];
    return { sums[0] + sums[2] + sums[4] + sums[6], sums[1] + sums[3] + sums[5] + sums[7] };
}

/// [kPhases, kTaps, 2]. Row p: weights of the samples around an instant that lies p / kPhases behind a sample, each
/// twice, for I and for Q.
const std::vector<float>& rows()
{
    static const std::vector<float> weights = [] {
        std::vector<float> result;
        for (int p = 0; p < kPhases; ++p)
            for (int j = 0; j < kTaps; ++j) {
                const double t = j - (Interpolator::kReach - 1) - static_cast<double>(p) / kPhases;
                const double inside = std::max(0.0, 1.0 - std::pow(t / Interpolator::kReach, 2.0));
                const double window =
                    std::cyl_bessel_i(0.0, kKaiserBeta * std::sqrt(inside)) / std::cyl_bessel_i(0.0, kKaiserBeta);
                const double sinc = t == 0.0 ? 1.0 : std::sin(M_PI * t) / (M_PI * t);
                result.insert(result.end(), 2, static_cast<float>(window * sinc));
            }
        return result;
    }();
    return weights;
}

} // namespace

Interpolator::Interpolator(double step) : step_(step)
{
    PRUNEDAMR_CHECK(step > 0.0 && step <= 1.0, "an interpolator's step is in its range");
}

void Interpolator::run(const Samples& in, double first, std::complex<float>* out, std::size_t count) const
{
    PRUNEDAMR_CHECK(first >= kReach &&
                        first + static_cast<double>(count) * step_ + kReach < static_cast<double>(in.size()),
                    "an interpolator's samples are there");
    const float* const weights = rows().data();
    for (std::size_t k = 0; k < count; ++k) {
        const auto place =
            static_cast<std::int64_t>(std::llround((first + static_cast<double>(k) * step_) * kPhases));
        const auto* around = reinterpret_cast<const float*>(in.data() + place / kPhases - (kReach - 1));
        out[k] = weighted_sum(around, weights + place % kPhases * 2 * kTaps, 2 * kTaps);
    }
}

} // namespace prunedamr::synth
