// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/outputs/peer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

using namespace prunedamr::receiver;
using namespace std::chrono_literals;

TEST(PeerState, WaitsTwiceAsLongAfterEachFailureUpToTenSeconds)
{
    PeerState peer("peer", {});
    PeerState::Clock::time_point now{ 1h };
    EXPECT_TRUE(peer.is_due(now));
    for (const auto pause : { 500ms, 1000ms, 2000ms, 4000ms, 8000ms, 10000ms, 10000ms }) {
        peer.failed("gone", now);
        EXPECT_FALSE(peer.is_due(now + pause - 1ms)) << pause.count();
        EXPECT_TRUE(peer.is_due(now + pause)) << pause.count();
        now += pause;
    }
    peer.succeeded(now); // and leaves at once
    peer.failed("gone", now += 1s);
    EXPECT_FALSE(peer.is_due(now + 9999ms));
    peer.succeeded(now);
    peer.failed("gone", now += 10s);
    EXPECT_TRUE(peer.is_due(now + 500ms));
}

TEST(PeerState, TellsALossAndAReturnOnceEach)
{
    std::vector<std::string> told;
    PeerState peer("peer", [&](const std::string& text) { told.push_back(text); });
    peer.succeeded();
    EXPECT_TRUE(told.empty());
    for (int i = 0; i < 3; ++i)
        peer.failed("gone");
    peer.lose(7);
    peer.succeeded();
    peer.succeeded();
    EXPECT_EQ(told, (std::vector<std::string>{ "peer: gone; retrying, and events may be lost meanwhile",
                                               "peer: connected again; 7 events lost so far" }));
    EXPECT_EQ(peer.reconnects(), 1u);
    EXPECT_EQ(peer.lost(), 7u);
}

TEST(PeerState, SaysOfEventsThatWaitThatTheyWait)
{
    std::vector<std::string> told;
    PeerState peer("hub", [&](const std::string& text) { told.push_back(text); }, kEventsWait);
    peer.failed("gone");
    peer.succeeded();
    EXPECT_EQ(told, (std::vector<std::string>{ "hub: gone; retrying, and events wait meanwhile", "hub: connected again" }));
}
