// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/hub/link.h"

#include "prunedamr/base/deflate.h"
#include "prunedamr/receiver/hub/thumbnail.h"
#include "prunedamr/stream/label_event.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <future>
#include <vector>

using namespace prunedamr;
using namespace prunedamr::receiver;
using namespace std::chrono_literals;

namespace {

const std::string kRun = "0123456789abcdef", kHash(64, 'a');
const hub::ReceiverLink::Clock::time_point kStart{ 1h };

/// A hub by hand: what it was sent, and what it says.
struct Hub {
    struct Message {
        hub::Topic topic;
        std::string payload;
        bool retained;
    };
    std::vector<Message> got;
    std::vector<std::pair<hub::Topic, std::string>> says;
    bool is_there = true, takes = true;
    std::uint64_t connections = 1;

    std::vector<std::string> of(hub::Topic topic) const
    {
        std::vector<std::string> payloads;
        for (const auto& message : got)
            if (message.topic == topic)
                payloads.push_back(message.payload);
        return payloads;
    }

    /// seq of the events in all messages of labels, which are forgotten here.
    std::vector<std::uint64_t> take_events()
    {
        std::vector<std::uint64_t> all;
        for (const auto& payload : of(hub::Topic::labels))
            for (const auto& event : hub::read_labels(payload, "hub").events)
                all.push_back(event.seq);
        got.clear();
        return all;
    }
};

class HandTransport final : public hub::Transport
{
public:
    explicit HandTransport(Hub& hub) : hub_(hub) {}

    void step(std::chrono::milliseconds, const Received& received) override
    {
        for (const auto& [topic, payload] : std::exchange(hub_.says, {}))
            received(topic, payload);
    }
    bool send(hub::Topic topic, const std::string& payload, bool retained) override
    {
        if (!hub_.takes)
            return false;
        hub_.got.push_back({ topic, payload, retained });
        return true;
    }
    bool is_connected() const override { return hub_.is_there; }
    std::uint64_t connections() const override { return hub_.connections; }
    void leave() override {}
    const std::string& name() const override { return name_; }

private:
    Hub& hub_;
    const std::string name_ = "hand";
};

std::string line_of(std::uint64_t seq)
{
    stream::LabelEvent event;
    event.seq = seq;
    event.sample_rate_hz = 1.0;
    return stream::to_json_line(event);
}

struct HubLink : testing::Test {
    HubLink() { restart(1 << 20); }

    void restart(std::size_t spool_bytes)
    {
        hub::LinkConfig config;
        config.spool_bytes = spool_bytes;
        config.wait = 0ms;
        config.on_notice = [this](const std::string& text) { notices.push_back(text); };
        link = std::make_unique<hub::ReceiverLink>(config, std::make_unique<HandTransport>(hub), kRun);
    }
    void add(std::uint64_t first, std::uint64_t last)
    {
        for (; first <= last; ++first)
            link->add(first, line_of(first));
    }
    void step(std::chrono::milliseconds later = 200ms) { link->step(now += later, 0ms); }
    void acknowledge(std::vector<hub::Range> ranges, const std::string& run = kRun)
    {
        hub.says.emplace_back(hub::Topic::stored, hub::to_json(hub::Stored{ run, std::move(ranges) }));
    }

    Hub hub;
    std::vector<std::string> notices;
    hub::ReceiverLink::Clock::time_point now = kStart;
    std::unique_ptr<hub::ReceiverLink> link;
};

using Numbers = std::vector<std::uint64_t>;

} // namespace

TEST_F(HubLink, SendsEventsUntilAHubHasThem)
{
    add(0, 2);
    step();
    EXPECT_EQ(hub.take_events(), (Numbers{ 0, 1, 2 }));
    add(3, 3);
    acknowledge({ { 1, 1 } });
    step();
    EXPECT_EQ(hub.take_events(), Numbers{ 3 });
    EXPECT_EQ(link->status().waiting, 3u);
    step(4900ms);
    EXPECT_EQ(hub.take_events(), (Numbers{ 0, 2 })); // 3 is not due yet
    acknowledge({ { 0, 3 } });
    step();
    EXPECT_EQ(link->status().waiting, 0u);
    EXPECT_EQ(link->status().acknowledged, 4u);
    step(60s);
    EXPECT_EQ(hub.take_events(), Numbers{});
}

