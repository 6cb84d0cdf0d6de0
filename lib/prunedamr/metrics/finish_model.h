// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/metrics/calibration.h"
#include "prunedamr/metrics/evaluate.h"
#include "prunedamr/model/model.h"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace prunedamr::metrics {

/// A model that may go to a receiver: its decision is fitted, its accuracy and golden vector are its own.
struct FinishedModel {
    model::Model model;
    double validation_accuracy = 0.0; ///< 0..1; NaN where there are no validation frames
    Evaluation test;                  ///< what its accuracy was taken from
};

/// Fits the network's decision (temperature, unknown score, min confidence, in this order) to the validation
/// frames, which it leaves as it is where there are none; writes accuracy, calibration error and false rejection of
/// the test frames into it, where there are any; and makes its golden vector. Both evaluations are of this network.
/// `false_rejection`: fraction of the validation signals, 0..1, that may be called unknown.
FinishedModel finish_model(model::Model model, const Evaluation& validation, Evaluation test,
                           double false_rejection = kFalseRejection);

/// Names the network after the file and writes it, atomically. Returns {"out", "cost", "temperature",
/// "unknown_score", "min_confidence", "validation_accuracy", "test"}. Throws `Error` when it cannot be written.
nlohmann::json save_model(FinishedModel& finished, const std::string& path);

} // namespace prunedamr::metrics
