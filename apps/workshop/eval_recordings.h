// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace prunedamr::workshop {

/// Runs recordings through the live classifier, one decision per front-end block, no block across the border of two
/// annotations; a recording without labelled annotations is run whole and has no truth, one with several labels
/// has them all ("OOK+BPSK"). Prints a table; returns {"rows", "summary"}. A row per file: {"file", "truth",
/// "family", "labels": {label: count}, "majority", "family_majority", "events", "frames"}, the last two each
/// {"count", "label_right", "family_right", "unknown"}: decisions, and frames by themselves. The summary counts
/// those with a truth: {"recordings", "class_right", "family_right", "unknown"} by majority, and the mean over
/// recordings of each share ("frames_label_right", ...).
nlohmann::json eval_recordings(const graph::Network& network, const std::vector<std::string>& files);

} // namespace prunedamr::workshop
