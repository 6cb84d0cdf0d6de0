// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/model/model.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace prunedamr::tool {

/// Measures the model on recordings (`metrics::evaluate_recording`) and prints a table; returns {"rows",
/// "summary"}.
nlohmann::json eval_recordings(const model::Model& model, const std::vector<std::string>& files);

} // namespace prunedamr::tool
