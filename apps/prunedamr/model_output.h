// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/metrics/evaluate.h"
#include "prunedamr/model/model_info.h"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace prunedamr::tool {

/// Throws `Error` for a name that no model file has.
void check_model_name(const std::string& out);

/// "64.55 %" of `metrics::Scores::to_json`, or "not measured" of an empty object.
std::string accuracy_text(const nlohmann::json& scores);

/// What these frames, which the model was not trained on, are like: `model::ModelInfo::drift`. Empty in a build without the
/// receiver.
std::string drift_reference(const metrics::Evaluation& frames, const model::ModelInfo& info);

} // namespace prunedamr::tool
