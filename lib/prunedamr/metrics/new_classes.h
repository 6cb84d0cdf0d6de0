// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/metrics/evaluate.h"

#include <cstddef>

namespace prunedamr::metrics {

/// What to add to the logits of new classes (not above 0) so that they cost the old ones no more than they may. `before` and
/// `after`: two networks on the same frames, all of old classes, which come first in both; `after` has new ones behind them.
/// `max_loss`: by which accuracy may fall from `before` to `after`, 0..1. Where it falls further without any new class, they
/// may take a quarter of that. Throws `Error` when the evaluations are not of the same frames.
double offset_of_new_classes(const Evaluation& before, const Evaluation& after, std::size_t old_classes, double max_loss);

} // namespace prunedamr::metrics
