// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/report/svg.h"

#include <string>
#include <vector>

namespace prunedamr::report {

/// Values in cells with names at both sides.
struct MatrixPlot {
    std::string title;
    std::string x_name; ///< what columns are, below
    std::vector<std::string> rows, columns;
    std::vector<std::vector<double>> values;      ///< [rows][columns]; NaN has no colour
    double low = 0.0, high = 1.0;                 ///< ends of the colour scale
    std::vector<std::vector<std::string>> texts;  ///< [rows][columns] written into the cells; empty: none
    std::vector<int> blocks;                      ///< sizes of blocks along the diagonal, which get borders
    std::vector<bool> marked;                     ///< rows whose names get a dot; empty: none
    double cell_width = 16.0, cell_height = 16.0; ///< pixels
};

/// Values as colours (viridis), with the scale at the right. Throws nothing; shapes are checked.
Svg draw(const MatrixPlot& plot);

} // namespace prunedamr::report
