// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/hub/hub_testing.h"
#include "tests/support/expect_error.h"

#include <gtest/gtest.h>

namespace prunedamr::hub {
namespace {

TEST(HubMessage, LabelsAreReadWithTheirTimesAndTheWholeEvent)
{
    const auto message = std::get<Labels>(read_message(
        "labels", labels_json(event_json(7, "GMSK", 868.3e6, "signal", kNow, ",\"drift\":{\"quantity\":\"snr\",\"of\":\"\",\"change\":"
                                                                              "\"fewer\",\"expected\":0.1,\"found\":0.4},\"other\":[1]"))));
    ASSERT_EQ(message.events.size(), 1u);
    const Event& label = message.events[0];
    EXPECT_EQ(message.run, kRun);
    EXPECT_EQ(label.seq, 7u);
    EXPECT_EQ(label.time_ns, kNow * 1000);
    EXPECT_EQ(label.center_freq_hz, 868.3e6);
    EXPECT_EQ(label.label, "GMSK");
    const auto drift = drift_of(label);
    ASSERT_TRUE(drift);
    EXPECT_EQ(drift->change, "fewer");
    EXPECT_NE(label.json.find("\"other\":[1]"), std::string::npos);
}

TEST(HubMessage, WhatIsNoMessageIsRefusedByName)
{
    const auto refused = [](const char* topic, const std::string& payload, const std::string& text) {
        EXPECT_ERROR(read_message(topic, payload), text);
    };
    const auto event = [](const char* state, double freq) { return labels_json(event_json(1, "A", freq, state, kNow)); };
    refused("labels", "", "JSON");
    refused("labels", "\xff\xfe", "JSON");
    refused("labels", "[1]", "labels");
    refused("labels", R"({"v":2,"run":"0123456789abcdef","events":[]})", "v");
    refused("labels", R"({"v":1,"run":"x","events":[]})", "run");
    refused("labels", R"({"v":1,"run":"0123456789abcdef","events":{}})", "events");
    refused("labels", event("loud", 1e6), "state");
    refused("labels", event("signal", 1e15), "center_freq_hz");
    refused("labels", labels_json(event_json(-1, "A", 1e6, "signal", kNow)), "seq");
    refused("labels", labels_json(event_json(1, std::string(5000, 'A'), 1e6, "signal", kNow)), "label");
    std::string endless = event_json(1, "A", 1e6, "signal", kNow);
    const auto count = endless.find("\"sample_count\":") + 15;
    endless.replace(count, endless.find(',', count) - count, "1e300");
    refused("labels", labels_json(endless), "sample_count");
    refused("labels", std::string((1 << 20) + 1, ' '), "too large");
    refused("labels", std::string(500'000, '['), "too deep");
    std::string lost = registration_json("a", 1);
    lost.replace(lost.find("47.5"), 4, "91.0");
    refused("receiver", lost, "latitude");
    refused("labels", labels_json(event_json(1, "A", 1e14, "signal", kNow)), "center_freq_hz");
    refused("status", "here", "online or offline");
    refused("answer", R"({"v":1,"run":"0123456789abcdef","update":"00","result":"taken"})", "update");
    refused("snippet", R"({"v":1,"run":"0123456789abcdef","id":"a","event":)" + event_json(1, "A", 1e6, "signal", kNow) + R"(,"png":"AAAA"})", "PNG");
    refused("gossip", R"({"v":1})", "no topic");
}

TEST(HubMessage, AcknowledgementsAreRanges)
{
    EXPECT_EQ(stored_messages(kRun, { 1, 2, 3, 3, 7, 9, 10 }),
              std::vector<std::string>{ R"({"v":1,"run":"0123456789abcdef","ranges":[[1,3],[7,7],[9,10]]})" });
    std::vector<std::uint64_t> odd;
    for (std::uint64_t seq = 1; seq < 2500; seq += 2)
        odd.push_back(seq);
    EXPECT_EQ(stored_messages(kRun, odd).size(), 2u) << "of a thousand ranges at most";
}

} // namespace
} // namespace prunedamr::hub
