// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/training_frames.h"

#include "prunedamr/base/error.h"
#include "prunedamr/train/evaluate.h"
#include "prunedamr/train/labelled.h"
#include "prunedamr/train/shuffle.h"

#include <algorithm>
#include <numeric>

namespace prunedamr::train {
namespace {

constexpr std::size_t kUnlabelledPerLabelled = 7;

} // namespace

TrainingFrames::TrainingFrames(const graph::Network& network, const data::Dataset& dataset, const FitConfig& config)
    : network_(network), dataset_(dataset), config_(config), labelled_(dataset.indices(data::Part::train))
{
    if (config_.generator && config_.frames_per_class > 0)
        throw Error({ "generated frames all have labels", "frames_per_class",
                      std::to_string(config_.frames_per_class), "0, or a data set's train part" });
    if (labelled_.size() < 2 && !config_.generator)
        throw Error(
            { "too few frames in the train part", "data set", std::to_string(labelled_.size()), "at least 2" });
    if (config_.frames_per_class > 0)
        choose_labels();
}

void TrainingFrames::choose_labels()
{
    const std::vector<std::int64_t> all = std::move(labelled_);
    labelled_ = choose_labelled(dataset_, all, config_.frames_per_class, config_.seed);
    if (!config_.teacher)
        return;
    std::set_difference(all.begin(), all.end(), labelled_.begin(), labelled_.end(),
                        std::back_inserter(unlabelled_));
    std::vector<bool> flags(dataset_.label.size());
    for (const std::int64_t index : labelled_)
        flags[static_cast<std::size_t>(index)] = true;
    is_labelled_ = std::make_shared<const std::vector<bool>>(std::move(flags));
}

int TrainingFrames::pages() const
{
    return config_.generator ? config_.pages_per_epoch : 1;
}

Page TrainingFrames::page(int epoch, int page, Rng& rng)
{
    if (!config_.generator)
        return { std::shared_ptr<const data::Dataset>(std::shared_ptr<void>(), &dataset_), epoch_of_train_part(rng),
                 is_labelled_ };
    return generated(static_cast<std::uint64_t>(epoch - 1) * static_cast<std::uint64_t>(pages()) +
                         static_cast<std::uint64_t>(page),
                     rng);
}

std::vector<std::int64_t> TrainingFrames::epoch_of_train_part(Rng& rng) const
{
    std::vector<std::int64_t> frames = labelled_;
    for (std::size_t i = 0; frames.size() < unlabelled_.size() / kUnlabelledPerLabelled; ++i)
        frames.push_back(frames[i]); // the labelled ones in turn
    frames.insert(frames.end(), unlabelled_.begin(), unlabelled_.end());
    return shuffled(std::move(frames), rng);
}

Page TrainingFrames::generated(std::uint64_t number, Rng& rng)
{
    const auto make = [this](std::uint64_t page) {
        return std::async(std::launch::async, [this, page] { return config_.generator(page); });
    };
    if (!next_page_.valid())
        next_page_ = make(number);
    auto frames = std::make_shared<const data::Dataset>(next_page_.get());
    check_compatible(network_, *frames);
    if (number + 1 < static_cast<std::uint64_t>(config_.epochs) * static_cast<std::uint64_t>(pages()))
        next_page_ = make(number + 1); // made while this one is trained on
    std::vector<std::int64_t> order(frames->label.size());
    std::iota(order.begin(), order.end(), std::int64_t{ 0 });
    return { frames, shuffled(std::move(order), rng), nullptr };
}

} // namespace prunedamr::train
