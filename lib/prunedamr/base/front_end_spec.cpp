// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/front_end_spec.h"

#include "prunedamr/base/error.h"

#include <nlohmann/json.hpp>

namespace prunedamr {
namespace {

void require(bool ok, const std::string& where, const char* key, const std::string& found, const char* expected)
{
    if (!ok)
        throw Error({ std::string("front end: bad ") + key, where, found, expected });
}

} // namespace

bool FrontEndSpec::operator==(const FrontEndSpec& other) const
{
    return kind == other.kind && scale == other.scale && frame_length == other.frame_length &&
           block_length == other.block_length && occupied_share == other.occupied_share;
}

const char* to_string(FrontEndSpec::Kind kind)
{
    return kind == FrontEndSpec::Kind::as_is ? "as_is" : "auto_band";
}

const char* to_string(FrontEndSpec::Scale scale)
{
    return scale == FrontEndSpec::Scale::unit_rms ? "unit_rms" : "unit_magnitude";
}

FrontEndSpec front_end_from_json(const nlohmann::json& json, const std::string& where)
{
    FrontEndSpec spec;
    try {
        const auto kind = json.at("kind").get<std::string>();
        require(kind == "as_is" || kind == "auto_band", where, "kind", kind, "as_is or auto_band");
        spec.kind = kind == "as_is" ? FrontEndSpec::Kind::as_is : FrontEndSpec::Kind::auto_band;
        const auto scale = json.value("scale", std::string("unit_rms"));
        require(scale == "unit_rms" || scale == "unit_magnitude", where, "scale", scale,
                "unit_rms or unit_magnitude");
        spec.scale = scale == "unit_rms" ? FrontEndSpec::Scale::unit_rms : FrontEndSpec::Scale::unit_magnitude;
        spec.frame_length = json.at("frame_length").get<int>();
        spec.block_length = json.value("block_length", spec.frame_length);
        spec.occupied_share = json.value("occupied_share", spec.occupied_share);
    } catch (const nlohmann::json::exception& e) {
        throw Error({ "front end: malformed description", where, e.what(), "" });
    }
    require(spec.frame_length >= 16 && spec.frame_length <= 65536, where, "frame_length",
            std::to_string(spec.frame_length), "16..65536");
    require(spec.block_length >= spec.frame_length && spec.block_length <= (1 << 20), where, "block_length",
            std::to_string(spec.block_length), "frame_length..1048576");
    require(spec.occupied_share >= 0.1 && spec.occupied_share <= 1.0, where, "occupied_share",
            std::to_string(spec.occupied_share), "0.1..1");
    return spec;
}

nlohmann::json to_json(const FrontEndSpec& spec)
{
    return { { "kind", to_string(spec.kind) },
             { "scale", to_string(spec.scale) },
             { "frame_length", spec.frame_length },
             { "block_length", spec.block_length },
             { "occupied_share", spec.occupied_share } };
}

} // namespace prunedamr
