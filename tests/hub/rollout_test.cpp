// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/hub/hub_testing.h"

#include "prunedamr/base/checksum.h"
#include "prunedamr/base/file.h"
#include "prunedamr/hub/rollout.h"
#include "prunedamr/model/model_file.h"
#include "prunedamr/model/model_patch.h"
#include "prunedamr/model/model_update.h"
#include "tests/graph/networks.h"
#include "tests/model/models.h"
#include "tests/support/expect_error.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <functional>
#include <map>

namespace prunedamr::hub {
namespace {

using Json = nlohmann::json;
using Sent = std::vector<std::pair<std::string, std::string>>; ///< receiver and topic

/// Four receivers that trust the signer of an update, and a hub whose time the test tells.
class HubRollout : public OnDatabase
{
protected:
    void SetUp() override
    {
        OnDatabase::SetUp();
        if (IsSkipped())
            return;
        const std::string base = files_ / "base.safetensors", updated = files_ / "updated.safetensors", patch = files_ / "a.patch";
        auto model = model::model_of(graph::tiny_net());
        model::save_model(model, base);
        model.info.decision.temperature = 1.5;
        model::save_model(model, updated);
        model::diff_models(base, updated, patch);
        bytes_ = model::signed_update(read_file(patch), 7, 1000, key_);
        const std::string before = read_file(base), after = read_file(updated);
        base_ = to_hex(sha256(before.data(), before.size()));
        updated_ = to_hex(sha256(after.data(), after.size()));
        for (const char* name : { "a", "b", "c", "d" })
            register_receiver(name);
        update_ = put_update(*database_, bytes_, {}, "test", now_)["id"];
    }

    void register_receiver(const std::string& name, int sequence = 6, const std::string& hash = "", const std::string& signer = "")
    {
        const std::string registration = registration_json(name, sequence, hash.empty() ? base_ : hash, signer.empty() ? fingerprint(key_.public_key()) : signer);
        store_->write({ { name, read_message("receiver", registration) }, { name, Status{ true } } }, now_);
    }

    void answer(const std::string& name, const std::string& result, const std::string& why = "")
    {
        const Json json{ { "v", 1 }, { "run", kRun }, { "update", update_ }, { "result", result }, { "why", why },
                         { "model", { { "name", "test" }, { "hash", updated_ } } }, { "sequence", 7 } };
        store_->write({ { name, read_message("answer", json.dump()) } }, now_);
    }

    void take(const std::string& name)
    {
        register_receiver(name, 7, updated_);
        answer(name, "taken");
    }

    std::int64_t make(Plan plan = {}, std::vector<std::string> receivers = {})
    {
        return make_rollout(*database_, { update_, std::move(receivers), plan, "test" }, now_);
    }

    Sent step(double seconds = 0)
    {
        now_ += static_cast<std::int64_t>(seconds * 1e6);
        sent_.clear();
        driver_->step(now_);
        return sent_;
    }

    Json rollout() { return rollouts(*database_, 1)[0]; }
    std::string state() { return rollout()["state"]; }
    std::string why() { return rollout()["why"]; }

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

    const SigningKey key_ = SigningKey::make();
    const test::TemporaryFolder files_;
    std::string bytes_, base_, updated_, update_;
    std::int64_t now_ = kNow, seq_ = 0;
    Sent sent_;
    std::optional<Store> own_store_;
    struct Lazy {
        HubRollout& self;
        Store* operator->() { return self.own_store_ ? &*self.own_store_ : &self.own_store_.emplace(*self.database_); }
    } store_{ *this };
    std::optional<RolloutDriver> own_driver_;
    struct LazyDriver {
        HubRollout& self;
        RolloutDriver* operator->()
        {
            if (!self.own_driver_)
                self.own_driver_.emplace(*self.database_, "first", [this](const std::string& receiver, const std::string& topic, const std::string&) {
                    self.sent_.emplace_back(receiver, topic);
                });
            return &*self.own_driver_;
        }
    } driver_{ *this };
};
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

TEST_P(HubRollout, MoreUnknownLabelsThanBeforeStopIt)
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

TEST_P(HubRollout, AsManyUnknownLabelsAsBeforeDoNot)
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

TEST_P(HubRollout, AModelThatCallsEverythingNoiseStopsIt)
{
    watch([&] { say("a", now_ + kSecondUs, "noise"); });
    EXPECT_EQ(state(), "returning");
    EXPECT_EQ(why(), "a: 0 labels since the update, 50 in the same time before, and its spectrum is not silent");
}

TEST_P(HubRollout, SoDoesAReceiverThatSaysNothingAtAll)
{
    watch([] {});
    EXPECT_EQ(state(), "returning");
}

TEST_P(HubRollout, LabelsHaveHalfAMinuteToArrive)
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

TEST_P(HubRollout, ASpectrumThatHasBecomeSilentDoesNot)
{
    watch([&] { say("a", now_ + kSecondUs, "noise", false); });
    EXPECT_EQ(state(), "running") << why();
    EXPECT_EQ(rollout()["stage"], 2);
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

TEST_P(HubRollout, ADriftAlarmStopsIt)
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
