// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/report/run.h"
#include "prunedamr/report/svg.h"

#include <optional>
#include <string>
#include <vector>

namespace prunedamr::report {

/// One HTML page about the runs, without outside resources or scripts: a table of them all; accuracy against cost,
/// by SNR and under attack; what each method took out; then for each run its training, confusion and similarity
/// matrices. What no run says is left out. At least one run.
std::string run_page(const std::string& title, const std::vector<Run>& runs);

/// The table alone: a row for each run; in small print what is gone of the network it was made from.
std::string run_table(const std::vector<Run>& runs);

// The drawings of a page about runs; nothing where no run says what is to be drawn.

using Drawings = std::vector<std::pair<std::string, Svg>>; ///< name for screen readers, drawing

/// Runs that were made from the same network, in the order of the first of each.
std::vector<std::vector<const Run*>> by_base(const std::vector<Run>& runs);

Drawings pareto_drawings(const std::vector<Run>& runs);  ///< test accuracy over MACs, parameters, latency
Drawings front_drawings(const Run& run);                 ///< what a search met: validation accuracy over the same
Drawings snr_drawings(const std::vector<Run>& runs);     ///< accuracy by SNR, all in one
Drawings attack_drawings(const std::vector<Run>& runs);  ///< accuracy under attack by level, one for each kind
Drawings unit_drawings(const std::vector<Run>& runs);    ///< units taken out, one for each base
Drawings channel_drawings(const std::vector<Run>& runs); ///< fraction of channels kept, one for each base
Drawings training_drawings(const Run& run);              ///< loss, accuracy, learning rate
Drawings change_drawings(const Run& run);                ///< accuracy by SNR, before and after
Drawings confusion_drawings(const Run& run);
Drawings similarity_drawings(const Run& run);

} // namespace prunedamr::report
