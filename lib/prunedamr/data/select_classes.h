// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/dataset.h"

#include <string>
#include <vector>

namespace prunedamr::data {

/// The frames of the named classes only, split and order as they were, classes in the data set's order; the
/// provenance tells the names under "classes". Throws `Error` for a class that the data set does not have, or one
/// named twice.
Dataset select_classes(const Dataset& dataset, const std::vector<std::string>& names);

} // namespace prunedamr::data
