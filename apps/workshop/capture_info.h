// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/recording/recording.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <string>

namespace prunedamr::workshop {

/// Whether a file is a recording by its name: SigMF, WAV, or raw samples in a format that the name tells.
bool is_capture(const std::string& path);

/// --format, --rate.
void add_raw_options(CLI::App& verb, data::RawOptions& raw);

/// Prints what a capture says of itself; returns the same as an object. Throws `Error` when it cannot be read.
nlohmann::json show_capture(const std::string& path, const data::RawOptions& raw);

} // namespace prunedamr::workshop
