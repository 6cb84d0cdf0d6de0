// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/scene/emission.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace prunedamr::synth {
namespace {

constexpr int kReach = Interpolator::kReach;

TEST(Interpolator, ATonePassesAndNothingElseComes)
{
    for (const double frequency : { -0.4, -0.2, 0.0, 0.15, 0.4 })
        for (const double step : { 1.0, 0.731, 1.0 / 3.0, 0.0071 }) {
            Samples in;
            for (int n = 0; n < 600; ++n)
                in.push_back(std::complex<float>(std::polar(1.0, 2.0 * M_PI * frequency * n)));
            std::vector<std::complex<float>> out(500);
            Interpolator(step).run(in, kReach + 0.3, out.data(), out.size());
            double worst = 0.0;
            for (std::size_t k = 0; k < out.size(); ++k) {
                const double time = kReach + 0.3 + static_cast<double>(k) * step;
                worst = std::max(
                    worst, std::abs(std::complex<double>(out[k]) - std::polar(1.0, 2.0 * M_PI * frequency * time)));
            }
            // Half a phase in time, and the filter's ripple.
            EXPECT_LT(worst, 2.0 * M_PI * std::abs(frequency) / 2048 + 1e-3) << frequency << ' ' << step;
        }
}

TEST(Interpolator, SamplesThatAreNotThereAreAProgrammersError)
{
    const Samples in(2 * kReach + 10);
    std::complex<float> out[16];
    Interpolator(1.0).run(in, kReach, out, 9);
    EXPECT_DEATH(Interpolator(1.0).run(in, kReach, out, 10), "are there");
    EXPECT_DEATH(Interpolator(1.0).run(in, kReach - 1, out, 1), "are there");
    EXPECT_DEATH(Interpolator(1.5), "range");
}

} // namespace
} // namespace prunedamr::synth
