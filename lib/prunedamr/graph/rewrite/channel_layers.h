// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/cost.h"
#include "prunedamr/graph/network.h"
#include "prunedamr/graph/rewrite/rewrite.h"

#include <map>
#include <string>
#include <vector>

namespace prunedamr::graph {

/// Which channels of which activations live and die together. Every channel has an id; ids that an operation
/// ties (the two sides of an add, both sides of a depthwise conv) belong to one group.
class ChannelTies
{
public:
    /// `network` must be valid.
    explicit ChannelTies(const Network& network);

    /// Group of each channel of a node's output.
    std::vector<int> groups(const std::string& node) const;
    /// True when a group's channels can not be removed: input, logits, or read by a grouped conv.
    bool frozen(int group) const { return frozen_[static_cast<std::size_t>(group)]; }

private:
    using Ids = std::vector<int>;

    Ids output_ids(const Node& node, const Shape& output);
    Ids conv_ids(const Node& node);
    Ids shuffle_ids(const Node& node);
    Ids complex_ids(const Node& node);
    void tie_pairs(const Ids& ids);
    Ids fresh(std::int64_t count, bool frozen);
    void freeze(const Ids& ids);
    void tie(const Ids& a, const Ids& b);
    int root(int id) const;

    std::map<std::string, Ids> ids_; ///< by node
    std::vector<int> parent_;
    std::vector<bool> frozen_; ///< of roots
};

/// One filter per channel: as many groups as input and output channels, and more than one.
bool is_depthwise(const Node& node, std::int64_t input_channels);

/// Removable channel groups whose channels come from the same nodes: what channel pruning calls a layer. Shortcuts
/// tie the convs of a residual stage into one layer; where a wider stage goes on from a narrower one, the channels
/// that both have and those that only the wider has are two layers. Removing any group of a layer costs the same.
struct ChannelLayer {
    std::string name;                 ///< of its first producing node; "conv#2" for a further layer of that node
    std::vector<std::string> nodes;   ///< producing nodes, in network order
    std::vector<ChannelGroup> groups; ///< of `channel_groups`, in order of their first channel
};

/// Layers of at least two removable groups, in network order. Throws `Error` for an invalid network.
std::vector<ChannelLayer> channel_layers(const Network& network);

/// Kept groups of each layer: indices into its `groups`, ascending, at least one.
using KeptGroups = std::vector<std::vector<int>>;

/// Everything kept.
KeptGroups all_groups(const std::vector<ChannelLayer>& layers);

/// The plan that keeps these groups and every channel that is in no layer.
PruningPlan channel_plan(const Network& network, const std::vector<ChannelLayer>& layers, const KeptGroups& kept);

/// What channel pruning leaves of a network's cost, without rewriting it.
class PrunedCost
{
public:
    PrunedCost(const Network& network, const std::vector<ChannelLayer>& layers);

    /// `kept[l]` groups stay of layer l. peak_activation_bytes is not computed and 0.
    Cost of(const std::vector<int>& kept) const;
    Cost of(const KeptGroups& kept) const;

private:
    /// Channels as a function of the groups kept: those in no layer, and so many per group of each layer.
    struct Channels {
        std::int64_t fixed = 0;
        std::map<std::size_t, std::int64_t> per_group;

        std::int64_t count(const std::vector<int>& kept) const;
    };
    struct Item {
        Channels in, out;
        std::int64_t positions = 0;     ///< of the output
        std::int64_t taps = 0;          ///< weights per pair of channels; 0 for a norm
        bool complex = false;           ///< a complex norm: five learned values for two channels, not four
        std::int64_t in_per_filter = 0; ///< fixed input channels of a grouped conv's filter; 0: all of `in`
        bool bias = false;
    };
    std::vector<Item> items_;
};

} // namespace prunedamr::graph
