// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/event_filter.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

using namespace prunedamr;
using namespace prunedamr::stream;

namespace {

LabelEvent ook_event()
{
    LabelEvent event;
    event.source = { "roof north" };
    event.state = State::signal;
    event.label = { "OOK" };
    event.family = { "ASK" };
    event.confidence = 0.7f;
    event.center_freq_hz = 433.92e6;
    event.bandwidth_hz = 40e3;
    event.snr_db = std::numeric_limits<float>::quiet_NaN();
    event.top[0] = { { "OOK" }, 0.7f };
    event.top_count = 1;
    event.track = 3;
    event.measured[measure::Quantity::symbol_rate_hz] = measure::Estimate{ 9600.0, 2.5 };
    return event;
}

bool meets(const std::string& condition)
{
    return EventFilter(condition)(ook_event());
}

std::string refusal(const std::string& condition)
{
    try {
        EventFilter filter(condition);
    } catch (const InvalidArgument& error) {
        return error.what();
    }
    return "";
}

} // namespace

TEST(EventFilter, ComparesTextNumbersAndStates)
{
    for (const char* yes : { "signal",
                             "label=OOK",
                             "label=2FSK,OOK",
                             "label != FM",
                             "state=signal",
                             "confidence<0.8",
                             "confidence>=0.7",
                             "confidence<=0.7",
                             "confidence=0.7",
                             "center_freq_hz=433M..434M",
                             "bandwidth_hz=40k",
                             "bandwidth_hz=1,40e3",
                             "source='roof north'",
                             "top1=OOK",
                             "top1_probability>0.5",
                             "seq=0",
                             "track=3",
                             "symbol_rate_hz=9.5k..9.7k",
                             "symbol_rate_hz_error<3",
                             "center_freq_hz>0.4G" })
        EXPECT_TRUE(meets(yes)) << yes;
    for (const char* no : { "noise", "unknown", "label=FM", "label!=OOK", "confidence<0.7", "confidence>0.7",
                            "center_freq_hz=434M..435M", "bandwidth_hz<40k", "source=roof", "label=ook" })
        EXPECT_FALSE(meets(no)) << no;
}

TEST(EventFilter, AFieldWithoutValuePassesNoTestButUnequal)
{
    for (const char* no : { "snr_db>-100", "snr_db<100", "snr_db=0", "top2=OOK", "top2_probability<1",
                            "deviation_hz>0", "deviation_hz_error<9" })
        EXPECT_FALSE(meets(no)) << no;
    EXPECT_TRUE(meets("snr_db!=3"));
    EXPECT_TRUE(meets("top2!=OOK"));
}

TEST(EventFilter, DriftIsToldOrNot)
{
    LabelEvent event = ook_event();
    EXPECT_FALSE(EventFilter("drift")(event));
    EXPECT_TRUE(EventFilter("not drift")(event));
    event.drift.quantity = "level_dbfs";
    EXPECT_TRUE(EventFilter("drift")(event));
    EXPECT_TRUE(EventFilter("drift=level_dbfs and signal")(event));
    EXPECT_FALSE(EventFilter("drift=carrier")(event));
}

TEST(EventFilter, AndBindsMoreTightlyThanOr)
{
    EXPECT_TRUE(meets("signal or noise and unknown"));
    EXPECT_FALSE(meets("(signal or noise) and unknown"));
    EXPECT_TRUE(meets("not noise and not (unknown or label=FM)"));
    EXPECT_FALSE(meets("not not noise"));
}

TEST(EventFilter, ABandIsMetByWhatReachesIntoIt)
{
    for (const char* yes : { "band=433.93M..434M", "band=400M..433.901M", "band=433.92M", "band!=434M..435M" })
        EXPECT_TRUE(meets(yes)) << yes;
    for (const char* no : { "band=433.95M..434M", "band=400M..433.89M", "band=434M" })
        EXPECT_FALSE(meets(no)) << no;
}

TEST(EventFilter, ADurationIsThatOfTheSamples)
{
    LabelEvent event = ook_event();
    event.sample_count = 24'000;
    event.sample_rate_hz = 2.4e6;
    EXPECT_TRUE(EventFilter("duration_s>0.005 and duration_s<=0.01")(event));
    EXPECT_TRUE(EventFilter("duration_s=0.005..0.02")(event));
    EXPECT_FALSE(EventFilter("duration_s>0.01")(event));
    EXPECT_FALSE(meets("duration_s<1")) << "of an event without a rate nothing is known";
}

TEST(EventFilter, SaysWhereItIsWrong)
{
    EXPECT_NE(refusal("signal and lable=OOK").find("(at character 12)"), std::string::npos) << refusal("signal and lable=OOK");
    EXPECT_NE(refusal("confidence<x").find("(at character 1)"), std::string::npos) << refusal("confidence<x");
    EXPECT_NE(refusal("(signal").find("(at character 8)"), std::string::npos) << refusal("(signal");
    EXPECT_NE(refusal("signal signal").find("(at character 8)"), std::string::npos) << refusal("signal signal");
}

TEST(EventFilter, ReadsOrRefusesWhateverItIsGiven)
{
    const std::vector<std::string> words = { "signal", "unknown", "and", "or", "not", "(", ")", "=", "!=", "<", ">=", "label",
                                             "confidence", "band", "duration_s", "0.5", "433M..434M", ",", "'", " ", "\xff", "k" };
    Rng rng(7);
    int read = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::string text;
        for (std::uint64_t length = rng.next() % 8; length > 0; --length)
            text += words[rng.next() % words.size()] + (rng.next() % 2 ? " " : "");
        try {
            EventFilter filter(text);
            filter(ook_event());
            ++read;
        } catch (const InvalidArgument& error) {
            EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << text;
        }
    }
    EXPECT_GT(read, 100);
}

TEST(EventFilter, SaysWhatIsWrong)
{
    EXPECT_NE(refusal("lable=OOK").find("found lable, expected one of band, v, source"), std::string::npos);
    EXPECT_NE(refusal("confidence<high").find("found confidence<high, expected a number"), std::string::npos);
    for (const char* bad : { "", "and", "label=", "label", "label<OOK", "confidence<0.1..0.2", "confidence=2..1",
                             "band<3", "(signal", "signal)", "signal noise", "label='OOK", "time=2026", "signal or",
                             "not", "confidence<0.1,0.2", "bandwidth_hz=40kHz" })
        EXPECT_NE(refusal(bad).find("bad condition"), std::string::npos) << bad;
    EXPECT_NE(refusal(std::string(100'000, '(')).find("parentheses"), std::string::npos);
    std::string nots;
    for (int i = 0; i < 100'000; ++i)
        nots += "not ";
    EXPECT_NE(refusal(nots).find("parentheses"), std::string::npos);
}
