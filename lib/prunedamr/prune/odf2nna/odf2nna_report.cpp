// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/odf2nna/odf2nna_report.h"

#include <cstdio>

namespace prunedamr::prune {
namespace {

nlohmann::json step_json(const OdfStep& step)
{
    return { { "epsilon", step.epsilon },
             { "params", step.cost.params },
             { "macs", step.cost.macs },
             { "validation_accuracy",
               step.validation_accuracy ? nlohmann::json(*step.validation_accuracy) : nlohmann::json() } };
}

std::string row(const std::string& name, const OdfStep& step, bool chosen)
{
    char accuracy[16] = "-";
    if (step.validation_accuracy)
        std::snprintf(accuracy, sizeof accuracy, "%.2f %%", 100.0 * *step.validation_accuracy);
    char text[120];
    std::snprintf(text, sizeof text, "%s %9s %11lld %13lld %11s\n", chosen ? "*" : " ", name.c_str(),
                  static_cast<long long>(step.cost.params), static_cast<long long>(step.cost.macs), accuracy);
    return text;
}

std::string number(double epsilon)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", epsilon);
    return text;
}

/// "stem.conv 12/16, fc1 3/128".
std::string kept_text(const OdfRun& run)
{
    const auto kept = run.units.kept(run.chosen.epsilon);
    std::string text;
    for (std::size_t l = 0; l < kept.size(); ++l) {
        const auto& layer = run.units.layers()[l];
        text += (l ? ", " : "") + layer.name + " " + std::to_string(kept[l].size()) + "/" +
                std::to_string(layer.groups.size());
    }
    return text;
}

} // namespace

nlohmann::json to_json(const OdfRun& run)
{
    const auto kept = run.units.kept(run.chosen.epsilon);
    nlohmann::json layers = nlohmann::json::array(), sweep = nlohmann::json::array();
    for (std::size_t l = 0; l < kept.size(); ++l)
        layers.push_back({ { "name", run.units.layers()[l].name },
                           { "relative_variability", run.units.relative()[l] },
                           { "kept", kept[l] } });
    for (const OdfStep& step : run.sweep)
        sweep.push_back(step_json(step));
    return { { "epsilon", run.chosen.epsilon },
             { "original", step_json(run.original) },
             { "chosen", step_json(run.chosen) },
             { "sweep", std::move(sweep) },
             { "layers", std::move(layers) } };
}

std::string to_text(const OdfRun& run)
{
    std::string text =
        "odf2nna: units that vary by more than epsilon of their layer's most; accuracy on validation "
        "frames, before retraining\n"
        "    epsilon      params          MACs    accuracy\n";
    text += row("original", run.original, false);
    bool in_sweep = false;
    for (const OdfStep& step : run.sweep) {
        const bool chosen = step.epsilon == run.chosen.epsilon;
        in_sweep = in_sweep || chosen;
        text += row(number(step.epsilon), step, chosen);
    }
    if (!in_sweep)
        text += row(number(run.chosen.epsilon), run.chosen, true);
    if (run.for_budget)
        text += "epsilon " + number(run.chosen.epsilon) + " is the smallest that meets the budget\n";
    else if (!run.sweep.empty())
        text += "epsilon " + number(run.chosen.epsilon) +
                " is taken (the largest that loses at most a point, else the smallest); --epsilon takes another\n";
    return text + "kept: " + kept_text(run);
}

} // namespace prunedamr::prune
