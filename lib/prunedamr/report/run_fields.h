// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/json_object.h"
#include "prunedamr/report/run.h"

#include <string>

/// Pieces that the JSON of several subcommands shares. All throw `Error` naming `where` and the key.
namespace prunedamr::report {

inline constexpr double kLargest = 1e12; ///< number that a run may say: drawings cannot show more

/// A number that can be drawn; nothing when the key is absent or null.
std::optional<double> optional_number(JsonObject& fields, const char* key);

/// {"accuracy", "by_snr", "class_names", "confusion"}, of which only the first must be there.
Accuracy accuracy_from_json(const nlohmann::json& json, const std::string& where);

/// [{"kind", "level_db" or "offset_cycles_per_sample", "accuracy"}, ...], perhaps with "norm" and "steps".
std::vector<Attack> attacks_from_json(const nlohmann::json& json, const std::string& where);

/// Attacks of a run: "robustness" or "attacks", a list, or {"before", "after"} lists; and its "latency_us", a number or
/// {"before", "after"}.
void read_measurements(Run& run, const nlohmann::json& json, const std::string& where);

/// A matrix of numbers, null being NaN.
std::vector<std::vector<double>> matrix_from_json(const nlohmann::json& json, std::size_t rows,
                                                  const std::string& where);

} // namespace prunedamr::report
