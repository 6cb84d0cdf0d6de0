// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/train/fit.h"

#include <CLI/CLI.hpp>

#include <string>

namespace prunedamr::workshop {

/// Options that training and fine-tuning share.
struct TrainOptions {
    train::FitConfig fit;
    std::string teacher; ///< model file to distil from
};

void add_train_options(CLI::App& verb, TrainOptions& options);

/// Checks that `out` has a place, before hours of work; fills in what depends on other options: teacher and
/// checkpoint name.
void finish_train_options(TrainOptions& options, const std::string& out);

/// Names the network after its file, calibrates on validation data, reports test data once, stores both in the
/// network and writes the model file.
/// Returns {"out", "cost", "temperature", "validation_accuracy", "test"}.
nlohmann::json finish_model(graph::Network network, const data::Dataset& dataset, const std::string& out,
                            const std::string& device);

/// "64.55 %" of `Scores::to_json`, or "not measured" of an empty object.
std::string accuracy_text(const nlohmann::json& scores);

} // namespace prunedamr::workshop
