// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/dataset.h"
#include "prunedamr/nn/graph_module.h"

#include <torch/torch.h>

#include <cstdint>
#include <vector>

namespace prunedamr::train {

/// Frames [count, 2, L] float32, labels [count] int64 and the frames' places in their data set [count] int64, on
/// the CPU, copied from a data set.
struct Batch {
    torch::Tensor frames;
    torch::Tensor labels;
    torch::Tensor indices = {};
    std::int64_t elsewhere = 0; ///< frames of the same step in other processes

    double share() const ///< of the step's frames, 0..1
    {
        return static_cast<double>(labels.size(0)) / static_cast<double>(labels.size(0) + elsewhere);
    }
};

/// The frames `indices[first .. first + count)`; `count` ends at the end of `indices`.
Batch gather(const data::Dataset& dataset, const std::vector<std::int64_t>& indices, std::size_t first,
             std::size_t count);

/// Labels [indices] int64 on the CPU.
torch::Tensor labels_of(const data::Dataset& dataset, const std::vector<std::int64_t>& indices);

/// Logits [indices, classes] on the CPU; puts the module into evaluation mode.
torch::Tensor infer(nn::GraphModule& module, const data::Dataset& dataset, const std::vector<std::int64_t>& indices,
                    const torch::Device& device, int batch);

} // namespace prunedamr::train
