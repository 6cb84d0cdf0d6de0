// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/source.h"

#include "tests/receiver/hand_source.h"

#include <gtest/gtest.h>

using namespace prunedamr;
using namespace prunedamr::receiver;
using namespace std::chrono_literals;

namespace {

/// 2000 samples at 1 kHz, with a time at the first.
std::unique_ptr<Source> two_seconds()
{
    auto source = std::make_unique<test::HandSource>(1000.0, false);
    Reading first;
    first.count = 2000;
    first.time = SourceTime{ 5, stream::TimeSource::file };
    source->give(first);
    source->end();
    return source;
}

std::vector<std::complex<float>> room(10'000);

} // namespace

TEST(ReplayedSource, InItsTimeItComesNoFasterThanTheClock)
{
    std::chrono::milliseconds now = 100ms;
    const auto source = make_replayed_source(
        { two_seconds, true, false, { [&] { return now; }, [&](std::chrono::milliseconds time) { now += time; } } });
    EXPECT_TRUE(source->info().realtime);
    std::size_t count = 0;
    for (Reading reading; !reading.ended; count += reading.count) {
        reading = source->read(room.data(), room.size(), 100ms);
        EXPECT_LE(count + reading.count, static_cast<std::size_t>((now - 100ms).count()));
    }
    EXPECT_EQ(count, 2000u);
    EXPECT_GE(now, 2100ms);
    EXPECT_LE(now, 2300ms);
}

TEST(ReplayedSource, InALoopItBeginsAgainAndItsTimeGoesOn)
{
    int opened = 0;
    const auto source = make_replayed_source({ [&] {
                                                  ++opened;
                                                  return two_seconds();
                                              },
                                               false, true });
    std::size_t count = 0, restarts = 0, times = 0;
    while (count < 7000) {
        const Reading reading = source->read(room.data(), room.size(), 100ms);
        ASSERT_FALSE(reading.ended);
        restarts += reading.restarted ? 1 : 0;
        times += reading.time ? 1 : 0;
        if (reading.restarted) {
            EXPECT_EQ(room[0].real(), 0.0f);
        }
        count += reading.count;
    }
    EXPECT_EQ(opened, 4);
    EXPECT_EQ(restarts, 3u);
    EXPECT_EQ(times, 1u);
}

TEST(ReplayedSource, OneWithoutSamplesEndsInALoop)
{
    const auto empty = [] {
        auto source = std::make_unique<test::HandSource>(1000.0, false);
        source->end();
        return source;
    };
    const auto source = make_replayed_source({ empty, false, true });
    EXPECT_TRUE(source->read(room.data(), room.size(), 100ms).ended);
}
