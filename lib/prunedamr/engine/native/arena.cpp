// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/native/arena.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <numeric>

namespace prunedamr::engine {
namespace {

std::size_t aligned(std::size_t size)
{
    return (size + kAlignment - 1) / kAlignment * kAlignment;
}

bool alive_together(const Block& a, const Block& b)
{
    return a.first <= b.last && b.first <= a.last;
}

} // namespace

AlignedBytes::AlignedBytes(std::size_t size)
    : data_(static_cast<std::byte*>(::operator new(std::max<std::size_t>(size, 1), std::align_val_t(kAlignment))))
{
    std::memset(data_.get(), 0, size);
}

void AlignedBytes::Free::operator()(std::byte* data) const
{
    ::operator delete(data, std::align_val_t(kAlignment));
}

Placement place(const std::vector<Block>& blocks)
{
    std::vector<std::size_t> order(blocks.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return blocks[a].size > blocks[b].size; });

    Placement placement;
    placement.offsets.resize(blocks.size());
    std::vector<std::size_t> placed; // by rising offset
    for (std::size_t index : order) {
        std::size_t offset = 0;
        for (std::size_t other : placed) {
            if (!alive_together(blocks[index], blocks[other]))
                continue;
            if (offset + aligned(blocks[index].size) <= placement.offsets[other])
                break;
            offset = std::max(offset, placement.offsets[other] + aligned(blocks[other].size));
        }
        placement.offsets[index] = offset;
        placement.size = std::max(placement.size, offset + aligned(blocks[index].size));
        placed.insert(
            std::upper_bound(placed.begin(), placed.end(), offset,
                             [&](std::size_t at, std::size_t other) { return at < placement.offsets[other]; }),
            index);
    }
    return placement;
}

} // namespace prunedamr::engine
