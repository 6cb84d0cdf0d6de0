// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/hub/spool.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

using namespace prunedamr::receiver;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kLarge = 1 << 20;
const hub::Spool::Clock::time_point kStart{ 1h };

std::string line_of(std::uint64_t seq)
{
    return std::to_string(seq);
}

hub::Spool filled(std::uint64_t count, std::size_t max_bytes = kLarge)
{
    hub::Spool spool(max_bytes);
    for (std::uint64_t seq = 0; seq < count; ++seq)
        spool.add(seq, line_of(seq));
    return spool;
}

/// All that may be sent now.
std::vector<std::uint64_t> sent(hub::Spool& spool, hub::Spool::Clock::time_point now)
{
    std::vector<std::uint64_t> all;
    for (auto lines = spool.take(now, kLarge); !lines.empty(); lines = spool.take(now, kLarge))
        for (const auto line : lines)
            all.push_back(std::stoull(std::string(line)));
    return all;
}

std::vector<std::uint64_t> numbers(std::uint64_t first, std::uint64_t last)
{
    std::vector<std::uint64_t> all;
    for (; first <= last; ++first)
        all.push_back(first);
    return all;
}

} // namespace

TEST(HubSpool, SendsInOrderOnceAndForgetsWhatIsAcknowledged)
{
    auto spool = filled(6);
    EXPECT_EQ(sent(spool, kStart), numbers(0, 5));
    EXPECT_EQ(sent(spool, kStart + 4s), numbers(1, 0)); // nothing
    spool.acknowledge({ { 4, 5 }, { 0, 1 } });           // two hubs, in no order
    EXPECT_EQ(spool.waiting(), 2u);
    EXPECT_EQ(spool.acknowledged(), 4u);
    EXPECT_EQ(sent(spool, kStart + 5s), numbers(2, 3)); // again
    spool.acknowledge({ { 0, 9 } });
    EXPECT_EQ(spool.waiting(), 0u);
    EXPECT_EQ(spool.bytes(), 0u);
    EXPECT_EQ(sent(spool, kStart + 20s).size(), 0u);
    EXPECT_EQ(spool.dropped() + spool.missed(), 0u);
}

TEST(HubSpool, AMessageIsBoundedInEventsAndBytes)
{
    auto spool = filled(600);
    EXPECT_EQ(spool.take(kStart, kLarge).size(), hub::kMaxEvents);
    EXPECT_EQ(spool.take(kStart, kLarge).size(), 100u);
    auto other = filled(100);
    EXPECT_EQ(other.take(kStart, 5).size(), 5u); // of one digit each
    EXPECT_EQ(other.take(kStart, 0).size(), 1u); // one always goes
}

TEST(HubSpool, WhatWasNeverSentCannotBeAcknowledged)
{
    auto spool = filled(3);
    spool.acknowledge({ { 0, hub::kMaxNumber } });
    EXPECT_EQ(spool.waiting(), 3u);
    sent(spool, kStart);
    spool.add(3, line_of(3));
    spool.acknowledge({ { 0, hub::kMaxNumber } });
    EXPECT_EQ(sent(spool, kStart), numbers(3, 3));
}

TEST(HubSpool, AnotherConnectionSendsAllThatIsNotAcknowledged)
{
    auto spool = filled(4);
    sent(spool, kStart);
    spool.acknowledge({ { 1, 1 } });
    spool.send_all_again();
    EXPECT_EQ(sent(spool, kStart + 1s), (std::vector<std::uint64_t>{ 0, 2, 3 }));
}

TEST(HubSpool, NoMoreThanAWindowIsUnderWayAndLessWhileNobodyAnswers)
{
    auto spool = filled(5000);
    EXPECT_EQ(sent(spool, kStart).size(), hub::Spool::kWindow);
    std::size_t copies = 0;
    auto now = kStart;
    for (int i = 0; i < 100; ++i) {
        const auto again = sent(spool, now += 5s);
        EXPECT_LE(again.size(), hub::Spool::kWindow / 2);
        EXPECT_EQ(again.front(), 0u); // the oldest are tried again
        copies += again.size();
    }
    EXPECT_LT(copies, 5000u); // in 500 s, of 5000 events
    EXPECT_EQ(sent(spool, now += 5s).size(), hub::Spool::kMinWindow);
    // Each answer widens it, until all is through.
    std::size_t rounds = 0;
    for (; spool.waiting() > 0 && rounds < 20; ++rounds) {
        spool.acknowledge({ { 0, hub::kMaxNumber } });
        sent(spool, now += 200ms);
    }
    EXPECT_LE(rounds, 10u);
    EXPECT_EQ(spool.acknowledged(), 5000u);
}

TEST(HubSpool, TheOldestFallOutAndAreCounted)
{
    const std::size_t each = 4 + hub::Spool::kOverhead;
    hub::Spool spool(10 * each);
    for (std::uint64_t seq = 1000; seq < 1010; ++seq)
        spool.add(seq, line_of(seq));
    EXPECT_EQ(spool.dropped(), 0u);
    EXPECT_FALSE(spool.has_room(1));
    sent(spool, kStart); // under way or not
    spool.add(1010, line_of(1010));
    spool.add(1011, line_of(1011));
    EXPECT_EQ(spool.dropped(), 2u);
    EXPECT_EQ(spool.waiting(), 10u);
    EXPECT_LE(spool.bytes(), 10 * each);
    spool.acknowledge({ { 1000, 1011 } });
    EXPECT_EQ(sent(spool, kStart), (std::vector<std::uint64_t>{ 1010, 1011 }));
    spool.add(1020, line_of(1020)); // 1012 to 1019 were lost before
    EXPECT_EQ(spool.missed(), 8u);
    hub::Spool tiny(1);
    tiny.add(0, line_of(0));
    EXPECT_EQ(tiny.waiting(), 0u);
    EXPECT_EQ(tiny.dropped(), 1u);
}

/// Hubs acknowledge at random, some messages are lost: in the end each event was delivered, and none is kept.
TEST(HubSpool, NothingIsLostWhateverIsLostOnTheWay)
{
    std::mt19937 random(7);
    hub::Spool spool(1 << 22);
    std::set<std::uint64_t> stored;
    auto now = kStart;
    std::uint64_t seq = 0;
    for (int tick = 0; tick < 5000 && (tick < 500 || spool.waiting() > 0); ++tick, now += 200ms) {
        for (int i = 0; tick < 500 && i < 4; ++i, ++seq)
            spool.add(seq, line_of(seq));
        const auto lines = sent(spool, now);
        if (random() % 4 == 0) // lost on the way there
            continue;
        stored.insert(lines.begin(), lines.end());
        if (random() % 4 == 0) // or on the way back
            continue;
        std::vector<hub::Range> ranges;
        for (const auto one : lines)
            ranges.emplace_back(one, one);
        std::shuffle(ranges.begin(), ranges.end(), random);
        spool.acknowledge(ranges);
        if (random() % 50 == 0)
            spool.send_all_again();
    }
    EXPECT_EQ(spool.waiting(), 0u);
    EXPECT_EQ(stored.size(), seq);
    EXPECT_EQ(spool.acknowledged(), seq);
    EXPECT_EQ(spool.dropped(), 0u);
}
