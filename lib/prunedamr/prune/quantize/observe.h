// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/network.h"

#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace prunedamr::prune {

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
    float quantile(double share) const;    ///< value below which that share lies, 0..1
};

/// The 8-bit form of values from `low` to `high`, widened to hold 0, which is exact in it.
graph::QuantParams form_of_range(float low, float high);

/// What rounding and clipping cost: mean of (x - its 8-bit form)^2.
double squared_error(const Histogram& histogram, const graph::QuantParams& form);

/// The form whose range leaves `outside` of the values out at either end.
graph::QuantParams form_by_percentile(const Histogram& histogram, double outside);

/// The form of least squared error among ranges from a fifth of the whole on.
graph::QuantParams form_by_squared_error(const Histogram& histogram);

/// Values of each node over the frames, in 2048 bins. Throws `Error` naming a node whose values are not finite.
std::map<std::string, Histogram> observe(const graph::Network& network, const ObservedFrames& frames,
                                         const std::vector<std::string>& nodes);

/// Logits [frames, classes], float64, on the CPU.
torch::Tensor logits_of(const graph::Network& network, const ObservedFrames& frames);

/// Mean of each channel of a node over frames and positions, [channels], float64, on the CPU.
torch::Tensor channel_means(const graph::Network& network, const ObservedFrames& frames, const std::string& node);

} // namespace prunedamr::prune
