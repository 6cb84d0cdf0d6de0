// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <functional>
#include <string>
#include <vector>

namespace prunedamr::workshop {

/// frames [batch, 2, length] -> logits [batch, classes]
using Runner = std::function<void(const float* frames, int batch, float* logits)>;

/// Names that `make_runner` accepts in this build: engine (in the model's precision), float32 (the engine without
/// rounding to 8 bits), and, both in float32, onednn and torch.
std::vector<std::string> backends();

/// "int8" or "float32"
std::string precision_of(const graph::Network& network, const std::string& backend);

/// One network on one backend, on one core. Throws `Error` for a backend that this build lacks.
Runner make_runner(const graph::Network& network, const std::string& backend, int max_batch);

/// The part of `make_runner` that needs LibTorch; throws `Error` in a build without it.
Runner make_torch_runner(const graph::Network& network, int max_batch);

} // namespace prunedamr::workshop
