// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/rewrite/channel_layers.h"
#include "prunedamr/prune/catro/layer_budgets.h"
#include "prunedamr/prune/catro/scatter.h"
#include "prunedamr/prune/features.h"
#include "prunedamr/prune/prune_context.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace prunedamr::prune {

struct CatroOptions {
    int samples_per_class = 100; ///< labeled frames of the train part, >= 2; all where there are fewer
};

/// What CATRO found of one channel layer.
struct CatroLayer {
    graph::ChannelLayer layer;
    Scatter scatter;          ///< [groups]
    std::vector<int> kept;    ///< groups, ascending
    double ratio = 0.0;       ///< trace ratio of the kept groups
    double whole_ratio = 0.0; ///< of all groups
};

struct CatroResult {
    std::vector<CatroLayer> layers;
    int samples = 0;        ///< labeled frames
    double objective = 0.0; ///< of the widths chosen, 0..layers
    double bound = 0.0;     ///< no widths within the budget reach more
    graph::PruningPlan plan;
};

/// Class-aware trace ratio channel pruning (CATRO, arXiv 2110.10921). Scatter of the channels over few labeled
/// samples; widths of the layers by greedy choice under the budget (`choose_widths`); in each layer the set of that
/// size whose trace ratio is largest (`largest_trace_ratio`). Channels tied by shortcuts are one group.
/// The objective of the widths is our reading, the paper's could not be checked: see `layer_value`.
/// Throws `Error` when the network has no channel to remove, a class has too few frames, or the budget cannot be
/// met.
CatroResult catro(const graph::Network& network, const dataset::Dataset& dataset, const ClassFrames& samples,
                  const Budget& budget, const std::string& device);
PruneResult catro(const PruneContext& context, const CatroOptions& options);

/// What x = 0..n groups of a layer are worth, 0 to 1: log(1 + sum of the x largest between_k / within_k), divided
/// by that of all groups. Evidence of independent channels adds up, what it adds to the decision falls off:
/// monotone and submodular. A layer without scatter between classes is worth 0 throughout.
std::vector<double> layer_value(const Scatter& scatter);

nlohmann::json to_json(const CatroResult& result);
std::string to_text(const CatroResult& result);

} // namespace prunedamr::prune
