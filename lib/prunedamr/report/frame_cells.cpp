// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/frame_cells.h"

#include "prunedamr/base/error.h"
#include "prunedamr/model/class_table.h"
#include "prunedamr/report/axes.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace prunedamr::report {
namespace {

constexpr std::int64_t kPiece = 1024; // frames read at a time
constexpr double kUnknownSnr = 1e9;   // stands for NaN in keys, which must be ordered
constexpr double kLargestSnr_db = 1000.0;

std::string canonical(const std::string& label)
{
    const model::Modulation* row = model::find_modulation(label);
    return row ? row->name : label;
}

/// Place in the table of classes; labels that it does not know come last.
std::size_t rank(const std::string& label)
{
    const auto& table = model::modulations();
    const model::Modulation* row = model::find_modulation(label);
    return row ? static_cast<std::size_t>(row - table.data()) : table.size();
}

double rounded_snr(float snr_db)
{
    if (!std::isfinite(snr_db))
        return kUnknownSnr;
    return 2.0 * std::round(std::clamp<double>(snr_db, -kLargestSnr_db, kLargestSnr_db) / 2.0);
}

/// Those of `present` that are nearest to one of `asked`; the unknown one only if it is all there is.
std::set<double> nearest(const std::set<double>& present, const std::vector<double>& asked)
{
    if (*present.begin() == kUnknownSnr)
        return present;
    std::set<double> result;
    for (const double snr : asked)
        result.insert(*std::min_element(present.begin(), present.end(), [snr](double a, double b) {
            return std::abs(a - snr) < std::abs(b - snr);
        }));
    return result;
}

} // namespace

FrameCells::FrameCells(CellChoice choice) : choice_(std::move(choice))
{
    PRUNEDAMR_CHECK(choice_.examples > 0 && !choice_.snr_db.empty(), "cells have examples and an SNR");
}

bool FrameCells::wanted(const std::string& label) const
{
    const auto& labels = choice_.labels;
    return labels.empty() || std::any_of(labels.begin(), labels.end(),
                                         [&](const std::string& name) { return canonical(name) == label; });
}

std::int64_t FrameCells::read(dataset::FrameSource& frames, const std::string& source)
{
    dataset::Dataset piece = frames.header();
    std::int64_t count = 0;
    while (frames.read(piece, kPiece) > 0) {
        add(frames.header(), piece, source);
        count += piece.size();
    }
    return count;
}

int FrameCells::source_index(const std::string& name)
{
    const auto at = std::find(sources_.begin(), sources_.end(), name);
    const auto index = static_cast<int>(at - sources_.begin());
    if (at == sources_.end())
        sources_.push_back(name);
    return index;
}

void FrameCells::add(const dataset::Dataset& header, const dataset::Dataset& piece, const std::string& source)
{
    const int length = static_cast<int>(header.length());
    const int file = source_index(source);
    for (std::int64_t i = 0; i < piece.size(); ++i) {
        const std::string label = canonical(header.class_names[piece.label[i]]);
        if ((choice_.part && piece.part[i] != *choice_.part) || !wanted(label))
            continue;
        const double snr = rounded_snr(piece.snr_db[i]);
        const Key key{ rank(label), label, file, snr };
        auto cell = cells_.find(key);
        if (cell == cells_.end()) {
            const double shown = snr == kUnknownSnr ? std::nan("") : snr;
            cell = cells_.emplace(key, FrameCell{ label, shown, source, 0, MeanSpectrum(length), {} }).first;
        }
        const Samples samples = unit_power(piece.frames.data() + i * 2 * length, length);
        cell->second.spectrum.add(samples);
        if (cell->second.frames++ < choice_.examples)
            cell->second.examples.push_back(samples);
    }
}

