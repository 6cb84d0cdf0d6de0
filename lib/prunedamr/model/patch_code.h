// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Coding of float32 tensors' bytes for updates. All of it is exact for every bit pattern.
namespace prunedamr::model {

/// Bytes 0 of all 4-byte words, then bytes 1, ...: what is alike stands together. Size a multiple of 4.
std::string shuffled(std::string_view words);
std::string unshuffled(std::string_view planes);

/// Word by word how many representable floats lie from `base` to `updated`, signs folded into the last bit: small
/// where a weight hardly moved. Equal sizes, multiples of 4.
std::string difference(std::string_view base, std::string_view updated);
std::string sum(std::string_view base, std::string_view difference); ///< `updated` again

/// A tensor as rows x columns of blocks: [out, in, kernel...] is out x in blocks of 4 * kernel bytes.
struct Blocks {
    std::uint64_t rows = 0;
    std::uint64_t columns = 0;
    std::uint64_t block_bytes = 0;

    std::uint64_t size() const { return rows * columns * block_bytes; }
};

/// Rows and columns of a larger tensor that make a smaller one; both rising.
struct Slice {
    std::vector<std::uint32_t> rows, columns;
};

/// The blocks `slice` of `base`. Indices must be inside of `blocks`, which must describe `base`.
std::string sliced(std::string_view base, const Blocks& blocks, const Slice& slice);

/// A slice that gives `updated` bit by bit, if there is one that keeps the order.
std::optional<Slice> find_slice(std::string_view base, const Blocks& base_blocks, std::string_view updated,
                                const Blocks& updated_blocks);

} // namespace prunedamr::model
