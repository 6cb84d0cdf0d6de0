// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/rng.h"
#include "prunedamr/graph/cost.h"
#include "prunedamr/graph/reference.h"
#include "prunedamr/graph/rewrite/rewrite.h"

#include "tests/graph/networks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace prunedamr::graph {
namespace {

using Members = std::vector<std::pair<std::string, int>>;

/// Forces channels to zero in the whole network: filter, bias, and the norm that follows.
Network masked(const Network& network, const Members& channels)
{
    Network result = network;
    const auto zero = [&](const std::string& name, int channel) {
        const auto found = result.tensors.find(name);
        if (found == result.tensors.end())
            return;
        auto& data = found->second.data;
        const auto block = static_cast<std::ptrdiff_t>(data.size()) / found->second.shape[0];
        std::fill_n(data.begin() + channel * block, block, 0.0F);
    };
    for (const auto& [producer, channel] : channels) {
        zero(producer + ".weight", channel);
        zero(producer + ".bias", channel);
        for (const std::string& reader : consumers(network, producer)) {
            if (network.node(reader).op == Op::batch_norm) {
                zero(reader + ".weight", channel);
                zero(reader + ".bias", channel);
            }
            if (network.node(reader).op == Op::complex_sum)
                for (const std::string& norm : consumers(network, reader)) {
                    zero(norm + ".weight", channel % static_cast<int>(network.node(producer).out_channels / 2));
                    zero(norm + ".bias", channel % static_cast<int>(network.node(producer).out_channels / 2));
                }
        }
    }
    return result;
}

std::vector<int> all_but(std::int64_t count, const std::set<int>& removed)
{
    std::vector<int> kept;
    for (int c = 0; c < count; ++c)
        if (!removed.count(c))
            kept.push_back(c);
    return kept;
}

void expect_equal_logits(const Network& expected, const Network& got, const std::string& what)
{
    const auto frames = noise_frames(expected, 2, 11);
    EXPECT_LT(relative_error(run_reference(expected, frames), run_reference(got, frames)), 1e-6) << what;
}

TEST(KeepChannels, RemovingAnyOneGroupEqualsMaskingIt)
{
    for (const Network& network : all_nets()) {
        int removable = 0;
        for (const ChannelGroup& group : channel_groups(network)) {
            if (!group.removable)
                continue;
            ++removable;
            const auto& [node, channel] = group.members.front();
            std::set<int> removed;
            for (const auto& member : group.members)
                if (member.first == node)
                    removed.insert(member.second);
            const auto pruned = keep_channels(network, node, all_but(network.node(node).out_channels, removed));
            expect_equal_logits(masked(network, group.members), pruned, name_of(network) + " " + node);
            EXPECT_LT(cost(pruned).params, cost(network).params);
        }
        EXPECT_GT(removable, 5) << name_of(network);
    }
}

TEST(KeepChannels, RemovingManyGroupsAtOnceEqualsMaskingThem)
{
    for (const Network& network : all_nets())
        for (const std::uint64_t seed : { 1, 2, 3, 4 }) {
            Rng rng(seed);
            Members removed;
            std::map<std::string, std::set<int>> gone;
            for (const ChannelGroup& group : channel_groups(network)) {
                const bool first = group.members.front().second == 0; // one channel stays everywhere
                if (!group.removable || first || rng.chance(0.5))
                    continue;
                removed.insert(removed.end(), group.members.begin(), group.members.end());
                for (const auto& [node, channel] : group.members)
                    gone[node].insert(channel);
            }
            PruningPlan plan;
            for (const auto& [node, channels] : gone)
                plan.keep_channels[node] = all_but(network.node(node).out_channels, channels);
            const Network pruned = apply(network, plan);
            expect_equal_logits(masked(network, removed), pruned, name_of(network) + " " + std::to_string(seed));
        }
}

TEST(ChannelGroups, AShortcutTiesTheStagesOfAResidualNetwork)
{
    const auto groups = channel_groups(residual_net());
    const auto tied = std::find_if(groups.begin(), groups.end(), [](const auto& g) {
        return g.members.front() == std::make_pair(std::string("stem.conv"), 3);
    });
    ASSERT_NE(tied, groups.end());
    const Members expected = { { "stem.conv", 3 },          { "stage1.unit1.conv2", 3 },
                               { "stage1.unit2.conv2", 3 }, { "stage2.unit1.conv2", 3 },
                               { "stage2.unit2.conv2", 3 }, { "stage3.unit1.conv2", 3 } };
    EXPECT_EQ(tied->members, expected);
    EXPECT_TRUE(tied->removable);
}

TEST(ChannelGroups, EveryProducedChannelIsInExactlyOneGroup)
{
    for (const Network& network : all_nets()) {
        std::set<std::pair<std::string, int>> seen;
        for (const ChannelGroup& group : channel_groups(network))
            for (const auto& member : group.members)
                EXPECT_TRUE(seen.insert(member).second) << name_of(network) << " " << member.first;
        std::int64_t channels = 0;
        for (const Node& node : network.nodes)
            channels += node.op == Op::conv || node.op == Op::linear ? node.out_channels : 0;
        EXPECT_EQ(static_cast<std::int64_t>(seen.size()), channels) << name_of(network);
    }
}

TEST(ChannelGroups, ShuffleAndDepthwiseTieGroupedConvsAndLogitsFreeze)
{
    for (const ChannelGroup& group : channel_groups(shuffle_net())) {
        const std::string& node = group.members.front().first;
        EXPECT_EQ(group.removable, node != "merge" && node != "grouped" && node != "fc") << node;
        if (node == "left") {
            EXPECT_EQ(group.members.back(), std::make_pair(std::string("right"), group.members.front().second));
        }
    }
    const auto groups = channel_groups(depthwise_net());
    EXPECT_EQ(groups[2].members, (Members{ { "stem", 2 }, { "depth", 2 } }));
    EXPECT_EQ(groups[6].members, (Members{ { "point", 0 }, { "gate", 0 } }));
}

TEST(ChannelGroups, AComplexFilterIsBothItsParts)
{
    const auto groups = channel_groups(complex_net());
    EXPECT_EQ(groups[1].members, (Members{ { "stem", 1 }, { "stem", 4 } }));
    EXPECT_TRUE(groups[1].removable);
    const Network pruned = keep_channels(complex_net(), "stem", { 0, 2, 3, 5 });
    EXPECT_EQ(pruned.tensor("norm.running_var").shape, (std::vector<std::int64_t>{ 2, 3 }));
    EXPECT_EQ(infer_shapes(pruned).at("norm"), (Shape{ 4, 1, 21 }));
    EXPECT_ERROR(keep_channels(complex_net(), "stem", { 0, 2, 3 }), "a kept channel is tied to a removed one");
}

TEST(ChannelGroups, SeparableNetworksThinInEveryUnit)
{
    for (const char* arch : { "ulcnn", "amr_xs" }) {
        const Network network = make_network(zoo_config(arch, 64, 3));
        PruningPlan plan; // three channels less everywhere
        std::map<std::string, std::set<int>> gone;
        std::map<std::string, int> groups_of;
        for (const ChannelGroup& group : channel_groups(network)) {
            const auto& [first, channel] = group.members.front();
            if (!group.removable || channel == 0 || groups_of[first]++ >= 3)
                continue;
            for (const auto& [node, index] : group.members)
                gone[node].insert(index);
        }
        for (const auto& [node, channels] : gone)
            plan.keep_channels[node] = all_but(network.node(node).out_channels, channels);
        const Network pruned = apply(network, plan);
        for (const Node& node : network.nodes)
            if (node.op == Op::conv && node.out_channels > 4) {
                EXPECT_LT(pruned.node(node.name).out_channels, node.out_channels) << arch << " " << node.name;
            }
    }
}

TEST(KeepChannels, RefusesWhatIsTiedOrMalformed)
{
    const Network shuffle = shuffle_net(), residual = residual_net();
    EXPECT_ERROR(keep_channels(shuffle, "merge", { 0, 1, 2, 3 }), "node 'merge': channel is tied to the input");
    EXPECT_ERROR(keep_channels(shuffle, "fc", { 0, 1 }), "node 'fc': channel is tied to");
    EXPECT_ERROR(keep_channels(shuffle, "mix", {}), "node 'mix': no channel is kept");
    EXPECT_ERROR(keep_channels(shuffle, "mix", { 1, 1 }), "node 'mix': bad list of kept channels: found 1");
    EXPECT_ERROR(keep_channels(shuffle, "mix", { 5 }), "found 5, expected ascending, 0..4");
    EXPECT_ERROR(keep_channels(shuffle, "mix", { -1 }), "found -1");
    EXPECT_ERROR(keep_channels(shuffle, "shuffle", { 0 }), "only a conv or linear makes channels");
    EXPECT_ERROR(keep_channels(shuffle, "nobody", { 0 }), "node 'nobody': no such node");
    // The stem's 16 channels are the first 16 of stage 2: without them it would be empty.
    EXPECT_ERROR(keep_channels(residual, "stage2.unit1.conv2", { 16, 17 }), "every channel would be removed");
    PruningPlan plan;
    plan.keep_channels = { { "stem.conv", { 0, 1 } }, { "stage1.unit1.conv2", { 0, 1, 2 } } };
    EXPECT_ERROR(apply(residual, plan), "node 'stage1.unit1.conv2': a kept channel is tied to a removed one");
}

} // namespace
} // namespace prunedamr::graph
