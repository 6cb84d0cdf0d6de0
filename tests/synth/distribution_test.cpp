// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/synth/recipe/distribution.h"

#include "prunedamr/base/error.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <map>

namespace prunedamr::synth {
namespace {

using nlohmann::json;

Distribution of(const char* text)
{
    return Distribution::from_json(json::parse(text), "x", -1e9, 1e9);
}

double mean(const Distribution& law, double (*of)(double))
{
    Rng rng(1);
    double sum = 0.0;
    for (int i = 0; i < 20000; ++i) {
        const double x = law.draw(rng);
        EXPECT_GE(x, law.low());
        EXPECT_LE(x, law.high());
        sum += of(x);
    }
    return sum / 20000;
}

TEST(Distribution, FollowsItsLaw)
{
    const auto itself = [](double x) { return x; };
    EXPECT_EQ(mean(of("3"), itself), 3.0);
    EXPECT_NEAR(mean(of("[-2, 4]"), itself), 1.0, 0.05);
    EXPECT_NEAR(mean(of(R"({"log": [1, 100]})"), [](double x) { return std::log10(x); }), 1.0, 0.02);
    EXPECT_NEAR(mean(of(R"({"one_of": [1, 8, 3]})"), itself), 4.0, 0.1);
}

TEST(Distribution, IsConfinedToARange)
{
    Rng rng(2);
    for (int i = 0; i < 1000; ++i) {
        const double x = of(R"({"log": [1, 100]})").draw_within(0.5, 3.0, rng);
        EXPECT_GE(x, 1.0);
        EXPECT_LE(x, 3.0);
    }
    EXPECT_EQ(of("[1, 2]").draw_within(5.0, 6.0, rng), 5.0);
    EXPECT_EQ(of("[1, 2]").draw_within(0.2, 0.5, rng), 0.5);
}

TEST(Distribution, RefusesOtherForms)
{
    for (const char* text : { "\"2\"", "[1]", "[2, 1]", "[1, 2, 3]", "{}", "{\"log\": 1}", "{\"normal\": [0, 1]}",
                              "{\"log\": [0, 1]}", "{\"one_of\": []}", "[1, null]", "[0, 2e9]", "true" })
        EXPECT_THROW(of(text), Error) << text;
}

TEST(WeightedChoice, FollowsItsWeights)
{
    const auto choice = WeightedChoice::from_json(json::parse(R"({"c": 3, "a": 1})"), "x", { "a", "b", "c" });
    Rng rng(3);
    std::map<int, int> counts;
    for (int i = 0; i < 8000; ++i)
        ++counts[choice.draw(rng)];
    EXPECT_NEAR(counts[0], 2000, 200);
    EXPECT_EQ(counts[1], 0);
    EXPECT_NEAR(counts[2], 6000, 200);
    for (const char* text : { "{\"d\": 1}", "{}", "{\"a\": 0}", "{\"a\": -1}", "[1]", "{\"a\": \"1\"}" })
        EXPECT_THROW(WeightedChoice::from_json(json::parse(text), "x", { "a", "b", "c" }), Error) << text;
}

} // namespace
} // namespace prunedamr::synth