std::vector<FrameCell> FrameCells::chosen() &&
{
    std::map<std::tuple<std::string, int>, std::set<double>> snrs; // by class and file
    std::set<std::string> found;
    for (const auto& [key, cell] : cells_) {
        snrs[{ std::get<1>(key), std::get<2>(key) }].insert(std::get<3>(key));
        found.insert(std::get<1>(key));
    }
    std::string names;
    for (const auto& name : sources_)
        names += (names.empty() ? "" : ", ") + name;
    for (const auto& label : choice_.labels)
        if (found.count(canonical(label)) == 0)
            throw Error({ "no frames of this class", names, label, "" });
    if (found.empty())
        throw Error({ "nothing to draw", names, "no frames of this part", "" });
    std::vector<FrameCell> result;
    for (auto& [key, cell] : cells_) {
        const auto& present = snrs.at({ std::get<1>(key), std::get<2>(key) });
        if (nearest(present, choice_.snr_db).count(std::get<3>(key)))
            result.push_back(std::move(cell));
    }
    return result;
}

namespace {

constexpr double kSheetWidth = 1280.0, kSheetHeight = 408.0;
constexpr double kLeft = 40.0, kColumn = 430.0, kPanel = 370.0;
constexpr double kUpper = 52.0, kUpperHeight = 150.0;
constexpr double kLower = 252.0, kLowerHeight = 120.0;
constexpr int kDensityCells = 75;
constexpr double kSpectrogramSpan_db = 40.0;
constexpr std::size_t kDetail = 256; // samples

Box upper(double x, double width)
{
    return { x, kUpper, width, kUpperHeight };
}

Box lower(int column)
{
    return { kLeft + column * kColumn, kLower, kPanel, kLowerHeight };
}

/// The value below which `fraction` of the values lie.
double quantile(std::vector<double> values, double fraction)
{
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(fraction * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), at, values.end());
    return *at;
}

std::vector<double> magnitudes(const Samples& samples)
{
    std::vector<double> result;
    for (const auto& x : samples)
        result.push_back(std::abs(x));
    return result;
}

std::vector<double> count_from(double first, std::size_t count)
{
    std::vector<double> result(count);
    std::iota(result.begin(), result.end(), first);
    return result;
}

/// The power that leaves a line at the carrier; 0 where none does or the class is not known.
int carrier_order(const std::string& label)
{
    const std::string family = model::family_of(label);
    if (label == "BPSK" || label == "PAM4" || label == "AM-DSB-SC")
        return 2;
    if (label == "8PSK" || label == "pi/4-DQPSK")
        return 8;
    if (label == "QPSK" || family == "QAM")
        return 4;
    return family == "ASK" || label == "AM-DSB" || label == "CW" ? 1 : 0;
}

void draw_density(Svg& svg, const std::string& label, Samples samples, double extent)
{
    const int order = carrier_order(label);
    const bool at_rest = order > 0 && remove_carrier(samples, order);
    const HeatMap density = trajectory_density(samples, extent, kDensityCells);
    std::vector<double> visited{ 1.0 };
    for (const float value : density.values)
        if (value > 0.0f)
            visited.push_back(value);
    const Interval range{ -extent, extent };
    Axes(svg, { upper(kLeft + kPanel - kUpperHeight, kUpperHeight), range, range,
                at_rest ? "Density, carrier removed" : "Density, Q / rms", "I / rms", 4, 4 })
        .picture(png_of(density, 0.0f, static_cast<float>(quantile(visited, 0.99))));
}

void draw_plane(Svg& svg, const std::string& label, const Samples& samples)
{
    const double reach = quantile(magnitudes(samples), 0.995);
    const double extent = std::max(0.5, std::ceil(2.2 * reach) / 2.0);
    const Interval range{ -extent, extent };
    std::vector<double> i, q;
    for (const auto& x : samples) {
        i.push_back(x.real());
        q.push_back(x.imag());
    }
    Axes(svg, { upper(kLeft, kUpperHeight), range, range, "Constellation, Q / rms", "I / rms", 4, 4 })
        .dots(i, q, mark::dots);
    draw_density(svg, label, samples, extent);
}

