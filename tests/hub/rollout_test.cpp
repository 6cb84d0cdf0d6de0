// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/hub/rollout_testing.h"
#include "tests/support/expect_error.h"

namespace prunedamr::hub {
namespace {

INSTANTIATE_TEST_SUITE_P(Places, HubRollout, ::testing::Values("sqlite", "postgres"), [](const auto& info) { return std::string(info.param); });

TEST_P(HubRollout, GoesOutInStagesEachWatched)
{
    Plan plan;
    plan.stages = { "1", "50%", "100%" };
    make(plan);
    EXPECT_EQ(step(), (Sent{ { "a", "update" } }));
    EXPECT_EQ(step(10), Sent{});
    take("a");
    EXPECT_EQ(step(1), Sent{});
    EXPECT_EQ(step(500), Sent{}) << "watched for ten minutes";
    EXPECT_EQ(step(101), Sent{});
    EXPECT_EQ(step(1), (Sent{ { "b", "update" } }));
    take("b");
    step(1);
    step(601);
    EXPECT_EQ(step(1), (Sent{ { "c", "update" }, { "d", "update" } }));
    take("c");
    step(299);
    EXPECT_EQ(state(), "running") << "d has not answered, but may yet";
    take("d");
    step(1);
    step(601);
    EXPECT_EQ(state(), "done");
}

TEST_P(HubRollout, IsDoneWhenTheLastStageWasWatched)
{
    Plan plan;
    plan.stages = { "100%" };
    make(plan, { "b", "c" });
    EXPECT_EQ(step(), (Sent{ { "b", "update" }, { "c", "update" } }));
    take("b");
    answer("c", "kept");
    step(1);
    step(601);
    EXPECT_EQ(state(), "done");
    EXPECT_EQ(step(601), Sent{});
}

TEST_P(HubRollout, ARefusalReturnsThoseThatTookIt)
{
    Plan plan;
    plan.stages = { "2", "100%" };
    make(plan);
    step();
    take("a");
    answer("b", "refused", "other_base");
    step(1);
    EXPECT_EQ(state(), "returning");
    EXPECT_EQ(why(), "b: refused: other_base");
    EXPECT_EQ(step(1), (Sent{ { "a", "return" } }));
    EXPECT_EQ(step(61), (Sent{ { "a", "return" } })) << "told again";
    answer("a", "returned");
    step(1);
    step(1);
    EXPECT_EQ(state(), "returned");
}

TEST_P(HubRollout, OnlyPausesWhenItIsToldSo)
{
    Plan plan;
    plan.returns_on_failure = false;
    const auto id = make(plan);
    step();
    answer("a", "returned", "drift");
    step(1);
    EXPECT_EQ(state(), "paused");
    EXPECT_EQ(step(100), Sent{});
    change_rollout(*database_, id, "resume", "eva", now_); // without a
    step(1);
    step(1); // a tenth of four is one: the second stage has nobody new
    EXPECT_EQ(step(1), (Sent{ { "b", "update" }, { "c", "update" }, { "d", "update" } }));
    EXPECT_EQ(state(), "running");
    EXPECT_ERROR(change_rollout(*database_, id, "resume", "eva", now_), "is running");
    EXPECT_ERROR(change_rollout(*database_, 99, "pause", "eva", now_), "no such roll-out");
}

TEST_P(HubRollout, WhoIsSilentIsToldAgainAndThenFails)
{
    make();
    EXPECT_EQ(step().size(), 1u);
    EXPECT_EQ(step(59).size(), 0u);
    EXPECT_EQ(step(2), (Sent{ { "a", "update" } }));
    step(240);
    EXPECT_EQ(state(), "returning");
    EXPECT_NE(why().find("no answer in 300 s"), std::string::npos);
}

TEST_P(HubRollout, ARegistrationCountsWhereTheAnswerWasLost)
{
    Plan plan;
    plan.stages = { "1" };
    make(plan);
    step();
    register_receiver("a", 7, updated_);
    step(1);
    EXPECT_EQ(rollout()["receivers"][0]["state"], "taken");
}

TEST_P(HubRollout, APersonPausesAndReturnsFromWhatGoesWell)
{
    Plan plan;
    plan.stages = { "1", "100%" };
    const auto id = make(plan, { "a", "b" });
    step();
    take("a");
    step(1);
    change_rollout(*database_, id, "pause", "eva", now_);
    EXPECT_EQ(step(700), Sent{}) << "nothing happens while it is paused";
    EXPECT_EQ(state(), "paused");
    change_rollout(*database_, id, "resume", "eva", now_);
    step(1);
    EXPECT_EQ(step(1), (Sent{ { "b", "update" } }));
    take("b");
    step(1);
    step(601);
    ASSERT_EQ(state(), "done");
    change_rollout(*database_, id, "return", "eva", now_);
    EXPECT_EQ(step(1), (Sent{ { "a", "return" }, { "b", "return" } }));
    answer("a", "returned");
    answer("b", "refused", "no model before it is kept");
    step(1);
    step(1);
    EXPECT_EQ(state(), "returned");
    EXPECT_EQ(rollout()["receivers"][0]["state"], "returned");
    EXPECT_EQ(rollout()["receivers"][1]["state"], "refused");
    EXPECT_ERROR(change_rollout(*database_, id, "pause", "eva", now_), "is returned");
}

TEST_P(HubRollout, AnOldRegistrationDoesNotTellThatItWentBack)
{
    const auto id = make();
    EXPECT_EQ(step(1), (Sent{ { "a", "update" } })); // which it may have taken, whatever became of the answer
    change_rollout(*database_, id, "return", "eva", now_);
    EXPECT_EQ(step(1), (Sent{ { "a", "return" } })); // and this is lost
    step(1);
    EXPECT_EQ(rollout()["receivers"][0]["state"], "returning");
    EXPECT_EQ(step(61), (Sent{ { "a", "return" } }));
    register_receiver("a", 7, base_);
    step(1);
    EXPECT_EQ(rollout()["receivers"][0]["state"], "returned");
}

TEST_P(HubRollout, TwoHubsNeverTellTwiceAndOneTakesOver)
{
    make();
    const auto other_database = open();
    Sent others;
    RolloutDriver other(*other_database, "second", [&](const std::string& receiver, const std::string& topic, const std::string&) {
        others.emplace_back(receiver, topic);
    });
    EXPECT_EQ(step().size(), 1u);
    other.step(now_ + kSecondUs);
    EXPECT_TRUE(others.empty());
    take("a");
    step(1); // and the first one dies
    other.step(now_ + 29 * kSecondUs);
    other.step(now_ + 602 * kSecondUs);
    other.step(now_ + 603 * kSecondUs);
    other.step(now_ + 604 * kSecondUs);
    EXPECT_EQ(others, (Sent{ { "b", "update" }, { "c", "update" }, { "d", "update" } }));
    EXPECT_EQ(step(605), Sent{}) << "and the first one leaves it to the other";
}

TEST_P(HubRollout, WhatNobodyCouldTakeIsRefused)
{
    EXPECT_ERROR(make_rollout(*database_, { "00", {}, {}, "test" }, now_), "no such update");
    EXPECT_ERROR(make({}, { "x" }), "no such receiver");
    register_receiver("e", 6, "", "another key");
    register_receiver("f", 6, std::string(64, 'f'));
    EXPECT_ERROR(make({}, { "e" }), "does not trust the key");
    EXPECT_ERROR(make({}, { "f" }), "another model");
    for (const std::vector<std::string>& stages : { std::vector<std::string>{ "3", "1" }, { "0" }, { "150%" }, { "x" }, {} }) {
        Plan plan;
        plan.stages = stages;
        EXPECT_ERROR(make(plan), "stage");
    }
    now_ += 60 * kSecondUs; // all are silent
    EXPECT_ERROR(make(), "no receiver could take this update");
    EXPECT_THROW(put_update(*database_, "text", {}, "test", now_), model::UpdateRefused);
    EXPECT_THROW(put_update(*database_, bytes_, { SigningKey::make().public_key() }, "test", now_), model::UpdateRefused);
    EXPECT_EQ(updates(*database_).size(), 1u);
    EXPECT_EQ(updates(*database_)[0]["bytes"], bytes_.size());
}

} // namespace
} // namespace prunedamr::hub
