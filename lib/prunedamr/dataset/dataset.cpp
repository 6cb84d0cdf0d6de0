// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dataset/dataset.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/dataset/dataset_file.h"
#include "prunedamr/dataset/transforms.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <utility>

namespace prunedamr::dataset {
namespace {

void require_length(std::size_t found, std::size_t expected, const char* field, const std::string& where)
{
    if (found != expected)
        throw Error({ std::string(field) + " has the wrong length", where, std::to_string(found),
                      std::to_string(expected) });
}

void check_classes(const Dataset& dataset, const std::string& where)
{
    if (dataset.class_names.empty())
        throw Error({ "class_names is empty", where, "0 classes", "at least 1" });
    std::set<std::string> seen;
    for (const auto& name : dataset.class_names) {
        if (name.empty())
            throw Error({ "class_names holds an empty name", where, "", "" });
        if (!seen.insert(name).second)
            throw Error({ "class_names holds a name twice", where, name, "each name once" });
    }
}

std::string name_of(std::int64_t frame)
{
    return "frame " + std::to_string(frame);
}

using Cell = std::pair<std::int32_t, std::optional<int>>;

Cell cell_of(const Dataset& dataset, std::int64_t i)
{
    return { dataset.label[i], cell_snr_db(dataset.snr_db[i]) };
}

/// How many frames each part still lacks; what one cell cannot give in whole groups, the next one makes up for.
struct Demand {
    Split part;
    double fraction;
    double missing;
};

} // namespace

std::vector<std::int64_t> Dataset::indices(Split which) const
{
    std::vector<std::int64_t> found;
    for (std::size_t i = 0; i < part.size(); ++i)
        if (part[i] == which)
            found.push_back(static_cast<std::int64_t>(i));
    return found;
}

std::optional<int> cell_snr_db(float snr_db)
{
    if (std::isnan(snr_db))
        return std::nullopt;
    return 2 * static_cast<int>(std::lround(std::clamp(snr_db, -1e6f, 1e6f) / 2.0f));
}

const char* to_string(SampleType type)
{
    return type == SampleType::float16 ? "float16" : "float32";
}

void check_header(const Dataset& header, const std::string& where)
{
    if (header.front_end.frame_length < 1)
        throw Error({ "front_end.frame_length is not positive", where,
                      std::to_string(header.front_end.frame_length), "at least 1" });
    check_classes(header, where);
}

void check_fields(const Dataset& header, const Dataset& piece, std::int64_t first, const std::string& where)
{
    const std::size_t count = piece.label.size();
    require_length(piece.snr_db.size(), count, "snr_db", where);
    require_length(piece.group.size(), count, "group", where);
    require_length(piece.part.size(), count, "part", where);
    const auto classes = static_cast<std::int32_t>(header.class_names.size());
    for (std::size_t i = 0; i < count; ++i) {
        const auto refuse = [&](const char* field, const std::string& found, const std::string& expected) {
            throw Error({ field + (" of " + name_of(first + static_cast<std::int64_t>(i))) + " is " +
                              (found.empty() ? "infinite" : "out of range"),
                          where, found, expected });
        };
        if (piece.label[i] < 0 || piece.label[i] >= classes)
            refuse("label", std::to_string(piece.label[i]), "0.." + std::to_string(classes - 1));
        if (piece.part[i] > Split::test)
            refuse("part", std::to_string(static_cast<int>(piece.part[i])), "0..2");
        if (std::isinf(piece.snr_db[i]))
            refuse("snr_db", "", "a number or NaN");
    }
}

void check_frames(const Dataset& header, const Dataset& piece, std::int64_t first, const std::string& where)
{
    const auto floats = 2 * header.length();
    require_length(piece.frames.size(), piece.label.size() * static_cast<std::size_t>(floats), "frames", where);
    const auto bad =
        std::find_if(piece.frames.begin(), piece.frames.end(), [](float x) { return !std::isfinite(x); });
    if (bad != piece.frames.end())
        throw Error({ name_of(first + (bad - piece.frames.begin()) / floats) + " holds a sample that is not finite",
                      where, "", "" });
}

void validate(const Dataset& dataset, const std::string& where)
{
    check_header(dataset, where);
    check_fields(dataset, dataset, 0, where);
    check_frames(dataset, dataset, 0, where);
}

void check_fractions(const SplitFractions& fractions)
{
    if (!(fractions.validation >= 0.0 && fractions.test >= 0.0 && fractions.validation + fractions.test < 1.0))
        throw Error(
            { "bad split fractions", "split",
              "validation " + std::to_string(fractions.validation) + ", test " + std::to_string(fractions.test),
              "each at least 0, together below 1" });
}

void assign_split(Dataset& dataset, const SplitFractions& fractions, std::uint64_t seed)
{
    check_fractions(fractions);
    // A group belongs to the cell of its first frame.
    std::map<std::int64_t, std::vector<std::int64_t>> members;
    for (std::int64_t i = 0; i < dataset.size(); ++i)
        members[dataset.group[i]].push_back(i);
    std::map<Cell, std::vector<std::int64_t>> cells;
    for (const auto& [group, frames] : members)
        cells[cell_of(dataset, frames.front())].push_back(group);

    dataset.part.assign(dataset.label.size(), Split::train);
    Demand demands[] = { { Split::test, fractions.test, 0.0 }, { Split::validation, fractions.validation, 0.0 } };
    Rng rng(seed);
    for (auto& [cell, groups] : cells) {
        for (std::size_t i = groups.size(); i > 1; --i)
            std::swap(groups[i - 1],
                      groups[static_cast<std::size_t>(rng.integer(0, static_cast<std::int64_t>(i) - 1))]);
        std::size_t cell_size = 0;
        for (const auto group : groups)
            cell_size += members[group].size();
        auto next = groups.begin();
        for (auto& demand : demands) {
            demand.missing += demand.fraction * static_cast<double>(cell_size);
            for (; next != groups.end(); ++next) {
                const auto size = static_cast<double>(members[*next].size());
                if (demand.missing < size / 2)
                    break;
                for (const auto frame : members[*next])
                    dataset.part[frame] = demand.part;
                demand.missing -= size;
            }
        }
    }
}

namespace {

constexpr double kNoLimit = std::numeric_limits<double>::infinity();

std::string gigabytes(double bytes)
{
    return fmt::format("{:.1f} GB", bytes / 1e9);
}

/// The number after `key` in one of the kernel's files, or the first word; no limit where there is none.
double number_in(const char* path, const std::string& key)
{
    std::ifstream file(path);
    double number = kNoLimit;
    if (key.empty())
        return file >> number ? number : kNoLimit;
    for (std::string word; file >> word;)
        if (word == key)
            return file >> number ? number : kNoLimit;
    return kNoLimit;
}

/// Of the control group; pages that only cache files count as free.
double free_in_group()
{
    const double limit = number_in("/sys/fs/cgroup/memory.max", "");
    const double used = number_in("/sys/fs/cgroup/memory.current", "");
    const double cached = number_in("/sys/fs/cgroup/memory.stat", "file");
    return limit == kNoLimit || used == kNoLimit || cached == kNoLimit ? kNoLimit
                                                                       : std::max(0.0, limit - used + cached);
}

} // namespace

double available_memory_bytes()
{
    return std::min(1024 * number_in("/proc/meminfo", "MemAvailable:"), free_in_group());
}

void require_memory(double needed_bytes, double available_bytes, const std::string& path)
{
    if (needed_bytes > available_bytes)
        throw Error({ "does not fit into memory", path, gigabytes(needed_bytes) + " of frames",
                      "at most the " + gigabytes(available_bytes) +
                          " that are free; `prunedamr data import --frames-per-cell N` makes a smaller one" });
}

namespace {

constexpr std::int32_t kLeftOut = -1;

void check_names(const std::vector<std::string>& class_names, const std::vector<std::string>& names)
{
    std::string list;
    for (const std::string& known : class_names)
        list += (list.empty() ? "" : ", ") + known;
    if (names.empty())
        throw Error({ "no class is named", "classes", "", list });
    for (const std::string& name : names) {
        if (std::count(class_names.begin(), class_names.end(), name) == 0)
            throw Error({ "the frames have no such class", "classes", name, list });
        if (std::count(names.begin(), names.end(), name) > 1)
            throw Error({ "class named twice", "classes", name, "" });
    }
}

} // namespace

Dataset select_classes(const Dataset& dataset, const std::vector<std::string>& names)
{
    check_names(dataset.class_names, names);
    Dataset selected;
    selected.front_end = dataset.front_end;
    std::vector<std::int32_t> new_label;
    for (const std::string& name : dataset.class_names) {
        const bool stays = std::count(names.begin(), names.end(), name) > 0;
        new_label.push_back(stays ? static_cast<std::int32_t>(selected.class_names.size()) : kLeftOut);
        if (stays)
            selected.class_names.push_back(name);
    }
    selected.provenance = dataset.provenance;
    add_provenance(selected, "classes", selected.class_names);
    for (std::int64_t i = 0; i < dataset.size(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        const std::int32_t label = new_label[static_cast<std::size_t>(dataset.label[at])];
        if (label == kLeftOut)
            continue;
        selected.frames.insert(selected.frames.end(), dataset.frame(i), dataset.frame(i) + 2 * dataset.length());
        selected.label.push_back(label);
        selected.snr_db.push_back(dataset.snr_db[at]);
        selected.group.push_back(dataset.group[at]);
        selected.part.push_back(dataset.part[at]);
    }
    return selected;
}

} // namespace prunedamr::dataset
