// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/model/model.h"

#include <string>

namespace prunedamr::model {

/// Format version written; readers refuse a greater one by name.
inline constexpr int kModelFormat = 1;

/// Relative logit error (`graph::relative_error`) above which a model does not start.
inline constexpr double kGoldenTolerance = 1e-3;

/// Writes a model as one safetensors file, atomically: tensors by name, graph and info as JSON under the
/// metadata key "prunedamr", golden vector as tensors "golden.input", "golden.logits" (made if absent).
/// Throws `Error` when the model is not valid or the file cannot be written.
PRUNEDAMR_API void save_model(const Model& model, const std::string& path);

/// Reads, validates and replays the golden vector with the plain reference.
/// Throws `Error` naming file and fault: not a model, newer format, unknown operation, missing or stray tensor,
/// wrong shape, non-finite weight, self-check failed (with the error found and the tolerance).
PRUNEDAMR_API Model load_model(const std::string& path);

} // namespace prunedamr::model
