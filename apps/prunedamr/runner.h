// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/metrics/evaluate.h"

#include <string>
#include <vector>

namespace prunedamr::tool {

/// Names that `make_runner` accepts in this build: engine (in the model's precision), float32 (the engine without
/// rounding to 8 bits), and, both in float32, onednn and torch.
std::vector<std::string> backends();

/// "int8" or "float32"
std::string precision_of(const model::Model& model, const std::string& backend);

/// One model on one backend, on one core. Throws `Error` for a backend that this build lacks.
metrics::Runner make_runner(const model::Model& model, const std::string& backend, int max_batch);

/// The part of `make_runner` that needs LibTorch; throws `Error` in a build without it.
metrics::Runner make_torch_runner(const model::Model& model, int max_batch);

} // namespace prunedamr::tool
