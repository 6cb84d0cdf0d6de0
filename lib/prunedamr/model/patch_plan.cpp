// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/model/patch_plan.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/json_object.h"

#include <algorithm>

namespace prunedamr::model {
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

std::uint64_t count_at(JsonObject& fields, const char* key, std::uint64_t most)
{
    const auto limit = std::min<std::uint64_t>(most, JsonObject::kExact);
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
