// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/signal/fft.h"
#include "prunedamr/synth/signal/receiver_impairments.h"
#include "tests/synth/synth_testing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace prunedamr::synth {
namespace {

using Response = std::function<double(double)>; // of frequency, cycles per sample

Response tilt(double db)
{
    return [=](double f) { return std::pow(10.0, db * f / 20.0); };
}

Response droop(double corner, double order)
{
    return [=](double f) { return 1.0 / std::sqrt(1.0 + std::pow(std::abs(f) / corner, 2.0 * order)); };
}

Response pass(const ChannelFilter& filter)
{
    return [=](double f) {
        double distance = std::abs(f - filter.center);
        distance = std::min(distance, 1.0 - distance);
        const double position = std::clamp((distance - filter.width / 2) / filter.slope + 0.5, 0.0, 1.0);
        return std::max(std::pow(10.0, filter.floor_db / 20.0), 0.5 + 0.5 * std::cos(M_PI * position));
    };
}

/// The gains of all bins, read from the response to an impulse.
Samples gains_of(const SpectralShape& shape, std::size_t count)
{
    Samples x(count);
    x[0] = 1.0f;
    shape.apply(x);
    transform_forward(x);
    return x;
}

void expect_response(const SpectralShape& shape, std::size_t count, const Response& response, double tolerance)
{
    const Samples gains = gains_of(shape, count);
    for (std::size_t k = 0; k < count; ++k) {
        const double f = static_cast<double>(k) / static_cast<double>(count);
        const double expected = response(2 * k >= count ? f - 1.0 : f);
        EXPECT_NEAR(gains[k].real(), expected, tolerance * expected + 2e-6) << count << " samples, bin " << k;
        EXPECT_NEAR(gains[k].imag(), 0.0f, 2e-6f);
    }
}

TEST(SpectralShape, EachStageIsItsFormula)
{
    for (const std::size_t count : { 36u, 64u, 9216u }) { // sizes that the transform has itself
        for (const double db : { -4.0, 0.0, 3.0 }) {
            SpectralShape shape(count);
            shape.tilt(db);
            expect_response(shape, count, tilt(db), 1e-5);
        }
        for (const double order : { 1.0, 2.5, 4.0 }) {
            SpectralShape shape(count);
            shape.droop(0.2, order);
            expect_response(shape, count, droop(0.2, order), 2e-3);
        }
        for (const double center : { -0.49, 0.0, 0.3 }) {
            SpectralShape shape(count);
            const ChannelFilter filter = { center, 0.37, 0.05, -50.0 };
            shape.pass(filter);
            expect_response(shape, count, pass(filter), 2e-4);
        }
    }
}

TEST(SpectralShape, StagesMultiply)
{
    const std::size_t count = 4096;
    const ChannelFilter filter = { 0.1, 0.5, 0.1, -60.0 };
    SpectralShape shape(count);
    shape.tilt(4.0);
    shape.droop(0.3, 2.0);
    shape.pass(filter);
    expect_response(
        shape, count, [&](double f) { return tilt(4.0)(f) * droop(0.3, 2.0)(f) * pass(filter)(f); }, 2e-3);
}

TEST(SpectralShape, OfNoStageLeavesTheBits)
{
    const Samples x = { { 0.1f, 0.2f }, { 0.3f, -0.4f } };
    Samples y = x;
    SpectralShape(2).apply(y);
    EXPECT_EQ(y, x);
}

} // namespace
} // namespace prunedamr::synth
