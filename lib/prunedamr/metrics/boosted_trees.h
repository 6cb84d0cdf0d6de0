// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/detect/boosted_trees.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace prunedamr::metrics {

struct BoostingConfig {
    int trees = 300;
    int depth = 6;          ///< of complete binary trees
    double rate = 0.1;      ///< of learning: what each tree counts
    double rows = 0.4;      ///< part of the rows that each tree is grown on
    double damping = 2.0;   ///< of a leaf's value
    double least = 4.0;     ///< sum of the second derivatives in a leaf
    std::uint64_t seed = 1; ///< of the rows drawn
};

using detect::BoostedTrees;

/// Fits log-odds to targets 0..1 by gradient boosting with histograms of 64 bins (Friedman 2001; Chen and Guestrin
/// 2016). `rows` [count][features], `targets` and `weights` [count]. The same arguments give the same trees.
BoostedTrees fit_boosted_trees(const std::vector<float>& rows, int features, const std::vector<float>& targets,
                               const std::vector<float>& weights, const BoostingConfig& config,
                               const std::function<void(int tree, double loss)>& progress = {});

} // namespace prunedamr::metrics
