// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/frame_source.h"
#include "prunedamr/report/frame_views.h"
#include "prunedamr/report/svg.h"

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace prunedamr::report {

/// Frames of one class, one SNR (rounded to 2 dB) and one file.
struct FrameCell {
    std::string label;   ///< by its name in the class table, if it is there
    double snr_db = 0.0; ///< NaN where it is not known
    std::string source;  ///< the file
    std::int64_t frames = 0;
    MeanSpectrum spectrum;         ///< of all of them
    std::vector<Samples> examples; ///< the first ones, mean power 1
};

struct CellChoice {
    std::vector<std::string> labels;            ///< names or aliases; empty: all
    std::vector<double> snr_db = { 0, 10, 30 }; ///< of each class the nearest cells
    std::optional<dataset::Split> part;          ///< only these frames
    int examples = 1;                           ///< kept of each cell, >= 1
};

/// Sorts frames into cells while they are read: memory goes with the cells, not with the frames.
class FrameCells
{
public:
    explicit FrameCells(CellChoice choice);

    /// All frames of a file, whose name is `source`; returns how many. Throws `Error` when it is damaged.
    std::int64_t read(dataset::FrameSource& frames, const std::string& source);

    /// Frames in memory, `piece`, with the front end and the class names of `header`.
    void add(const dataset::Dataset& header, const dataset::Dataset& piece, const std::string& source);

    /// The cells that were asked for: classes in the order of the class table, then by file, then by rising SNR.
    /// Throws `Error` when a label that was asked for has no frames, or nothing has.
    std::vector<FrameCell> chosen() &&;

private:
    using Key = std::tuple<std::size_t, std::string, int, double>; ///< class rank, label, file, SNR
    int source_index(const std::string& name);
    bool wanted(const std::string& label) const;

    CellChoice choice_;
    std::vector<std::string> sources_;
    std::map<Key, FrameCell> cells_;
};

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
