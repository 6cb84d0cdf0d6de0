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

/// At most `most` characters of a name, its end given up.
std::string shortened(const std::string& name, std::size_t most);

/// Pixels that a text of the mark `tick` takes, about; one of the mark `note` a tenth more.
double text_width(const std::string& text);

} // namespace prunedamr::report