TEST_F(HubLink, MessagesAreFilledForAFifthOfASecond)
{
    add(0, 0);
    step();
    add(1, 1);
    step(100ms);
    add(2, 2);
    step(50ms);
    EXPECT_EQ(hub.of(hub::Topic::labels).size(), 1u);
    step(50ms);
    EXPECT_EQ(hub.of(hub::Topic::labels).size(), 2u);
    add(3, 2 + hub::kMaxEvents);
    step(0ms); // a full one goes at once
    EXPECT_EQ(hub.of(hub::Topic::labels).size(), 3u);
}

TEST_F(HubLink, AfterALostConnectionEverythingIsSaidAgain)
{
    link->set_registration({ "rx0", "", 0, "1", {}, { "m", kHash }, {}, 0, {} });
    add(0, 1);
    step();
    ASSERT_EQ(hub.of(hub::Topic::receiver).size(), 1u);
    EXPECT_TRUE(hub.got.front().retained);
    EXPECT_EQ(hub::read_registration(hub.got.front().payload, "hub").run, kRun);
    hub.is_there = false;
    hub.got.clear();
    add(2, 2);
    step(2s);
    EXPECT_TRUE(hub.got.empty());
    hub.is_there = true;
    ++hub.connections;
    step();
    EXPECT_EQ(hub.of(hub::Topic::receiver).size(), 1u);
    EXPECT_EQ(hub.of(hub::Topic::health).size(), 1u);
    EXPECT_EQ(hub.take_events(), (Numbers{ 0, 1, 2 }));
    EXPECT_EQ(link->status().reconnects, 1u);
}

TEST_F(HubLink, RegistersAgainWhenSomethingChanges)
{
    hub::Registration registration{ "rx0", "", 0, "1", {}, { "m", kHash }, {}, 0, {} };
    for (const std::uint64_t sequence : { 0, 0, 5, 5 }) {
        registration.sequence = sequence;
        link->set_registration(registration);
        step();
    }
    EXPECT_EQ(hub.of(hub::Topic::receiver).size(), 2u);
}

TEST_F(HubLink, HealthTellsWhatIsMissing)
{
    restart(3 * (hub::Spool::kOverhead + line_of(9).size()));
    link->set_status([] { return std::string(R"({"uptime_s":3})"); });
    add(0, 4);  // two fall out
    add(7, 7);  // another one; 5 and 6 never came
    step();
    const auto health = hub::read_health(hub.of(hub::Topic::health).at(0), "hub");
    EXPECT_EQ(health.status, R"({"uptime_s":3})");
    EXPECT_EQ(health.run, kRun);
    EXPECT_EQ(health.seq, 7u);
    EXPECT_EQ(health.waiting, 3u);
    EXPECT_EQ(health.lost, 5u);
    step(9s);
    EXPECT_EQ(hub.of(hub::Topic::health).size(), 1u);
    step(1s);
    EXPECT_EQ(hub.of(hub::Topic::health).size(), 2u);
}

TEST_F(HubLink, NothingButAMessageChangesAnything)
{
    add(0, 3);
    step();
    acknowledge({ { 0, 3 } }, "fedcba9876543210"); // of the process before
    acknowledge({ { 100, 200 } });                  // of what was never sent
    const std::string good = hub::to_json(hub::Stored{ kRun, { { 0, 3 } } });
    for (const std::string& bad : { std::string(), std::string("\xff\x00{", 3), std::string("{}"), std::string("null"), good.substr(0, good.size() - 1), good + good })
        for (const auto topic : { hub::Topic::stored, hub::Topic::go_back })
            hub.says.emplace_back(topic, bad);
    for (const auto topic : { hub::Topic::labels, hub::Topic::health, hub::Topic::receiver }) // a receiver's
        hub.says.emplace_back(topic, good);
    step();
    EXPECT_EQ(link->status().waiting, 4u);
    EXPECT_FALSE(link->take_request());
    EXPECT_EQ(notices.size(), 1u); // once
    acknowledge({ { 0, 3 } });
    step();
    EXPECT_EQ(link->status().waiting, 0u);
}

TEST_F(HubLink, WhatAHubWantsIsHandedOnInOrderAndBounded)
{
    hub.says.emplace_back(hub::Topic::update, "bytes");
    hub.says.emplace_back(hub::Topic::go_back, hub::return_json(kHash));
    for (int i = 0; i < 100; ++i)
        hub.says.emplace_back(hub::Topic::update, "more");
    step();
    EXPECT_EQ(std::get<std::string>(link->take_request().value()), "bytes");
    EXPECT_EQ(std::get<hub::ReceiverLink::Return>(link->take_request().value()).update, kHash);
    int more = 0;
    while (link->take_request())
        ++more;
    EXPECT_LT(more, 10);
}

