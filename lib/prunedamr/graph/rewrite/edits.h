// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"
#include "prunedamr/graph/rewrite/rewrite.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace prunedamr::graph {

/// Takes nodes out with their tensors and unit entries; who read `output`, one of them, reads `input` instead.
/// A unit left without nodes goes too.
void bypass_nodes(Network& network, const std::set<std::string>& nodes, const std::string& output,
                  const std::string& input);

/// Tensors of biases that a norm right behind subtracts again: whatever their values, a network in training gives
/// the same. Their gradient is zero but for rounding, which an optimizer that scales gradients (Adam) would turn
/// into whole steps, and running means would lag behind.
std::set<std::string> redundant_biases(const Network& network);

/// `keep_classes` (rewrite.h) in place; `network` must be valid.
void shrink_classifier(Network& network, const std::vector<int>& classes);

/// The network with `copies` more logits at the end, each equal to logit `from`, in float32. Throws `Error` as
/// `keep_classes` does when the logits are not made by one linear or conv.
Network copy_class(const Network& network, int from, int copies);

/// Adds `offset` to the logits from `first` on, in place. False, and nothing done, where a nonlinear node stands between
/// them and the last bias. Throws `Error` as `keep_classes` does.
bool add_to_logits(Network& network, int first, float offset);

/// Thins several nodes at once; tied nodes that are both named must agree. `network` must be valid.
void keep_channels(Network& network, const std::map<std::string, std::vector<int>>& keep);

/// A conv without groups, or a linear: it mixes the channels that it reads. Everything else hands channels on one
/// by one (norms, pools, depthwise convs) or does not let them be removed.
bool mixes_channels(const Node& node);

/// Nodes that some `mixes_channels` node reads: where a channel takes effect. In network order.
std::vector<std::string> mixed_nodes(const Network& network);

/// Replaces channels by constants in all that mixes them: with m_c for channel c, a reader's weights on c become 0
/// and sum_c m_c * (weights on c) goes to its bias, or out of the running mean of the batch norm that alone follows
/// a conv or linear without bias (the same in inference; in training the batch's own mean takes its place). A
/// reader with neither gets a bias where that sum is not 0.
/// Exact where the channel is constant and the reader has no zero padding. With padding fewer taps count at the
/// borders: the mean of the sum over the output's positions is taken, which keeps the mean of the reader's output.
/// Readers that do not mix are left alone: what they make of the channel needs a constant of its own at its next
/// mixing reader. `network` must be valid. Throws `Error` naming a node that is unknown or has no such channel.
Network fold_constants(Network network, const ChannelConstants& constants);

} // namespace prunedamr::graph
