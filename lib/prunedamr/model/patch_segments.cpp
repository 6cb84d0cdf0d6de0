// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/model/patch_segments.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/json_object.h"

#include <algorithm>
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

/// Rising indices below `available` such that `equal(index, i)` for i = 0..wanted-1, each the smallest possible.
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

namespace {

using Code = PatchSegment::Code;

constexpr const char* kCodes[] = { "text", "same", "slice", "change", "whole" };

Code code_named(const std::string& name, const std::string& where)
{
    for (std::size_t i = 0; i < std::size(kCodes); ++i)
        if (name == kCodes[i])
            return static_cast<Code>(i);
    throw Error({ "unknown code", where, name, "text, same, slice, change or whole" });
}

std::uint64_t count_at(JsonObject& fields, const char* key, std::uint64_t max_count)
{
    const auto limit = std::min<std::uint64_t>(max_count, JsonObject::kExact);
    return static_cast<std::uint64_t>(fields.integer(key, 0, static_cast<std::int64_t>(limit)));
}

/// Rising indices below `end`.
std::vector<std::uint32_t> indices_at(JsonObject& fields, const char* key, std::uint64_t end)
{
    std::vector<std::uint32_t> result;
    const auto& list = fields.at(key);
    bool good = list.is_array() && list.size() <= end;
    for (std::size_t i = 0; good && i < list.size(); ++i) {
        good = list[i].is_number_unsigned() && list[i].get<std::uint64_t>() < end &&
               (i == 0 || list[i].get<std::uint64_t>() > result.back());
        if (good)
            result.push_back(list[i].get<std::uint32_t>());
    }
    if (!good)
        fields.refuse(key, "rising numbers below " + std::to_string(end));
    return result;
}

void read_slice(PatchSegment& segment, JsonObject& fields, std::uint64_t base_bytes)
{
    Blocks& blocks = segment.blocks;
    blocks.rows = count_at(fields, "rows", base_bytes);
    blocks.columns = count_at(fields, "columns", blocks.rows > 0 ? base_bytes / blocks.rows : 0);
    const std::uint64_t cells = blocks.rows * blocks.columns;
    blocks.block_bytes = count_at(fields, "block", cells > 0 ? base_bytes / cells : 0);
    segment.slice.rows = indices_at(fields, "keep_rows", blocks.rows);
    segment.slice.columns = indices_at(fields, "keep_columns", blocks.columns);
    segment.bytes = segment.slice.rows.size() * segment.slice.columns.size() * blocks.block_bytes;
}

PatchSegment segment_from_json(const nlohmann::json& json, std::uint64_t base_bytes, std::uint64_t stored_bytes,
                               const std::string& where)
{
    JsonObject fields(json, where);
    PatchSegment segment;
    segment.code = code_named(fields.string("code"), where);
    if (segment.code == Code::slice)
        read_slice(segment, fields, base_bytes);
    else
        segment.bytes = count_at(fields, "bytes", segment.stored() ? stored_bytes : base_bytes);
    if (segment.base_bytes() > base_bytes)
        throw Error({ "range is longer than the base", where, std::to_string(segment.base_bytes()),
                      std::to_string(base_bytes) });
    if (segment.code == Code::same || segment.code == Code::slice || segment.code == Code::change)
        segment.offset = count_at(fields, "base", base_bytes - segment.base_bytes());
    if ((segment.code == Code::change || segment.code == Code::whole) && segment.bytes % 4 != 0)
        throw Error({ "not whole words", where, std::to_string(segment.bytes) + " bytes", "a multiple of 4" });
    fields.finish();
    return segment;
}

} // namespace

std::uint64_t PatchSegment::base_bytes() const
{
    if (code == Code::slice)
        return blocks.size();
    return code == Code::same || code == Code::change ? bytes : 0;
}

nlohmann::json to_json(const std::vector<PatchSegment>& segments)
{
    nlohmann::json list = nlohmann::json::array();
    for (const PatchSegment& segment : segments) {
        nlohmann::json json = { { "code", kCodes[static_cast<std::size_t>(segment.code)] } };
        if (segment.code == Code::slice)
            json.update({ { "rows", segment.blocks.rows },
                          { "columns", segment.blocks.columns },
                          { "block", segment.blocks.block_bytes },
                          { "keep_rows", segment.slice.rows },
                          { "keep_columns", segment.slice.columns } });
        else
            json["bytes"] = segment.bytes;
        if (segment.code != Code::text && segment.code != Code::whole)
            json["base"] = segment.offset;
        list.push_back(std::move(json));
    }
    return list;
}

std::vector<PatchSegment> segments_from_json(const nlohmann::json& json, std::uint64_t base_bytes,
                                             std::uint64_t stored_bytes, std::uint64_t new_bytes)
{
    if (!json.is_array())
        throw Error({ "not a list of segments", "", json.type_name(), "a list" });
    std::vector<PatchSegment> segments;
    std::uint64_t base_end = 0, stored = 0, made = 0;
    for (const auto& one : json) {
        const std::string where = "segment " + std::to_string(segments.size() + 1);
        segments.push_back(segment_from_json(one, base_bytes, stored_bytes - stored, where));
        const PatchSegment& segment = segments.back();
        if (segment.base_bytes() > 0) {
            if (segment.offset < base_end)
                throw Error({ "ranges of the base overlap", where, std::to_string(segment.offset),
                              "at least " + std::to_string(base_end) });
            base_end = segment.offset + segment.base_bytes();
        }
        stored += segment.stored() ? segment.bytes : 0;
        made += segment.bytes;
    }
    if (stored != stored_bytes || made != new_bytes)
        throw Error({ "segments do not add up to the model", "", std::to_string(made) + " bytes",
                      std::to_string(new_bytes) });
    return segments;
}

std::string carried_out(const std::vector<PatchSegment>& segments, std::string_view base, std::string_view stored)
{
    std::string result;
    for (const PatchSegment& segment : segments) {
        const std::string_view range = base.substr(segment.offset, segment.base_bytes());
        const std::string_view own = stored.substr(0, segment.stored() ? segment.bytes : 0);
        stored.remove_prefix(own.size());
        switch (segment.code) {
        case Code::text:
            result += own;
            break;
        case Code::same:
            result += range;
            break;
        case Code::slice:
            result += sliced(range, segment.blocks, segment.slice);
            break;
        case Code::change:
            result += sum(range, unshuffled(own));
            break;
        case Code::whole:
            result += unshuffled(own);
            break;
        }
    }
    return result;
}

} // namespace prunedamr::model
