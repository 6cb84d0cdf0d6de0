// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/graph/network.h"

#include <string>
#include <vector>

namespace prunedamr::graph {

/// Whether frames made by `front_end` with labels `class_names` are what the network was made for.
/// Throws `Error` with `where` (the data's name) naming what differs: front end or class names.
void check_contract(const Network& network, const FrontEndSpec& front_end,
                    const std::vector<std::string>& class_names, const std::string& where);

} // namespace prunedamr::graph
