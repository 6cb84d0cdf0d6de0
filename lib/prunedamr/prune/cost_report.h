// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/cost.h"

#include <nlohmann/json.hpp>

#include <string>

namespace prunedamr::prune {

/// {"before", "after", "cut" (shares of before that are gone)} of params, macs, paper_flops and bytes.
nlohmann::json cost_report(const graph::Cost& before, const graph::Cost& after);

/// "cost: params 45918 -> 20000 (-56.4 %), MACs ..."
std::string cost_text(const graph::Cost& before, const graph::Cost& after);

} // namespace prunedamr::prune
