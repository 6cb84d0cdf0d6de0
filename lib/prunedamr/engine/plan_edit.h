// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/engine/plan.h"

#include <vector>

namespace prunedamr::engine {

/// Steps that read a value; the caller, who reads the logits, counts as one.
int count_readers(const Plan& plan, int value);

/// The step whose result only one reader sees, in float32, so that it may be changed; nullptr if there is none.
Step* sole_producer(Plan& plan, int value);

/// Takes out the steps that `gone` points to.
void erase_steps(Plan& plan, const std::vector<const Step*>& gone);

} // namespace prunedamr::engine
