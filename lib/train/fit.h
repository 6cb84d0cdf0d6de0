// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/dataset.h"
#include "prunedamr/graph/network.h"

#include <nlohmann/json.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace prunedamr::train {

/// Training frames made while training: page number -> frames with the front end and class names of the data set,
/// the same ones each time. It is called from another thread.
using FrameGenerator = std::function<data::Dataset(std::uint64_t page)>;

/// Defaults are the training of arXiv 2406.07929: Adam 1e-3, batch 128, x0.8 every 10 epochs, 50 epochs.
struct FitConfig {
    int epochs = 50; ///< >= 1
    int batch = 128; ///< frames, >= 2
    double learning_rate = 1e-3;
    std::string schedule = "step"; ///< "step", or "cosine" down to 0 over all epochs, batch by batch
    int step_epochs = 10;          ///< "step": multiply the rate by `step_factor` every so many epochs
    double step_factor = 0.8;
    double l1_weight = 0.0;       ///< times the L1 norm of all parameters (the paper: 1e-4 for ResNet and VGG)
    double weight_decay = 0.0;    ///< decoupled from the gradient (AdamW)
    bool augment = true;          ///< random phase rotation, exact for every class
    double label_smoothing = 0.0; ///< 0..0.5
    FrameGenerator generator;     ///< if set, takes the place of the data set's train part: no frame is seen twice
    int pages_per_epoch = 1;      ///< of the generator
    std::shared_ptr<const graph::Network> teacher; ///< distil from it if set
    double distil_weight = 0.7;                    ///< share of the distillation term, 0..1
    double distil_temperature = 2.0;
    std::uint64_t seed = 1;
    int threads = 0; ///< LibTorch threads, 0: as LibTorch has them (OMP_NUM_THREADS, else all cores)
    std::string device = "cpu";
    std::string checkpoint;      ///< file written at the start and after every epoch; empty: none
    bool resume = false;         ///< go on from `checkpoint` if it exists
    std::string title = "train"; ///< for the progress bar
};

struct Epoch {
    int number = 0;                   ///< from 1
    double train_loss = 0.0;          ///< mean over frames, without the L1 term
    double train_accuracy = 0.0;      ///< 0..1, running, in training mode
    double validation_accuracy = 0.0; ///< 0..1
    double learning_rate = 0.0;       ///< at its start
    double seconds = 0.0;
};

struct FitResult {
    graph::Network
        network; ///< weights of the best epoch on validation data (the last one if there is no validation part)
    int best_epoch = 0;
    double best_validation_accuracy = 0.0;
    std::vector<Epoch> epochs;
    bool interrupted = false;  ///< stopped by SIGINT or SIGTERM; the checkpoint holds the last finished epoch
    double frames_per_s = 0.0; ///< trained, without validation
    FitConfig config;          ///< what was asked for
};

/// Trains on the train part or on what the generator makes, chooses the epoch on the validation part, never looks
/// at the test part. A resumed run gives the same weights as one that was never stopped (same seed, same threads).
/// While it runs, SIGINT and SIGTERM end it after the present batch; that epoch is repeated when it is resumed.
/// The result carries no golden vector and no accuracy: those of `network` are no longer true.
/// Throws `Error` when data, teacher and network do not fit (length, front end, class names), a value of the config
/// is out of range, a checkpoint is damaged or belongs to another run, or the loss is no longer finite.
FitResult fit(const graph::Network& network, const data::Dataset& dataset, const FitConfig& config);

nlohmann::json to_json(const FitConfig& config);

/// {"config", "epochs": [{"epoch", "train_loss", "train_accuracy", "validation_accuracy", "learning_rate",
/// "seconds"}], "best_epoch", "best_validation_accuracy", "interrupted", "frames_per_s"}
nlohmann::json to_json(const FitResult& result);

} // namespace prunedamr::train
