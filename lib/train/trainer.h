// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/progress.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/train/batches.h"
#include "prunedamr/train/checkpoint.h"
#include "prunedamr/train/fit.h"

#include <torch/torch.h>

#include <memory>
#include <vector>

namespace prunedamr::train {

/// One training run: the work behind `fit`. Data, network and config must fit each other.
class Trainer
{
public:
    /// Restores `config.checkpoint` when it is there and `config.resume` is set.
    Trainer(const graph::Network& network, const data::Dataset& dataset, const FitConfig& config);

    /// Runs the epochs that are left; stops early, after the last finished epoch, on SIGINT or SIGTERM.
    FitResult run();

private:
    void restore();
    void save();
    bool train_epoch(Epoch& epoch, Progress& progress);
    double train_batch(const Batch& batch, std::int64_t& right);
    torch::Tensor loss_of(const Batch& batch, const torch::Tensor& frames, const torch::Tensor& logits);
    void finish_epoch(Epoch& epoch);
    double learning_rate(int epoch, double share_of_epoch) const;
    Tensors present_weights() const;

    const data::Dataset& dataset_;
    FitConfig config_;
    torch::Device device_;
    nn::GraphModule module_;
    std::unique_ptr<nn::GraphModule> teacher_;
    std::unique_ptr<torch::optim::AdamW> optimiser_;
    std::vector<std::int64_t> train_;
    std::vector<std::int64_t> validation_;
    Checkpoint state_;
    double trained_frames_ = 0.0;
    double trained_seconds_ = 0.0;
};

} // namespace prunedamr::train
