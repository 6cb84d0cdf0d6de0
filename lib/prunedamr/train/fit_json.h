// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/train/fit.h"

#include <nlohmann/json.hpp>

/// Not installed.
namespace prunedamr::train {

nlohmann::json to_json(const FitConfig& config);

/// {"config", "epochs": [{"epoch", "train_loss", "train_accuracy", "validation_accuracy", "learning_rate",
/// "validation_cost", "recalls", "seconds"}], "best_epoch", "best_validation_accuracy",
/// "interrupted", "stopped_early", "frames_per_s"}
nlohmann::json to_json(const FitResult& result);

} // namespace prunedamr::train
