// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/detect/judge.h"
#include "tests/support/expect_error.h"

#include <nlohmann/json.hpp>

namespace prunedamr::detect {
namespace {

nlohmann::json two_stumps()
{
    return { { "depth", 1 },
             { "base", -0.5 },
             { "features", std::vector<std::string>(kFeatures, "name") },
             { "trees",
               { { { "feature", { kDensity } }, { "limit", { 8.0 } }, { "value", { -1.0, 2.0 } } },
                 { { "feature", { kTiles } }, { "limit", { 3.0 } }, { "value", { 0.25, 0.0 } } } } } };
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
    other["beside_rivals"] = { { "depth", 1 }, { "base", 4.0 }, { "trees", other["trees"] } };
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
    bad["trees"][1]["feature"] = { kFeatures };
    EXPECT_ERROR(Judge(bad.dump(), "x.json"), "feature");
    bad = two_stumps();
    bad["trees"][0]["value"] = { 1.0 };
    EXPECT_ERROR(Judge(bad.dump(), "x.json"), "tree 0");
    bad = two_stumps();
    bad["depth"] = 60;
    EXPECT_ERROR(Judge(bad.dump(), "x.json"), "depth");
    bad = two_stumps();
    bad["features"].erase(0);
    EXPECT_ERROR(Judge(bad.dump(), "x.json"), "features");
}

TEST(Judge, TheLibraryHasOne)
{
    EXPECT_NO_THROW(Judge());
}

} // namespace
} // namespace prunedamr::detect
