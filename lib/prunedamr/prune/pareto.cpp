// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/pareto.h"

#include <algorithm>
#include <cstdio>

namespace prunedamr::prune {
namespace {

bool no_worse(const Trial& a, const Trial& b)
{
    return a.validation_accuracy >= b.validation_accuracy && a.macs <= b.macs && a.params <= b.params &&
           a.latency_us <= b.latency_us;
}

} // namespace

void mark_front(std::vector<Trial>& trials)
{
    for (std::size_t i = 0; i < trials.size(); ++i) {
        trials[i].on_front = true;
        for (std::size_t j = 0; j < trials.size() && trials[i].on_front; ++j) {
            const bool equal = no_worse(trials[i], trials[j]);
            trials[i].on_front = i == j || !no_worse(trials[j], trials[i]) || (equal && i < j);
        }
    }
}

nlohmann::json to_json(const std::vector<Trial>& trials)
{
    nlohmann::json rows = nlohmann::json::array();
    for (const Trial& trial : trials)
        rows.push_back({ { "chain", trial.chain },
                         { "budget", trial.budget },
                         { "epochs", trial.epochs },
                         { "macs", trial.macs },
                         { "params", trial.params },
                         { "latency_us", trial.latency_us },
                         { "validation_accuracy", trial.validation_accuracy },
                         { "on_front", trial.on_front } });
    return rows;
}

std::string front_text(std::vector<Trial> trials)
{
    std::stable_sort(trials.begin(), trials.end(),
                     [](const Trial& a, const Trial& b) { return a.validation_accuracy > b.validation_accuracy; });
    std::string text = "Pareto front (validation accuracy, MACs, parameters, latency at batch 1):";
    for (const Trial& trial : trials) {
        if (!trial.on_front)
            continue;
        char row[240];
        std::snprintf(row, sizeof row, "\n  %6.2f %%  %9lld MACs  %8lld params  %8.2f us  %s, %s, %d epochs",
                      100.0 * trial.validation_accuracy, static_cast<long long>(trial.macs),
                      static_cast<long long>(trial.params), trial.latency_us, trial.chain.c_str(),
                      trial.budget.c_str(), trial.epochs);
        text += row;
    }
    return text;
}

} // namespace prunedamr::prune
