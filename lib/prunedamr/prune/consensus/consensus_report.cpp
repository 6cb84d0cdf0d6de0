// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/consensus/consensus_report.h"

#include <fmt/format.h>

#include <cmath>

namespace prunedamr::prune {
namespace {

std::string concat(const std::vector<std::string>& names)
{
    std::string text;
    for (const std::string& name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text;
}

std::string agreement(double correlation)
{
    return std::isnan(correlation) ? "not defined" : fmt::format("{:.3f}", correlation);
}

nlohmann::json by_name(const std::vector<std::string>& names, const nlohmann::json& values)
{
    nlohmann::json object = nlohmann::json::object();
    for (std::size_t m = 0; m < names.size(); ++m)
        object[names[m]] = values[m];
    return object;
}

std::string stability_text(const ConsensusReport& report)
{
    const Stability& stability = *report.stability;
    const auto& names = report.config.distances;
    std::string text = "\nfirst ranking on " + std::to_string(stability.sets) + " disjoint sets of " +
                       std::to_string(stability.frames) + " frames, mean Spearman correlation: consensus " +
                       agreement(stability.consensus);
    const int best = stability.best_single();
    if (best >= 0) {
        const double single = stability.singles[static_cast<std::size_t>(best)];
        text += ", best single distance " + names[static_cast<std::size_t>(best)] + " " + agreement(single);
        if (!std::isnan(stability.consensus) && names.size() > 1)
            text += stability.consensus > single ? ": the consensus is the steadier"
                                                 : ": the consensus is not the steadier";
    }
    text += "\n ";
    for (std::size_t m = 0; m < names.size(); ++m)
        text += " " + names[m] + " " + agreement(stability.singles[m]);
    return text;
}

} // namespace

nlohmann::json to_json(const ConsensusReport& report)
{
    const auto& names = report.config.distances;
    nlohmann::json iterations = nlohmann::json::array(), removed = nlohmann::json::array(), stability;
    for (const ConsensusStep& step : report.steps) {
        const std::string& unit = step.ranking.units[static_cast<std::size_t>(step.removed)];
        removed.push_back(unit);
        iterations.push_back({ { "units", step.ranking.units },
                               { "distance", by_name(names, step.ranking.distances) },
                               { "consensus", step.ranking.consensus },
                               { "removed", unit },
                               { "validation_accuracy", nullptr } });
        if (step.validation_accuracy)
            iterations.back()["validation_accuracy"] = *step.validation_accuracy;
    }
    if (report.stability) {
        const int best = report.stability->best_single();
        stability = { { "sets", report.stability->sets },
                      { "frames", report.stability->frames },
                      { "consensus", report.stability->consensus },
                      { "distances", by_name(names, report.stability->singles) },
                      { "best_single", best < 0 ? "" : names[static_cast<std::size_t>(best)] } };
    }
    return { { "distances", names },
             { "frames", report.frames },
             { "epochs_per_step", report.config.epochs_per_step },
             { "least_units", report.config.least_units },
             { "removed", removed },
             { "iterations", iterations },
             { "stability", stability } };
}

std::string to_text(const ConsensusStep& step)
{
    const UnitRanking& ranking = step.ranking;
    const auto removed = static_cast<std::size_t>(step.removed);
    const auto sum = [&](std::size_t unit) {
        return ranking.units[unit] + fmt::format(" {:g}", ranking.consensus[unit]);
    };
    std::string text = "takes out " + sum(removed) + " (rank sum of " + std::to_string(ranking.ranks.size()) +
                       " distances over " + std::to_string(ranking.units.size()) + " units)";
    std::string passed_over;
    std::size_t next = removed;
    for (std::size_t u = 0; u < ranking.units.size(); ++u) {
        if (ranking.consensus[u] < ranking.consensus[removed])
            passed_over += (passed_over.empty() ? "" : ", ") + sum(u);
        else if (u != removed && (next == removed || ranking.consensus[u] < ranking.consensus[next]))
            next = u;
    }
    if (next != removed)
        text += "; then " + sum(next);
    if (!passed_over.empty())
        text += "; passed over, their stages have no unit to spare: " + passed_over;
    return text;
}

std::string to_text(const ConsensusReport& report)
{
    if (report.steps.empty())
        return "consensus: nothing to take out, the budget is met as it is";
    std::vector<std::string> taken_out;
    for (const ConsensusStep& step : report.steps) {
        taken_out.push_back(step.ranking.units[static_cast<std::size_t>(step.removed)]);
        if (step.validation_accuracy)
            taken_out.back() += fmt::format(" (then validation {:.2f} %)", 100.0 * *step.validation_accuracy);
    }
    const std::string text = "consensus of " + concat(report.config.distances) + " on " +
                             std::to_string(report.frames) + " frames took out: " + concat(taken_out);
    return report.stability ? text + stability_text(report) : text;
}

} // namespace prunedamr::prune
