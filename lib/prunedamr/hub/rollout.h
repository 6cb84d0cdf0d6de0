// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/base/signature.h"
#include "prunedamr/hub/database.h"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

/// Updates of models, and how they go out to receivers in stages. All of it is in the database, so that any hub goes on where
/// another one ended. Times are microseconds since 1970, UTC, by the hubs' clocks, which must agree to a few seconds.
namespace prunedamr::hub {

/// What was asked for by its name or number is not here.
class NotHere : public Error
{
public:
    using Error::Error;
};

/// Keeps the bytes of a signed update. `keys`: whose updates are kept; empty: everybody's. Returns what is kept, as JSON.
/// Throws `model::UpdateRefused`.
nlohmann::json put_update(Database& database, const std::string& bytes, const std::vector<PublicKey>& keys,
                          const std::string& author, std::int64_t now_us);
nlohmann::json updates(Database& database);

struct Plan {
    std::vector<std::string> stages{ "1", "10%", "100%" }; ///< how many receivers have the update after each, rising
    int watch_s = 600;             ///< that a stage is watched once all of it have taken the update
    int answer_s = 300;            ///< that a receiver may take to answer
    bool returns_on_failure = true; ///< those that have taken it are told to go back; else it only pauses
};

struct RolloutRequest {
    std::string update;                 ///< SHA-256 in hexadecimal
    std::vector<std::string> receivers; ///< empty: all that are online, run the model that the update is for and trust its signer
    Plan plan;
    std::string author = "web";
};

/// Its number. Throws `NotHere` for an update or a receiver that is not known, `Error` for one that could not take it, stages that do
/// not rise, and where there is no receiver.
std::int64_t make_rollout(Database& database, const RolloutRequest& request, std::int64_t now_us);

/// `action`: "pause", "resume" (those that did not answer are asked again, those that refused or went back are left out) or
/// "return" (all that have taken the update are told to go back). Throws `NotHere` for none of that number, `Error` where its state
/// does not allow it.
void change_rollout(Database& database, std::int64_t rollout, const std::string& action, const std::string& author,
                    std::int64_t now_us);
nlohmann::json rollouts(Database& database, int limit);

/// Moves roll-outs on: sends, looks for answers, judges stages. A stage is over when all of its receivers have taken the update and
/// have been watched, unless meanwhile there were more drift alarms than in the same time before, or more labels without
/// a name: by two points, and by more than three of its standard errors, of 20 labels at least; or one receiver has lost three quarters of
/// its labels (of 20 at least) though it has not found its spectrum silent. One thread.
class RolloutDriver
{
public:
    /// `topic`: "update" or "return".
    using Send = std::function<void(const std::string& receiver, const std::string& topic, const std::string& payload)>;

    /// `owner`: of this hub, as no other has it.
    RolloutDriver(Database& database, std::string owner, Send send)
        : database_(database), owner_(std::move(owner)), send_(std::move(send))
    {
    }

    /// Each roll-out that no other hub has in hand. Throws as `Database::run` does; then the next step goes on.
    void step(std::int64_t now_us);

private:
    struct Member;
    struct Rollout;

    bool claim(Rollout& rollout, std::int64_t now_us);
    void load(Rollout& rollout);
    void hear(Rollout& rollout, std::int64_t now_us);
    void move_on(Rollout& rollout, std::int64_t now_us);
    void go_back(Rollout& rollout, std::int64_t now_us);
    std::optional<std::string> judge(const Rollout& rollout, std::int64_t since_us, std::int64_t now_us);
    bool save(Rollout& rollout, std::int64_t now_us);

    Database& database_;
    const std::string owner_;
    const Send send_;
};

} // namespace prunedamr::hub
