// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/model/patch_code.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What an update says about the new file, from its first byte to its last.
namespace prunedamr::model {

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
