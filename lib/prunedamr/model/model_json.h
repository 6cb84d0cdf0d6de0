// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/json_object.h"
#include "prunedamr/model/model_info.h"

#include <nlohmann/json.hpp>

#include <string>

/// `ModelInfo` as JSON, for model files and reports. Not installed.
namespace prunedamr::model {

nlohmann::json to_json(const Decision& decision);

/// Throws `Error` naming the key; "hysteresis" and "unknown_score" may be absent.
Decision decision_from_json(const nlohmann::json& json, const std::string& where);

/// {"name", "labels", "families", "front_end", "decision"}: what a receiver reads.
nlohmann::json to_json(const ModelInfo& info);

/// The same with "provenance", "accuracy" and, where it is known, "drift": what a model file holds. Throws nlohmann::json::exception when those
/// are not JSON.
nlohmann::json full_json(const ModelInfo& info);

/// Reads the keys of `full_json`, all but "drift" must be there, from an object that may hold others. Throws `Error` naming the key.
ModelInfo model_info_from_json(JsonObject& fields, const std::string& where);

/// Adds or replaces one entry of the provenance, which must be a JSON object.
void add_provenance(ModelInfo& info, const std::string& key, const nlohmann::json& entry);

} // namespace prunedamr::model
