// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/hub/rollout_testing.h"

#include <functional>

namespace prunedamr::hub {
namespace {

/// What a receiver says while it is watched, and before.
class HubJudgement : public HubRollout
{
protected:
    /// Fifty labels in ten minutes, or what else is said of these emissions: state and label, and whether there is one at all.
    void say(const std::string& name, std::int64_t from_us, const std::string& state, bool is_found = true)
    {
        std::string events;
        for (int i = 0; i < 50; ++i) {
            std::string event = event_json(++seq_, state == "signal" ? "A" : "noise", 1e6, state, from_us + i * 10 * kSecondUs);
            if (!is_found)
                event.replace(event.find("12.5,\"model"), 4, "null");
            events += (i ? "," : "") + event;
        }
        store_->write({ { name, read_message("labels", labels_json(events)) } }, now_);
    }

    /// The first receiver takes the update; `what` happens while it is watched.
    void watch(const std::function<void()>& what)
    {
        say("a", kNow - 600 * kSecondUs, "signal");
        make();
        step();
        take("a");
        step(1);
        what();
        step(601);
    }

    /// Labels of a receiver with one in so many unknown, over the ten minutes from `from_us` on.
    void hear(const std::string& name, std::int64_t from_us, int one_in)
    {
        std::string events;
        for (int i = 0; i < 100; ++i)
            events += (i ? "," : "") + event_json(++seq_, "A", 1e6, i % one_in ? "signal" : "unknown", from_us + i * 5 * kSecondUs);
        store_->write({ { name, read_message("labels", labels_json(events)) } }, now_);
    }
};
INSTANTIATE_TEST_SUITE_P(Places, HubJudgement, ::testing::Values("sqlite", "postgres"), [](const auto& info) { return std::string(info.param); });

TEST_P(HubJudgement, MoreUnknownLabelsThanBeforeStopIt)
{
    hear("a", kNow - 600 * kSecondUs, 50);
    make();
    step();
    take("a");
    step(1);
    hear("a", now_ + kSecondUs, 3);
    step(601);
    EXPECT_EQ(state(), "returning");
    EXPECT_EQ(why(), "34.0 % of the labels are unknown since the update, 2.0 % before");
}

TEST_P(HubJudgement, AsManyUnknownLabelsAsBeforeDoNot)
{
    hear("a", kNow - 600 * kSecondUs, 10);
    make();
    step();
    take("a");
    step(1);
    hear("a", now_ + kSecondUs, 8);
    step(601);
    EXPECT_EQ(state(), "running");
    EXPECT_EQ(rollout()["stage"], 2);
}

TEST_P(HubJudgement, AModelThatCallsEverythingNoiseStopsIt)
{
    watch([&] { say("a", now_ + kSecondUs, "noise"); });
    EXPECT_EQ(state(), "returning");
    EXPECT_EQ(why(), "a: 0 labels since the update, 50 in the same time before, and its spectrum is not silent");
}

TEST_P(HubJudgement, SoDoesAReceiverThatSaysNothingAtAll)
{
    watch([] {});
    EXPECT_EQ(state(), "returning");
}

TEST_P(HubJudgement, LabelsHaveHalfAMinuteToArrive)
{
    Plan plan;
    plan.stages = { "1", "100%" };
    plan.watch_s = 5;
    const auto say_often = [&](std::int64_t from_us) { // ten times a second, for three seconds
        std::string events;
        for (int i = 0; i < 30; ++i)
            events += (i ? "," : "") + event_json(++seq_, "A", 1e6, "signal", from_us + i * kSecondUs / 10);
        store_->write({ { "a", read_message("labels", labels_json(events)) } }, now_);
    };
    say_often(kNow - 4 * kSecondUs);
    make(plan, { "a", "b" });
    step();
    take("a");
    step(1);
    const std::int64_t taken = now_;
    step(6);
    EXPECT_EQ(state(), "running");
    EXPECT_EQ(rollout()["stage"], 1) << "too early to tell";
    say_often(taken + kSecondUs);
    step(1);
    EXPECT_EQ(state(), "running") << why();
    EXPECT_EQ(rollout()["stage"], 2);
}

TEST_P(HubJudgement, ASpectrumThatHasBecomeSilentDoesNot)
{
    watch([&] { say("a", now_ + kSecondUs, "noise", false); });
    EXPECT_EQ(state(), "running") << why();
    EXPECT_EQ(rollout()["stage"], 2);
}

TEST_P(HubJudgement, ADriftAlarmStopsIt)
{
    make();
    step();
    take("a");
    step(1);
    const std::string drift = ",\"drift\":{\"quantity\":\"snr\",\"of\":\"A\",\"change\":\"more\",\"expected\":0.1,\"found\":0.5}";
    store_->write({ { "a", read_message("labels", labels_json(event_json(1, "A", 1e6, "signal", now_ + kSecondUs, drift))) } }, now_);
    step(601);
    EXPECT_EQ(state(), "returning");
    EXPECT_EQ(why(), "1 drift alarms since the update, 0 in the same time before");
}

} // namespace
} // namespace prunedamr::hub
