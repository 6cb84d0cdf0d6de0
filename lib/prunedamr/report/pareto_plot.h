// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/report/svg.h"

#include <string>
#include <vector>

namespace prunedamr::report {

struct ParetoPoint {
    std::string name;
    double cost = 0.0;     ///< > 0, less is better
    double accuracy = 0.0; ///< more is better
};

/// Indices of the points that no other point beats: none costs at most as much and is at least as accurate, one of
/// the two strictly. By rising cost; of equal points all.
std::vector<std::size_t> pareto_front(const std::vector<ParetoPoint>& points);

struct ParetoConfig {
    std::string title;     ///< with the unit of accuracy
    std::string cost_name; ///< with its unit
    double width = 620.0;
    double height = 360.0;
};

/// Accuracy [%] over cost (logarithmic); the front as a staircase, its points in color, with names (of
/// more than 30 points only those of the front).
Svg pareto_plot(const ParetoConfig& config, const std::vector<ParetoPoint>& points);

} // namespace prunedamr::report
