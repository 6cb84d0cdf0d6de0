// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/metrics/scores.h"

#include "prunedamr/metrics/scores_json.h"

#include <gtest/gtest.h>

#include <cmath>

namespace prunedamr::metrics {
namespace {

Scores example()
{
    Scores scores({ "A", "B", "C" });
    scores.add(0, 0, 10.0f);
    scores.add(0, 1, 10.9f); // nearest even number is 10
    scores.add(0, 0, -5.1f); // and -6
    scores.add(1, 1, std::nanf(""));
    return scores;
}

TEST(Scores, CountsByClassAndSnr)
{
    const Scores scores = example();
    EXPECT_EQ(scores.count(), 4);
    EXPECT_DOUBLE_EQ(scores.accuracy(), 0.75);
    EXPECT_EQ(scores.accuracy_by_snr(), (std::map<int, double>{ { -6, 1.0 }, { 10, 0.5 } }));
    const auto recall = scores.recall_by_class();
    EXPECT_DOUBLE_EQ(recall[0], 2.0 / 3.0);
    EXPECT_DOUBLE_EQ(recall[1], 1.0);
    EXPECT_TRUE(std::isnan(recall[2]));
    EXPECT_EQ(scores.confusion()[0], (std::vector<std::int64_t>{ 2, 1, 0 }));
}

TEST(Scores, EmptyIsZero)
{
    const Scores scores({ "A" });
    EXPECT_EQ(scores.accuracy(), 0.0);
    EXPECT_TRUE(scores.accuracy_by_snr().empty());
    EXPECT_NE(scores.to_text().find("of 0 frames"), std::string::npos);
}

TEST(Scores, JsonHoldsEveryNumberAndNullForUnseenClasses)
{
    const auto json = nlohmann::json::parse(to_json(example()).dump());
    EXPECT_EQ(json["count"], 4);
    EXPECT_EQ(json["by_snr"]["10"], 0.5);
    EXPECT_TRUE(json["by_class"]["C"].is_null());
    EXPECT_EQ(json["confusion"][0][1], 1);
    EXPECT_EQ(json["class_names"].size(), 3u);
}

TEST(Scores, TextShowsPercentOfEachRow)
{
    const std::string text = example().to_text();
    EXPECT_NE(text.find("accuracy 75.00 % of 4 frames"), std::string::npos);
    EXPECT_NE(text.find("66.7"), std::string::npos);
}

TEST(ScoresDeathTest, LabelOutOfRangeIsAProgrammersError)
{
    Scores scores({ "A" });
    EXPECT_DEATH(scores.add(1, 0, 0.0f), "true class out of range");
}

} // namespace
} // namespace prunedamr::metrics
