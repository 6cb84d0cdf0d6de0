// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/graph/rewrite/channel_layers.h"

#include "prunedamr/base/rng.h"

#include "tests/graph/networks.h"

#include <gtest/gtest.h>

namespace prunedamr::graph {
namespace {

KeptGroups random_groups(const std::vector<ChannelLayer>& layers, Rng& rng)
{
    KeptGroups kept(layers.size());
    for (std::size_t l = 0; l < layers.size(); ++l) {
        for (int g = 0; g < static_cast<int>(layers[l].groups.size()); ++g)
            if (rng.chance(0.5))
                kept[l].push_back(g);
        if (kept[l].empty())
            kept[l].push_back(0);
    }
    return kept;
}

} // namespace

TEST(ChannelLayers, EveryRemovableGroupIsInOneLayer)
{
    for (const Network& network : all_nets()) {
        std::size_t removable = 0, in_layers = 0;
        for (const ChannelGroup& group : channel_groups(network))
            removable += group.removable ? 1 : 0;
        std::set<std::string> names;
        for (const ChannelLayer& layer : channel_layers(network)) {
            in_layers += layer.groups.size();
            EXPECT_TRUE(names.insert(layer.name).second) << layer.name;
            EXPECT_GE(layer.groups.size(), 2U);
        }
        EXPECT_LE(in_layers, removable) << name_of(network);
    }
}

TEST(ChannelLayers, ThinnedCostIsThatOfTheRewrittenNetwork)
{
    Rng rng(7);
    for (const Network& network : all_nets()) {
        const auto layers = channel_layers(network);
        const PrunedCost thinned(network, layers);
        for (int repeat = 0; repeat < 4; ++repeat) {
            const KeptGroups kept = repeat == 0 ? all_groups(layers) : random_groups(layers, rng);
            const Cost predicted = thinned.of(kept);
            const Cost counted = cost(apply(network, channel_plan(network, layers, kept)));
            EXPECT_EQ(predicted.params, counted.params) << name_of(network);
            EXPECT_EQ(predicted.macs, counted.macs) << name_of(network);
            EXPECT_EQ(predicted.paper_flops, counted.paper_flops) << name_of(network);
            EXPECT_EQ(predicted.bytes, counted.bytes) << name_of(network);
        }
    }
}

TEST(ChannelLayers, AResidualStageIsOneLayer)
{
    const auto network = make_network(zoo_config("resnet56", 32, 3, { 2, 2, 2 }));
    std::map<std::string, std::size_t> width;
    for (const ChannelLayer& layer : channel_layers(network))
        width[layer.name] = layer.groups.size();
    EXPECT_EQ(width.at("stem.conv"), 16U);          // all three stages have them
    EXPECT_EQ(width.at("stage2.unit1.conv2"), 16U); // stages 2 and 3
    EXPECT_EQ(width.at("stage3.unit1.conv2"), 32U); // stage 3 alone
    EXPECT_EQ(width.at("stage3.unit2.conv1"), 64U); // inside of a unit
}

} // namespace prunedamr::graph
