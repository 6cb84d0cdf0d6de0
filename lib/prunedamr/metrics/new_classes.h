// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/metrics/evaluate.h"

#include <cstddef>

namespace prunedamr::metrics {

/// What is evaluated of a network with new classes, which stand behind the old ones.
struct NewClasses {
    std::size_t old_classes = 0;
    int unknown = -1;    ///< place of the class `unknown` among the old ones; -1: there is none
    Evaluation of_old;   ///< frames of old classes
    Evaluation of_new;   ///< frames of new ones
    double max_loss = 0; ///< by which accuracy on the former may fall, 0..1
};

/// What to add to the logits of the new classes (not above 0) so that they cost the old ones no more than they may. `before`: a
/// network without them, on the same frames as `of_old`. Where that accuracy falls further without any new class, they may take a
/// quarter of what was allowed. A new class has been an unknown signal until now, so frames of `unknown` may be of it: those that
/// look as much like it as half of its own do are left out. Throws `Error` when the evaluations are not of the same frames.
double offset_of_new_classes(const Evaluation& before, const NewClasses& after);

} // namespace prunedamr::metrics
