// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/graph/network.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace prunedamr::graph {

/// Values that stand in for channels: node -> output channel -> value.
using ChannelConstants = std::map<std::string, std::map<int, float>>;

/// What a pruning method returns: what to take out and what to retrain. `apply` is the only thing that acts on
/// it.
struct PruningPlan {
    std::string method;
    std::vector<std::string> remove_units;       ///< units taken out, their consumers read the unit's input
    std::vector<std::string> reinitialize_units; ///< units whose structure stays; its weights are drawn again
    std::map<std::string, std::vector<int>> keep_channels; ///< node -> kept output channels, ascending
    ChannelConstants constants;    ///< what removed channels leave to the nodes that mixed them (`fold_constants`)
    std::vector<int> keep_classes; ///< logits that stay; empty: all
    std::uint64_t seed = 1;        ///< for re-initialization
};

/// The pruned network: valid, weights carried over, in float32.
/// Throws `Error` naming unit or node when the plan cannot be carried out; `network` is never changed.
PRUNEDAMR_API Network apply(const Network& network, const PruningPlan& plan);

/// Removes one unit; its consumers read its input instead.
/// Throws `Error` naming the unit when it is not removable or input and output shapes differ.
PRUNEDAMR_API Network remove_unit(const Network& network, const std::string& unit);

/// Output channels (node, channel) that must be kept or removed together, because adds, batch norms, depthwise
/// convs, shuffles or pools tie them. Only channels made by a conv (or hidden linear) appear; groups that
/// reach the logits, the input or a grouped conv that cannot be thinned are marked not `removable`.
struct ChannelGroup {
    std::vector<std::pair<std::string, int>> members; ///< producing nodes (conv, linear) and their output channels
    bool removable = true;
};
PRUNEDAMR_API std::vector<ChannelGroup> channel_groups(const Network& network);

/// Keeps only `channels` (ascending, at least one) of a conv's or linear's output, and whatever is tied to them;
/// all tensors of producers and readers are sliced. Throws `Error` naming the node when a group is not removable.
PRUNEDAMR_API Network keep_channels(const Network& network, const std::string& node,
                                   const std::vector<int>& channels);

/// Shrinks the classifier to `classes` (two or more indices of logits, in any order): their logits stay as they
/// are, in the network's order. Throws `Error` for an index that the network does not have or one given twice, and
/// naming the node when the logits are not made by one linear or conv and what follows it channel by channel.
PRUNEDAMR_API Network keep_classes(const Network& network, const std::vector<int>& classes);

/// Folds every batch norm that follows a conv or linear (as its only reader) into that node's weight and bias.
/// Logits stay the same up to rounding; units keep their remaining nodes.
PRUNEDAMR_API Network fold_batch_norm(const Network& network);

} // namespace prunedamr::graph
