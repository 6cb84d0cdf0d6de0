// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/recording/recording.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <string>

namespace prunedamr::tool {

/// --format, --rate.
void add_raw_options(CLI::App& command, recording::RawOptions& raw);

/// Prints what a capture says of itself; returns the same as an object. Throws `Error` when it cannot be read.
nlohmann::json show_capture(const std::string& path, const recording::RawOptions& raw);

} // namespace prunedamr::tool
