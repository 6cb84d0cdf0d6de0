// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/report/frame_cells.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/modulation.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace prunedamr::report {
namespace {

constexpr std::int64_t kPiece = 1024; // frames read at a time
constexpr double kUnknownSnr = 1e9;   // stands for NaN in keys, which must be ordered
constexpr double kLargestSnr_db = 1000.0;

std::string canonical(const std::string& label)
{
    const Modulation* row = find_modulation(label);
    return row ? row->name : label;
}

/// Place in the table of classes; labels that it does not know come last.
std::size_t rank(const std::string& label)
{
    const auto& table = modulations();
    const Modulation* row = find_modulation(label);
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

std::int64_t FrameCells::read(data::FrameSource& frames, const std::string& source)
{
    data::Dataset piece = frames.header();
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

void FrameCells::add(const data::Dataset& header, const data::Dataset& piece, const std::string& source)
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

} // namespace prunedamr::report
