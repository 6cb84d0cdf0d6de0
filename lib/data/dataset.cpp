// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/data/dataset.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

namespace prunedamr::data {
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

void check_labels(const Dataset& dataset, const std::string& where)
{
    const auto classes = static_cast<std::int32_t>(dataset.class_names.size());
    for (std::size_t i = 0; i < dataset.label.size(); ++i) {
        if (dataset.label[i] < 0 || dataset.label[i] >= classes)
            throw Error({ "label of frame " + std::to_string(i) + " is out of range", where,
                          std::to_string(dataset.label[i]), "0.." + std::to_string(classes - 1) });
        if (dataset.part[i] > Part::test)
            throw Error({ "part of frame " + std::to_string(i) + " is out of range", where,
                          std::to_string(static_cast<int>(dataset.part[i])), "0..2" });
        if (std::isinf(dataset.snr_db[i]))
            throw Error({ "snr_db of frame " + std::to_string(i) + " is infinite", where, "", "a number or NaN" });
    }
}

/// Frames of a cell are divided together; NaN SNR is a cell of its own.
using Cell = std::pair<std::int32_t, int>;

Cell cell_of(const Dataset& dataset, std::int64_t i)
{
    const float snr = dataset.snr_db[i];
    return { dataset.label[i], std::isnan(snr) ? INT32_MIN : 2 * static_cast<int>(std::lround(snr / 2.0f)) };
}

/// How many frames each part still lacks; what one cell cannot give in whole groups, the next one makes up for.
struct Demand {
    Part part;
    double share;
    double missing;
};

} // namespace

std::vector<std::int64_t> Dataset::indices(Part which) const
{
    std::vector<std::int64_t> found;
    for (std::size_t i = 0; i < part.size(); ++i)
        if (part[i] == which)
            found.push_back(static_cast<std::int64_t>(i));
    return found;
}

void validate(const Dataset& dataset, const std::string& where)
{
    const std::size_t count = dataset.label.size();
    if (dataset.front_end.frame_length < 1)
        throw Error({ "front_end.frame_length is not positive", where,
                      std::to_string(dataset.front_end.frame_length), "at least 1" });
    check_classes(dataset, where);
    require_length(dataset.snr_db.size(), count, "snr_db", where);
    require_length(dataset.group.size(), count, "group", where);
    require_length(dataset.part.size(), count, "part", where);
    require_length(dataset.frames.size(), count * 2 * static_cast<std::size_t>(dataset.length()), "frames", where);
    check_labels(dataset, where);
    const auto bad =
        std::find_if(dataset.frames.begin(), dataset.frames.end(), [](float x) { return !std::isfinite(x); });
    if (bad != dataset.frames.end())
        throw Error({ "frame " + std::to_string((bad - dataset.frames.begin()) / (2 * dataset.length())) +
                          " holds a sample that is not finite",
                      where, "", "" });
}

void assign_split(Dataset& dataset, const SplitShares& shares, std::uint64_t seed)
{
    if (!(shares.validation >= 0.0 && shares.test >= 0.0 && shares.validation + shares.test < 1.0))
        throw Error({ "bad split shares", "split",
                      "validation " + std::to_string(shares.validation) + ", test " + std::to_string(shares.test),
                      "each at least 0, together below 1" });

    // A group belongs to the cell of its first frame.
    std::map<std::int64_t, std::vector<std::int64_t>> members;
    for (std::int64_t i = 0; i < dataset.size(); ++i)
        members[dataset.group[i]].push_back(i);
    std::map<Cell, std::vector<std::int64_t>> cells;
    for (const auto& [group, frames] : members)
        cells[cell_of(dataset, frames.front())].push_back(group);

    dataset.part.assign(dataset.label.size(), Part::train);
    Demand demands[] = { { Part::test, shares.test, 0.0 }, { Part::validation, shares.validation, 0.0 } };
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
            demand.missing += demand.share * static_cast<double>(cell_size);
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

} // namespace prunedamr::data
