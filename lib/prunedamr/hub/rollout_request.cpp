// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/hub/rollout.h"
#include "prunedamr/hub/rollout_tables.h"

#include "prunedamr/base/checksum.h"
#include "prunedamr/base/time.h"
#include "prunedamr/hub/store.h"
#include "prunedamr/model/model_update.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace prunedamr::hub {
namespace {

using Json = nlohmann::json;

constexpr const char* kUpdateColumns = "SELECT sha256, sequence, base, updated, signer, signed_us, length(bytes), author, put_us FROM updates";

Json update_json(const Row& row)
{
    return { { "id", text(row[0]) },
             { "sequence", integer(row[1]) },
             { "base", text(row[2]) },
             { "updated", text(row[3]) },
             { "signer", text(row[4]) },
             { "signed", rfc3339(integer(row[5]) * 1000) },
             { "bytes", integer(row[6]) },
             { "author", text(row[7]) },
             { "time", rfc3339(integer(row[8]) * 1000) } };
}

/// How many of `all` receivers have the update after a stage: "3" or "10%", at least one.
std::size_t stage_size(const std::string& stage, std::size_t all)
{
    double value = 0.0;
    const auto [end, fault] = std::from_chars(stage.data(), stage.data() + stage.size(), value);
    const std::string unit(end, stage.data() + stage.size());
    const bool is_part = unit == "%" && value > 0.0 && value <= 100.0;
    const bool is_count = unit.empty() && value >= 1.0 && value == std::floor(value);
    if (fault != std::errc() || !(is_part || is_count))
        throw InvalidArgument({ "wrong parameters", "", "stage " + stage.substr(0, 20), "a number of receivers, or a part such as 10%" });
    const double size = is_part ? std::ceil(value / 100.0 * static_cast<double>(all)) : value;
    return std::clamp<std::size_t>(static_cast<std::size_t>(std::min(size, 1e9)), 1, all);
}

struct Candidate {
    std::int64_t id = 0;
    std::string name, refusal; ///< why it could not take the update; empty: it could
};

/// Of what its registration says; what it does not say is no reason.
std::string refusal_of(const Json& registration, const std::string& base, const std::string& signer)
{
    if (!registration.is_object())
        return "it has not registered";
    const auto keys = registration.find("keys");
    if (keys == registration.end() || !keys->is_array() || keys->empty())
        return "it takes no updates";
    if (std::find(keys->begin(), keys->end(), Json(signer)) == keys->end())
        return "it does not trust the key " + signer;
    const std::string hash = model_hash(registration);
    return hash.size() == 64 && hash != base ? "it runs another model than the update is for" : "";
}

std::vector<Candidate> candidates(Database& database, const std::string& base, const std::string& signer, std::int64_t now_us,
                                  bool online_only)
{
    std::vector<Candidate> all;
    for (const Row& row : database.run("SELECT id, name, registration, is_online, seen_us, coalesce(registered_us, 0) FROM receivers ORDER BY name")) {
        const bool is_online = integer(row[3]) != 0 && now_us - std::max(integer(row[4]), integer(row[5])) < kSilenceUs;
        if (is_online || !online_only)
            all.push_back({ integer(row[0]), text(row[1]),
                            refusal_of(Json::parse(text(row[2]), nullptr, false), base, signer) });
    }
    return all;
}

std::vector<Candidate> chosen(Database& database, const RolloutRequest& request, const Row& update, std::int64_t now_us)
{
    std::vector<Candidate> all = candidates(database, text(update[0]), text(update[1]), now_us, request.receivers.empty());
    if (request.receivers.empty()) {
        all.erase(std::remove_if(all.begin(), all.end(), [](const Candidate& one) { return !one.refusal.empty(); }), all.end());
        if (all.empty())
            throw Error({ "no receiver could take this update", "", "", "one that is online, trusts its signer and runs the model that it is for" });
        return all;
    }
    std::vector<Candidate> result;
    for (const std::string& name : request.receivers) {
        const auto found = std::find_if(all.begin(), all.end(), [&](const Candidate& one) { return one.name == name; });
        if (found == all.end())
            throw NotHere({ "there is no such receiver", "", name.substr(0, 60), "" });
        if (!found->refusal.empty())
            throw Error({ "this receiver could not take the update", name, found->refusal, "" });
        if (std::none_of(result.begin(), result.end(), [&](const Candidate& one) { return one.id == found->id; }))
            result.push_back(*found);
    }
    return result;
}

std::vector<std::size_t> sizes_of(const Plan& plan, std::size_t all)
{
    std::vector<std::size_t> sizes;
    for (const std::string& stage : plan.stages) {
        const std::size_t size = stage_size(stage, all);
        if (!sizes.empty() && size < sizes.back())
            throw InvalidArgument({ "wrong parameters", "", "stage " + stage, "no fewer receivers than the stage before" });
        sizes.push_back(size);
    }
    if (sizes.empty())
        throw InvalidArgument({ "wrong parameters", "", "no stages", "such as 1, 10%, 100%" });
    return sizes;
}

} // namespace

