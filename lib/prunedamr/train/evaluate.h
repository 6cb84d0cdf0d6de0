// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/graph/network.h"
#include "prunedamr/metrics/calibration.h"
#include "prunedamr/metrics/evaluate.h"
#include "prunedamr/train/fit.h"

#include <string>

namespace prunedamr::train {

/// The network run by LibTorch, `batch` frames at a time, on "cpu" or "cuda", with LibTorch's threads. Throws
/// `Error` for a bad batch or device, or an invalid network.
metrics::Runner module_runner(const graph::Network& network, const std::string& device = "cpu", int batch = 256);

/// What a user of LibTorch would deploy: the model in float32 as TorchScript, frozen and optimized for inference,
/// on one core. Throws `Error` as `engine::Engine::torchscript` does.
metrics::Runner torchscript_runner(const model::Model& model, int max_batch);

/// Accuracy of a network on one part of a data set, run by LibTorch.
/// Throws `Error` when data and network do not fit or the part is empty.
metrics::Scores evaluate(const graph::Network& network, const dataset::Dataset& dataset, dataset::Split part,
                         const std::string& device = "cpu", int batch = 256);

/// The same of a model; throws `Error` too when its front end or labels are not those of the data set.
metrics::Scores evaluate(const model::Model& model, const dataset::Dataset& dataset, dataset::Split part,
                         const std::string& device = "cpu", int batch = 256);

/// Throws `Error` naming what differs, frame length or number of classes.
void check_compatible(const graph::Network& network, const dataset::Dataset& dataset);

/// `model::check_contract` of a data set: throws `Error` naming what differs, front end or class names.
void check_compatible(const model::Model& model, const dataset::Dataset& dataset);

/// Throws `Error` naming class, reached and wanted when the decisions on the validation part of the data set do not
/// hold the recall constraints, or when there are no frames to measure one of them.
void check_recall_constraints(const std::vector<RecallConstraint>& recall_constraints,
                              const dataset::Dataset& dataset, const metrics::Evaluation& validation);

/// `metrics::finish_model` of a trained network, which LibTorch runs once over the validation and once over the
/// test part. Throws `Error` when data and network do not fit or the recall constraints of `config` are not held.
metrics::FinishedModel finish_model(model::Model model, const dataset::Dataset& dataset, const FitConfig& config,
                                    double false_rejection = metrics::kFalseRejection);

} // namespace prunedamr::train
