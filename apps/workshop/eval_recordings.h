// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace prunedamr::workshop {

/// Runs recordings through the live classifier, one decision per front-end block, no block across the border of two
/// annotations; a recording without labelled annotations is run whole and has no truth, one with several labels
/// has them all ("OOK+BPSK"). Prints a table; returns a
/// row per file: {"file", "truth", "family", "events", "labels": {label: count}, "majority", "label_right",
/// "family_right"}.
nlohmann::json eval_recordings(const graph::Network& network, const std::vector<std::string>& files);

} // namespace prunedamr::workshop
