// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/engine/plan.h"

namespace prunedamr::engine {

/// Puts a copy in another form wherever a step cannot read or write the form of a value: convs of float32 weights,
/// sigmoids and complex sums know only float32, shuffles and changes of shape keep the form of what they move,
/// frames come and logits leave in float32. Convs of whole weights whose sums could leave 32 bits become float32
/// ones of the rounded weights.
void settle_forms(Plan& plan);

/// Nodes whose output an engine can hold in 8 bits, in network order: what a calibration may put into
/// `Network::quantised`. Those whose output exists as a value of the plan and whose step has kernels that write
/// 8 bits; frames, logits and what only a sigmoid reads are not among them. Pools for the maximum, shuffles and
/// parts of a concat cost least in the form of what they read. Batch norms are taken as folded. Throws `Error` if `network` is not valid.
std::vector<std::string> quantisable_nodes(const graph::Network& network);

} // namespace prunedamr::engine
