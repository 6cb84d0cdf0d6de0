// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/synth/signal/signal.h"

#include <vector>

namespace prunedamr::synth {

/// A stretch of constant level.
struct Run {
    std::complex<float> level;
    double duration; ///< samples, fractional
};

/// The runs one after another from time `start` (sample 0 is time 0), as a receiver's anti-alias filter (cut-off
/// 0.45 of the rate) leaves them: edges lie exactly where they should, without aliases. The last level holds on.
Samples render_runs(const std::vector<Run>& runs, double start, int count);

} // namespace prunedamr::synth
