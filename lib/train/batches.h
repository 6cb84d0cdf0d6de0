// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"
#include "prunedamr/data/dataset.h"
#include "prunedamr/nn/graph_module.h"

#include <torch/torch.h>

#include <cstdint>
#include <vector>

namespace prunedamr::train {

/// Frames [count, 2, L] float32 and labels [count] int64 on the CPU, copied from a data set.
struct Batch {
    torch::Tensor frames;
    torch::Tensor labels;
};

/// The frames `indices[first .. first + count)`; `count` ends at the end of `indices`.
Batch gather(const data::Dataset& dataset, const std::vector<std::int64_t>& indices, std::size_t first,
             std::size_t count);

/// Labels [indices] int64 on the CPU.
torch::Tensor labels_of(const data::Dataset& dataset, const std::vector<std::int64_t>& indices);

/// Turns every frame of a batch by its own random phase: x e^{j phi}, phi uniform on [0, 2 pi).
void rotate_phases(Batch& batch, Rng& rng);

/// Frames of one training epoch in their order: the same seed and epoch give the same order.
std::vector<std::int64_t> shuffled(std::vector<std::int64_t> indices, Rng& rng);

/// Logits [indices, classes] on the CPU; puts the module into evaluation mode.
torch::Tensor infer(nn::GraphModule& module, const data::Dataset& dataset, const std::vector<std::int64_t>& indices,
                    const torch::Device& device, int batch);

} // namespace prunedamr::train
