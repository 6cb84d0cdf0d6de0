// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/dataset.h"
#include "prunedamr/graph/network.h"

#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

namespace prunedamr::train {

/// Defaults are the training of arXiv 2406.07929: Adam 1e-3, batch 128, x0.8 every 10 epochs, 50 epochs.
struct FitConfig {
    int epochs = 50;               ///< >= 1
    int batch = 128;               ///< frames, >= 2
    double learning_rate = 1e-3;
    std::string schedule = "step"; ///< "step", or "cosine" down to 0 over all epochs
    int step_epochs = 10;          ///< "step": multiply the rate by `step_factor` every so many epochs
    double step_factor = 0.8;
    double l1_weight = 0.0;        ///< times the L1 norm of all parameters (the paper: 1e-4 for ResNet and VGG)
    double weight_decay = 0.0;
    bool augment = true;           ///< random phase rotation, exact for every class
    double label_smoothing = 0.0;  ///< 0..0.5
    std::shared_ptr<const graph::Network> teacher; ///< distil from it if set
    double distil_weight = 0.7;    ///< share of the distillation term, 0..1
    double distil_temperature = 2.0;
    std::uint64_t seed = 1;
    int threads = 0;               ///< LibTorch threads, 0: all cores
    std::string device = "cpu";
    std::string checkpoint;        ///< file written after every epoch; empty: none
    bool resume = false;           ///< go on from `checkpoint` if it exists
    std::string title = "train";   ///< for the progress bar
};

struct Epoch {
    int number = 0; ///< from 1
    double train_loss = 0.0;
    double train_accuracy = 0.0;      ///< 0..1, running, in training mode
    double validation_accuracy = 0.0; ///< 0..1
    double learning_rate = 0.0;
    double seconds = 0.0;
};

struct FitResult {
    graph::Network network;   ///< weights of the best epoch on validation data (the last one if there is no validation part)
    int best_epoch = 0;
    double best_validation_accuracy = 0.0;
    std::vector<Epoch> epochs;
    bool interrupted = false; ///< stopped by SIGINT or SIGTERM after a checkpoint
    double frames_per_s = 0.0;
};

/// Trains on the train part, chooses the epoch on the validation part, never looks at the test part.
/// A resumed run gives the same weights as one that was never stopped (same seed, same threads).
/// Throws `Error` when data and network do not fit (length, class names), or a checkpoint belongs to another run.
FitResult fit(const graph::Network& network, const data::Dataset& dataset, const FitConfig& config);

nlohmann::json to_json(const FitResult& result); ///< without weights

} // namespace prunedamr::train
