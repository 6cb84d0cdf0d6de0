// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/report/run.h"
#include "prunedamr/report/svg.h"

#include <string>
#include <vector>

namespace prunedamr::report {

/// Units of the network that these runs were made from, in order of depth: as one of them lists them, then those
/// that only their plans name.
std::vector<std::string> units_of(const std::vector<const Run*>& runs);

/// A row for each run, a column for each unit: kept, kept with new weights, or taken out. At least one unit.
Svg unit_grid(const std::vector<const Run*>& runs);

/// "stage2.unit10" comes after "stage2.unit9": numbers inside of names are compared as numbers.
bool natural_less(const std::string& a, const std::string& b);

} // namespace prunedamr::report
