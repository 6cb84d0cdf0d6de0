// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/progress.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/train/augment.h"
#include "prunedamr/train/batches.h"
#include "prunedamr/train/checkpoint.h"
#include "prunedamr/train/fit.h"
#include "prunedamr/train/objective.h"
#include "prunedamr/train/validation.h"
#include "prunedamr/train/optimizer.h"

#include <optional>

namespace prunedamr::train {

/// One training run: the work behind `fit`. Data, network and config must fit each other.
class Trainer
{
public:
    /// Restores `config.checkpoint` (of process 0) when it is there and `config.resume` is set.
    Trainer(const graph::Network& network, const dataset::Dataset& dataset, const FitConfig& config);

    /// Runs the epochs that are left; stops early, after the last finished epoch, on SIGINT or SIGTERM.
    FitResult run();

private:
    void resume();
    void restore(const std::string& checkpoint);
    void save();
    bool train_epoch(Epoch& epoch, Progress& progress);
    bool train_shard(const Shard& shard, int number, Epoch& epoch, const Rng& rng, Progress& progress);
    double train_batch(const Batch& batch);
    void step();
    void finish_epoch(Epoch& epoch);
    void weigh_classes();
    bool out_of_patience() const;
    FitResult result(bool interrupted) const;
    Tensors present_weights() const;

    const dataset::Dataset& dataset_;
    FitConfig config_;
    at::Device device_;
    nn::GraphModule module_;
    std::vector<at::Tensor> parameters_; ///< that it trains
    TrainingFrames frames_;
    Augmenter augmenter_;
    Objective objective_;
    Validation validation_;
    std::optional<Optimizer> optimizer_;
    std::optional<WeightAverage> average_;
    Checkpoint state_;
    std::int64_t epoch_frames_ = 0;   ///< of the present epoch, trained so far
    std::int64_t epoch_labeled_ = 0; ///< of these, here, with a label
    std::int64_t epoch_right_ = 0;    ///< of these, classified right
    double trained_frames_ = 0.0;
    double trained_seconds_ = 0.0;
};

} // namespace prunedamr::train
