// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/modulators.h"
#include "tests/synth/synth_testing.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace prunedamr::synth {
namespace {

TEST(Edges, LevelsHoldAwayFromEdgesAndCrossHalfwayAtTheEdge)
{
    const Samples out = render_runs({ { 0.0f, 50.5 }, { { 2.0f, -1.0f }, 60.0 } }, 0.0, 101);
    EXPECT_EQ(out[20], std::complex<float>(0.0f));
    EXPECT_EQ(out[80], std::complex<float>(2.0f, -1.0f));
    EXPECT_NEAR(0.5f * (out[50].real() + out[51].real()), 1.0f, 1e-3f);
    EXPECT_NEAR(0.5f * (out[50].imag() + out[51].imag()), -0.5f, 1e-3f);
}

TEST(Edges, KeepTheAreaOfAPulseWhereverItLies)
{
    for (const double start : { 40.0, 40.3, 40.77 }) {
        const Samples out = render_runs({ { 0.0f, start }, { 1.0f, 7.4 }, { 0.0f, 60.0 } }, 0.0, 97);
        double area = 0.0;
        for (const auto& x : out)
            area += x.real();
        EXPECT_NEAR(area, 7.4, 0.02) << start;
    }
}

TEST(Edges, PulseIsBandLimitedAsTheFilterDemands)
{
    // A pulse of one sample at a fractional place: the spectrum is sinc(f) below the cut-off and gone at the end.
    const Samples out = render_runs({ { 0.0f, 60.37 }, { 1.0f, 1.0 }, { 0.0f, 80.0 } }, 0.0, 131);
    EXPECT_NEAR(std::abs(fourier(out, 0.2, 0, 131)), std::sin(M_PI * 0.2) / (M_PI * 0.2), 0.02);
    EXPECT_LT(std::abs(fourier(out, 0.5, 0, 131)), 0.2);
}

/// The Hann-windowed sinc of cut-off 0.45, integrated from -8 samples to `t`.
double step_response(double t)
{
    const int steps = 4000;
    double before = 0.0, all = 0.0;
    for (int i = 0; i < steps; ++i) {
        const double u = 16.0 * (i + 0.5) / steps - 8.0;
        const double x = 2.0 * 0.45 * u;
        const double value =
            (x == 0.0 ? 1.0 : std::sin(M_PI * x) / (M_PI * x)) * (0.5 + 0.5 * std::cos(M_PI * u / 8.0));
        all += value;
        before += value * std::clamp((t - u) * steps / 16.0 + 0.5, 0.0, 1.0);
    }
    return before / all;
}

TEST(Edges, AreTheSumOfStepResponses)
{
    const std::vector<synth::LevelRun> runs = {
        { 0.5f, 3.3 }, { { -1.0f, 1.0f }, 0.4 }, { { 0.0f, 2.0f }, 7.0 }, { 1.0f, 40.0 }
    };
    for (const double start : { 0.0, -3.3, 0.71, 36.2, 43.0, 50.0 }) {
        const Samples out = render_runs(runs, start, 47);
        for (int n = 0; n < 47; ++n) {
            std::complex<double> expected = runs[0].level;
            double time = start;
            for (std::size_t i = 1; i < runs.size(); ++i) {
                time += runs[i - 1].duration;
                expected += std::complex<double>(runs[i].level - runs[i - 1].level) * step_response(n - time);
            }
            ASSERT_LT(std::abs(std::complex<double>(out[n]) - expected), 3e-3)
                << "start " << start << ", sample " << n;
        }
    }
}

TEST(Edges, EmptyAndSingleSample)
{
    EXPECT_TRUE(render_runs({ { 1.0f, 5.0 } }, 0.0, 0).empty());
    EXPECT_EQ(render_runs({ { 1.0f, 5.0 } }, -2.0, 1)[0], std::complex<float>(1.0f));
    EXPECT_EQ(render_runs({}, 0.0, 3), Samples(3));
}

} // namespace
} // namespace prunedamr::synth
