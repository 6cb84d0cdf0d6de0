// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/time.h"
#include "prunedamr/stream/label_event.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <limits>

using namespace prunedamr::stream;

namespace {

LabelEvent example()
{
    LabelEvent e;
    e.source.assign("rx0");
    e.seq = 18446744073709551615ull;
    e.time_ns = 1769860800123456789;
    e.time_source = TimeSource::hw;
    e.sample_start = 8192;
    e.sample_count = 16384;
    e.sample_rate_hz = 2.4e6;
    e.center_freq_hz = 433920123.25;
    e.bandwidth_hz = 12500.5;
    e.snr_db = 12.3f;
    e.power_dbfs = -31.25f;
    e.state = State::signal;
    e.label.assign("QPSK");
    e.family.assign("PSK");
    e.confidence = 0.9f;
    const char* const labels[] = { "QPSK", "8PSK", "BPSK" };
    const float probabilities[] = { 0.9f, 0.06f, 0.03f };
    for (int i = 0; i < 3; ++i)
        e.top[i] = { std::string_view(labels[i]), probabilities[i] };
    e.top_count = 3;
    e.model.assign("amr_s");
    e.dropped_frames = 7;
    e.overflows = 1;
    e.clipped = 0.25f;
    e.note.assign(kDcSpike);
    return e;
}

} // namespace

TEST(LabelEvent, JsonHasEveryKeyInWireOrderAndCompactNumbers)
{
    EXPECT_EQ(to_json_line(example()),
              "{\"v\":1,\"source\":\"rx0\",\"seq\":18446744073709551615,"
              "\"time\":\"2026-01-31T12:00:00.123456789Z\",\"time_source\":\"hw\",\"sample_start\":8192,"
              "\"sample_count\":16384,\"sample_rate_hz\":2400000,\"center_freq_hz\":433920123.25,"
              "\"bandwidth_hz\":12500.5,\"snr_db\":12.3,\"power_dbfs\":-31.25,\"state\":\"signal\","
              "\"label\":\"QPSK\",\"family\":\"PSK\",\"confidence\":0.9,"
              "\"top\":[[\"QPSK\",0.9],[\"8PSK\",0.06],[\"BPSK\",0.03]],\"model\":\"amr_s\","
              "\"dropped_frames\":7,\"overflows\":1,\"clipped\":0.25,\"note\":\"dc_spike\"}");
}

TEST(LabelEvent, JsonReadsBackTheSame)
{
    const LabelEvent e = example();
    const auto json = nlohmann::json::parse(to_json_line(e));
    EXPECT_EQ(json.size(), 22u);
    EXPECT_EQ(json.at("seq").get<std::uint64_t>(), e.seq);
    EXPECT_EQ(json.at("center_freq_hz").get<double>(), e.center_freq_hz);
    EXPECT_EQ(json.at("snr_db").get<float>(), e.snr_db);
    EXPECT_EQ(json.at("top").at(1).at(1).get<float>(), 0.06f);
}

TEST(LabelEvent, NumbersThatJsonCannotHoldAreNull)
{
    LabelEvent e = example();
    e.snr_db = std::numeric_limits<float>::quiet_NaN();
    e.power_dbfs = -std::numeric_limits<float>::infinity();
    const auto json = nlohmann::json::parse(to_json_line(e));
    EXPECT_TRUE(json.at("snr_db").is_null());
    EXPECT_TRUE(json.at("power_dbfs").is_null());
}

TEST(LabelEvent, AnyTextGivesValidJson)
{
    LabelEvent e = example();
    e.source.assign("quote\" back\\slash\nnew line \x01");
    EXPECT_EQ(nlohmann::json::parse(to_json_line(e)).at("source"), "quote\" back\\slash\nnew line \x01");
    e.source.assign(std::string(47, 'x') + "\xc3\xa4"); // the cut falls into the umlaut
    EXPECT_EQ(nlohmann::json::parse(to_json_line(e)).at("source"), std::string(47, 'x') + "\xef\xbf\xbd");
    e.top_count = 0;
    EXPECT_TRUE(nlohmann::json::parse(to_json_line(e)).at("top").empty());
}

TEST(LabelEvent, TimesAreRfc3339)
{
    EXPECT_EQ(prunedamr::rfc3339(0), "1970-01-01T00:00:00.000000000Z");
    EXPECT_EQ(prunedamr::rfc3339(-1), "1969-12-31T23:59:59.999999999Z");
    EXPECT_EQ(prunedamr::rfc3339(951782399999999999), "2000-02-28T23:59:59.999999999Z");
    EXPECT_EQ(prunedamr::rfc3339(951782400000000000), "2000-02-29T00:00:00.000000000Z");
    EXPECT_EQ(prunedamr::rfc3339(std::numeric_limits<std::int64_t>::max()), "2262-04-11T23:47:16.854775807Z");
}
