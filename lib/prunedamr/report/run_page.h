// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/report/run.h"

#include <string>
#include <vector>

namespace prunedamr::report {

/// One HTML page about the runs, without outside resources or scripts: a table of them all; accuracy against cost,
/// by SNR and under attack; what each method took out; then for each run its training, confusion and similarity
/// matrices. What no run says is left out. At least one run.
std::string run_page(const std::string& title, const std::vector<Run>& runs);

/// The table alone: a row for each run; in small print what is gone of the network it was made from.
std::string run_table(const std::vector<Run>& runs);

} // namespace prunedamr::report
