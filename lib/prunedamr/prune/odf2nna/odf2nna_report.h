// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/cost.h"
#include "prunedamr/prune/odf2nna/odf2nna.h"

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace prunedamr::prune {

/// One network, before retraining.
struct OdfStep {
    double epsilon = 0.0;
    graph::Cost cost;
    std::optional<double> validation_accuracy; ///< 0..1; none without a validation part
};

struct OdfRun {
    const VaryingUnits& units;
    OdfStep original;
    std::vector<OdfStep> sweep;
    OdfStep chosen;
    bool for_budget = false; ///< the budget chose
};

/// {"epsilon", "original", "chosen" and "sweep" [{"epsilon", "params", "macs", "validation_accuracy"}],
///  "layers": [{"name", "relative_variability", "kept"}]}
nlohmann::json to_json(const OdfRun& run);

/// Epsilon against size and accuracy as a table, and what stays of each layer.
std::string to_text(const OdfRun& run);

} // namespace prunedamr::prune
