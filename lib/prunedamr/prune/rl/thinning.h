// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/channel_layers.h"
#include "prunedamr/graph/network.h"

#include <string>

namespace prunedamr::prune::rl {

/// An original network on its way down. Channels are named as in the original all the way.
struct State {
    graph::KeptGroups kept; ///< of the original's layers
    graph::Network network; ///< thinned accordingly, with whatever weights it has learnt since
};

/// Where an original channel that `plan` keeps stands in the thinned network.
int position(const graph::Plan& plan, const std::string& node, int channel);

/// The plan that takes a network thinned by `from` on to what `to` keeps of the original; `to` keeps no more.
graph::Plan onwards(const graph::Plan& from, const graph::Plan& to);

/// Groups of each layer that `before` has and `after` has not, ascending.
graph::KeptGroups removed_between(const graph::KeptGroups& before, const graph::KeptGroups& after);

} // namespace prunedamr::prune::rl
