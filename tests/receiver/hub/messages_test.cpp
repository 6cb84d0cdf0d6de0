// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/hub/messages.h"

#include "prunedamr/base/error.h"
#include "prunedamr/stream/label_event.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <functional>

using namespace prunedamr;
using namespace prunedamr::receiver;

namespace {

const std::string kRun = "0123456789abcdef", kHash(64, 'a'), kPng = "\x89PNG\r\n\x1a\n....";

std::string line_of(std::uint64_t seq, std::int64_t time_ns = 1'700'000'000'123'456'789)
{
    stream::LabelEvent event;
    event.seq = seq;
    event.track = 7;
    event.source = std::string_view("north");
    event.time_ns = time_ns;
    event.sample_count = 24'000;
    event.sample_rate_hz = 240e3;
    event.center_freq_hz = 433.92e6;
    event.bandwidth_hz = 12.5e3;
    event.snr_db = 17.25f;
    event.state = stream::State::signal;
    event.label = std::string_view("GMSK");
    event.model = std::string_view("onair-s");
    event.confidence = 0.75f;
    return stream::to_json_line(event);
}

hub::Registration registration()
{
    return { "north mast", kRun, 1'700'000'000'000'000'000, "1.0", hub::Position{ 52.5, -13.25 }, { "onair-s", kHash }, { "AM", "FM" }, 12, { "abcd" } };
}

std::string fault_of(const std::function<void()>& read)
{
    try {
        read();
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

/// A message with another value of a key, or without it.
std::string changed(const std::string& text, const char* key, const nlohmann::json& value)
{
    auto json = nlohmann::json::parse(text);
    if (value.is_discarded())
        json.erase(key);
    else
        json[key] = value;
    return json.dump();
}

} // namespace

TEST(HubMessages, RegistrationIsReadAsItWasWritten)
{
    const auto read = hub::read_registration(hub::to_json(registration()), "north");
    EXPECT_EQ(read.name, "north mast");
    EXPECT_EQ(read.run, kRun);
    EXPECT_EQ(read.since_ns, 1'700'000'000'000'000'000);
    ASSERT_TRUE(read.position);
    EXPECT_EQ(read.position->latitude, 52.5);
    EXPECT_EQ(read.position->longitude, -13.25);
    EXPECT_EQ(read.model.name, "onair-s");
    EXPECT_EQ(read.classes, (std::vector<std::string>{ "AM", "FM" }));
    EXPECT_EQ(read.sequence, 12u);
    EXPECT_EQ(read.keys, std::vector<std::string>{ "abcd" });
    auto nowhere = registration();
    nowhere.position.reset();
    EXPECT_FALSE(hub::read_registration(hub::to_json(nowhere), "north").position);
}

TEST(HubMessages, EventsOfLabelsAreThoseOfTheJsonOutput)
{
    const std::string first = line_of(3), second = line_of(4);
    const auto read = hub::read_labels(hub::labels_json(kRun, { first, second }), "north");
    EXPECT_EQ(read.run, kRun);
    ASSERT_EQ(read.events.size(), 2u);
    const hub::Event& event = read.events[1];
    EXPECT_EQ(event.seq, 4u);
    EXPECT_EQ(event.track, 7u);
    EXPECT_EQ(event.time_ns, 1'700'000'000'123'456'789);
    EXPECT_DOUBLE_EQ(event.duration_s, 0.1);
    EXPECT_EQ(event.center_freq_hz, 433.92e6);
    EXPECT_EQ(event.snr_db, 17.25);
    EXPECT_EQ(event.state, "signal");
    EXPECT_EQ(event.label, "GMSK");
    EXPECT_FALSE(event.tells_drift);
    EXPECT_EQ(nlohmann::json::parse(event.json), nlohmann::json::parse(second));
}

TEST(HubMessages, TheOthersAreReadAsTheyWereWritten)
{
    const auto health = hub::read_health(hub::to_json(hub::Health{ kRun, 5'000'000'000, R"({"uptime_s":1.5})", 9, 2, 1 }), "h");
    EXPECT_EQ(health.status, R"({"uptime_s":1.5})");
    EXPECT_EQ(health.seq, 9u);
    EXPECT_EQ(health.waiting, 2u);
    EXPECT_EQ(health.lost, 1u);
    EXPECT_FALSE(hub::read_health(hub::to_json(hub::Health{ kRun, 0, "{}", {}, 0, 0 }), "h").seq);

    const auto snippet = hub::read_snippet(hub::to_json(hub::Snippet{ kRun, "s1", line_of(1), kPng }), "s");
    EXPECT_EQ(snippet.id, "s1");
    EXPECT_EQ(snippet.png, kPng);
    EXPECT_EQ(nlohmann::json::parse(snippet.event), nlohmann::json::parse(line_of(1)));

    const auto answer = hub::read_answer(hub::to_json(hub::Answer{ kRun, kHash, hub::Result::returned, "worse", { "m", kHash }, 8 }), "a");
    EXPECT_EQ(answer.result, hub::Result::returned);
    EXPECT_EQ(answer.why, "worse");
    EXPECT_EQ(answer.sequence, 8u);

    const auto stored = hub::read_stored(hub::to_json(hub::Stored{ kRun, { { 0, 4 }, { 7, 7 } } }), "s");
    EXPECT_EQ(stored.ranges, (std::vector<hub::Range>{ { 0, 4 }, { 7, 7 } }));
    EXPECT_EQ(hub::read_return(hub::return_json(std::string(64, 'c')), "r"), std::string(64, 'c'));
}

TEST(HubMessages, WhatIsNoMessageIsRefusedByName)
{
    const auto missing = nlohmann::json(nlohmann::json::value_t::discarded);
    const std::string good = hub::to_json(hub::Stored{ kRun, { { 0, 4 } } });
    const auto stored = [&](const char* key, const nlohmann::json& value) {
        return fault_of([&] { hub::read_stored(changed(good, key, value), "hub"); });
    };
    EXPECT_EQ(fault_of([&] { hub::read_stored(good, "hub"); }), "");
    for (const nlohmann::json& bad : { nlohmann::json(2), nlohmann::json("1"), missing })
        EXPECT_NE(stored("v", bad), "");
    for (const nlohmann::json& bad : { nlohmann::json("0123"), nlohmann::json("0123456789ABCDEF"), nlohmann::json(1), missing })
        EXPECT_NE(stored("run", bad).find("run"), std::string::npos);
    for (const char* bad : { "[]", "{}", "[[1]]", "[[2,1]]", "[[-1,1]]", "[[0.5,1]]", "[[0,1,2]]", "[[0,1e30]]", "[0,1]", "[[0,9007199254740993]]", "null" })
        EXPECT_NE(stored("ranges", nlohmann::json::parse(bad)).find("ranges"), std::string::npos) << bad;
    EXPECT_EQ(stored("more", 1), ""); // a later program's
    for (const char* bad : { "", "\xff\xfe", "[", "[]", "null", "{\"v\":1", "{\"v\":1e999}" })
        EXPECT_NE(fault_of([&] { hub::read_stored(bad, "hub"); }), "") << bad;
    EXPECT_NE(fault_of([&] { hub::read_return(R"({"v":1,"update":"c"})", "hub"); }), "");
    EXPECT_NE(fault_of([&] { hub::read_stored(good + std::string(hub::kMaxMessageBytes, ' '), "hub"); }), "");
}

TEST(HubMessages, ABadEventSpoilsItsMessageAndIsNamed)
{
    const auto fault = [&](const char* key, const nlohmann::json& value) {
        return fault_of([&] { hub::read_labels(hub::labels_json(kRun, { line_of(1), changed(line_of(2), key, value) }), "north"); });
    };
    EXPECT_EQ(fault("more", 1), ""); // a later receiver's
    for (const auto& [key, value] : std::initializer_list<std::pair<const char*, nlohmann::json>>{
             { "v", 1 }, { "seq", -1 }, { "time", "yesterday" }, { "state", "asleep" }, { "confidence", 1.5 }, { "label", 3 }, { "label", std::string(5000, 'x') },
             { "center_freq_hz", nullptr }, { "sample_rate_hz", 0 } })
        EXPECT_NE(fault(key, value).find("event 1"), std::string::npos) << key << ": " << fault(key, value);
    EXPECT_EQ(fault("snr_db", nullptr), "");
    EXPECT_NE(fault_of([] { hub::read_labels(R"({"v":1,"run":"0123456789abcdef","events":[]})", "n"); }), "");
    const std::string line = line_of(1);
    EXPECT_NE(fault_of([&] { hub::read_labels(hub::labels_json(kRun, std::vector<std::string_view>(hub::kMaxEvents + 1, line)), "n"); }), "");
}

TEST(HubMessages, NamesTravelThroughTopicsAndAddresses)
{
    for (const std::string& name : { std::string("rx0"), std::string("a/b+c#%d e"), std::string("Gr\xc3\xbc\xc3\x9f"), std::string("\x01\x7f\xff"), std::string(48, '%') }) {
        const std::string text = hub::encoded_name(name);
        EXPECT_EQ(text.find_first_of("/+# \x01"), std::string::npos);
        EXPECT_EQ(hub::decoded_name(text), name) << text;
    }
    EXPECT_EQ(hub::encoded_name("a/b"), "a%2Fb");
    for (const std::string& bad : { std::string(), std::string("a/b"), std::string("%2f"), std::string("%41"), std::string("%"), std::string("%2"), std::string("%zz"), std::string(49, 'a') })
        EXPECT_FALSE(hub::decoded_name(bad)) << bad;
    for (const auto topic : { hub::Topic::receiver, hub::Topic::stored, hub::Topic::go_back })
        EXPECT_EQ(hub::topic_of(hub::to_string(topic)), topic);
    EXPECT_FALSE(hub::topic_of("Labels"));
}

TEST(HubMessages, PositionsAreDegrees)
{
    EXPECT_EQ(hub::parse_position("52.5,-13.4").latitude, 52.5);
    EXPECT_EQ(hub::parse_position("-90,180").longitude, 180.0);
    for (const char* bad : { "", "52.5", "52.5,", "52.5;13", "91,0", "0,181", "nan,0", "0,inf", "1,2,3", "1, 2x" })
        EXPECT_THROW(hub::parse_position(bad), InvalidArgument) << bad;
}
