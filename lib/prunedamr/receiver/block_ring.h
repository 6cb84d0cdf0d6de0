// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/semaphore.h"
#include "prunedamr/receiver/source.h"

#include <boost/lockfree/spsc_queue.hpp>
#include <boost/lockfree/stack.hpp>

#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

namespace prunedamr::receiver {

/// Samples in a row, and what holds from the first of them on.
struct Block {
    std::complex<float>* samples = nullptr; ///< room for the ring's `block_samples`
    std::size_t count = 0;
    bool after_gap = false;      ///< what came before is decided before these
    std::uint64_t overflows = 0; ///< losses before these samples
    std::optional<SourceTime> time;
    std::optional<double> center_freq_hz;
    std::optional<std::uint64_t> visit; ///< of a scan
    bool is_last = false; ///< of the stream; may be empty

    void clear()
    {
        std::complex<float>* const room = samples;
        *this = {};
        samples = room;
    }
};

/// The only way from the thread that reads a source to the thread that classifies: a queue of blocks, bounded,
/// first in, first out. `Receiver` owns it (receiver.cpp, Input). All memory is allocated at construction; afterwards nothing allocates or locks. The block
/// freed last is the next to be filled, so that only as much memory is touched (and resident) as blocks ever
/// waited.
class BlockRing
{
public:
    BlockRing(std::size_t block_count, std::size_t block_samples)
        : block_samples_(block_samples), memory_(static_cast<std::complex<float>*>(std::malloc(
                                             block_count * block_samples * sizeof(std::complex<float>)))),
          blocks_(block_count), empty_(block_count), filled_(block_count),
          empty_count_(static_cast<unsigned>(block_count))
    {
        if (!memory_)
            throw std::bad_alloc();
        for (std::size_t i = 0; i < block_count; ++i) {
            blocks_[i].samples = memory_.get() + i * block_samples;
            empty_.bounded_push(&blocks_[i]);
        }
    }

    std::size_t block_samples() const noexcept { return block_samples_; }

    /// Of the reading thread: an empty block to fill, once there is one.
    Block& acquire() noexcept
    {
        empty_count_.wait();
        return pop_empty();
    }

    /// The same at once, or nullptr.
    Block* try_acquire() noexcept { return empty_count_.try_wait() ? &pop_empty() : nullptr; }

    void push(Block& block) noexcept
    {
        filled_.push(&block);
        filled_count_.post();
    }

    /// Of the reading thread: nothing waits to be classified.
    bool is_drained() const noexcept { return filled_.write_available() == blocks_.size(); }

    /// Of the classifying thread: the next block, once there is one; to be released.
    Block& take() noexcept
    {
        filled_count_.wait();
        Block* block = nullptr;
        filled_.pop(block);
        return *block;
    }

    void release(Block& block) noexcept
    {
        empty_.bounded_push(&block);
        empty_count_.post();
    }

private:
    struct Free {
        void operator()(void* memory) const noexcept { std::free(memory); }
    };

    Block& pop_empty() noexcept
    {
        Block* block = nullptr;
        empty_.pop(block);
        block->clear();
        return *block;
    }

    const std::size_t block_samples_;
    const std::unique_ptr<std::complex<float>[], Free> memory_; ///< untouched: a page is resident once it is used
    std::vector<Block> blocks_;
    boost::lockfree::stack<Block*, boost::lockfree::fixed_sized<true>> empty_;
    boost::lockfree::spsc_queue<Block*> filled_;
    Semaphore empty_count_, filled_count_;
};

} // namespace prunedamr::receiver
