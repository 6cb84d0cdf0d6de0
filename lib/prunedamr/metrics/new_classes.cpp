// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/metrics/new_classes.h"

#include "prunedamr/base/error.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

namespace prunedamr::metrics {

namespace {

/// Of the best old logit above the best new one.
struct Margin {
    std::int32_t best_old;
    double margin;
};

Margin margin_of(const float* row, std::size_t old_classes, std::size_t classes)
{
    const float* best = std::max_element(row, row + old_classes);
    return { static_cast<std::int32_t>(best - row),
             static_cast<double>(*best) - static_cast<double>(*std::max_element(row + old_classes, row + classes)) };
}

/// Half of the frames of new classes have at most this.
double usual_margin(const NewClasses& after)
{
    std::vector<double> margins;
    for (std::size_t i = 0; i < after.of_new.labels.size(); ++i)
        margins.push_back(margin_of(after.of_new.logits.row(i), after.old_classes, after.of_new.logits.classes).margin);
    if (margins.empty())
        return -std::numeric_limits<double>::infinity();
    std::nth_element(margins.begin(), margins.begin() + static_cast<std::ptrdiff_t>(margins.size() / 2), margins.end());
    return margins[margins.size() / 2];
}

} // namespace

double offset_of_new_classes(const Evaluation& before, const NewClasses& after)
{
    const Evaluation& old = after.of_old;
    if (before.labels != old.labels)
        throw Error({ "evaluations of different frames", "metrics::offset_of_new_classes", std::to_string(old.labels.size()),
                      std::to_string(before.labels.size()) + " frames" });
    const std::vector<std::int32_t> decided = decisions(before.logits);
    const double usual = usual_margin(after);
    double frames = 0.0, right_before = 0.0;
    std::vector<double> margins; // of the frames that are right where no new class is
    for (std::size_t i = 0; i < old.labels.size(); ++i) {
        const auto [best, margin] = margin_of(old.logits.row(i), after.old_classes, old.logits.classes);
        if (old.labels[i] == after.unknown && margin <= usual)
            continue;
        frames += 1.0;
        right_before += decided[i] == old.labels[i] ? 1.0 : 0.0;
        if (best == old.labels[i])
            margins.push_back(margin);
    }
    std::sort(margins.begin(), margins.end());
    const double may_lose = after.max_loss * frames;
    const double may_take = std::max(static_cast<double>(margins.size()) - (right_before - may_lose), may_lose / 4.0);
    const auto first_kept = static_cast<std::size_t>(may_take);
    return first_kept >= margins.size() ? 0.0 : std::min(0.0, margins[first_kept]);
}

} // namespace prunedamr::metrics
