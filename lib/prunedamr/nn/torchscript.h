// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <string>

namespace prunedamr::nn {

/// Writes the network as TorchScript, atomically: frames [batch, 2, length] float32 -> logits [batch, classes], any
/// batch, weights as constants, batch norms folded, 8-bit values as roundings of float32. `torch::jit::load`,
/// Python's `torch.jit.load` and `engine::open_torchscript` read it. Throws `Error` when the network is not valid
/// or the file cannot be written.
void save_torchscript(const graph::Network& network, const std::string& path);

} // namespace prunedamr::nn
