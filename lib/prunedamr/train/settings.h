// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/train/fit.h"

#include <nlohmann/json_fwd.hpp>

#include <cmath>
#include <cstdlib>
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

/// The number that makes up all of `text`; NaN if none does.
inline double number_in(const std::string& text)
{
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    return text.empty() || *end != '\0' ? NAN : value;
}

/// `text` without `unit` at its end; "" if it does not end so.
inline std::string without_unit(const std::string& text, const std::string& unit)
{
    const bool there = text.size() > unit.size() && text.compare(text.size() - unit.size(), unit.size(), unit) == 0;
    return there ? text.substr(0, text.size() - unit.size()) : "";
}

nlohmann::json to_json(const FitConfig& config);

/// {"config", "epochs": [{"epoch", "train_loss", "train_accuracy", "validation_accuracy", "learning_rate",
/// "validation_cost", "recalls", "seconds"}], "best_epoch", "best_validation_accuracy",
/// "interrupted", "stopped_early", "frames_per_s"}
nlohmann::json to_json(const FitResult& result);

} // namespace prunedamr::train
