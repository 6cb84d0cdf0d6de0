// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace prunedamr::report {

/// Values over a rectangle, [rows][columns], row 0 on top.
struct HeatMap {
    int columns = 0; ///< 1..4096, as rows
    int rows = 0;
    std::vector<float> values;
};

/// A PNG file of the map, `low` and less in the first colour of viridis, `high` and more in the last, values that
/// are not numbers in the first. low < high.
std::string png_of(const HeatMap& map, float low, float high);

} // namespace prunedamr::report
