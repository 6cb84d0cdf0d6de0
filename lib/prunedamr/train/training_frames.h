// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"
#include "prunedamr/dataset/dataset.h"
#include "prunedamr/train/fit.h"

#include <cstdint>
#include <future>
#include <memory>
#include <vector>

namespace prunedamr::train {

/// Training frames that are in memory together, in the order in which they are trained on.
struct Page {
    std::shared_ptr<const dataset::Dataset> frames;
    std::vector<std::int64_t> order;
    std::shared_ptr<const std::vector<bool>> labeled; ///< of each of the frames; null: all are
};

/// The frames of a training run, epoch by epoch: the data set's train part in one page, or the generator's pages,
/// of which the next is made in another thread. Of few labeled frames each is repeated, with a teacher, until one
/// in eight frames of an epoch has a label.
class TrainingFrames
{
public:
    /// Throws `Error` when the train part is too small, or few labels are asked of a generator.
    TrainingFrames(const dataset::Dataset& dataset, const FitConfig& config);

    int pages() const; ///< of an epoch

    /// Epochs count from 1, pages from 0; the order follows from `rng`.
    Page page(int epoch, int page, Rng& rng);

private:
    void choose_labels();
    std::vector<std::int64_t> epoch_of_train_part(Rng& rng) const;
    Page generated(std::uint64_t number, Rng& rng);

    const dataset::Dataset& dataset_;
    const FitConfig& config_;
    std::vector<std::int64_t> labeled_;
    std::vector<std::int64_t> unlabeled_;
    std::shared_ptr<const std::vector<bool>> is_labeled_;
    std::future<dataset::Dataset> next_page_;
};

/// `per_class` of the frames `indices` for each class, or all that it has, drawn by the seed and spread over its
/// SNR cells: no cell gives two more than another that has frames left. Ascending.
std::vector<std::int64_t> choose_labeled(const dataset::Dataset& dataset, const std::vector<std::int64_t>& indices,
                                          int per_class, std::uint64_t seed);

} // namespace prunedamr::train
