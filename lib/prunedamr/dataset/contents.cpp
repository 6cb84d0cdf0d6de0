// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dataset/contents.h"

#include "prunedamr/dataset/transforms.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
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
    const auto most = dataset::frames_in_piece(source);
    while ((with_levels ? source.read(piece, most) : source.read_fields(piece, most)) > 0) {
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
    std::vector<std::pair<std::int64_t, dataset::Part>> pairs;
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

} // namespace prunedamr::dataset
