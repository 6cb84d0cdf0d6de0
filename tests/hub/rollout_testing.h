// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/hub/hub_testing.h"

#include "prunedamr/base/checksum.h"
#include "prunedamr/base/file.h"
#include "prunedamr/hub/rollout.h"
#include "prunedamr/model/model_file.h"
#include "prunedamr/model/model_patch.h"
#include "prunedamr/model/model_update.h"
#include "tests/graph/networks.h"
#include "tests/model/models.h"

#include <nlohmann/json.hpp>

namespace prunedamr::hub {

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

} // namespace prunedamr::hub
