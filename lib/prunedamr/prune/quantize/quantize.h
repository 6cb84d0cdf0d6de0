// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/network.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace prunedamr::prune {

struct QuantizeConfig {
    int frames = 1024;     ///< of the train part that ranges are taken over, >= 16
    double outside = 1e-4; ///< share of values that the percentile rule leaves out at either end, 0..0.1
    std::vector<std::string> keep_float; ///< nodes whose output stays float32
    bool correct_biases = true;
    std::uint64_t seed = 1; ///< of the frames
    std::string device = "cpu";
};

/// How one value came to its 8-bit form.
struct QuantizedNode {
    std::string node;
    graph::QuantParams form;
    std::string rule; ///< "percentile" or "squared error"
    double divergence =
        0; ///< mean Kullback-Leibler divergence of the network's answer with this value alone in 8 bits
};

struct QuantizeResult {
    graph::Network network; ///< batch norms folded, `quantized` filled
    std::vector<QuantizedNode> nodes;
};

/// Post-training quantization. Every activation that the engine can hold in 8 bits gets the range, by percentile or
/// by least squared error, with which the network's answer diverges least from the float32 one while only that
/// activation is in 8 bits; what the last linear or conv reads stays float32. Then, from the input on, the bias of
/// every layer with whole weights takes up the mean error of its output (bias correction, arXiv 1906.04721,
/// section 4.2, on data). Throws `Error` for too few frames, an unknown node, or a network that is quantized
/// already.
QuantizeResult quantize(const graph::Network& network, const dataset::Dataset& dataset, const QuantizeConfig& config);

/// [{"node", "scale", "zero", "rule", "divergence"}]
nlohmann::json to_json(const std::vector<QuantizedNode>& nodes);

/// A line per node, for people, without a last newline.
std::string to_text(const std::vector<QuantizedNode>& nodes);

} // namespace prunedamr::prune
