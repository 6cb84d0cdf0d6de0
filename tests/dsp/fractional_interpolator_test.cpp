// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/windowed_sinc.h"

#include <gtest/gtest.h>

namespace prunedamr::dsp {
namespace {

TEST(KaiserWindow, HasItsPublishedValues)
{
    const KaiserWindow window(8.6);
    EXPECT_EQ(window(0.0), 1.0);
    EXPECT_EQ(window(-0.7), window(0.7));
    EXPECT_NEAR(window(1.0), 1.0 / 750.4614, 1e-9); // I0(8.6)
    EXPECT_EQ(window(1.0), window(1.5));
    EXPECT_NEAR(KaiserWindow::for_stop_band_db(60.0)(1.0), KaiserWindow(0.1102 * 51.3)(1.0), 1e-15);
}

TEST(FractionalInterpolator, ReadsRealAndComplexTonesOnBothSidesOfTheOrigin)
{
    const FractionalInterpolator<float, 16> real(7.0);
    const FractionalInterpolator<std::complex<float>, 12> complex(6.8);
    for (const double frequency : { 0.0, 0.013, -0.2, 0.4 }) {
        std::vector<float> x;
        std::vector<std::complex<float>> z;
        for (int n = -40; n < 60; ++n) {
            z.emplace_back(std::polar(1.0, 2.0 * M_PI * frequency * n));
            x.push_back(z.back().real());
        }
        for (double position = -7.3; position < 8.0; position += 0.0837) {
            const auto expected = std::polar(1.0, 2.0 * M_PI * frequency * position);
            const double allowed =
                2.0 * M_PI * std::abs(frequency) / 2048 + 1e-3; // half a position, and the ripple
            EXPECT_NEAR(real.at(x.data() + 40, position), expected.real(), allowed) << frequency << ' ' << position;
            EXPECT_LT(std::abs(std::complex<double>(complex.at(z.data() + 40, position)) - expected), allowed)
                << frequency << ' ' << position;
        }
    }
}

TEST(FractionalInterpolator, TakesTheNearestPositionAndSeesNoFurtherThanItsReach)
{
    const FractionalInterpolator<float, 4> interpolator(6.0);
    const float x[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    EXPECT_NEAR(interpolator.at(x, 3.0), 4.0f, 1e-6f);
    EXPECT_EQ(interpolator.at(x, 3.0), interpolator.at(x, 3.0 + 0.4 / 1024));
    EXPECT_EQ(interpolator.at(x, 3.25), interpolator.at(x, 3.25 - 0.4 / 1024));
    EXPECT_NE(interpolator.at(x, 3.25), interpolator.at(x, 3.25 - 0.6 / 1024));
}

} // namespace
} // namespace prunedamr::dsp
