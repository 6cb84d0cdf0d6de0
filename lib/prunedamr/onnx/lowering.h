// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"
#include "prunedamr/onnx/onnx_model.h"

namespace prunedamr::graph::onnx {

/// A valid network as ONNX operators, without metadata.
Model lower(const Network& network);

} // namespace prunedamr::graph::onnx
