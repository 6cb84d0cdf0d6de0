// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/rng.h"

#include <utility>
#include <vector>

namespace prunedamr::train {

/// The items in random order (Fisher-Yates): the same generator, the same order.
template <class T> std::vector<T> shuffled(std::vector<T> items, Rng& rng)
{
    for (std::size_t left = items.size(); left > 1; --left)
        std::swap(items[left - 1],
                  items[static_cast<std::size_t>(rng.integer(0, static_cast<std::int64_t>(left) - 1))]);
    return items;
}

} // namespace prunedamr::train
