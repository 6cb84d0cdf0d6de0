// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prunedamr::model {

// Coding of float32 tensors' bytes for updates. All of it is exact for every bit pattern.

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

// What an update says about the new file, from its first byte to its last.

struct PatchSegment {
    enum class Code {
        text,   ///< stored as it is
        same,   ///< a range of the base
        slice,  ///< kept rows and columns of a range of the base
        change, ///< stored difference from a range of the base, its words shuffled
        whole   ///< stored, its words shuffled
    };

    Code code = Code::text;
    std::uint64_t bytes = 0;  ///< of the new file
    std::uint64_t offset = 0; ///< into the base; text, whole: 0
    Blocks blocks;            ///< slice: the base's range, whose size they give
    Slice slice;

    bool stored() const { return code == Code::text || code == Code::change || code == Code::whole; }
    std::uint64_t base_bytes() const;
};

nlohmann::json to_json(const std::vector<PatchSegment>& segments);

/// Throws `Error` naming the segment unless ranges lie inside of the base and follow each other, so that the new
/// file is never larger than base and stored bytes together; kept rows and columns rise and are there; the stored
/// segments take `stored_bytes` and all of them give `new_bytes`.
std::vector<PatchSegment> segments_from_json(const nlohmann::json& json, std::uint64_t base_bytes,
                                             std::uint64_t stored_bytes, std::uint64_t new_bytes);

/// The new file's bytes; arguments as checked by `segments_from_json`.
std::string carried_out(const std::vector<PatchSegment>& segments, std::string_view base, std::string_view stored);

} // namespace prunedamr::model
