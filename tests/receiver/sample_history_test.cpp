// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/sample_history.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#ifndef PRUNEDAMR_SANITIZED
#include "tests/dsp/allocations.h"
#endif

using namespace prunedamr;
using namespace prunedamr::receiver;

namespace {

constexpr double kRate = 1000.0; ///< so low that the history is of its least size
constexpr double kTuned = 433e6;

SourceInfo source(bool live)
{
    SourceInfo info;
    info.sample_rate_hz = kRate;
    info.center_freq_hz = kTuned;
    info.live = live;
    return info;
}

/// Samples that are their own numbers.
class Feed
{
public:
    explicit Feed(SampleHistory& history) : history_(history) {}

    void give(std::size_t count, double center_freq_hz = kTuned, bool after_gap = false)
    {
        samples_.resize(count);
        for (std::size_t i = 0; i < count; ++i)
            samples_[i] = static_cast<float>(at + i);
        history_.take({ samples_.data(), count, at, 0, center_freq_hz, after_gap });
        at += count;
    }

    std::uint64_t at = 0;

private:
    SampleHistory& history_;
    std::vector<std::complex<float>> samples_;
};

bool holds(const SampleHistory& history, std::uint64_t first, std::size_t count)
{
    std::vector<std::complex<float>> out(count);
    if (!history.copy(first, count, out.data()))
        return false;
    for (std::size_t i = 0; i < count; ++i)
        EXPECT_EQ(out[i], std::complex<float>(static_cast<float>(first + i)));
    return true;
}

} // namespace

TEST(SampleHistory, GivesBackTheSamplesAroundAnother)
{
    SampleHistory history;
    history.begin_run(source(true));
    Feed feed(history);
    for (int i = 0; i < 7; ++i)
        feed.give(100);
    const auto found = history.around(350);
    EXPECT_EQ(found.first, 0u);
    EXPECT_EQ(found.end, 700u);
    EXPECT_EQ(found.center_freq_hz, kTuned);
    EXPECT_TRUE(found.goes_on);
    EXPECT_TRUE(holds(history, 0, 700));
    EXPECT_EQ(history.around(700).end, 0u) << "has not come yet";
}

TEST(SampleHistory, EndsAStretchWhereSamplesDoNotFollowOnEachOther)
{
    SampleHistory history;
    history.begin_run(source(true));
    Feed feed(history);
    feed.give(100);
    feed.give(100, kTuned + 1e6);
    feed.give(100, kTuned + 1e6, true);
    feed.at = 400; // a hundred are missing
    feed.give(100, kTuned + 1e6);
    EXPECT_EQ(history.around(50).end, 100u);
    EXPECT_FALSE(history.around(50).goes_on);
    EXPECT_EQ(history.around(150).first, 100u);
    EXPECT_EQ(history.around(150).end, 200u);
    EXPECT_EQ(history.around(150).center_freq_hz, kTuned + 1e6);
    EXPECT_EQ(history.around(299).end, 300u);
    EXPECT_EQ(history.around(350).end, 0u);
    EXPECT_EQ(history.around(400).first, 400u);
}

TEST(SampleHistory, OfALiveSourceTheOldestSamplesAreOverwritten)
{
    SampleHistory history;
    history.begin_run(source(true));
    history.announce();
    Feed feed(history);
    const std::size_t capacity = SampleHistory::capacity_for(kRate);
    while (feed.at < capacity + 5000)
        feed.give(1000);
    EXPECT_EQ(history.around(10).end, 0u);
    EXPECT_FALSE(holds(history, 10, 100));
    const auto found = history.around(feed.at - 1);
    EXPECT_EQ(found.first, feed.at - capacity);
    EXPECT_TRUE(holds(history, found.first, capacity));
}

TEST(SampleHistory, ASourceThatCanWaitIsHeldUpUntilAnnouncedSamplesAreLookedAt)
{
    SampleHistory history;
    history.begin_run(source(false));
    Feed feed(history);
    const std::size_t capacity = SampleHistory::capacity_for(kRate);
    feed.give(capacity / 2);
    history.announce();
    std::thread reader([&] {
        while (feed.at < 3 * capacity)
            feed.give(1000);
    });
    while (!history.is_waited_for())
        std::this_thread::yield();
    EXPECT_TRUE(holds(history, 0, capacity / 2)) << "nothing of it was overwritten";
    history.done();
    reader.join();
    EXPECT_FALSE(holds(history, 0, 1));
}

TEST(SampleHistory, NobodyWaitsOnceItIsAbandoned)
{
    SampleHistory history;
    history.begin_run(source(false));
    Feed feed(history);
    history.announce();
    history.abandon();
    while (feed.at < 2 * SampleHistory::capacity_for(kRate))
        feed.give(1000);
    history.begin_run(source(false));
    EXPECT_EQ(history.around(0).end, 0u) << "another run";
}

#ifndef PRUNEDAMR_SANITIZED
TEST(SampleHistory, TakesSamplesWithoutAllocating)
{
    SampleHistory history;
    history.begin_run(source(true));
    const std::vector<std::complex<float>> samples(1000);
    const std::size_t before = test::allocations();
    for (std::uint64_t i = 0; i < 3000; ++i) { // more changes than there is room for
        history.announce();
        history.take({ samples.data(), samples.size(), 1000 * i, 0, kTuned + static_cast<double>(i), false });
        history.done();
    }
    EXPECT_EQ(test::allocations(), before);
}
#endif

TEST(SampleHistory, KeepsSamplesOverAnyNumberOfChangesThatAreFollowed)
{
    SampleHistory history;
    history.begin_run(source(false));
    const std::vector<std::complex<float>> samples(1000);
    for (std::uint64_t i = 0; i < 3000; ++i) { // a scan where nothing is alive
        history.take({ samples.data(), samples.size(), 1000 * i, 0, kTuned + static_cast<double>(i), false });
        if (i % 500 == 0)
            history.follow();
    }
    history.follow();
    history.take({ samples.data(), samples.size(), 3'000'000, 0, kTuned, false });
    const auto found = history.around(3'000'500);
    EXPECT_EQ(found.first, 3'000'000u);
    EXPECT_EQ(found.end, 3'001'000u);
}
