// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/progress.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/train/augment.h"
#include "prunedamr/train/batches.h"
#include "prunedamr/train/checkpoint.h"
#include "prunedamr/train/fit.h"
#include "prunedamr/train/objective.h"
#include "prunedamr/train/optimizer.h"
#include "prunedamr/train/validation.h"

#include <chrono>
#include <optional>

namespace prunedamr::train {

/// One training run: the work behind `fit`. Data, network and config must fit each other.
class Trainer
{
public:
    /// Restores `config.checkpoint` (of process 0) when it is there and `config.resume` is set.
    Trainer(const graph::Network& network, const dataset::Dataset& dataset, const FitConfig& config);

    /// Runs what is left; stops early, after the present step, on SIGINT or SIGTERM.
    FitResult run();

private:
    void resume();
    void restore(const std::string& checkpoint);
    void save();
    void save_within_epoch();
    bool checkpoint_is_due() const;
    bool train_epoch(Epoch& epoch, Progress& progress);
    bool train_shard(const Shard& shard, int epoch, const Rng& rng, Progress& progress);
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
    Position position_; ///< in the present epoch; what it counts of frames with labels is this process's part
    std::chrono::steady_clock::time_point epoch_started_;                            ///< had it never been stopped
    std::chrono::steady_clock::time_point saved_ = std::chrono::steady_clock::now(); ///< when
    double trained_frames_ = 0.0;
    double trained_seconds_ = 0.0;
};

} // namespace prunedamr::train
