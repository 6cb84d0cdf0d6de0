// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/network.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace at {
class Tensor;
} // namespace at

namespace prunedamr::prune {

struct QuantizeConfig {
    int frames = 1024;     ///< of the train part that ranges are taken over, >= 16
    double outside = 1e-4; ///< fraction of values that the percentile rule leaves out at either end, 0..0.1
    std::vector<std::string> keep_float; ///< nodes whose output stays float32
    bool correct_biases = true;
    std::uint64_t seed = 1; ///< of the frames
    std::string device = "cpu";
};

/// How one value came to its 8 bits.
struct QuantizedNode {
    std::string node;
    graph::QuantParams params;
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
/// every layer with int8 weights takes up the mean error of its output (bias correction, arXiv 1906.04721,
/// section 4.2, on data). Throws `Error` for too few frames, an unknown node, or a network that is quantized
/// already.
QuantizeResult quantize(const graph::Network& network, const dataset::Dataset& dataset,
                        const QuantizeConfig& config);

/// [{"node", "scale", "zero", "rule", "divergence"}]
nlohmann::json to_json(const std::vector<QuantizedNode>& nodes);

/// A line per node, for people, without a last newline.
std::string to_text(const std::vector<QuantizedNode>& nodes);

// Its parts.

/// Some frames of a data set and the device on which networks read them.
struct ObservedFrames {
    const dataset::Dataset& dataset;
    std::vector<std::int64_t> indices;
    std::string device = "cpu";
};

/// How often the values of an activation fall where, in equal bins.
struct Histogram {
    float low = 0.0F, high = 0.0F;    ///< least and largest value seen, low <= high
    std::vector<std::int64_t> counts; ///< of the bins from low to high; one bin where low = high

    std::int64_t total() const;
    float value_of(std::size_t bin) const; ///< middle of a bin
    float quantile(double fraction) const; ///< value below which that fraction lies, 0..1
};

/// The parameters for values from `low` to `high`, widened to hold 0, which is exact in it.
graph::QuantParams params_of_range(float low, float high);

/// What rounding and clipping cost: mean of (x - what its 8 bits mean)^2.
double squared_error(const Histogram& histogram, const graph::QuantParams& params);

/// The parameters whose range leaves `outside` of the values out at either end.
graph::QuantParams params_by_percentile(const Histogram& histogram, double outside);

/// The parameters of smallest squared error among ranges from a fifth of the whole on.
graph::QuantParams params_by_squared_error(const Histogram& histogram);

/// Values of each node over the frames, in 2048 bins. Throws `Error` naming a node whose values are not finite.
std::map<std::string, Histogram> observe(const graph::Network& network, const ObservedFrames& frames,
                                         const std::vector<std::string>& nodes);

/// Logits [frames, classes], float64, on the CPU.
at::Tensor logits_of(const graph::Network& network, const ObservedFrames& frames);

/// Mean of each channel of a node over frames and positions, [channels], float64, on the CPU.
at::Tensor channel_means(const graph::Network& network, const ObservedFrames& frames, const std::string& node);

} // namespace prunedamr::prune
