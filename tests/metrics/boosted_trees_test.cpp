// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/rng.h"
#include "prunedamr/metrics/boosted_trees.h"
#include "tests/support/expect_error.h"

namespace prunedamr::metrics {
namespace {

/// Rows of three uniform numbers; right when exactly one of the first two is above a half. The third says nothing.
struct Quadrants {
    std::vector<float> rows, targets, weights;

    explicit Quadrants(int count)
    {
        Rng rng(3);
        for (int i = 0; i < count; ++i) {
            const float a = float(rng.uniform()), b = float(rng.uniform());
            rows.insert(rows.end(), { a, b, float(rng.uniform()) });
            targets.push_back((a > 0.5f) != (b > 0.5f));
            weights.push_back(1.0f);
        }
    }
};

TEST(BoostedTrees, LearnsWhatNoSingleFeatureTells)
{
    const Quadrants q(4000);
    BoostingConfig config;
    config.trees = 40;
    config.depth = 3;
    config.rate = 0.3;
    const auto trees = fit_boosted_trees(q.rows, 3, q.targets, q.weights, config);
    int right = 0;
    for (const float a : { 0.1f, 0.4f, 0.6f, 0.9f })
        for (const float b : { 0.1f, 0.4f, 0.6f, 0.9f }) {
            const float row[] = { a, b, 0.3f };
            right += (trees.score(row) > 1.0f) == ((a > 0.5f) != (b > 0.5f));
        }
    EXPECT_EQ(right, 16);
    const auto again = fit_boosted_trees(q.rows, 3, q.targets, q.weights, config);
    EXPECT_EQ(again.values, trees.values);
    EXPECT_EQ(again.limits, trees.limits);
}

TEST(BoostedTrees, AWeightCountsAsSoManyRows)
{
    const std::vector<float> rows = { 0, 0, 0, 1, 1, 1 }, targets = { 1, 0, 0, 0, 0, 1 };
    BoostingConfig config;
    config.trees = 200;
    config.depth = 1;
    config.rows = 1.0;
    config.damping = 0.0;
    config.least = 0.1;
    const auto trees = fit_boosted_trees(rows, 1, targets, { 4, 1, 1, 1, 1, 1 }, config);
    const float zero = 0.0f, one = 1.0f;
    EXPECT_NEAR(trees.score(&zero), std::log(2.0), 0.05); // 4 right of 6
    EXPECT_NEAR(trees.score(&one), std::log(0.5), 0.05);  // 1 of 3
}

TEST(BoostedTrees, RefusesRowsThatDoNotFit)
{
    EXPECT_ERROR(fit_boosted_trees({ 1, 2, 3 }, 2, { 1 }, { 1 }, {}), "bad rows");
    BoostingConfig config;
    config.depth = 9;
    EXPECT_ERROR(fit_boosted_trees({ 1 }, 1, { 1 }, { 1 }, config), "depth");
}

} // namespace
} // namespace prunedamr::metrics
