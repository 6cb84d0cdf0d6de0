// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

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

} // namespace prunedamr::graph
