// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/front_end_spec_json.h"

#include "prunedamr/base/json_object.h"

#include <algorithm>

namespace prunedamr {

bool FrontEndSpec::operator==(const FrontEndSpec& other) const
{
    return kind == other.kind && scale == other.scale && frame_length == other.frame_length &&
           block_length == other.block_length && occupied_fraction == other.occupied_fraction;
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
    JsonObject fields(json, where + ": front end");
    FrontEndSpec spec;
    spec.kind = static_cast<FrontEndSpec::Kind>(fields.one_of("kind", { "as_is", "auto_band" }));
    if (fields.has("scale"))
        spec.scale = static_cast<FrontEndSpec::Scale>(fields.one_of("scale", { "unit_rms", "unit_magnitude" }));
    spec.frame_length = fields.int32("frame_length", 16, 65536);
    spec.block_length = std::max(spec.block_length, spec.frame_length);
    if (fields.has("block_length"))
        spec.block_length = fields.int32("block_length", spec.frame_length, 1 << 20);
    // Models and data sets of version 0.1 have the older key.
    const char* occupied = fields.has("occupied_fraction") ? "occupied_fraction" : "occupied_share";
    spec.occupied_fraction = fields.number_or(occupied, spec.occupied_fraction, 0.1, 1.0);
    fields.finish();
    return spec;
}

nlohmann::json to_json(const FrontEndSpec& spec)
{
    return { { "kind", to_string(spec.kind) },
             { "scale", to_string(spec.scale) },
             { "frame_length", spec.frame_length },
             { "block_length", spec.block_length },
             { "occupied_fraction", spec.occupied_fraction } };
}

} // namespace prunedamr
