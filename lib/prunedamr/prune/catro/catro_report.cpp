// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/catro/catro.h"

#include <algorithm>
#include <cstdio>

namespace prunedamr::prune {

nlohmann::json to_json(const CatroResult& result)
{
    nlohmann::json layers = nlohmann::json::array();
    for (const CatroLayer& of : result.layers)
        layers.push_back({ { "name", of.layer.name },
                           { "nodes", of.layer.nodes },
                           { "groups", of.layer.groups.size() },
                           { "kept", of.kept },
                           { "between", of.scatter.between },
                           { "within", of.scatter.within },
                           { "ratio", of.ratio },
                           { "whole_ratio", of.whole_ratio } });
    return { { "samples", result.samples },
             { "objective", result.objective },
             { "bound", result.bound },
             { "layers", std::move(layers) } };
}

std::string to_text(const CatroResult& result)
{
    std::size_t kept = 0, all = 0, width = 0;
    for (const CatroLayer& of : result.layers) {
        kept += of.kept.size();
        all += of.layer.groups.size();
        width = std::max(width, of.layer.name.size());
    }
    const auto layers = static_cast<double>(result.layers.size());
    char line[200];
    std::snprintf(
        line, sizeof line,
        "catro: %d labelled frames; %zu of %zu channel groups stay in %zu layers\n"
        "layer budgets: objective %.4f, at most %.4f within the budget: greedy reached at least %.1f %%\n",
        result.samples, kept, all, result.layers.size(), result.objective / layers, result.bound / layers,
        result.bound > 0.0 ? 100.0 * result.objective / result.bound : 100.0);
    std::string text = line;
    text += std::string(width, ' ') + "    kept of   trace ratio -> of those kept";
    for (const CatroLayer& of : result.layers) {
        std::snprintf(line, sizeof line, "\n%-*s  %6zu %4zu   %.4f -> %.4f", static_cast<int>(width),
                      of.layer.name.c_str(), of.kept.size(), of.layer.groups.size(), of.whole_ratio, of.ratio);
        text += line;
    }
    return text;
}

} // namespace prunedamr::prune
