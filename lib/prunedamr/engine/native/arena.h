// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace prunedamr::engine {

/// Vectors of every instruction set load whole cache lines from addresses that are multiples of this.
inline constexpr std::size_t kAlignment = 64;

/// Zeroed memory on a cache-line border.
class AlignedBytes
{
public:
    explicit AlignedBytes(std::size_t size);

    std::byte* data() const { return data_.get(); }
    float* floats() const { return reinterpret_cast<float*>(data_.get()); }

private:
    struct Free {
        void operator()(std::byte* data) const;
    };
    std::unique_ptr<std::byte, Free> data_;
};

/// Memory that must hold from step `first` to step `last`, both included.
struct Block {
    int first = 0;
    int last = 0;
    std::size_t size = 0; ///< bytes
};

struct Placement {
    std::vector<std::size_t> offsets; ///< of each block, multiples of `kAlignment`
    std::size_t size = 0;             ///< bytes for all
};

/// First fit, largest block first: blocks whose steps overlap never overlap in memory.
Placement place(const std::vector<Block>& blocks);

} // namespace prunedamr::engine
