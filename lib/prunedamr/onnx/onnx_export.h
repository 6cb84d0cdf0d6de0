// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/api.h"
#include "prunedamr/model/model.h"

#include <string>

namespace prunedamr::model {

/// The model in inference mode as ONNX 1.8 (opset 13), for runtimes that know nothing of this project; in float32,
/// also where it is quantized.
/// Input "frames" [batch, 2, length], output "logits" [batch, classes], float32, any batch. Initializers have the
/// tensors' names; a complex norm, which ONNX lacks, becomes a conv of constants "/<node>:weight" and
/// "/<node>:bias". Metadata "labels", "families",
/// "front_end" and "decision" hold JSON: what the frames must be, and what the logits mean.
/// Throws `Error` when the model is not valid or holds text that is not UTF-8.
PRUNEDAMR_API std::string to_onnx(const Model& model);

/// The same as a file, written atomically. Throws `Error` when it cannot be written.
PRUNEDAMR_API void export_onnx(const Model& model, const std::string& path);

} // namespace prunedamr::model
