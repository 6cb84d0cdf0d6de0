// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/front_end_spec.h"

#include <nlohmann/json.hpp>

#include <string>

/// Not installed.
namespace prunedamr {

/// Missing keys but `kind` and `frame_length` are the struct's. Throws `Error` for unknown keys, values out of
/// range.
FrontEndSpec front_end_from_json(const nlohmann::json& json, const std::string& where);
nlohmann::json to_json(const FrontEndSpec& spec);

} // namespace prunedamr
