// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/batches.h"

#include <algorithm>
#include <cstring>

namespace prunedamr::train {

Batch gather(const data::Dataset& dataset, const std::vector<std::int64_t>& indices, std::size_t first,
             std::size_t count)
{
    const auto frames = static_cast<std::int64_t>(std::min(count, indices.size() - first));
    const std::int64_t values = 2 * dataset.length();
    Batch batch{ torch::empty({ frames, 2, dataset.length() }, torch::kFloat32),
                 torch::empty({ frames }, torch::kInt64), torch::empty({ frames }, torch::kInt64), 0 };
    float* to = batch.frames.data_ptr<float>();
    std::int64_t* label = batch.labels.data_ptr<std::int64_t>();
    std::int64_t* place = batch.indices.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < frames; ++i, to += values) {
        const std::int64_t index = indices[first + static_cast<std::size_t>(i)];
        std::memcpy(to, dataset.frame(index), static_cast<std::size_t>(values) * sizeof(float));
        label[i] = dataset.label[static_cast<std::size_t>(index)];
        place[i] = index;
    }
    return batch;
}

torch::Tensor labels_of(const data::Dataset& dataset, const std::vector<std::int64_t>& indices)
{
    torch::Tensor labels = torch::empty({ static_cast<std::int64_t>(indices.size()) }, torch::kInt64);
    std::transform(indices.begin(), indices.end(), labels.data_ptr<std::int64_t>(),
                   [&](std::int64_t index) { return dataset.label[static_cast<std::size_t>(index)]; });
    return labels;
}

torch::Tensor infer(nn::GraphModule& module, const data::Dataset& dataset, const std::vector<std::int64_t>& indices,
                    const torch::Device& device, int batch)
{
    const torch::NoGradGuard no_grad;
    module.eval();
    std::vector<torch::Tensor> logits;
    for (std::size_t first = 0; first < indices.size(); first += static_cast<std::size_t>(batch)) {
        const Batch part = gather(dataset, indices, first, static_cast<std::size_t>(batch));
        logits.push_back(module.forward(part.frames.to(device)).to(torch::kCPU));
    }
    return logits.empty() ? torch::empty({ 0, module.network().classes() }) : torch::cat(logits);
}

} // namespace prunedamr::train
