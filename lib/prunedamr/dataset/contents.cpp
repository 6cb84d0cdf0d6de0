// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dataset/contents.h"

#include "prunedamr/dataset/transforms.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace prunedamr::dataset {
namespace {

constexpr const char* kPartNames[] = { "train", "validation", "test" };

/// `levels.min_rms` is infinite until there was a frame that is not silent.
void add(Levels& levels, const float* frame, std::int64_t length)
{
    double power = 0.0;
    for (std::int64_t k = 0; k < 2 * length; ++k) {
        power += static_cast<double>(frame[k]) * frame[k] / static_cast<double>(length);
        levels.peak = std::max(levels.peak, static_cast<double>(std::abs(frame[k])));
    }
    levels.silent_frames += power == 0.0;
    levels.max_rms = std::max(levels.max_rms, std::sqrt(power));
    if (power > 0.0)
        levels.min_rms = std::min(levels.min_rms, std::sqrt(power));
}

template <typename T> void append(std::vector<T>& all, const std::vector<T>& piece)
{
    all.insert(all.end(), piece.begin(), piece.end());
}

} // namespace

Contents read_contents(dataset::FrameSource& source, bool with_levels)
{
    Contents contents{ source.header(), {} };
    dataset::Dataset& fields = contents.fields;
    Levels levels;
    levels.min_rms = std::numeric_limits<double>::infinity();
    dataset::Dataset piece;
    const auto max_count = dataset::frames_in_piece(source);
    while ((with_levels ? source.read(piece, max_count) : source.read_fields(piece, max_count)) > 0) {
        for (std::int64_t i = 0; with_levels && i < piece.size(); ++i)
            add(levels, piece.frames.data() + i * 2 * fields.length(), fields.length());
        append(fields.label, piece.label);
        append(fields.snr_db, piece.snr_db);
        append(fields.group, piece.group);
        append(fields.part, piece.part);
    }
    levels.min_rms = std::min(levels.min_rms, levels.max_rms);
    if (with_levels && fields.size() > 0)
        contents.levels = levels;
    return contents;
}

GroupCounts count_groups(const dataset::Dataset& fields)
{
    std::vector<std::pair<std::int64_t, dataset::Split>> pairs;
    for (std::size_t i = 0; i < fields.group.size(); ++i)
        pairs.emplace_back(fields.group[i], fields.part[i]);
    std::sort(pairs.begin(), pairs.end());
    pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
    GroupCounts groups;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        const bool again = i > 0 && pairs[i].first == pairs[i - 1].first;
        groups.count += !again;
        groups.in_several_parts += again && (i < 2 || pairs[i].first != pairs[i - 2].first);
    }
    return groups;
}

nlohmann::ordered_json frames_per_class(const dataset::Dataset& fields)
{
    std::vector<std::int64_t> counts(fields.class_names.size(), 0);
    for (const auto label : fields.label)
        ++counts[static_cast<std::size_t>(label)];
    auto object = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < counts.size(); ++i)
        object[fields.class_names[i]] = counts[i];
    return object;
}

nlohmann::ordered_json frames_per_part(const dataset::Dataset& fields)
{
    std::int64_t counts[3] = {};
    for (const auto part : fields.part)
        ++counts[static_cast<int>(part)];
    auto object = nlohmann::ordered_json::object();
    for (int i = 0; i < 3; ++i)
        object[kPartNames[i]] = counts[i];
    return object;
}

namespace {

constexpr std::size_t kMaxColumns = 12;
constexpr int kWidths[] = { 2, 4, 5, 10, 20, 50, 100, 1000 }; // of a column, in dB

using Cell = std::pair<std::int32_t, std::optional<int>>;

std::map<Cell, std::int64_t> cells_of(const dataset::Dataset& fields)
{
    std::map<Cell, std::int64_t> cells;
    for (std::size_t i = 0; i < fields.label.size(); ++i)
        ++cells[{ fields.label[i], dataset::cell_snr_db(fields.snr_db[i]) }];
    return cells;
}

int column_of(int snr_db, int width)
{
    return (snr_db >= 0 ? snr_db / width : -((width - 1 - snr_db) / width)) * width;
}

/// The lowest SNR of each column, for the smallest width that gives few enough.
std::set<int> columns_of(const std::map<Cell, std::int64_t>& cells, int& width)
{
    std::set<int> columns;
    for (const int candidate : kWidths) {
        width = candidate;
        columns.clear();
        for (const auto& [cell, count] : cells)
            if (cell.second)
                columns.insert(column_of(*cell.second, width));
        if (columns.size() <= kMaxColumns)
            break;
    }
    return columns;
}

std::string padded(const std::string& text, std::size_t width)
{
    return std::string(width > text.size() ? width - text.size() : 1, ' ') + text;
}

} // namespace

nlohmann::json cells_json(const dataset::Dataset& fields)
{
    auto list = nlohmann::json::array();
    for (const auto& [cell, count] : cells_of(fields))
        list.push_back({ { "label", fields.class_names[static_cast<std::size_t>(cell.first)] },
                         { "snr_db", cell.second ? nlohmann::json(*cell.second) : nlohmann::json() },
                         { "frames", count } });
    return list;
}

std::string snr_table(const dataset::Dataset& fields)
{
    const auto cells = cells_of(fields);
    int width = 0;
    const auto columns = columns_of(cells, width);
    std::map<std::pair<std::int32_t, int>, std::int64_t> sums;
    std::map<std::int32_t, std::int64_t> unknown, totals;
    std::size_t name_width = 10, number_width = 5;
    for (const auto& [cell, count] : cells) {
        totals[cell.first] += count;
        (cell.second ? sums[{ cell.first, column_of(*cell.second, width) }] : unknown[cell.first]) += count;
        number_width = std::max(number_width, std::to_string(totals[cell.first]).size() + 1);
    }
    for (const auto& name : fields.class_names)
        name_width = std::max(name_width, name.size());

    const auto number = [&](std::int64_t count) {
        return padded(count ? std::to_string(count) : ".", number_width);
    };
    std::string text = "  " + std::string("SNR [dB]") + std::string(name_width - 8, ' ');
    for (const int column : columns)
        text += padded(std::to_string(column), number_width);
    if (!unknown.empty())
        text += padded("?", number_width);
    text += padded("all", number_width + 1);
    if (width > 2)
        text += "   (columns of " + std::to_string(width) + " dB from the number on)";
    text += "\n";
    for (std::size_t i = 0; i < fields.class_names.size(); ++i) {
        const auto label = static_cast<std::int32_t>(i);
        const std::string& name = fields.class_names[i];
        text += "  " + name + std::string(name_width - name.size(), ' ');
        for (const int column : columns)
            text += number(sums[{ label, column }]);
        if (!unknown.empty())
            text += number(unknown[label]);
        text += padded(std::to_string(totals[label]), number_width + 1) + "\n";
    }
    return text;
}

} // namespace prunedamr::dataset
