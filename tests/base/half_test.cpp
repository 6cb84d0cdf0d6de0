// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/rng.h"
#include "prunedamr/base/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace prunedamr {
namespace {

constexpr std::uint16_t kInfinity = 0x7c00;

/// The definition: (-1)^s * 1.f * 2^(e - 15), denormal 0.f * 2^-14.
double value_of(std::uint16_t half)
{
    const int exponent = half >> 10 & 31, fraction = half & 0x3ff;
    const double size = exponent == 0    ? std::ldexp(fraction, -24)
                        : exponent == 31 ? (fraction ? std::nan("") : std::numeric_limits<double>::infinity())
                                         : std::ldexp(0x400 + fraction, exponent - 25);
    return half & 0x8000 ? -size : size;
}

TEST(Half, EveryValueIsReadByItsDefinitionAndWrittenBack)
{
    std::vector<std::uint16_t> all(65536), back(65536);
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = static_cast<std::uint16_t>(i);
    std::vector<float> values(all.size());
    from_half(all.data(), all.size(), values.data());
    to_half(values.data(), values.size(), back.data());
    for (const auto half : all) {
        if (std::isnan(value_of(half))) {
            EXPECT_TRUE(std::isnan(values[half]) && std::isnan(value_of(back[half]))) << half;
            continue;
        }
        EXPECT_EQ(values[half], static_cast<float>(value_of(half))) << half;
        EXPECT_EQ(back[half], half);
    }
}

TEST(Half, RoundsToTheNearestAndTiesToEven)
{
    Rng rng(3);
    for (int i = 0; i < 200000; ++i) {
        // Every third on the middle between two halves.
        const auto low = static_cast<std::uint16_t>(rng.integer(0, kInfinity - 2));
        const double middle = (value_of(low) + value_of(low + 1)) / 2;
        const double x = i % 3 ? value_of(low) + rng.uniform() * (value_of(low + 1) - value_of(low)) : middle;
        const auto value = static_cast<float>(x); // 13 bits more than a half: the middle is exact
        const std::uint16_t nearest = value < middle || (value == middle && low % 2 == 0) ? low : low + 1;
        for (const float signed_value : { value, -value }) {
            std::uint16_t half = 0;
            to_half(&signed_value, 1, &half);
            ASSERT_EQ(half, nearest | (std::signbit(signed_value) ? 0x8000 : 0)) << signed_value;
        }
    }
}

TEST(Half, WhatIsTooLargeBecomesInfinite)
{
    const float values[] = { 65504.0f, 65519.99f, 65520.0f, 1e30f, std::numeric_limits<float>::infinity() };
    std::uint16_t halves[5];
    to_half(values, 5, halves);
    EXPECT_EQ(halves[0], kInfinity - 1);
    EXPECT_EQ(halves[1], kInfinity - 1);
    for (int i = 2; i < 5; ++i)
        EXPECT_EQ(halves[i], kInfinity);
}

} // namespace
} // namespace prunedamr
