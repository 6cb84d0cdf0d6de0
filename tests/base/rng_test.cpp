// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/rng.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace prunedamr {
namespace {

constexpr int kDraws = 200'000;

TEST(Rng, SameSeedSameNumbersOtherSeedOtherNumbers)
{
    Rng a(5), b(5), c(6);
    bool differs = false;
    for (int i = 0; i < 100; ++i) {
        const auto value = a.next();
        EXPECT_EQ(value, b.next());
        differs |= value != c.next();
    }
    EXPECT_TRUE(differs);
}

TEST(Rng, ForksAreIndependentAndLeaveTheParentAlone)
{
    Rng parent(1), untouched(1);
    std::set<std::uint64_t> first;
    for (std::uint64_t stream = 0; stream < 1000; ++stream)
        first.insert(parent.fork(stream).next());
    EXPECT_EQ(first.size(), 1000u);
    EXPECT_EQ(parent.next(), untouched.next());
    Rng left = Rng(1).fork(0), right = Rng(1).fork(1);
    double correlation = 0.0;
    for (int i = 0; i < kDraws; ++i)
        correlation += left.normal() * right.normal();
    EXPECT_NEAR(correlation / kDraws, 0.0, 4 / std::sqrt(kDraws));
}

TEST(Rng, UniformHasTheMomentsOfItsRange)
{
    Rng rng(2);
    double sum = 0.0, squares = 0.0;
    for (int i = 0; i < kDraws; ++i) {
        const double value = rng.uniform(-1.0, 3.0);
        ASSERT_GE(value, -1.0);
        ASSERT_LT(value, 3.0);
        sum += value;
        squares += value * value;
    }
    EXPECT_NEAR(sum / kDraws, 1.0, 0.02);
    EXPECT_NEAR(squares / kDraws - 1.0, 16.0 / 12.0, 0.02);
}

TEST(Rng, NormalHasTheMomentsOfTheStandardNormal)
{
    Rng rng(3);
    double moments[5] = {};
    int beyond_two = 0;
    for (int i = 0; i < kDraws; ++i) {
        const double value = rng.normal();
        for (int k = 1; k <= 4; ++k)
            moments[k] += std::pow(value, k) / kDraws;
        beyond_two += std::abs(value) > 2.0;
    }
    EXPECT_NEAR(moments[1], 0.0, 0.01);
    EXPECT_NEAR(moments[2], 1.0, 0.015);
    EXPECT_NEAR(moments[3], 0.0, 0.04);
    EXPECT_NEAR(moments[4], 3.0, 0.1);
    EXPECT_NEAR(static_cast<double>(beyond_two) / kDraws, 0.0455, 0.003);
}

TEST(Rng, ComplexNormalHasUnitPowerInBothParts)
{
    Rng rng(4);
    double re = 0.0, im = 0.0, cross = 0.0;
    for (int i = 0; i < kDraws; ++i) {
        const auto value = rng.complex_normal();
        re += value.real() * value.real();
        im += value.imag() * value.imag();
        cross += value.real() * value.imag();
    }
    EXPECT_NEAR(re / kDraws, 0.5, 0.01);
    EXPECT_NEAR(im / kDraws, 0.5, 0.01);
    EXPECT_NEAR(cross / kDraws, 0.0, 0.01);
}

TEST(Rng, IntegerReachesBothEndsEvenly)
{
    Rng rng(5);
    int counts[7] = {};
    for (int i = 0; i < 70'000; ++i)
        ++counts[rng.integer(-3, 3) + 3];
    for (const int count : counts)
        EXPECT_NEAR(count, 10'000, 500);
    EXPECT_EQ(rng.integer(9, 9), 9);
}

TEST(Rng, LogUniformIsUniformInTheLogarithm)
{
    Rng rng(6);
    int below = 0;
    for (int i = 0; i < kDraws; ++i) {
        const double value = rng.log_uniform(1.0, 10'000.0);
        ASSERT_GE(value, 1.0);
        ASSERT_LE(value, 10'000.0);
        below += value < 100.0;
    }
    EXPECT_NEAR(static_cast<double>(below) / kDraws, 0.5, 0.01);
}

TEST(Rng, ChanceAtItsLimits)
{
    Rng rng(7);
    for (int i = 0; i < 1000; ++i) {
        EXPECT_FALSE(rng.chance(0.0));
        EXPECT_TRUE(rng.chance(1.0));
    }
}

} // namespace
} // namespace prunedamr
