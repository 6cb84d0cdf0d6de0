// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <nlohmann/json.hpp>

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

Cost cost(const Network& network);
std::vector<NodeCost> cost_by_node(const Network& network);

/// {"params", "macs", "paper_flops", "bytes", "peak_activation_bytes"}
nlohmann::json to_json(const Cost& cost);

} // namespace prunedamr::graph