std::string model_hash(const Json& registration)
{
    if (!registration.is_object())
        return "";
    const auto model = registration.find("model");
    return model != registration.end() && model->is_object() ? model->value("hash", "") : "";
}

Json plan_json(const Plan& plan)
{
    return { { "stages", plan.stages }, { "watch_s", plan.watch_s }, { "answer_s", plan.answer_s }, { "return_on_failure", plan.returns_on_failure } };
}

Plan read_plan(const std::string& text)
{
    const Json json = Json::parse(text);
    return { json["stages"].get<std::vector<std::string>>(), json["watch_s"], json["answer_s"], json["return_on_failure"] };
}

void log(Database& database, std::int64_t rollout, const std::string& line, std::int64_t now_us)
{
    database.run("INSERT INTO rollout_log (rollout, number, time_us, text) SELECT CAST($1 AS BIGINT), coalesce(max(number), 0) + 1, "
                 "CAST($2 AS BIGINT), CAST($3 AS TEXT) FROM rollout_log WHERE rollout = $1",
                 { rollout, now_us, line });
}

Json put_update(Database& database, const std::string& bytes, const std::vector<PublicKey>& keys, const std::string& author,
                std::int64_t now_us)
{
    const model::Update update = keys.empty() ? model::read_update(bytes, "update") : model::read_update(bytes, keys, "update");
    const std::string id = to_hex(sha256(bytes.data(), bytes.size()));
    database.run("INSERT INTO updates (sha256, sequence, base, updated, signer, signed_us, bytes, author, put_us) "
                 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
                 { id, static_cast<std::int64_t>(update.sequence), to_hex(update.base), to_hex(update.updated), fingerprint(update.key),
                   update.time_s * kSecondUs, Bytes{ bytes }, author, now_us });
    return update_json(database.run(std::string(kUpdateColumns) + " WHERE sha256 = $1", { id }).at(0));
}

Json updates(Database& database)
{
    Json list = Json::array();
    for (const Row& row : database.run(std::string(kUpdateColumns) + " ORDER BY put_us DESC, sha256 LIMIT 200"))
        list.push_back(update_json(row));
    return list;
}

std::int64_t make_rollout(Database& database, const RolloutRequest& request, std::int64_t now_us)
{
    std::int64_t id = 0;
    database.transact([&] {
        const Rows known = database.run("SELECT base, signer FROM updates WHERE sha256 = $1", { request.update });
        if (known.empty())
            throw NotHere({ "there is no such update", "", request.update.substr(0, 64), "the id of an update that was put here" });
        const std::vector<Candidate> members = chosen(database, request, known[0], now_us);
        const std::vector<std::size_t> sizes = sizes_of(request.plan, members.size());
        id = integer(database.run("INSERT INTO rollouts (id, sha256, plan, state, stage, why, author, made_us, owner, lease_us) SELECT "
                                  "coalesce(max(id), 0) + 1, CAST($1 AS TEXT), CAST($2 AS TEXT), 'running', 0, '', CAST($3 AS TEXT), "
                                  "CAST($4 AS BIGINT), '', 0 FROM rollouts RETURNING id",
                                  { request.update, plan_json(request.plan).dump(), request.author, now_us })
                         .at(0)[0]);
        for (std::size_t i = 0; i < std::min(members.size(), sizes.back()); ++i) {
            const auto stage = std::upper_bound(sizes.begin(), sizes.end(), i) - sizes.begin();
            database.run("INSERT INTO rollout_receivers (rollout, receiver, stage, place, state) VALUES ($1, $2, $3, $4, 'waiting')",
                         { id, members[i].id, std::int64_t{ stage }, static_cast<std::int64_t>(i) });
        }
        log(database, id, "made by " + request.author + " for " + std::to_string(std::min(members.size(), sizes.back())) + " receivers", now_us);
    });
    return id;
}

