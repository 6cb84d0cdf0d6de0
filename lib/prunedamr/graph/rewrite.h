// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/fold_constants.h"
#include "prunedamr/graph/network.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace prunedamr::graph {

/// What a pruning method returns: what to take out and what to learn anew. `apply` is the only thing that acts on
/// it.
struct Plan {
    std::string method;
    std::vector<std::string> remove_units;       ///< units taken out, their consumers read the unit's input
    std::vector<std::string> reinitialise_units; ///< units whose structure stays and whose weights are drawn anew
    std::map<std::string, std::vector<int>> keep_channels; ///< node -> kept output channels, ascending
    ChannelConstants constants; ///< what removed channels leave to the nodes that mixed them (`fold_constants`)
    std::vector<std::string> keep_classes; ///< labels that stay; empty: all
    std::uint64_t seed = 1;                ///< for re-initialisation
};

/// "constants", if there are any, tells their number by node; "keep_classes" stands there if classes go.
nlohmann::json to_json(const Plan& plan);

/// The pruned network: valid, weights carried over, in float32, without golden vector and accuracy (they are no longer
/// true).
/// Throws `Error` naming unit or node when the plan cannot be carried out; `network` is never changed.
Network apply(const Network& network, const Plan& plan);

/// Removes one unit; its consumers read its input instead.
/// Throws `Error` naming the unit when it is not removable or input and output shapes differ.
Network remove_unit(const Network& network, const std::string& unit);

/// Output channels (node, channel) that must be kept or removed together, because adds, batch norms, depthwise
/// convs, shuffles or pools tie them. Only channels made by a conv (or hidden linear) appear; groups that
/// reach the logits, the input or a grouped conv that cannot be thinned are marked not `removable`.
struct ChannelGroup {
    std::vector<std::pair<std::string, int>> members; ///< producing nodes (conv, linear) and their output channels
    bool removable = true;
};
std::vector<ChannelGroup> channel_groups(const Network& network);

/// Keeps only `channels` (ascending, at least one) of a conv's or linear's output, and whatever is tied to them;
/// all tensors of producers and readers are sliced. Throws `Error` naming the node when a group is not removable.
Network keep_channels(const Network& network, const std::string& node, const std::vector<int>& channels);

/// Shrinks the classifier to the classes of `labels` (two or more, in any order): their logits stay as they are, in
/// the network's order. Throws `Error` for a label that the network does not have or one named twice, and naming
/// the node when the logits are not made by one linear or conv and what follows it channel by channel.
Network keep_classes(const Network& network, const std::vector<std::string>& labels);

/// Folds every batch norm that follows a conv or linear (as its only reader) into that node's weight and bias.
/// Logits stay the same up to rounding; units keep their remaining nodes.
Network fold_batch_norm(const Network& network);

} // namespace prunedamr::graph
