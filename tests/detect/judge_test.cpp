// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/half.h"
#include "prunedamr/base/text.h"
#include "prunedamr/detect/judge.h"
#include "tests/support/expect_error.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace prunedamr::detect {
namespace {

template <typename Number> std::string packed(const std::vector<Number>& numbers)
{
    return to_base64({ reinterpret_cast<const char*>(numbers.data()), sizeof(Number) * numbers.size() });
}

std::string halves(const std::vector<float>& values)
{
    std::vector<std::uint16_t> bits(values.size());
    to_half(values.data(), values.size(), bits.data());
    return packed(bits);
}

nlohmann::json two_stumps()
{
    return { { "depth", 1 },
             { "base", -0.5 },
             { "features", std::vector<std::string>(kFeatures, "name") },
             { "trees", 2 },
             { "feature", packed(std::vector<std::uint8_t>{ kDensity, kTiles }) },
             { "cuts", packed(std::vector<float>{ 3.0f, 8.0f }) },
             { "limit", packed(std::vector<std::uint16_t>{ 1, 0 }) },
             { "value", halves({ -1.0f, 2.0f, 0.25f, 0.0f }) } };
}

TEST(Judge, AddsUpTheLeavesOfItsTrees)
{
    const Judge judge(two_stumps().dump(), "test");
    Proposal p;
    p.features[kDensity] = 8.0f; // the limit itself goes left
    p.features[kTiles] = 4.0f;
    EXPECT_FLOAT_EQ(judge.score(p), -1.5f);
    p.features[kDensity] = 9.0f;
    p.features[kTiles] = 1.0f;
    EXPECT_FLOAT_EQ(judge.score(p), 1.75f);
}

TEST(Judge, TheMeanSaysTheMeanOfWhatTheySay)
{
    auto other = two_stumps();
    other["base"] = 1.5;
    const Judge one(two_stumps().dump(), "one"), two(other.dump(), "two"), mean = Judge::mean({ two, two, one, one });
    Proposal p;
    p.features[kDensity] = 9.0f;
    p.features[kTiles] = 4.0f;
    EXPECT_FLOAT_EQ(one.score(p), 1.5f);
    EXPECT_FLOAT_EQ(two.score(p), 3.5f);
    EXPECT_FLOAT_EQ(mean.score(p), 2.5f);
    other["beside_rivals"] = other;
    other["beside_rivals"]["base"] = 4.0;
    const Judge twice(other.dump(), "twice");
    EXPECT_FLOAT_EQ(Judge::mean({ twice, twice }).score_beside_rivals(p), 6.0f);
    EXPECT_ERROR(Judge::mean({ twice, one }), "judges of different kinds");
}

TEST(Judge, RefusesWhatIsNone)
{
    EXPECT_ERROR(Judge("{", "x.json"), "x.json: broken JSON: found line 1, column 1, expected a judge");
    EXPECT_ERROR(Judge("", "x.json"), "x.json: broken JSON: found nothing, expected a judge");
    EXPECT_ERROR(Judge("[1]", "x.json"), "x.json: not a judge");
    EXPECT_ERROR(Judge("{}", "x.json"), "not a judge");
    auto bad = two_stumps();
    bad["feature"] = packed(std::vector<std::uint8_t>{ kDensity, kFeatures });
    EXPECT_ERROR(Judge(bad.dump(), "x.json"), "feature");
    bad = two_stumps();
    bad["limit"] = packed(std::vector<std::uint16_t>{ 1, 2 });
    EXPECT_ERROR(Judge(bad.dump(), "x.json"), "x.json: limit: not a judge: found 2, expected one of 2 cuts");
    for (const char* key : { "feature", "cuts", "limit", "value" })
        for (const char* text : { "AQID", "?", "" }) { // three bytes, no base64, none
            bad = two_stumps();
            bad[key] = text;
            EXPECT_ERROR(Judge(bad.dump(), "x.json"), "x.json");
        }
    bad = two_stumps();
    bad["value"] = halves({ -1.0f, 2.0f, std::nanf(""), 0.0f });
    EXPECT_ERROR(Judge(bad.dump(), "x.json"), "x.json: value: not a judge: found what is no number");
    bad = two_stumps();
    bad["depth"] = 60;
    EXPECT_ERROR(Judge(bad.dump(), "x.json"), "depth");
    bad = two_stumps();
    bad["features"].erase(0);
    EXPECT_ERROR(Judge(bad.dump(), "x.json"), "features");
}

TEST(Judge, WritesWhatItReads)
{
    auto json = two_stumps();
    json["beside_rivals"] = json;
    const std::string text = Judge(json.dump(), "test").to_json("somewhere");
    EXPECT_EQ(nlohmann::json::parse(text)["source"], "somewhere");
    EXPECT_EQ(Judge(text, "again").to_json("somewhere"), text);
    for (const char* key : { "feature", "cuts", "limit", "value" })
        EXPECT_EQ(nlohmann::json::parse(text)[key], json[key]) << key;
}

TEST(Judge, TheLibraryHasOne)
{
    EXPECT_NO_THROW(Judge());
}

} // namespace
} // namespace prunedamr::detect
