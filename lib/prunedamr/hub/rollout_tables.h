// SPDX-License-Identifier: GPL-3.0-or-later
// Of the roll-outs alone: what both halves read and write.
#pragma once

#include "prunedamr/hub/rollout.h"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace prunedamr::hub {

std::string model_hash(const nlohmann::json& registration); ///< of the model that a receiver runs; empty: not said
nlohmann::json plan_json(const Plan& plan);
Plan read_plan(const std::string& text);
void log(Database& database, std::int64_t rollout, const std::string& line, std::int64_t now_us);

} // namespace prunedamr::hub
