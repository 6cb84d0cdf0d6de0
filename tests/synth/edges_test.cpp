// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/edges.h"
#include "synth/synth_testing.h"

#include <gtest/gtest.h>

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

TEST(Edges, EmptyAndSingleSample)
{
    EXPECT_TRUE(render_runs({ { 1.0f, 5.0 } }, 0.0, 0).empty());
    EXPECT_EQ(render_runs({ { 1.0f, 5.0 } }, -2.0, 1)[0], std::complex<float>(1.0f));
    EXPECT_EQ(render_runs({}, 0.0, 3), Samples(3));
}

} // namespace
} // namespace prunedamr::synth
