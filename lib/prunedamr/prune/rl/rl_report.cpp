// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/prune/rl/rl_report.h"

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <sstream>

namespace prunedamr::prune::rl {
namespace {

template <class... Values> std::string format(const char* pattern, Values... values)
{
    char text[160];
    std::snprintf(text, sizeof text, pattern, values...);
    return text;
}

int filters_of(const StepRecord& step)
{
    return std::accumulate(step.removed.begin(), step.removed.end(), 0,
                           [](int sum, const auto& groups) { return sum + static_cast<int>(groups.size()); });
}

const Distillation* after_step(const RlResult& result, std::size_t step)
{
    for (const Distillation& distillation : result.distillations)
        if (distillation.step == static_cast<int>(step))
            return &distillation;
    return nullptr;
}

std::string step_text(const RlResult& result, std::size_t i, int left)
{
    const StepRecord& step = result.steps[i];
    std::string text =
        format("%6zu %8d %9lld %11lld %10.2f %%", i + 1, left, static_cast<long long>(result.costs[i].params),
               static_cast<long long>(result.costs[i].macs), 100.0 * step.reward.accuracy);
    text += step.reset ? "  policy reset" : "";
    text += step.explored ? "  explored" : "";
    if (const Distillation* distillation = after_step(result, i + 1))
        text += format("  distilled, validation %.2f -> %.2f %%%s", 100.0 * distillation->accuracy_before,
                       100.0 * distillation->accuracy, distillation->new_teacher ? ", new teacher" : "");
    return text + "\n";
}

} // namespace

nlohmann::json to_json(const RlResult& result)
{
    nlohmann::json steps = nlohmann::json::array();
    for (std::size_t i = 0; i < result.steps.size(); ++i) {
        nlohmann::json step = to_json(result.steps[i]);
        step["macs"] = result.costs[i].macs;
        step["params"] = result.costs[i].params;
        steps.push_back(std::move(step));
    }
    nlohmann::json distillations = nlohmann::json::array();
    for (const Distillation& distillation : result.distillations)
        distillations.push_back({ { "step", distillation.step },
                                  { "accuracy_before", distillation.accuracy_before },
                                  { "accuracy", distillation.accuracy },
                                  { "new_teacher", distillation.new_teacher } });
    return { { "layers", result.layers },
             { "widths", result.widths },
             { "kept", result.kept },
             { "reward_frames", result.reward_frames },
             { "accuracy", result.accuracy },
             { "steps", std::move(steps) },
             { "distillations", std::move(distillations) } };
}

std::string to_text(const RlResult& result)
{
    int left = std::accumulate(result.widths.begin(), result.widths.end(), 0);
    std::ostringstream text;
    text << "rl: " << left << " filters in " << result.layers.size() << " layers; accuracy on "
         << result.reward_frames << " validation frames " << format("%.2f %%", 100.0 * result.accuracy) << "\n"
         << "  step  filters    params        MACs  accuracy (not trained)\n";
    for (std::size_t i = 0; i < result.steps.size(); ++i)
        text << step_text(result, i, left -= filters_of(result.steps[i]));
    text << "filters kept:";
    for (std::size_t l = 0; l < result.layers.size(); ++l)
        text << (l % 6 == 0 ? "\n  " : ", ") << result.layers[l] << " " << result.kept[l] << "/"
             << result.widths[l];
    return text.str();
}

} // namespace prunedamr::prune::rl
