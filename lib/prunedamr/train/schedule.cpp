// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/schedule.h"

#include <cmath>

namespace prunedamr::train {

double learning_rate(const FitConfig& config, double epochs_done)
{
    constexpr double kFirst = 0.01;
    const double after = epochs_done - config.warmup_epochs;
    if (after < 0.0)
        return config.learning_rate * (kFirst + (1.0 - kFirst) * epochs_done / config.warmup_epochs);
    if (config.schedule == "cosine")
        return config.learning_rate * 0.5 * (1.0 + std::cos(M_PI * after / (config.epochs - config.warmup_epochs)));
    if (config.schedule == "step")
        return config.learning_rate * std::pow(config.step_factor, std::floor(after / config.step_epochs));
    return config.learning_rate;
}

} // namespace prunedamr::train
