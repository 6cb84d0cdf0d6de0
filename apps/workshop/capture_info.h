// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/recording.h"

#include <nlohmann/json.hpp>

#include <string>

namespace prunedamr::workshop {

/// Prints what a capture says of itself; returns the same as an object. Throws `Error` when it cannot be read.
nlohmann::json show_capture(const std::string& path, const data::RawOptions& raw);

} // namespace prunedamr::workshop
