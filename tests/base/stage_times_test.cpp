// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/stage_times.h"

#include <gtest/gtest.h>

#include <ctime>
#include <thread>

using namespace prunedamr;

namespace {

std::uint64_t time_of(Stage stage)
{
    return stage_times()[static_cast<std::size_t>(stage)];
}

/// Works for so much CPU time of this thread.
void work(std::uint64_t ns)
{
    const auto now = [] {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(time.tv_nsec);
    };
    for (const std::uint64_t end = now() + ns; now() < end;) {
    }
}

constexpr std::uint64_t kMs = 1'000'000;

} // namespace

// One test: what is switched on stays so.
TEST(StageTimes, InnerStagesDoNotCountForOuterOnes)
{
    {
        const StageTimer timer(Stage::network);
        work(2 * kMs);
    }
    EXPECT_EQ(time_of(Stage::network), 0u); // nobody asked

    measure_stages();
    std::thread other([] {
        const StageTimer timer(Stage::read);
        work(3 * kMs);
    });
    {
        const StageTimer outer(Stage::stream);
        work(2 * kMs);
        {
            const StageTimer inner(Stage::network);
            work(8 * kMs);
        }
        work(2 * kMs);
    }
    work(5 * kMs); // outside
    other.join();
    EXPECT_GE(time_of(Stage::stream), 4 * kMs);
    EXPECT_LT(time_of(Stage::stream), 8 * kMs);
    EXPECT_GE(time_of(Stage::network), 8 * kMs);
    EXPECT_GE(time_of(Stage::read), 3 * kMs);
    EXPECT_EQ(time_of(Stage::measure), 0u);
}
