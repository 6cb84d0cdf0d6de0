// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/time.h"
#include "prunedamr/stream/label_event.h"
#include "prunedamr/systems/matcher.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <limits>

using namespace prunedamr;
using namespace prunedamr::stream;

namespace {

LabelEvent example()
{
    LabelEvent e;
    e.source.assign("rx0");
    e.seq = 18446744073709551615ull;
    e.track = 3;
    e.visit = 4;
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
    e.measured[measure::Quantity::symbol_rate_hz] = measure::Estimate{ 10000.1, 0.3 };
    e.measured[measure::Quantity::evm_db] = measure::Estimate{ -22.5, std::numeric_limits<double>::quiet_NaN() };
    const auto bit = [](int aspect) { return std::uint32_t{ 1 } << aspect; };
    constexpr int kFirst = static_cast<int>(systems::Aspect::first_quantity);
    e.candidates[0] = { std::string_view("POCSAG 1200"), bit(0) | bit(kFirst), bit(static_cast<int>(systems::Aspect::label)) };
    e.candidates[1].system.assign("FLEX");
    e.candidate_count = 2;
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
              "{\"v\":2,\"source\":\"rx0\",\"seq\":18446744073709551615,\"track\":3,\"visit\":4,"
              "\"time\":\"2026-01-31T12:00:00.123456789Z\",\"time_source\":\"hw\",\"sample_start\":8192,"
              "\"sample_count\":16384,\"sample_rate_hz\":2400000,\"center_freq_hz\":433920123.25,"
              "\"bandwidth_hz\":12500.5,\"snr_db\":12.3,\"power_dbfs\":-31.25,\"state\":\"signal\","
              "\"label\":\"QPSK\",\"family\":\"PSK\",\"confidence\":0.9,"
              "\"top\":[[\"QPSK\",0.9],[\"8PSK\",0.06],[\"BPSK\",0.03]],\"measured\":{\"symbol_rate_hz\":10000.1,"
              "\"evm_db\":-22.5},\"measured_error\":{\"symbol_rate_hz\":0.3,\"evm_db\":null},"
              "\"candidates\":[{\"system\":\"POCSAG 1200\",\"fits\":[\"band\",\"symbol_rate_hz\"],\"not\":[\"label\"]},"
              "{\"system\":\"FLEX\",\"fits\":[],\"not\":[]}],\"model\":\"amr_s\","
              "\"dropped_frames\":7,\"overflows\":1,\"clipped\":0.25,\"note\":\"dc_spike\"}");
}

TEST(LabelEvent, JsonReadsBackTheSame)
{
    const LabelEvent e = example();
    const auto json = nlohmann::json::parse(to_json_line(e));
    EXPECT_EQ(json.size(), 27u);
    EXPECT_EQ(json.at("seq").get<std::uint64_t>(), e.seq);
    EXPECT_EQ(json.at("center_freq_hz").get<double>(), e.center_freq_hz);
    EXPECT_EQ(json.at("snr_db").get<float>(), e.snr_db);
    EXPECT_EQ(json.at("top").at(1).at(1).get<float>(), 0.06f);
}

TEST(LabelEvent, EvidenceIsWrittenWhereThereIsSome)
{
    LabelEvent e = example();
    e.evidence.count = 2;
    e.evidence.points[0] = { 707, -707 };
    EXPECT_EQ(nlohmann::json::parse(to_json_line(e)).at("evidence").dump(), "{\"symbols\":[[0.707,-0.707],[0.0,0.0]]}");
    e.evidence.kind = LabelEvent::Evidence::Kind::advances;
    e.evidence.points[1].i = -250;
    EXPECT_EQ(nlohmann::json::parse(to_json_line(e)).at("evidence").dump(), "{\"phase_advances\":[0.707,-0.25]}");
}

TEST(LabelEvent, DriftIsWrittenWhereItIsTold)
{
    LabelEvent e = example();
    e.drift.quantity = "level_dbfs";
    e.drift.of.assign("2FSK");
    e.drift.change = "higher";
    e.drift.expected = 0.125f;
    e.drift.found = 0.5f;
    EXPECT_NE(to_json_line(e).find("\"drift\":{\"quantity\":\"level_dbfs\",\"of\":\"2FSK\",\"change\":\"higher\",\"expected\":0.125,\"found\":0.5}"),
              std::string::npos);
}

TEST(LabelEvent, APersonGetsWhatAPersonLooksFor)
{
    LabelEvent e = example();
    e.measured = {};
    EXPECT_EQ(to_text_line(e), "433.920 MHz  QPSK  12 dB  0.90");
    e.label.assign("2FSK");
    using measure::Quantity;
    e.measured[Quantity::carrier_hz] = measure::Estimate{ 868.3e6, 10.0 };
    e.measured[Quantity::symbol_rate_hz] = measure::Estimate{ 9999.96, 0.3 };
    e.measured[Quantity::deviation_hz] = measure::Estimate{ 19.1e3, 0.3 };
    e.measured[Quantity::modulation_index] = measure::Estimate{ 3.82, 0.01 };
    e.snr_db = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(to_text_line(e), "868.300 MHz  2FSK  10.0 kBd  dev 19.1 kHz  h 3.82  0.90");
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
