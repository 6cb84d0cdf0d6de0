// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/train/fit.h"

#include <string>
#include <variant>
#include <vector>

namespace prunedamr::train {

/// A number of a training run. This list is the only place of their ranges: command lines, `fit`'s checks and the
/// JSON of a configuration read it.
struct NumberSetting {
    const char* name;   ///< of the JSON key; dashes for underscores give the option's
    const char* option; ///< where the option has another name; else null
    double low, high;   ///< both allowed
    const char* help;
    std::variant<int*, double*> (*in)(FitConfig& config);
};
const std::vector<NumberSetting>& number_settings();

/// A choice among names.
struct ChoiceSetting {
    const char* name;
    std::vector<std::string> choices;
    const char* help;
    std::string& (*in)(FitConfig& config);
};
const std::vector<ChoiceSetting>& choice_settings();

/// Throws `Error` naming the first setting that is out of range.
void check_settings(const FitConfig& config);

} // namespace prunedamr::train
