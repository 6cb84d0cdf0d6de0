// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/dataset.h"

#include <cstdint>
#include <vector>

namespace prunedamr::train {

/// `per_class` of the frames `indices` for each class, or all that it has, drawn by the seed and spread over its
/// SNR cells: no cell gives two more than another that has frames left. Ascending.
std::vector<std::int64_t> choose_labelled(const data::Dataset& dataset, const std::vector<std::int64_t>& indices,
                                          int per_class, std::uint64_t seed);

} // namespace prunedamr::train
