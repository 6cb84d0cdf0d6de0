// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/synth/rml2016a/rml2016a.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json_fwd.hpp>

#include <string>

namespace prunedamr::tool {

/// Adds what `synth --recipe rml2016a` alone takes; labels, seed and threads are set by the caller.
void add_rml2016a_options(CLI::App& command, synth::Rml2016aConfig& config);

/// Makes the frames and writes them: a data set, or for FILE.pkl a pickle as RadioML's. Returns the summary.
nlohmann::json make_rml2016a(const synth::Rml2016aConfig& config, const std::string& out);

} // namespace prunedamr::tool
