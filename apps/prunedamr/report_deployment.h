// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace prunedamr::tool {

/// Measures the models of the plan on this machine, prints a line for each, and writes the page `out` and, unless empty, `json`.
void report_deployment(const std::string& plan, const std::string& out, const std::string& json);

} // namespace prunedamr::tool
