// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/model/patch_code.h"

#include "prunedamr/base/error.h"

#include <cstring>
#include <numeric>

namespace prunedamr::model {
namespace {

constexpr std::uint32_t kSign = 0x80000000u;

std::uint32_t word_at(std::string_view bytes, std::size_t word)
{
    std::uint32_t value;
    std::memcpy(&value, bytes.data() + 4 * word, 4);
    return value;
}

void set_word(std::string& bytes, std::size_t word, std::uint32_t value)
{
    std::memcpy(bytes.data() + 4 * word, &value, 4);
}

/// Bits of floats as integers in the order of the floats, and back.
std::uint32_t ordered(std::uint32_t bits)
{
    return bits & kSign ? ~bits : bits | kSign;
}

std::uint32_t unordered(std::uint32_t key)
{
    return key & kSign ? key & ~kSign : ~key;
}

std::string_view block_at(std::string_view tensor, const Blocks& blocks, std::uint64_t row, std::uint64_t column)
{
    return tensor.substr((row * blocks.columns + column) * blocks.block_bytes, blocks.block_bytes);
}

std::vector<std::uint32_t> all_of(std::uint64_t count)
{
    std::vector<std::uint32_t> indices(count);
    std::iota(indices.begin(), indices.end(), 0u);
    return indices;
}

/// Rising indices below `available` such that `equal(index, i)` for i = 0..wanted-1, each the least possible.
template <class Equal>
std::optional<std::vector<std::uint32_t>> in_order(std::uint64_t available, std::uint64_t wanted,
                                                   const Equal& equal)
{
    std::vector<std::uint32_t> found;
    for (std::uint64_t index = 0; index < available && found.size() < wanted; ++index) {
        if (available - index < wanted - found.size())
            return std::nullopt;
        if (equal(index, found.size()))
            found.push_back(static_cast<std::uint32_t>(index));
    }
    return found.size() == wanted ? std::optional(found) : std::nullopt;
}

} // namespace

std::string shuffled(std::string_view words)
{
    PRUNEDAMR_CHECK(words.size() % 4 == 0, "whole words");
    const std::size_t count = words.size() / 4;
    std::string planes(words.size(), '\0');
    for (std::size_t i = 0; i < words.size(); ++i)
        planes[i % 4 * count + i / 4] = words[i];
    return planes;
}

std::string unshuffled(std::string_view planes)
{
    PRUNEDAMR_CHECK(planes.size() % 4 == 0, "whole words");
    const std::size_t count = planes.size() / 4;
    std::string words(planes.size(), '\0');
    for (std::size_t i = 0; i < words.size(); ++i)
        words[i] = planes[i % 4 * count + i / 4];
    return words;
}

std::string difference(std::string_view base, std::string_view updated)
{
    PRUNEDAMR_CHECK(base.size() == updated.size() && base.size() % 4 == 0, "tensors of one size");
    std::string result(base.size(), '\0');
    for (std::size_t i = 0; i < base.size() / 4; ++i) {
        const std::uint32_t step = ordered(word_at(updated, i)) - ordered(word_at(base, i));
        set_word(result, i, step << 1 ^ (step & kSign ? ~0u : 0u));
    }
    return result;
}

std::string sum(std::string_view base, std::string_view difference)
{
    PRUNEDAMR_CHECK(base.size() == difference.size() && base.size() % 4 == 0, "tensors of one size");
    std::string result(base.size(), '\0');
    for (std::size_t i = 0; i < base.size() / 4; ++i) {
        const std::uint32_t folded = word_at(difference, i);
        const std::uint32_t step = folded >> 1 ^ (folded & 1u ? ~0u : 0u);
        set_word(result, i, unordered(ordered(word_at(base, i)) + step));
    }
    return result;
}

std::string sliced(std::string_view base, const Blocks& blocks, const Slice& slice)
{
    PRUNEDAMR_CHECK(base.size() == blocks.size(), "blocks describe the tensor");
    std::string result;
    result.reserve(slice.rows.size() * slice.columns.size() * blocks.block_bytes);
    for (const std::uint32_t row : slice.rows)
        for (const std::uint32_t column : slice.columns) {
            PRUNEDAMR_CHECK(row < blocks.rows && column < blocks.columns, "a slice stays inside");
            result += block_at(base, blocks, row, column);
        }
    return result;
}

std::optional<Slice> find_slice(std::string_view base, const Blocks& base_blocks, std::string_view updated,
                                const Blocks& updated_blocks)
{
    const Blocks &from = base_blocks, &to = updated_blocks;
    if (from.block_bytes != to.block_bytes || from.rows < to.rows || from.columns < to.columns || to.size() == 0)
        return std::nullopt;
    // The columns are those in which the first row is found in some row of the base; then the rows follow.
    for (std::uint64_t first = 0; first + to.rows <= from.rows; ++first) {
        const auto columns = from.columns == to.columns
                                 ? std::optional(all_of(to.columns))
                                 : in_order(from.columns, to.columns, [&](std::uint64_t column, std::uint64_t i) {
                                       return block_at(base, from, first, column) == block_at(updated, to, 0, i);
                                   });
        if (!columns)
            continue;
        const auto rows = in_order(from.rows, to.rows, [&](std::uint64_t row, std::uint64_t i) {
            for (std::uint64_t c = 0; c < to.columns; ++c)
                if (block_at(base, from, row, (*columns)[c]) != block_at(updated, to, i, c))
                    return false;
            return true;
        });
        if (rows)
            return Slice{ *rows, *columns };
        if (from.columns == to.columns)
            return std::nullopt; // every first row gives the same columns
    }
    return std::nullopt;
}

} // namespace prunedamr::model
