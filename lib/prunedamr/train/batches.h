// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"
#include "prunedamr/dataset/dataset.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/train/augment.h"
#include "prunedamr/train/fit.h"
#include "prunedamr/train/process_group.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <future>
#include <memory>
#include <utility>
#include <vector>

namespace prunedamr::train {

/// Training frames that are in memory together, in the order in which they are trained on.
struct Shard {
    std::shared_ptr<const dataset::Dataset> frames;
    std::vector<std::int64_t> order;
    std::shared_ptr<const std::vector<bool>> labeled; ///< of each of the frames; null: all are
};

/// The frames of a training run, epoch by epoch: the data set's train part in one shard, or the generator's shards,
/// of which the next is made in another thread. Of few labeled frames each is repeated, with a teacher, until one
/// in eight frames of an epoch has a label.
class TrainingFrames
{
public:
    /// Throws `Error` when the train part is too small, or few labels are asked of a generator.
    TrainingFrames(const dataset::Dataset& dataset, const FitConfig& config);

    int shards() const; ///< of an epoch

    /// Epochs count from 1, shards from 0; the order follows from `rng`.
    Shard shard(int epoch, int shard, Rng& rng);

private:
    void choose_labels();
    std::vector<std::int64_t> epoch_of_train_part(Rng& rng) const;
    Shard generated(std::uint64_t number, Rng& rng);

    const dataset::Dataset& dataset_;
    const FitConfig& config_;
    std::vector<std::int64_t> labeled_;
    std::vector<std::int64_t> unlabeled_;
    std::shared_ptr<const std::vector<bool>> is_labeled_;
    std::future<dataset::Dataset> next_shard_;
};

/// `per_class` of the frames `indices` for each class, or all that it has, drawn by the seed and spread over its
/// SNR cells: no cell gives two more than another that has frames left. Ascending.
std::vector<std::int64_t> choose_labeled(const dataset::Dataset& dataset, const std::vector<std::int64_t>& indices,
                                         int per_class, std::uint64_t seed);

/// Frames [count, 2, L] float32, labels [count] int64 and the frames' places in their data set [count] int64, on
/// the CPU, copied from a data set.
struct Batch {
    at::Tensor frames;
    at::Tensor labels;
    at::Tensor indices = {};
    std::int64_t elsewhere = 0; ///< frames of the same step in other processes

    double fraction() const ///< of the step's frames, 0..1
    {
        return static_cast<double>(labels.size(0)) / static_cast<double>(labels.size(0) + elsewhere);
    }
};

/// The frames `indices[first .. first + count)`; `count` ends at the end of `indices`.
Batch gather(const dataset::Dataset& dataset, const std::vector<std::int64_t>& indices, std::size_t first,
             std::size_t count);

/// Labels [indices] int64 on the CPU.
at::Tensor labels_of(const dataset::Dataset& dataset, const std::vector<std::int64_t>& indices);

/// Logits [indices, classes] on the CPU; puts the module into evaluation mode.
at::Tensor infer(nn::GraphModule& module, const dataset::Dataset& dataset, const std::vector<std::int64_t>& indices,
                 const at::Device& device, int batch);

inline constexpr std::int64_t kNoLabel = -1; ///< label of a frame that only the teacher knows

/// The augmented batches of a shard, of each of them the part of this process. While one is trained on, another
/// thread prepares the next. What is random in a frame follows from `rng` and its place in the shard alone. A last
/// batch of one frame is left out, for batch norm has no variance over it, and so is one of fewer frames than
/// processes.
class BatchStream
{
public:
    /// `shard` and `augmenter` must stay as long as the stream.
    /// `batch` counts the frames of each process; the first `skipped` batches are left out.
    BatchStream(const Shard& shard, int batch, Augmenter& augmenter, const Rng& rng,
                const ProcessGroup& processes = {}, std::size_t skipped = 0);

    /// The next batch, of at least two frames over all processes; false at the end.
    bool next(Batch& batch);

    std::size_t number() const { return number_; } ///< of batches given or left out so far
    double fraction() const;                       ///< of the shard before the present batch, 0..1

private:
    Batch prepare(std::size_t number) const;
    bool has(std::size_t number) const;

    const Shard& shard_;
    ProcessGroup processes_;
    std::size_t size_;       ///< frames of a batch over all processes
    std::size_t min_frames_; ///< so many, at least
    Augmenter& augmenter_;
    Rng rng_;
    std::size_t number_;
    std::future<Batch> next_; // last: its thread ends before what it reads
};

/// The items in random order (Fisher-Yates): the same generator, the same order.
template <class T> std::vector<T> shuffled(std::vector<T> items, Rng& rng)
{
    for (std::size_t left = items.size(); left > 1; --left)
        std::swap(items[left - 1],
                  items[static_cast<std::size_t>(rng.integer(0, static_cast<std::int64_t>(left) - 1))]);
    return items;
}

} // namespace prunedamr::train
