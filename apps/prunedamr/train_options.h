// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/train/fit.h"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

namespace prunedamr::tool {

/// Options that training and fine-tuning share.
struct TrainOptions {
    train::FitConfig fit;
    std::string teacher;                       ///< model file to distill from
    std::optional<model::Model> teacher_model; ///< what it holds
    std::vector<std::string> augment;          ///< names
    std::vector<std::string> recall_constraints;           ///< as `train::parse_recall_constraint` reads them
    std::string cost_matrix;                   ///< file
};

void add_train_options(CLI::App& command, TrainOptions& options);

/// Joins other processes if the environment names them; checks that `out` has a place, before hours of work; fills
/// in what depends on other options: teacher, checkpoint name, augmentations, recall constraints.
void finish_train_options(TrainOptions& options, const std::string& out);

/// Gives the fit its teacher, if there is one. Throws `Error` when it was not made for such data.
void set_teacher(TrainOptions& options, const dataset::Dataset& dataset);

/// Reads the cost matrix, if there is one, for the classes of the data set.
void read_cost_matrix(TrainOptions& options, const std::vector<std::string>& class_names);

} // namespace prunedamr::tool
