// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/report/frame_cells.h"
#include "prunedamr/report/svg.h"

#include <string>
#include <vector>

namespace prunedamr::report {

/// One frame of a cell, 1280 pixels wide: constellation, density in the I/Q plane, spectrum, spectrogram;
/// amplitude, phase and instantaneous frequency over time. `example` < cell.examples.size().
Svg draw_frame(const FrameCell& cell, std::size_t example);

struct SheetConfig {
    std::string title;
    std::string note; ///< a line below: file, front end, number of frames
    int columns = 1;  ///< drawings side by side, >= 1
};

/// A sheet of all examples of all cells, class by class, without outside resources or scripts.
std::string sheet_html(const SheetConfig& config, const std::vector<FrameCell>& cells);
std::string sheet_svg(const SheetConfig& config, const std::vector<FrameCell>& cells);

} // namespace prunedamr::report