void draw_spectra(Svg& svg, const FrameCell& cell, const Samples& samples)
{
    MeanSpectrum own(static_cast<int>(samples.size()));
    own.add(samples);
    const auto mean_db = cell.spectrum.db(), own_db = own.db();
    auto all = mean_db;
    all.insert(all.end(), own_db.begin(), own_db.end());
    Interval range{ quantile(all, 0.02), *std::max_element(all.begin(), all.end()) };
    range = fitted({ std::max(range.low, range.high - 80.0) - 1.0, range.high + 1.0 }, 4);
    Axes axes(svg, { upper(kLeft + kColumn, kPanel),
                     { -0.5, 0.5 },
                     range,
                     cell.frames > 1 ? "Spectrum, dB (white = 0): mean of the cell, this frame in gray"
                                     : "Spectrum, dB (white = 0)",
                     "frequency, cycles / sample" });
    if (cell.frames > 1)
        axes.line(own.frequency(), own_db, mark::context);
    axes.line(cell.spectrum.frequency(), mean_db, mark::series);

    const HeatMap map = spectrogram_db(samples);
    const float top = *std::max_element(map.values.begin(), map.values.end());
    Axes(svg, { upper(kLeft + 2 * kColumn, kPanel),
                { 0.0, static_cast<double>(samples.size()) },
                { -0.5, 0.5 },
                "Spectrogram, cycles / sample, the upper 40 dB",
                "sample",
                8 })
        .picture(png_of(map, top - static_cast<float>(kSpectrogramSpan_db), top));
}

/// The kDetail samples with the most energy: there the symbols can be told apart.
Interval busiest(const std::vector<double>& amplitude)
{
    double energy = 0.0, best = -1.0;
    std::size_t end = std::min(amplitude.size(), kDetail);
    for (std::size_t n = 0; n < amplitude.size(); ++n) {
        energy +=
            amplitude[n] * amplitude[n] - (n >= kDetail ? amplitude[n - kDetail] * amplitude[n - kDetail] : 0.0);
        if (n + 1 >= std::min(amplitude.size(), kDetail) && energy > best * (1.0 + 1e-3)) {
            best = energy;
            end = n + 1;
        }
    }
    return { static_cast<double>(end - std::min(end, kDetail)), static_cast<double>(end) };
}

void draw_time(Svg& svg, const Samples& samples)
{
    const Interval all{ 0.0, static_cast<double>(samples.size()) };
    const auto amplitude = magnitudes(samples);
    Axes(svg, { lower(0),
                all,
                { 0.0, fitted({ 0.0, *std::max_element(amplitude.begin(), amplitude.end()) }, 4).high },
                "Amplitude / rms",
                "sample",
                8 })
        .line(count_from(0.0, samples.size()), amplitude, mark::series);

    const Interval detail = busiest(amplitude);
    const auto first = static_cast<std::ptrdiff_t>(detail.low), last = static_cast<std::ptrdiff_t>(detail.high);
    const Samples stretch(samples.begin() + first, samples.begin() + last);
    const auto phase = unwrapped_turns(stretch), steps = instantaneous_frequency(stretch);
    const std::string where = samples.size() > kDetail ? ", detail" : "";
    Axes(svg, { lower(1), detail, fitted(phase, 4), "Phase, unwrapped, turns" + where, "sample", 8 })
        .line(count_from(detail.low, phase.size()), phase, mark::series);
    Axes(svg, { lower(2), detail, { -0.5, 0.5 }, "Instantaneous frequency, cycles / sample" + where, "sample", 8 })
        .line(count_from(detail.low + 0.5, steps.size()), steps, mark::series);
}

std::string snr_text(double snr_db)
{
    return std::isfinite(snr_db) ? "SNR " + tick_text(snr_db, 1.0) + " dB" : "SNR not known";
}

} // namespace

Svg draw_frame(const FrameCell& cell, std::size_t example)
{
    Svg svg(kSheetWidth, kSheetHeight);
    const Samples& samples = cell.examples.at(example);
    svg.line({ 0.0, 0.5 }, { kSheetWidth, 0.5 }, mark::rule);
    svg.text({ 4.0, 21.0 }, cell.label + ", " + snr_text(cell.snr_db), mark::heading);
    svg.text({ kLeft + kColumn, 21.0 },
             "frame " + std::to_string(example + 1) + " of " + std::to_string(cell.frames) + " in " + cell.source,
             mark::note);
    draw_plane(svg, cell.label, samples);
    draw_spectra(svg, cell, samples);
    draw_time(svg, samples);
    return svg;
}

} // namespace prunedamr::report
