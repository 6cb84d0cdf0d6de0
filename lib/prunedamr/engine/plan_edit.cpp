// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/plan_edit.h"

#include <algorithm>

namespace prunedamr::engine {

int count_readers(const Plan& plan, int value)
{
    int readers = value == plan.output ? 1 : 0;
    for (const Step& step : plan.steps)
        readers += static_cast<int>(std::count(step.inputs.begin(), step.inputs.end(), value)) +
                   (step.shortcut == value ? 1 : 0) + (step.gate == value ? 1 : 0);
    return readers;
}

Step* sole_producer(Plan& plan, int value)
{
    if (plan.values[value].form || count_readers(plan, value) != 1)
        return nullptr;
    const auto producer =
        std::find_if(plan.steps.begin(), plan.steps.end(), [&](const Step& step) { return step.output == value; });
    return producer == plan.steps.end() ? nullptr : &*producer;
}

void erase_steps(Plan& plan, const std::vector<const Step*>& gone)
{
    std::vector<Step> kept;
    for (Step& step : plan.steps)
        if (std::find(gone.begin(), gone.end(), &step) == gone.end())
            kept.push_back(std::move(step));
    plan.steps = std::move(kept);
}

} // namespace prunedamr::engine
