// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/report/run.h"
#include "prunedamr/report/svg.h"

#include <string>
#include <vector>

namespace prunedamr::report {

/// Values in cells with names at both sides.
struct MatrixPlot {
    std::string title;
    std::string x_name; ///< what columns are, below
    std::vector<std::string> rows, columns;
    std::vector<std::vector<double>> values;      ///< [rows][columns]; NaN has no color
    double low = 0.0, high = 1.0;                 ///< ends of the color scale
    std::vector<std::vector<std::string>> texts;  ///< [rows][columns] written into the cells; empty: none
    std::vector<int> blocks;                      ///< sizes of blocks along the diagonal, which get borders
    std::vector<bool> marked;                     ///< rows whose names get a dot; empty: none
    double cell_width = 16.0, cell_height = 16.0; ///< pixels
};

/// Values as colors (viridis), with the scale at the right. Throws nothing; shapes are checked.
Svg draw(const MatrixPlot& plot);

/// Values over a rectangle, [rows][columns], row 0 on top.
struct HeatMap {
    int columns = 0; ///< 1..4096, as rows
    int rows = 0;
    std::vector<float> values;
};

/// A PNG file of the map, `low` and less in the first color of viridis, `high` and more in the last, values that
/// are not numbers in the first. low < high.
std::string png_of(const HeatMap& map, float low, float high);

/// Units of the network that these runs were made from, in order of depth: as one of them lists them, then those
/// that only their plans name.
std::vector<std::string> units_of(const std::vector<const Run*>& runs);

/// A row for each run, a column for each unit: kept, kept with new weights, or taken out. At least one unit.
Svg unit_grid(const std::vector<const Run*>& runs);

/// "stage2.unit10" comes after "stage2.unit9": numbers inside of names are compared as numbers.
bool natural_less(const std::string& a, const std::string& b);

} // namespace prunedamr::report
