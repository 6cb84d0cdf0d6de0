// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/metrics/new_classes.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <vector>

namespace prunedamr::metrics {

double offset_of_new_classes(const Evaluation& before, const Evaluation& after, std::size_t old_classes, double max_loss)
{
    if (before.labels != after.labels)
        throw Error({ "evaluations of different frames", "metrics::offset_of_new_classes", std::to_string(after.labels.size()),
                      std::to_string(before.labels.size()) + " frames" });
    const std::vector<std::int32_t> decided = decisions(before.logits);
    double right_before = 0.0;
    std::vector<double> margins; // of the frames that are right where no new class is: best old logit minus best new one
    for (std::size_t i = 0; i < after.labels.size(); ++i) {
        right_before += decided[i] == after.labels[i] ? 1.0 : 0.0;
        const float* row = after.logits.row(i);
        const float* best = std::max_element(row, row + old_classes);
        if (best - row == after.labels[i])
            margins.push_back(static_cast<double>(*best) -
                              static_cast<double>(*std::max_element(row + old_classes, row + after.logits.classes)));
    }
    std::sort(margins.begin(), margins.end());
    const double may_lose = max_loss * static_cast<double>(after.labels.size());
    const double may_take = std::max(static_cast<double>(margins.size()) - (right_before - may_lose), may_lose / 4.0);
    const auto first_kept = static_cast<std::size_t>(may_take);
    return first_kept >= margins.size() ? 0.0 : std::min(0.0, margins[first_kept]);
}

} // namespace prunedamr::metrics
