// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/batches.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/train/data_parallel.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <numeric>

namespace prunedamr::train {
namespace {

constexpr std::size_t kUnlabeledPerLabeled = 7;

} // namespace

TrainingFrames::TrainingFrames(const dataset::Dataset& dataset, const FitConfig& config)
    : dataset_(dataset), config_(config), labeled_(dataset.indices(dataset::Split::train))
{
    if (config_.generator && config_.frames_per_class > 0)
        throw Error({ "generated frames all have labels", "frames_per_class",
                      std::to_string(config_.frames_per_class), "0, or a data set's train part" });
    if (labeled_.size() < 2 && !config_.generator)
        throw Error(
            { "too few frames in the train part", "data set", std::to_string(labeled_.size()), "at least 2" });
    if (config_.frames_per_class > 0)
        choose_labels();
}

void TrainingFrames::choose_labels()
{
    const std::vector<std::int64_t> all = std::move(labeled_);
    labeled_ = choose_labeled(dataset_, all, config_.frames_per_class, config_.seed);
    if (!config_.teacher)
        return;
    std::set_difference(all.begin(), all.end(), labeled_.begin(), labeled_.end(), std::back_inserter(unlabeled_));
    std::vector<bool> flags(dataset_.label.size());
    for (const std::int64_t index : labeled_)
        flags[static_cast<std::size_t>(index)] = true;
    is_labeled_ = std::make_shared<const std::vector<bool>>(std::move(flags));
}

int TrainingFrames::shards() const
{
    return config_.generator ? config_.shards_per_epoch : 1;
}

Shard TrainingFrames::shard(int epoch, int shard, Rng& rng)
{
    if (!config_.generator)
        return { std::shared_ptr<const dataset::Dataset>(std::shared_ptr<void>(), &dataset_),
                 epoch_of_train_part(rng), is_labeled_ };
    return generated(static_cast<std::uint64_t>(epoch - 1) * static_cast<std::uint64_t>(shards()) +
                         static_cast<std::uint64_t>(shard),
                     rng);
}

std::vector<std::int64_t> TrainingFrames::epoch_of_train_part(Rng& rng) const
{
    std::vector<std::int64_t> frames = labeled_;
    for (std::size_t i = 0; frames.size() < unlabeled_.size() / kUnlabeledPerLabeled; ++i)
        frames.push_back(frames[i]); // the labeled ones in turn
    frames.insert(frames.end(), unlabeled_.begin(), unlabeled_.end());
    return shuffled(std::move(frames), rng);
}

Shard TrainingFrames::generated(std::uint64_t number, Rng& rng)
{
    const auto make = [this](std::uint64_t shard) {
        return std::async(std::launch::async, [this, shard] { return config_.generator(shard); });
    };
    if (!next_shard_.valid())
        next_shard_ = make(number);
    auto frames = std::make_shared<const dataset::Dataset>(next_shard_.get());
    model::ModelInfo expected;
    expected.front_end = dataset_.front_end;
    expected.labels = dataset_.class_names;
    model::check_contract(expected, frames->front_end, frames->class_names, "generated frames");
    if (number + 1 < static_cast<std::uint64_t>(config_.epochs) * static_cast<std::uint64_t>(shards()))
        next_shard_ = make(number + 1); // made while this one is trained on
    std::vector<std::int64_t> order(frames->label.size());
    std::iota(order.begin(), order.end(), std::int64_t{ 0 });
    return { frames, shuffled(std::move(order), rng), nullptr };
}

namespace {

using Frames = std::vector<std::int64_t>;

/// Takes one frame of each cell in turn until there are enough or none is left.
void take_in_turn(std::vector<Frames> cells, std::size_t wanted, Frames& taken)
{
    const std::size_t end = taken.size() + wanted;
    for (bool any = true; any && taken.size() < end;) {
        any = false;
        for (Frames& cell : cells) {
            if (cell.empty() || taken.size() == end)
                continue;
            taken.push_back(cell.back());
            cell.pop_back();
            any = true;
        }
    }
}

} // namespace

std::vector<std::int64_t> choose_labeled(const dataset::Dataset& dataset, const std::vector<std::int64_t>& indices,
                                         int per_class, std::uint64_t seed)
{
    std::map<std::int32_t, std::map<std::optional<int>, Frames>> classes;
    for (const std::int64_t index : indices) {
        const auto i = static_cast<std::size_t>(index);
        classes[dataset.label[i]][dataset::cell_snr_db(dataset.snr_db[i])].push_back(index);
    }
    Rng rng(seed);
    Frames taken;
    for (const auto& [label, cells] : classes) {
        std::vector<Frames> order;
        for (const auto& [snr_db, frames] : cells)
            order.push_back(shuffled(frames, rng));
        take_in_turn(shuffled(std::move(order), rng), static_cast<std::size_t>(per_class), taken);
    }
    std::sort(taken.begin(), taken.end());
    return taken;
}

Batch gather(const dataset::Dataset& dataset, const std::vector<std::int64_t>& indices, std::size_t first,
             std::size_t count)
{
    const auto frames = static_cast<std::int64_t>(std::min(count, indices.size() - first));
    const std::int64_t values = 2 * dataset.length();
    Batch batch{ at::empty({ frames, 2, dataset.length() }, at::kFloat), at::empty({ frames }, at::kLong),
                 at::empty({ frames }, at::kLong), 0 };
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

at::Tensor labels_of(const dataset::Dataset& dataset, const std::vector<std::int64_t>& indices)
{
    at::Tensor labels = at::empty({ static_cast<std::int64_t>(indices.size()) }, at::kLong);
    std::transform(indices.begin(), indices.end(), labels.data_ptr<std::int64_t>(),
                   [&](std::int64_t index) { return dataset.label[static_cast<std::size_t>(index)]; });
    return labels;
}

at::Tensor infer(nn::GraphModule& module, const dataset::Dataset& dataset, const std::vector<std::int64_t>& indices,
                 const at::Device& device, int batch)
{
    const at::NoGradGuard no_grad;
    module.eval();
    std::vector<at::Tensor> logits;
    for (std::size_t first = 0; first < indices.size(); first += static_cast<std::size_t>(batch)) {
        const Batch part = gather(dataset, indices, first, static_cast<std::size_t>(batch));
        logits.push_back(module.forward(part.frames.to(device)).to(at::kCPU));
    }
    return logits.empty() ? at::empty({ 0, module.network().classes() }) : at::cat(logits);
}

BatchStream::BatchStream(const Shard& shard, int batch, Augmenter& augmenter, const Rng& rng,
                         const ProcessGroup& processes, std::size_t skipped)
    : shard_(shard), processes_(processes), size_(static_cast<std::size_t>(batch * processes.size())),
      min_frames_(static_cast<std::size_t>(std::max(2, processes.size()))), augmenter_(augmenter), rng_(rng),
      number_(skipped)
{
}

bool BatchStream::has(std::size_t number) const
{
    return number * size_ + min_frames_ <= shard_.order.size();
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

double BatchStream::fraction() const
{
    return static_cast<double>((number_ - 1) * size_) / static_cast<double>(shard_.order.size());
}

Batch BatchStream::prepare(std::size_t number) const
{
    const dataset::Dataset& dataset = *shard_.frames;
    const std::size_t begin = number * size_;
    const std::size_t frames = std::min(size_, shard_.order.size() - begin);
    const Slice slice = slice_of(frames, processes_);
    const std::size_t first = begin + slice.first;
    Batch batch = gather(dataset, shard_.order, first, slice.count);
    batch.elsewhere = static_cast<std::int64_t>(frames - slice.count);
    float* frame = batch.frames.data_ptr<float>();
    std::int64_t* label = batch.labels.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < batch.labels.size(0); ++i, frame += 2 * dataset.length(), ++label) {
        const std::size_t place = first + static_cast<std::size_t>(i);
        const auto index = static_cast<std::size_t>(shard_.order[place]);
        Rng rng = rng_.fork(place);
        augmenter_.apply(frame, *label, dataset.snr_db[index], rng);
        if (shard_.labeled && !(*shard_.labeled)[index])
            *label = kNoLabel;
    }
    return batch;
}

} // namespace prunedamr::train
