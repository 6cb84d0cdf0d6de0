// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/batches.h"

#include "prunedamr/train/data_parallel.h"

#include <algorithm>
#include <cstring>

namespace prunedamr::train {

Batch gather(const dataset::Dataset& dataset, const std::vector<std::int64_t>& indices, std::size_t first,
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

torch::Tensor labels_of(const dataset::Dataset& dataset, const std::vector<std::int64_t>& indices)
{
    torch::Tensor labels = torch::empty({ static_cast<std::int64_t>(indices.size()) }, torch::kInt64);
    std::transform(indices.begin(), indices.end(), labels.data_ptr<std::int64_t>(),
                   [&](std::int64_t index) { return dataset.label[static_cast<std::size_t>(index)]; });
    return labels;
}

torch::Tensor infer(nn::GraphModule& module, const dataset::Dataset& dataset, const std::vector<std::int64_t>& indices,
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

BatchStream::BatchStream(const Page& page, int batch, Augmenter& augmenter, const Rng& rng,
                         const ProcessGroup& processes)
    : page_(page), processes_(processes), size_(static_cast<std::size_t>(batch * processes.size())),
      least_(static_cast<std::size_t>(std::max(2, processes.size()))), augmenter_(augmenter), rng_(rng)
{
}

bool BatchStream::has(std::size_t number) const
{
    return number * size_ + least_ <= page_.order.size();
}

bool BatchStream::next(Batch& batch)
{
    if (!has(number_))
        return false;
    batch = next_.valid() ? next_.get() : prepare(number_);
    ++number_;
    if (has(number_))
        next_ = std::async(std::launch::async, [this, number = number_] { return prepare(number); });
    return true;
}

double BatchStream::share() const
{
    return static_cast<double>((number_ - 1) * size_) / static_cast<double>(page_.order.size());
}

Batch BatchStream::prepare(std::size_t number) const
{
    const dataset::Dataset& dataset = *page_.frames;
    const std::size_t begin = number * size_;
    const std::size_t frames = std::min(size_, page_.order.size() - begin);
    const Share share = share_of(frames, processes_);
    const std::size_t first = begin + share.first;
    Batch batch = gather(dataset, page_.order, first, share.count);
    batch.elsewhere = static_cast<std::int64_t>(frames - share.count);
    float* frame = batch.frames.data_ptr<float>();
    std::int64_t* label = batch.labels.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < batch.labels.size(0); ++i, frame += 2 * dataset.length(), ++label) {
        const std::size_t place = first + static_cast<std::size_t>(i);
        const auto index = static_cast<std::size_t>(page_.order[place]);
        Rng rng = rng_.fork(place);
        augmenter_.apply(frame, *label, dataset.snr_db[index], rng);
        if (page_.labeled && !(*page_.labeled)[index])
            *label = kNoLabel;
    }
    return batch;
}

} // namespace prunedamr::train
