// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/rml2016a/rml2016a_channel.h"
#include "tests/synth/synth_testing.h"

#include <gtest/gtest.h>

namespace prunedamr::synth {
namespace {

/// The taps in the order of x[0..7], by the interpolator's answers to single ones.
std::array<float, 8> taps(double mu)
{
    std::array<float, 8> found;
    for (int i = 0; i < 8; ++i) {
        Samples x(8);
        x[i] = 1.0f;
        found[i] = MmseInterpolator::instance().at(x.data(), mu).real();
    }
    return found;
}

TEST(MmseInterpolator, HasGnuRadiosPublishedTaps)
{
    const std::array<float, 8> first = { -1.98993e-04f, 1.24642e-03f,  -5.41054e-03f, 9.98534e-01f,
                                         7.89295e-03f,  -2.76968e-03f, 8.53777e-04f,  -1.54700e-04f };
    const std::array<float, 8> middle = { -6.77751e-03f, 3.94578e-02f,  -1.42658e-01f, 6.09836e-01f,
                                          6.09836e-01f,  -1.42658e-01f, 3.94578e-02f,  -6.77751e-03f };
    const auto first_taps = taps(1.0 / 128), middle_taps = taps(0.5);
    for (int i = 0; i < 8; ++i) {
        EXPECT_NEAR(first_taps[i], first[i], 2e-6) << i;
        EXPECT_NEAR(middle_taps[i], middle[i], 2e-6) << i;
    }
}

TEST(MmseInterpolator, EndsAreTheSamplesThemselves)
{
    for (int i = 0; i < 8; ++i) {
        EXPECT_NEAR(taps(0.0)[i], i == 3 ? 1.0 : 0.0, 1e-6);
        EXPECT_NEAR(taps(1.0)[i], i == 4 ? 1.0 : 0.0, 1e-6);
    }
}

TEST(MmseInterpolator, DelaysATone)
{
    for (const double frequency : { -0.2, 0.05, 0.24 }) {
        Samples x(8);
        for (int n = 0; n < 8; ++n)
            x[n] = std::complex<float>(std::polar(1.0, 2.0 * M_PI * frequency * n));
        for (const double mu : { 0.25, 0.5, 0.8125 }) {
            const std::complex<double> expected = std::polar(1.0, 2.0 * M_PI * frequency * (3.0 + mu));
            EXPECT_LT(std::abs(std::complex<double>(MmseInterpolator::instance().at(x.data(), mu)) - expected),
                      0.01);
        }
    }
}

} // namespace
} // namespace prunedamr::synth
