// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The graph's values as JSON, for model files and reports. Not installed.

#include "prunedamr/base/json_object.h"
#include "prunedamr/graph/cost.h"
#include "prunedamr/graph/network.h"
#include "prunedamr/graph/rewrite/rewrite.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

namespace prunedamr::graph {

/// {"nodes", "units", and "quantized" if there is anything in 8 bits}: all but the tensors and the length.
nlohmann::json to_json(const Network& network);

/// The network without tensors, not yet validated, from those keys of an object that may hold others. Throws
/// `Error` naming the key or node.
Network network_from_json(JsonObject& fields, std::int64_t length, const std::string& where);

/// "constants", if there are any, tells their number by node; "keep_classes" stands there if classes go.
nlohmann::json to_json(const PruningPlan& plan);

/// {"params", "macs", "paper_flops", "bytes", "peak_activation_bytes"}
nlohmann::json to_json(const Cost& cost);

/// The parts that pruning may take out, in order of depth, for reports:
/// {"units": [name, ...], "layers": [{"node", "channels"}, ...] (conv and linear, output channels)}
nlohmann::json outline(const Network& network);

} // namespace prunedamr::graph
