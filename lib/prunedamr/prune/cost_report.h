// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/cost.h"
#include "prunedamr/graph/network.h"

#include <nlohmann/json.hpp>

#include <string>

namespace prunedamr::prune {

/// {"before", "after", "cut" (shares of before that are gone)} of params, macs, paper_flops and bytes.
nlohmann::json cost_report(const graph::Cost& before, const graph::Cost& after);

/// "cost: params 45918 -> 20000 (-56.4 %), MACs ..."
std::string cost_text(const graph::Cost& before, const graph::Cost& after);

/// Median time of one frame at batch 1 in the native engine, on the calling core, in microseconds: at least 50 runs
/// and a tenth of a second, after a warm-up, the least of three medians. Throws `Error` when the engine cannot run
/// the network.
double engine_latency_us(const graph::Network& network);

} // namespace prunedamr::prune
