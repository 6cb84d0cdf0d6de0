// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/front_end_spec.h"
#include "prunedamr/dsp/front_end_spec_json.h"

#include "tests/support/expect_error.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace prunedamr {
namespace {

TEST(FrontEndSpec, JsonComesBack)
{
    for (const FrontEndSpec& spec : { FrontEndSpec{}, FrontEndSpec{ FrontEndSpec::Kind::as_is, 128, 128, 1.0 },
                                      FrontEndSpec{ FrontEndSpec::Kind::auto_band, 16, 1 << 20, 0.1 } })
        EXPECT_TRUE(front_end_from_json(nlohmann::json::parse(to_json(spec).dump()), "test") == spec);
}

TEST(FrontEndSpec, MissingKeysAreTheStructsDefaults)
{
    const FrontEndSpec spec = front_end_from_json({ { "kind", "auto_band" }, { "frame_length", 1024 } }, "test");
    EXPECT_TRUE(spec == FrontEndSpec{});
    const nlohmann::json long_frames = { { "kind", "as_is" }, { "frame_length", 16384 } };
    EXPECT_EQ(front_end_from_json(long_frames, "test").block_length, 16384);
}

TEST(FrontEndSpec, ReadsTheKeyOfOlderModels)
{
    auto json = to_json(FrontEndSpec{});
    EXPECT_EQ(json.count("occupied_share"), 0U);
    json.erase("occupied_fraction");
    json["occupied_share"] = 0.25;
    EXPECT_EQ(front_end_from_json(json, "test").occupied_fraction, 0.25);
    json["occupied_fraction"] = 0.5;
    EXPECT_ERROR(front_end_from_json(json, "test"), "test: front end: unknown key: found 'occupied_share'");
}

TEST(FrontEndSpec, RefusesWhatIsOutsideItsRange)
{
    const auto refuse = [](const char* key, const nlohmann::json& value, const std::string& message) {
        auto json = to_json(FrontEndSpec{});
        json[key] = value;
        EXPECT_ERROR(front_end_from_json(json, "here"), message);
    };
    refuse("kind", "magic", "here: front end: bad value of 'kind': found \"magic\", expected as_is or auto_band");
    refuse("frame_length", 15, "bad value of 'frame_length': found 15, expected a whole number, 16..65536");
    refuse("frame_length", 65537, "bad value of 'frame_length'");
    refuse("frame_length", 1e30, "bad value of 'frame_length': found 1e+30"); // no int: nothing may be cast to one
    refuse("frame_length", -1e300, "bad value of 'frame_length'");
    refuse("frame_length", 64.9, "bad value of 'frame_length': found 64.9");
    refuse("frame_length", true, "bad value of 'frame_length': found true");
    refuse("frame_length", "many", "bad value of 'frame_length': found \"many\"");
    refuse("block_length", 1023, "bad value of 'block_length': found 1023, expected a whole number, 1024..1048576");
    refuse("block_length", (1 << 20) + 1, "bad value of 'block_length'");
    refuse("occupied_fraction", 0.05, "bad value of 'occupied_fraction'");
    refuse("occupied_fraction", 1.01, "bad value of 'occupied_fraction'");
    EXPECT_ERROR(front_end_from_json(nlohmann::json::array(), "here"),
                 "here: front end: not a JSON object: found array");
    EXPECT_ERROR(front_end_from_json({ { "kind", "as_is" } }, "here"), "missing key 'frame_length'");
    refuse("block_lenght", 4096, "here: front end: unknown key: found 'block_lenght', expected kind, scale, ");
}

} // namespace
} // namespace prunedamr
