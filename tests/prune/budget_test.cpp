// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/budget.h"

#include "tests/prune/prune_testing.h"

#include "prunedamr/graph/cost.h"
#include "prunedamr/prune/psr/psr.h"

#include <cmath>

namespace prunedamr::prune {

TEST(Budget, ParsesQuantitiesSuffixesAndPercentages)
{
    const auto network = toy_network({ 2, 2, 2 });
    const auto cost = graph::cost(network);
    EXPECT_EQ(parse_budget("units=4", network).limits.at(0).limit, 4.0);
    EXPECT_EQ(parse_budget("units=50%", network).limits.at(0).limit, 3.5);
    EXPECT_EQ(parse_budget("params=1.5k", network).limits.at(0).limit, 1500.0);
    EXPECT_EQ(parse_budget("bytes=2M", network).limits.at(0).limit, 2e6);
    EXPECT_DOUBLE_EQ(parse_budget("macs=10%", network).limits.at(0).limit, 0.1 * static_cast<double>(cost.macs));
    EXPECT_EQ(parse_budget("macs=10%", network).text, "macs=10%");
    EXPECT_TRUE(parse_budget("params=" + std::to_string(cost.params), network).met_by(network));
    EXPECT_FALSE(parse_budget("params=" + std::to_string(cost.params - 1), network).met_by(network));
    EXPECT_TRUE(parse_budget("bytes=100%", network).met_by(network));
    EXPECT_FALSE(parse_budget("units=6", network).met_by(network));
}

TEST(Budget, JoinsSeveralLimits)
{
    const auto network = toy_network({ 2, 2, 2 });
    const auto cost = graph::cost(network);
    const std::string params = "params=" + std::to_string(cost.params);
    EXPECT_TRUE(parse_budget(params + ",macs=100%", network).met_by(network));
    EXPECT_FALSE(parse_budget(params + ",macs=99%", network).met_by(network));
    EXPECT_NEAR(parse_budget(params + ",macs=50%", network).excess(network), 2.0, 1e-9);
    EXPECT_EQ(parse_budget("units=7," + params, network).amounts(network),
              "7 units, " + std::to_string(cost.params) + " params");
    EXPECT_ERROR(parse_budget("macs=1M,macs=2M", network), "quantity given twice: found macs");
    EXPECT_ERROR(parse_budget("macs=1M,", network), "unknown budget");
}

TEST(Budget, LatencyIsMeasured)
{
    const auto network = toy_network({ 2, 2, 2 });
    EXPECT_EQ(parse_budget("latency=1.5ms", network).limits.at(0).limit, 1500.0);
    EXPECT_TRUE(parse_budget("latency=10000ms", network).met_by(network));
    EXPECT_FALSE(parse_budget("latency=0.001us", network).met_by(network));
    const double half = parse_budget("latency=50%", network).limits.at(0).limit;
    EXPECT_GT(half, 0.1);
    EXPECT_ERROR(parse_budget("latency=8", network), "expected a positive number with us or ms");
}

TEST(Budget, DropIsInPoints)
{
    const auto network = toy_network({ 1, 1, 1 });
    EXPECT_EQ(parse_budget("drop<=0.5", network).max_drop_points, 0.5);
    EXPECT_FALSE(parse_budget("macs=50%", network).max_drop_points);
    for (const char* text : { "drop<=", "drop<=x", "drop<=-1", "drop<=0.5 ", "drop<=101" })
        EXPECT_ERROR(parse_budget(text, network), "points of accuracy");
}

TEST(Budget, RefusesWhatItDoesNotKnow)
{
    const auto network = toy_network({ 1, 1, 1 });
    for (const char* text : { "", "units", "flops=3", "=3", "Units=3" })
        EXPECT_ERROR(parse_budget(text, network), "unknown budget");
    for (const char* text :
         { "macs=", "macs=k", "macs=10x", "macs=-5", "macs=0", "macs=nan", "macs=1e999", "macs=5 %" })
        EXPECT_ERROR(parse_budget(text, network), "bad limit");
}

TEST(Budget, UnitCostsPredictTheRewrittenNetwork)
{
    for (const char* arch : { "resnet56", "amr_s" }) {
        const auto network = toy_network(
            arch == std::string("amr_s") ? std::vector<int>{ 2, 2, 1, 2 } : std::vector<int>{ 2, 3, 2 }, arch);
        const auto plan = reassembly_plan(network, { 2, 4, 7 }, 1);
        const auto cost = graph::cost(graph::apply(network, plan));
        const auto predicted = UnitCosts(network).after(plan);
        EXPECT_EQ(predicted.params, cost.params) << arch;
        EXPECT_EQ(predicted.macs, cost.macs) << arch;
        EXPECT_EQ(predicted.paper_flops, cost.paper_flops) << arch;
        EXPECT_EQ(predicted.bytes, cost.bytes) << arch;
    }
}

TEST(Budget, SaysTheSmallestReachable)
{
    const auto network = toy_network({ 3, 3, 3 });
    EXPECT_ERROR(check_reachable(network, parse_budget("units=3", network)),
                 "budget units=3: budget cannot be met: found at least 4 units, expected");
    const auto smallest = graph::cost(graph::apply(network, reassembly_plan(network, {}, 1))).params;
    EXPECT_ERROR(check_reachable(network, parse_budget("params=5", network)),
                 "at least " + std::to_string(smallest) + " params");
    EXPECT_NO_THROW(check_reachable(network, parse_budget("params=" + std::to_string(smallest), network)));
}

} // namespace prunedamr::prune
