// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/engine/engine.h"
#include "prunedamr/model/model_info.h"
#include "prunedamr/stream/classifier_config.h"

#include <string>
#include <vector>

namespace prunedamr::stream {

/// What a classifier runs, and what a receiver must know of it.
struct Model {
    model::ModelInfo info;
    engine::Engine engine;
};

/// Names that `open_model` accepts.
PRUNEDAMR_API const std::vector<std::string>& backends();

struct ModelConfig {
    std::string backend = "native";
    int max_batch = kDefaultMaxBatch; ///< frames per engine call, 1..64
    /// Above 0: instead, the frames per call with the most throughput whose call takes no longer than this (see
    /// `engine::best_batch`; measured when the model is opened).
    double max_latency_us = 0.0;
};

/// native, onednn (in float32, whatever the model's precision): a model file, or the name of an installed model
/// (`model/model_search.h`). torch: a TorchScript file X.pt, run by LibTorch, and X.json beside it, which
/// `model::load_model_info` reads. Throws `Error` naming file and fault, and for a bound that a single frame
/// cannot meet.
PRUNEDAMR_API Model open_model(const std::string& model_file, const ModelConfig& config = {});

} // namespace prunedamr::stream