void change_rollout(Database& database, std::int64_t rollout, const std::string& action, const std::string& author,
                    std::int64_t now_us)
{
    const bool pauses = action == "pause", resumes = action == "resume";
    if (!pauses && !resumes && action != "return")
        throw InvalidArgument({ "wrong parameters", "", action.substr(0, 20), "pause, resume or return" });
    const std::string to = pauses ? "paused" : resumes ? "running" : "returning";
    const std::string from = pauses ? "'running'" : resumes ? "'paused'" : "'running', 'paused', 'done'";
    database.transact([&] {
        if (database.run("UPDATE rollouts SET state = $1, why = '' WHERE id = $2 AND state IN (" + from + ") RETURNING id", { to, rollout }).empty()) {
            const Rows found = database.run("SELECT state FROM rollouts WHERE id = $1", { rollout });
            if (found.empty())
                throw NotHere({ "there is no such roll-out", "", std::to_string(rollout), "the number of one that was made here" });
            throw Error({ "this roll-out is " + text(found[0][0]), "", action, "" });
        }
        if (resumes) {
            database.run("UPDATE rollout_receivers SET state = 'waiting', why = '' WHERE rollout = $1 AND state IN ('silent', 'sent')", { rollout });
            database.run("UPDATE rollout_receivers SET state = 'out' WHERE rollout = $1 AND state IN ('refused', 'returned')", { rollout });
        }
        log(database, rollout, to + " by " + author, now_us);
    });
}

Json rollouts(Database& database, int limit)
{
    Json list = Json::array();
    for (const Row& row : database.run("SELECT o.id, o.sha256, o.plan, o.state, o.stage, o.why, o.author, o.made_us, u.sequence FROM rollouts o "
                                       "JOIN updates u ON u.sha256 = o.sha256 ORDER BY o.id DESC LIMIT $1",
                                       { std::int64_t{ limit } })) {
        Json receivers = Json::array(), lines = Json::array();
        for (const Row& one : database.run("SELECT r.name, m.stage, m.state, m.why FROM rollout_receivers m JOIN receivers r ON r.id = m.receiver "
                                           "WHERE m.rollout = $1 ORDER BY m.place",
                                           { row[0] }))
            receivers.push_back({ { "name", text(one[0]) }, { "stage", integer(one[1]) + 1 }, { "state", text(one[2]) }, { "why", text(one[3]) } });
        for (const Row& one : database.run("SELECT time_us, text FROM rollout_log WHERE rollout = $1 ORDER BY number", { row[0] }))
            lines.push_back({ { "time", rfc3339(integer(one[0]) * 1000) }, { "text", text(one[1]) } });
        list.push_back({ { "id", integer(row[0]) },
                         { "update", text(row[1]) },
                         { "sequence", integer(row[8]) },
                         { "plan", Json::parse(text(row[2])) },
                         { "state", text(row[3]) },
                         { "stage", integer(row[4]) + 1 },
                         { "why", text(row[5]) },
                         { "author", text(row[6]) },
                         { "time", rfc3339(integer(row[7]) * 1000) },
                         { "receivers", receivers },
                         { "log", lines } });
    }
    return list;
}

} // namespace prunedamr::hub
