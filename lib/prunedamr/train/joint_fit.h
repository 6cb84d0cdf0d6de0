// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/train/fit.h"

namespace prunedamr::train {

/// Begins a training run of `config.processes`: network, teacher and the settings of `settings.h` (but the threads)
/// become those of process 0, for which the others wait. False where that one has dismissed them instead.
bool join_fit(graph::Network& network, FitConfig& config);

} // namespace prunedamr::train
