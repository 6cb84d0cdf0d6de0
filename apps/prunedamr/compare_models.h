// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/dataset.h"
#include "prunedamr/metrics/gate.h"
#include "prunedamr/model/model.h"

#include <string>
#include <utility>

namespace prunedamr::tool {

/// What two models decide on the same frames.
struct Opinions {
    metrics::Opinion before, after;
    metrics::JointAnswers joint;
};

/// Of all frames, in the order of their groups. Throws `Error`, which names `where`, for no frames, and for frames of another front
/// end than a model's.
Opinions opinions(const model::Model& base, const model::Model& updated, const dataset::Dataset& dataset, const std::string& where);

/// Median time per frame of each model on one core, both in turn; microseconds.
std::pair<double, double> latencies_us(const model::Model& base, const model::Model& updated);

} // namespace prunedamr::tool
