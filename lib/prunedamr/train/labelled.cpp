// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/train/labelled.h"

#include "prunedamr/base/rng.h"
#include "prunedamr/train/shuffle.h"

#include <algorithm>
#include <map>

namespace prunedamr::train {
namespace {

using Frames = std::vector<std::int64_t>;

/// Takes one frame of each cell in turn until there are enough or none is left.
void take_in_turn(std::vector<Frames> cells, std::size_t wanted, Frames& taken)
{
    const std::size_t end = taken.size() + wanted;
    for (bool any = true; any && taken.size() < end;) {
        any = false;
        for (Frames& cell : cells) {
            if (cell.empty() || taken.size() == end)
                continue;
            taken.push_back(cell.back());
            cell.pop_back();
            any = true;
        }
    }
}

} // namespace

std::vector<std::int64_t> choose_labelled(const data::Dataset& dataset, const std::vector<std::int64_t>& indices,
                                          int per_class, std::uint64_t seed)
{
    std::map<std::int32_t, std::map<std::optional<int>, Frames>> classes;
    for (const std::int64_t index : indices) {
        const auto i = static_cast<std::size_t>(index);
        classes[dataset.label[i]][data::cell_snr_db(dataset.snr_db[i])].push_back(index);
    }
    Rng rng(seed);
    Frames taken;
    for (const auto& [label, cells] : classes) {
        std::vector<Frames> order;
        for (const auto& [snr_db, frames] : cells)
            order.push_back(shuffled(frames, rng));
        take_in_turn(shuffled(std::move(order), rng), static_cast<std::size_t>(per_class), taken);
    }
    std::sort(taken.begin(), taken.end());
    return taken;
}

} // namespace prunedamr::train
