// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/engine/plan.h"

namespace prunedamr::engine {

/// Turns complex convs of the frame into real ones: image, conv and complex_sum become one conv of both input
/// channels with as many multiplications, and a complex norm that follows goes into its weights.
void fuse_complex(Plan& plan);

} // namespace prunedamr::engine
