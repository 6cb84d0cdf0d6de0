// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/train/fit.h"

namespace prunedamr::train {

/// The learning rate after `epochs_done` (0 <= epochs_done < epochs, with its fraction). Over the warm-up it rises
/// in a straight line from a hundredth; then, t epochs after it:
///   step      rate * step_factor^floor(t / step_epochs)
///   cosine    rate * (1 + cos(pi t / (epochs - warmup))) / 2
///   constant  rate
double learning_rate(const FitConfig& config, double epochs_done);

} // namespace prunedamr::train
