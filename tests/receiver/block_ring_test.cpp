// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/block_ring.h"

#include <gtest/gtest.h>

#include <thread>

using namespace prunedamr::receiver;

TEST(BlockRing, IsBoundedAndFirstInFirstOut)
{
    BlockRing ring(3, 16);
    Block* blocks[3];
    for (auto& block : blocks)
        block = ring.try_acquire();
    EXPECT_EQ(ring.try_acquire(), nullptr);
    EXPECT_TRUE(ring.is_drained());
    for (std::size_t i = 0; i < 3; ++i) {
        blocks[i]->count = i;
        ring.push(*blocks[i]);
    }
    EXPECT_FALSE(ring.is_drained());
    for (std::size_t i = 0; i < 3; ++i)
        EXPECT_EQ(ring.take().count, i);
    EXPECT_TRUE(ring.is_drained());
}

TEST(BlockRing, FillsTheBlockThatWasFreedLast)
{
    BlockRing ring(100, 16);
    Block& first = ring.acquire();
    for (int i = 0; i < 1000; ++i) {
        first.overflows = 7;
        ring.push(first);
        ring.release(ring.take());
        EXPECT_EQ(&ring.acquire(), &first);
        EXPECT_EQ(first.overflows, 0u); // and brings nothing over
    }
}

TEST(BlockRing, KeepsTheOrderBetweenTwoThreads)
{
    constexpr std::size_t kCount = 200'000;
    BlockRing ring(5, 2);
    std::thread reader([&] {
        for (std::size_t i = 1; i <= kCount; ++i) {
            Block& block = ring.acquire();
            block.count = i;
            block.samples[0] = static_cast<float>(i % 1000);
            block.is_last = i == kCount;
            ring.push(block);
        }
    });
    std::size_t wrong = 0, taken = 0;
    for (bool last = false; !last;) {
        Block& block = ring.take();
        ++taken;
        wrong += block.count != taken || block.samples[0] != static_cast<float>(taken % 1000);
        last = block.is_last;
        ring.release(block);
    }
    reader.join();
    EXPECT_EQ(taken, kCount);
    EXPECT_EQ(wrong, 0u);
}
