// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/chain.h"

#include "tests/prune/prune_testing.h"

#include "prunedamr/graph/cost.h"

#include <cmath>

namespace prunedamr::prune {
namespace {

const auto silent = [](const std::string&) {};

} // namespace

TEST(Chain, IsMethodsWithBudgetsOfTheirOwn)
{
    const Stages one = parse_chain("psr");
    ASSERT_EQ(one.size(), 1U);
    EXPECT_EQ(one[0].method, "psr");
    const Stages three = parse_chain("psr:macs=40%,params=50k,l1,random");
    ASSERT_EQ(three.size(), 3U);
    EXPECT_EQ(three[0].budget, "macs=40%,params=50k");
    EXPECT_EQ(three[1].method, "l1");
    EXPECT_EQ(three[1].budget, "");
    EXPECT_ERROR(parse_chain(""), "unknown method");
    EXPECT_ERROR(parse_chain("psr,"), "unknown method");
    EXPECT_ERROR(parse_chain("psr,magic"), "unknown method: found magic");
    EXPECT_ERROR(parse_chain("psr:macs=40%"), "no budget of its own: found macs=40%");
}

TEST(Chain, PartOfTheWayIsInEqualRatios)
{
    const auto network = toy_network({ 3, 3, 3 });
    const auto macs = static_cast<double>(graph::cost(network).macs);
    const Budget quarter = parse_budget("macs=25%", network);
    EXPECT_NEAR(part_of_way(network, quarter, 0.5).limits[0].limit, 0.5 * macs, 1e-6 * macs);
    EXPECT_NEAR(part_of_way(network, quarter, 1.0).limits[0].limit, 0.25 * macs, 1e-6 * macs);
    const Budget loose = parse_budget("macs=200%", network);
    EXPECT_NEAR(part_of_way(network, loose, 0.5).limits[0].limit, 2.0 * macs, 1e-6 * macs);
}

TEST(Chain, StagesFollowEachOther)
{
    const auto network = toy_network({ 3, 3, 3 });
    const auto dataset = toy_dataset(400);
    ChainConfig config;
    config.fine_tune.epochs = 3;
    config.fine_tune.batch = 32;
    config.fine_tune.threads = 1;
    const auto result = run_chain(network, dataset, parse_chain("psr:units=8,l1,random"),
                                  parse_budget("units=5", network), config, silent);
    ASSERT_EQ(result.stages.size(), 3U);
    EXPECT_EQ(result.stages[0]["units"]["after"], 8);
    EXPECT_EQ(result.stages[1]["units"]["before"], 8);
    // two thirds of the way from 10 units to 5: 10 * 0.5^(2/3) = 6.3
    EXPECT_EQ(result.stages[1]["units"]["after"], 6);
    EXPECT_EQ(result.network.units.size(), 5U);
    EXPECT_EQ(result.stages[0]["fine_tune"]["epochs"].size(), 1U);
    EXPECT_EQ(result.stages[2]["fine_tune"]["epochs"].size(), 3U);
}

} // namespace prunedamr::prune
