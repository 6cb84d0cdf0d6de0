// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/nn/graph_module.h"
#include "prunedamr/train/floors.h"

#include <vector>

namespace prunedamr::train {

/// Measures epochs on the validation part and says which is better.
class Validation
{
public:
    /// Throws `Error` when there are floors and the frames to measure them are missing.
    Validation(const dataset::Dataset& dataset, const FitConfig& config, const torch::Device& device);

    bool empty() const { return indices_.empty(); }

    /// Each process infers its share. Fills in accuracy, cost and recalls of `epoch`. Nothing without a validation
    /// part.
    void measure(nn::GraphModule& module, Epoch& epoch) const;

    /// Less shortfall from the floors; then less cost if there is a cost matrix, else higher accuracy.
    bool better(const Epoch& epoch, const Epoch& than) const;

private:
    const dataset::Dataset& dataset_;
    const FitConfig& config_;
    torch::Device device_;
    std::vector<std::int64_t> indices_;
    FloorMeter floors_;
};

} // namespace prunedamr::train
