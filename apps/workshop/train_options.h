// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/train/fit.h"

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace prunedamr::workshop {

/// Options that training and fine-tuning share.
struct TrainOptions {
    train::FitConfig fit;
    std::string teacher;              ///< model file to distil from
    std::vector<std::string> augment; ///< names
    std::vector<std::string> floors;  ///< as `train::parse_floor` reads them
    std::string cost_matrix;          ///< file
};

void add_train_options(CLI::App& verb, TrainOptions& options);

/// Joins other processes if the environment names them; checks that `out` has a place, before hours of work; fills
/// in what depends on other options: teacher, checkpoint name, augmentations, floors.
void finish_train_options(TrainOptions& options, const std::string& out);

/// Reads the cost matrix, if there is one, for the classes of the data set.
void read_cost_matrix(TrainOptions& options, const std::vector<std::string>& class_names);

/// Share of the validation frames of named signals that may be called unknown.
inline constexpr double kFalseRejection = 0.01;

/// Throws `Error` for a name that no model file has.
void check_model_name(const std::string& out);

/// Names the network after its file, calibrates on validation data, reports test data once, stores both in the
/// network and writes the model file. Throws `Error` before that when the floors of `fit` are not held.
/// Returns {"out", "cost", "temperature", "unknown_score", "min_confidence", "validation_accuracy", "test"}.
nlohmann::json finish_model(graph::Network network, const data::Dataset& dataset, const std::string& out,
                            const train::FitConfig& fit, double false_rejection = kFalseRejection);

/// "64.55 %" of `Scores::to_json`, or "not measured" of an empty object.
std::string accuracy_text(const nlohmann::json& scores);

} // namespace prunedamr::workshop
