// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/metrics/evaluate.h"

#include <string>

namespace prunedamr::train {

/// The network run by LibTorch, `batch` frames at a time, on "cpu" or "cuda", with LibTorch's threads. Throws
/// `Error` for a bad batch or device, or an invalid network.
metrics::Runner module_runner(const graph::Network& network, const std::string& device = "cpu", int batch = 256);

/// What a user of LibTorch would deploy: the model in float32 as TorchScript, frozen and optimized for inference,
/// on one core. Throws `Error` as `engine::Engine::torchscript` does.
metrics::Runner torchscript_runner(const model::Model& model, int max_batch);

} // namespace prunedamr::train
