// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/data/dataset.h"
#include "prunedamr/train/fit.h"

#include <cstdint>
#include <vector>

namespace prunedamr::prune {

/// Frame indices of each class.
using ClassFrames = std::vector<std::vector<std::int64_t>>;

/// The frames of the train part whose labels fine-tuning may see: all, or `fine_tune.frames_per_class`.
std::vector<std::int64_t> labelled_frames(const data::Dataset& dataset, const train::FitConfig& fine_tune);

/// Up to `per_class` (>= 2) of `frames` from each class, spread over its SNRs (`train::choose_labelled`),
/// ascending. Throws `Error` naming a class with fewer than two.
ClassFrames draw_per_class(const data::Dataset& dataset, const std::vector<std::int64_t>& frames, int per_class,
                           std::uint64_t seed);

} // namespace prunedamr::prune
