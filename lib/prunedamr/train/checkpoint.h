// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/network.h"
#include "prunedamr/train/fit.h"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace prunedamr::train {

using Tensors = std::map<std::string, graph::Tensor>;

/// How far the epoch is that follows the finished ones.
struct Position {
    int shard = 0;            ///< in work
    std::int64_t batches = 0; ///< of it, done
    std::int64_t frames = 0;  ///< of the epoch, done
    std::int64_t labeled = 0; ///< of these, with a label
    std::int64_t right = 0;   ///< of these, classified right
    double loss = 0.0;        ///< sum over the frames
    double seconds = 0.0;

    bool at_start() const { return frames == 0; }
};

/// A training run between two steps: all that is needed to go on as if it had never stopped.
struct Checkpoint {
    nlohmann::json fingerprint; ///< of the run, as `fingerprint` gives it
    std::vector<Epoch> epochs;  ///< finished so far
    Position position;          ///< in the next one
    int best_epoch = 0;
    double best_validation_accuracy = 0.0;
    Tensors weights;       ///< after the last step
    Tensors best;          ///< after the best one
    std::string optimizer; ///< LibTorch's own serialization
    Tensors average;       ///< running average of the weights, if there is one
    std::int64_t averaged_steps = 0;
};

/// What makes a run the run that it is: network, data, hyper-parameters, seed; not its device,
/// threads or patience. The number of epochs counts only where the schedule depends on it.
nlohmann::json fingerprint(const graph::Network& network, const dataset::Dataset& dataset, const FitConfig& config);

/// One safetensors file, written atomically. Throws `Error` when it cannot be written.
void write_checkpoint(const Checkpoint& checkpoint, const std::string& path);

/// Throws `Error` when the file is damaged or no checkpoint, or naming what differs from `expected`.
Checkpoint read_checkpoint(const std::string& path, const nlohmann::json& expected);

nlohmann::json to_json(const std::vector<Epoch>& epochs);

} // namespace prunedamr::train
