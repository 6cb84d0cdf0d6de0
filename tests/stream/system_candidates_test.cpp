// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/system_candidates.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <cmath>

using namespace prunedamr;
using namespace prunedamr::stream;

namespace {

LabelEvent ship()
{
    LabelEvent event;
    event.state = State::signal;
    event.sample_rate_hz = 2.4e6;
    event.center_freq_hz = 161.9751e6;
    event.bandwidth_hz = 11e3;
    event.snr_db = 20.0f;
    event.label.assign("MSK");
    event.family.assign("FSK");
    event.confidence = 0.9f;
    event.measured[measure::Quantity::symbol_rate_hz] = measure::Estimate{ 9600.4, 0.8 };
    event.measured[measure::Quantity::tones] = measure::Estimate{ 2.0, std::nan("") };
    return event;
}

TEST(SystemCandidates, AreThoseOfTheShippedTable)
{
    const systems::Matcher matcher(systems::load_systems());
    LabelEvent event = ship();
    set_candidates(matcher, event);
    const auto json = nlohmann::json::parse(to_json_line(event)).at("candidates");
    ASSERT_GE(json.size(), 1u);
    EXPECT_EQ(json[0]["system"], "AIS");
    EXPECT_EQ(json[0]["fits"], nlohmann::json({ "band", "bandwidth_hz", "label", "symbol_rate_hz", "tones" }));
    EXPECT_TRUE(json[0]["not"].empty());
}

TEST(SystemCandidates, OfAnEarlierEventAreForgotten)
{
    const systems::Matcher matcher(systems::load_systems());
    LabelEvent event = ship();
    set_candidates(matcher, event);
    event.label.assign("noise");
    event.family.assign("noise");
    set_candidates(matcher, event);
    EXPECT_EQ(event.candidate_count, 0);
    EXPECT_TRUE(nlohmann::json::parse(to_json_line(event)).at("candidates").empty());
}

TEST(SystemCandidates, ABurstIsComparedWhereItIsWhole)
{
    const systems::Matcher matcher(systems::load_systems());
    const auto burst = std::uint32_t{ 1 } << static_cast<int>(systems::Aspect::burst);
    LabelEvent event = ship();
    set_candidates(matcher, event);
    EXPECT_EQ((event.candidates[0].fits | event.candidates[0].misses) & burst, 0u);
    event.is_whole = true;
    event.sample_count = 63'600; // 26.5 ms
    set_candidates(matcher, event);
    EXPECT_NE(event.candidates[0].fits & burst, 0u);
    event.sample_count = 7'200'000;
    set_candidates(matcher, event);
    EXPECT_NE(event.candidates[0].misses & burst, 0u);
}

} // namespace
