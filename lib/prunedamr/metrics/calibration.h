// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/metrics/evaluate.h"
#include "prunedamr/model/logits.h"
#include "prunedamr/model/model.h"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// What turns logits into probabilities and into "unknown", fitted to frames whose class is known, and how good it
/// is. Each function takes logits [count, classes] and the true class of each frame, 0..classes-1, and throws
/// `Error` where there are no frames, or where counts or classes do not fit. A signal is a frame whose class is
/// neither of the family noise nor `unknown` (`model::LogitReader::is_signal`).
namespace prunedamr::metrics {

/// Temperature (Guo et al. 2017), 0.05 to 20, that minimizes the negative log-likelihood.
double fit_temperature(const Logits& logits, const std::vector<std::int32_t>& labels);

inline constexpr std::size_t kMinSignals = 100; ///< of which a threshold is taken

/// Default fraction of the signals that may be called unknown.
inline constexpr double kFalseRejection = 0.01;

/// How many frames are signals.
std::size_t count_signals(const std::vector<std::int32_t>& labels, const model::LogitReader& reader);

/// Score (`model::LogitReader::unknown_score`) above which a fraction `false_rejection` of the signals lies;
/// infinite with fewer than `kMinSignals`. Of `reader` the temperature counts.
double fit_unknown_score(const Logits& logits, const std::vector<std::int32_t>& labels,
                         const model::LogitReader& reader, double false_rejection = kFalseRejection);

/// Probability of the best class but `unknown` below which a fraction `false_rejection` of the signals lies; 0 with
/// fewer than `kMinSignals`. Of `reader` the temperature counts.
double fit_min_confidence(const Logits& logits, const std::vector<std::int32_t>& labels,
                          const model::LogitReader& reader, double false_rejection = kFalseRejection);

/// Temperature, unknown score and min confidence, fitted in this order, for a network with these labels and
/// families; the rest of its decision stays. The score has nine tenths of the false rejections, the min confidence,
/// a backstop behind it, one tenth.
model::Decision fit_decision(const Logits& logits, const std::vector<std::int32_t>& labels,
                             const model::ModelInfo& info, double false_rejection = kFalseRejection);

/// Fraction of the signals, 0..1, whose score says unknown or whose best class is less probable than
/// `min_confidence` (a receiver may still name the family of the latter, or noise); NaN without signals.
double false_rejection(const Logits& logits, const std::vector<std::int32_t>& labels,
                       const model::LogitReader& reader, double min_confidence);

/// Expected calibration error (Naeini et al. 2015; Guo et al. 2017), 0..1: how far the confidence in the best class
/// lies from how often it is right, on average over 15 equal bins of confidence.
double calibration_error(const Logits& logits, const std::vector<std::int32_t>& labels,
                         const model::LogitReader& reader);

} // namespace prunedamr::metrics
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
