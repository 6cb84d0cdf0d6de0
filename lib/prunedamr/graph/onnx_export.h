// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <string>

namespace prunedamr::graph {

/// The network in inference mode as ONNX 1.8 (opset 13), for runtimes that know nothing of this project; in float32,
/// also where it is quantised.
/// Input "frames" [batch, 2, length], output "logits" [batch, classes], float32, any batch. Initialisers have the
/// tensors' names; a complex norm, which ONNX lacks, becomes a conv of constants "/<node>:weight" and
/// "/<node>:bias". Metadata "labels", "families",
/// "front_end" and "decision" hold JSON: what the frames must be, and what the logits mean.
/// Throws `Error` when the network is not valid or holds text that is not UTF-8.
std::string to_onnx(const Network& network);

/// The same as a file, written atomically. Throws `Error` when it cannot be written.
void export_onnx(const Network& network, const std::string& path);

} // namespace prunedamr::graph
