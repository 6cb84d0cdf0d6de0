// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/report/svg.h"

#include <string>
#include <vector>

namespace prunedamr::report {

struct Series {
    std::string name;
    std::vector<double> x; ///< rising
    std::vector<double> y; ///< as many; values that are not finite are left out
};

struct LineChartConfig {
    std::string title;  ///< with the unit of y
    std::string x_name; ///< with the unit of x
    double width = 420.0;
    double height = 240.0;
    bool dots = false;    ///< every value also as a dot
    bool whole_x = false; ///< x counts something: no ticks between whole numbers
    bool legend = true;
};

/// Lines over common axes, each with its own color and dashes, with a legend at their right.
Svg line_chart(const LineChartConfig& config, const std::vector<Series>& series);

/// At most `max_size` characters of a name, its end given up.
std::string shortened(const std::string& name, std::size_t max_size);
constexpr std::size_t kNameCharacters = 40; ///< of names beside a chart

/// Pixels that a text of the mark `tick` takes, about; one of the mark `note` a tenth more.
double text_width(const std::string& text);

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