TEST_F(HubLink, AnswersWaitForAConnection)
{
    hub.takes = false;
    link->send(hub::Answer{ kRun, kHash, hub::Result::kept, "", { "m", kHash }, 3 });
    step();
    hub.takes = true;
    step();
    step();
    ASSERT_EQ(hub.of(hub::Topic::answer).size(), 1u);
    EXPECT_EQ(hub::read_answer(hub.of(hub::Topic::answer).front(), "hub").result, hub::Result::kept);
}

TEST_F(HubLink, AtTheEndItWaitsNoLongerThanItMay)
{
    add(0, 1);
    step();
    link->finish(); // nobody has acknowledged
    EXPECT_EQ(link->status().waiting, 2u);
}

TEST_F(HubLink, NobodyWaitsAnyMoreOnceItIsAbandoned)
{
    hub::LinkConfig config;
    config.wait = 1h;
    link = std::make_unique<hub::ReceiverLink>(config, std::make_unique<HandTransport>(hub), kRun);
    add(0, 1);
    auto end = std::async(std::launch::async, [this] { link->finish(); });
    link->abandon();
    EXPECT_EQ(end.wait_for(20s), std::future_status::ready);
}

namespace {

using Samples = std::vector<std::complex<float>>;

/// Pixels of a gray PNG without filters, as thumbnails are, the uppermost row first.
std::vector<std::string> rows_of(const std::string& png)
{
    const auto number = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<unsigned char>(png[at + 2]) << 8 | static_cast<unsigned char>(png[at + 3])); };
    const std::size_t width = number(16), height = number(20), bytes = number(33);
    EXPECT_EQ(png.substr(37, 4), "IDAT");
    const std::string pixels = inflated(png.substr(41, bytes), (width + 1) * height);
    std::vector<std::string> rows;
    for (std::size_t y = 0; y < height; ++y)
        rows.push_back(pixels.substr(y * (width + 1) + 1, width));
    return rows;
}

/// A tone of so many cycles a sample, from `begin` to `end`, of 20,000 samples.
Samples tone(double cycles, std::size_t begin, std::size_t end)
{
    Samples samples(20'000, 1e-4f);
    for (std::size_t i = begin; i < end; ++i)
        samples[i] = std::polar(1.0f, static_cast<float>(2.0 * M_PI * std::fmod(cycles * static_cast<double>(i), 1.0)));
    return samples;
}

int brightness(const std::vector<std::string>& rows, double y, double x)
{
    const std::string& row = rows[static_cast<std::size_t>(y * static_cast<double>(rows.size()))];
    return static_cast<unsigned char>(row[static_cast<std::size_t>(x * static_cast<double>(row.size()))]);
}

} // namespace

TEST(HubThumbnail, ShowsHighFrequenciesAboveAndTimeToTheRight)
{
    const Samples high_and_early = tone(0.25, 0, 10'000);
    const auto rows = rows_of(hub::spectrogram_png(high_and_early.data(), high_and_early.size()));
    ASSERT_EQ(rows.size(), static_cast<std::size_t>(hub::kThumbnailHeight));
    ASSERT_EQ(rows[0].size(), static_cast<std::size_t>(hub::kThumbnailWidth));
    EXPECT_GT(brightness(rows, 0.245, 0.25), 200);
    EXPECT_LT(brightness(rows, 0.245, 0.75), 100) << "later there is none";
    EXPECT_LT(brightness(rows, 0.745, 0.25), 100) << "nor at the negative frequency";
    const Samples low_and_late = tone(-0.25, 10'000, 20'000);
    const auto others = rows_of(hub::spectrogram_png(low_and_late.data(), low_and_late.size()));
    EXPECT_GT(brightness(others, 0.745, 0.75), 200);
    EXPECT_LT(brightness(others, 0.245, 0.25), 100);
}

TEST(HubThumbnail, OfWhateverSamplesIsASmallPicture)
{
    Samples samples = tone(0.25, 0, 20'000);
    const std::string png = hub::spectrogram_png(samples.data(), samples.size());
    EXPECT_LT(png.size(), 20'000u);
    EXPECT_NE(png, hub::spectrogram_png(samples.data(), 10));
    std::fill(samples.begin(), samples.end(), std::complex<float>(NAN, INFINITY));
    for (const std::size_t count : { std::size_t{ 0 }, std::size_t{ 10 }, samples.size() })
        EXPECT_EQ(rows_of(hub::spectrogram_png(samples.data(), count)).size(), static_cast<std::size_t>(hub::kThumbnailHeight));
}
