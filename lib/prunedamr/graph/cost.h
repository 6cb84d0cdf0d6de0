// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/graph/network.h"

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::graph {

struct Cost {
    std::int64_t params = 0;                ///< learned parameters (running statistics are not counted)
    std::int64_t macs = 0;                  ///< multiply-accumulates of conv and linear, one frame
    std::int64_t paper_flops = 0;           ///< the papers' "FLOPs": macs + 2 per output element of a norm
    std::int64_t bytes = 0;                 ///< of all stored tensors, float32
    std::int64_t peak_activation_bytes = 0; ///< largest sum of live activations, float32, one frame
};

struct NodeCost {
    std::string node;
    Shape output;
    Cost cost; ///< peak_activation_bytes is this node's output
};

PRUNEDAMR_API Cost cost(const Network& network);
PRUNEDAMR_API std::vector<NodeCost> cost_by_node(const Network& network);

} // namespace prunedamr::graph
