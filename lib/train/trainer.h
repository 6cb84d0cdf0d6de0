// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/progress.h"
#include "prunedamr/nn/graph_module.h"
#include "prunedamr/train/batches.h"
#include "prunedamr/train/checkpoint.h"
#include "prunedamr/train/fit.h"

#include <torch/torch.h>

#include <future>
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
    bool train_page(const data::Dataset& frames, std::vector<std::int64_t> order, int page, Epoch& epoch, Rng& rng,
                    Progress& progress);
    int pages() const; ///< of an epoch
    data::Dataset take_page(std::uint64_t number);
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
    std::future<data::Dataset> next_page_;
    std::int64_t epoch_frames_ = 0; ///< of the present epoch, trained so far
    std::int64_t epoch_right_ = 0;  ///< of these, classified right
    double trained_frames_ = 0.0;
    double trained_seconds_ = 0.0;
};

} // namespace prunedamr::train
