// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/engine/native/arena.h"

#include "prunedamr/base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

using namespace prunedamr;
using namespace prunedamr::engine;

TEST(Arena, NothingNeedsNothing)
{
    EXPECT_EQ(place({}).size, 0u);
    EXPECT_EQ(place({ { 0, 3, 0 } }).size, 0u);
}

TEST(Arena, ReusesMemoryThatIsNoLongerRead)
{
    // A chain: each value is read by the next step only, so two places are enough.
    const Placement placement = place({ { 0, 1, 640 }, { 1, 2, 640 }, { 2, 3, 640 }, { 3, 4, 640 } });
    EXPECT_EQ(placement.size, 1280u);
    EXPECT_EQ(placement.offsets[0], placement.offsets[2]);
    EXPECT_EQ(placement.offsets[1], placement.offsets[3]);
}

TEST(Arena, BlocksThatLiveTogetherNeverOverlap)
{
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        Rng rng(seed);
        std::vector<Block> blocks;
        for (int i = 0; i < 60; ++i) {
            const int first = static_cast<int>(rng.integer(0, 40));
            blocks.push_back({ first, first + static_cast<int>(rng.integer(0, 10)),
                               static_cast<std::size_t>(rng.integer(0, 5000)) });
        }
        const Placement placement = place(blocks);
        for (std::size_t a = 0; a < blocks.size(); ++a) {
            EXPECT_EQ(placement.offsets[a] % kAlignment, 0u);
            EXPECT_LE(placement.offsets[a] + blocks[a].size, placement.size);
            for (std::size_t b = 0; b < a; ++b) {
                const bool together = blocks[a].first <= blocks[b].last && blocks[b].first <= blocks[a].last;
                const bool apart = placement.offsets[a] + blocks[a].size <= placement.offsets[b] ||
                                   placement.offsets[b] + blocks[b].size <= placement.offsets[a];
                EXPECT_TRUE(!together || apart) << "seed " << seed << ", blocks " << a << " and " << b;
            }
        }
    }
}

TEST(Arena, BytesAreAlignedAndZero)
{
    for (std::size_t size : { 0u, 1u, 4099u }) {
        const AlignedBytes bytes(size);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(bytes.data()) % kAlignment, 0u);
        EXPECT_TRUE(std::all_of(bytes.data(), bytes.data() + size, [](std::byte b) { return b == std::byte{}; }));
    }
}
