// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dataset/frame_source.h"
#include "prunedamr/dsp/welch_spectrum.h"
#include "prunedamr/report/matrix_plot.h"
#include "prunedamr/report/svg.h"

#include <complex>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace prunedamr::report {

using Samples = std::vector<std::complex<float>>;

/// A frame [2, length] float32, I then Q, scaled to mean power 1; silence stays silence.
Samples unit_power(const float* frame, int length);

/// Phase in turns, continued over the border: no step is longer than half a turn. A sample that is zero keeps the
/// phase.
std::vector<double> unwrapped_turns(const Samples& samples);

/// Phase step from each sample to the next in cycles per sample, -0.5..0.5; NaN where either sample is zero.
std::vector<double> instantaneous_frequency(const Samples& samples);

/// The frame turned to rest by the spectral line of samples^order, where `order` is the symmetry of the
/// constellation (1 for a carrier itself, 2 BPSK, 4 QPSK and square QAM, 8 8PSK; order 4 ends on the diagonals).
/// False, and nothing is changed, when no line stands out of the spectrum: high-order QAM in a short frame, much
/// noise.
bool remove_carrier(Samples& samples, int order);

/// Where the signal dwells in the I/Q plane, -extent..extent on both sides: the square root of the number of visits
/// in each of size x size cells, I to the right, Q upwards, the path between samples interpolated (windowed sinc, 8
/// steps).
HeatMap trajectory_density(const Samples& samples, double extent, int size);

/// Power of short overlapping Hann segments in dB, 0 where white noise of power 1 would be; time to the right,
/// frequency -0.5..0.5 upwards. At least 4 samples; segments of 1/4 to 1/16 of them, at most 256.
HeatMap spectrogram_db(const Samples& samples);

/// Welch's averaged power spectrum over any number of frames of one length.
class MeanSpectrum
{
public:
    explicit MeanSpectrum(int frame_length); ///< >= 8
    void add(const Samples& frame);

    std::vector<double> frequency() const; ///< of each bin, cycles per sample
    std::vector<double> db() const; ///< mean of the frames, 0 where white noise of power 1 would be; -120 at least

private:
    dsp::HannTransform transform_;
    std::vector<float> sum_;
    int segments_ = 0;
};

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
