// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/hub/store.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <tuple>
#include <utility>

namespace prunedamr::hub {
namespace {

constexpr int kRemovedAtOnce = 5000;
constexpr std::size_t kMostKnownRuns = 100'000;

Value or_null(const std::optional<double>& value)
{
    return value ? Value(*value) : Value();
}

} // namespace

std::int64_t keep_us(const std::string& text)
{
    std::int64_t number = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string unit(end, text.data() + text.size());
    const std::int64_t seconds = unit == "h" ? 3600 : unit == "d" ? 86400 : unit == "m" ? 60 : unit == "s" ? 1 : 0;
    if (fault != std::errc() || seconds == 0 || number < 1 || number > 1'000'000)
        throw InvalidArgument({ "this is no time", "", text, "such as 12h or 90d" });
    return number * seconds * kSecondUs;
}

/// Rows that are written together, in the order of their keys: two hubs that write the same ones do not wait for each other
/// in a circle.
struct Store::Batch {
    Rows labels, drift, snippets, answers;
    struct Seen {
        std::optional<bool> is_online;
        bool has_registered = false; ///< now
        std::string registration, health;
    };
    std::map<std::int64_t, Seen> seen;
};

bool Store::is_known(const std::string& receiver)
{
    return receivers_.count(receiver) > 0 || !database_.run("SELECT id FROM receivers WHERE name = $1", { receiver }).empty();
}

/// New numbers are given by one hub at a time, and before anything of the transaction is written: hubs that wait for a number hold
/// nothing that another one waits for.
void Store::lock_numbers()
{
    if (database_.is_shared())
        database_.run("SELECT pg_advisory_xact_lock(7238155062)");
}

std::int64_t Store::receiver_id(const std::string& name)
{
    const auto known = receivers_.find(name);
    if (known != receivers_.end())
        return known->second;
    for (bool is_first = true;; is_first = false) { // another hub may have made it meanwhile
        const Rows rows = database_.run("SELECT id FROM receivers WHERE name = $1", { name });
        if (!rows.empty())
            return receivers_[name] = integer(rows[0][0]);
        lock_numbers();
        if (is_first)
            continue;
        database_.run("INSERT INTO receivers (id, name) SELECT coalesce(max(id), 0) + 1, CAST($1 AS TEXT) FROM receivers "
                      "WHERE true ON CONFLICT DO NOTHING",
                      { name });
    }
}

std::int64_t Store::run_id(std::int64_t receiver, const std::string& run, std::int64_t now_us)
{
    const auto known = runs_.find({ receiver, run });
    if (known != runs_.end())
        return known->second;
    for (bool is_first = true;; is_first = false) {
        const Rows rows = database_.run("SELECT id FROM runs WHERE receiver = $1 AND run = $2", { receiver, run });
        if (!rows.empty())
            return runs_[{ receiver, run }] = integer(rows[0][0]);
        lock_numbers();
        if (is_first)
            continue;
        database_.run("INSERT INTO runs (id, receiver, run, first_us) SELECT coalesce(max(id), 0) + 1, CAST($1 AS BIGINT), "
                      "CAST($2 AS TEXT), CAST($3 AS BIGINT) FROM runs WHERE true ON CONFLICT DO NOTHING",
                      { receiver, run, now_us });
    }
}

/// What another connection has removed is not remembered; nothing is removed while this transaction lasts.
void Store::look_for_removals()
{
    const std::string lock = database_.is_shared() ? " FOR SHARE" : "";
    const std::int64_t removals = integer(database_.run("SELECT removals FROM hub_schema" + lock).at(0)[0]);
    if (std::exchange(removals_, removals) == removals)
        return;
    receivers_.clear();
    runs_.clear();
}

void Store::take(Batch& batch, std::int64_t receiver, const Received& one, std::int64_t now_us)
{
    const Message& message = one.message;
    if (const auto* labels = std::get_if<Labels>(&message)) {
        const std::int64_t run = run_id(receiver, labels->run, now_us);
        for (const Event& event : labels->events) {
            const auto seq = static_cast<std::int64_t>(event.seq);
            batch.labels.push_back({ receiver, run, seq, event.time_ns / 1000, event.center_freq_hz, event.bandwidth_hz,
                                     static_cast<std::int64_t>(std::floor(event.center_freq_hz / kBandHz)), event.label, event.state,
                                     event.confidence, or_null(event.snr_db), event.json });
            if (const auto drift = drift_of(event))
                batch.drift.push_back({ receiver, run, seq, event.time_ns / 1000, drift->quantity, drift->of, drift->change, drift->expected,
                                        drift->found });
        }
    } else if (const auto* registration = std::get_if<Registration>(&message)) {
        auto& seen = batch.seen[receiver];
        seen.registration = to_json(*registration);
        seen.has_registered = seen.has_registered || !one.is_retained;
        if (!one.is_retained)
            seen.is_online = true;
    } else if (const auto* status = std::get_if<Status>(&message)) {
        batch.seen[receiver].is_online = status->is_online;
    } else if (const auto* health = std::get_if<Health>(&message)) {
        batch.seen[receiver].health = to_json(*health);
        batch.seen[receiver].is_online = true;
    } else if (const auto* answer = std::get_if<Answer>(&message)) {
        batch.answers.push_back({ receiver, answer->update, now_us, std::string(to_string(answer->result)), answer->why });
    } else if (const auto* snippet = std::get_if<Snippet>(&message)) {
        batch.snippets.push_back({ receiver, snippet->id, run_id(receiver, snippet->run, now_us), time_us(snippet->event),
                                   snippet->event, Bytes{ snippet->png } });
    }
}

void Store::write(const std::vector<Received>& all, std::int64_t now_us)
{
    std::vector<const Received*> sorted;
    for (const Received& one : all)
        sorted.push_back(&one);
    std::stable_sort(sorted.begin(), sorted.end(), [](const Received* a, const Received* b) { return a->receiver < b->receiver; });
    const auto by_key = [](const Row& a, const Row& b) {
        return std::tuple(integer(a[0]), integer(a[1]), integer(a[2])) < std::tuple(integer(b[0]), integer(b[1]), integer(b[2]));
    };
    if (runs_.size() > kMostKnownRuns)
        runs_.clear();
    try {
        database_.transact([&] {
            look_for_removals();
            Batch batch;
            std::set<std::string> talk; // receivers; other programs say "online" at such a topic, too
            for (const Received* one : sorted)
                if (!std::holds_alternative<Status>(one->message))
                    talk.insert(one->receiver);
            for (const Received* one : sorted)
                if (talk.count(one->receiver) > 0 || is_known(one->receiver))
                    take(batch, receiver_id(one->receiver), *one, now_us);
            std::sort(batch.labels.begin(), batch.labels.end(), by_key);
            std::sort(batch.drift.begin(), batch.drift.end(), by_key);
            for (Rows* rows : { &batch.snippets, &batch.answers })
                std::sort(rows->begin(), rows->end(), [](const Row& a, const Row& b) {
                    return std::tuple(integer(a[0]), text(a[1]), integer(a[2])) < std::tuple(integer(b[0]), text(b[1]), integer(b[2]));
                });
            database_.insert_new("labels",
                                 "receiver, run, seq, time_us, center_freq_hz, bandwidth_hz, band, label, state, confidence, "
                                 "snr_db, event",
                                 batch.labels);
            database_.insert_new("drift", "receiver, run, seq, time_us, quantity, of_label, change, expected, found", batch.drift);
            database_.insert_new("snippets", "receiver, id, run, time_us, event, png", batch.snippets);
            database_.insert_new("answers", "receiver, sha256, time_us, result, why", batch.answers);
            for (const auto& [receiver, seen] : batch.seen) {
                if (!seen.registration.empty())
                    database_.run("UPDATE receivers SET registration = $1, registered_us = coalesce($2, registered_us) "
                                  "WHERE id = $3",
                                  { seen.registration, seen.has_registered ? Value(now_us) : Value(), receiver });
                if (!seen.health.empty())
                    database_.run("UPDATE receivers SET health = $1, seen_us = $2 WHERE id = $3", { seen.health, now_us, receiver });
                if (seen.is_online)
                    database_.run("UPDATE receivers SET is_online = $1 WHERE id = $2 AND is_online <> $1",
                                  { std::int64_t{ *seen.is_online }, receiver });
            }
        });
    } catch (...) { // what was not committed has no number
        receivers_.clear();
        runs_.clear();
        throw;
    }
}

bool Store::remove_old(std::int64_t before_us)
{
    bool is_more = false;
    for (const auto& [table, key] : { std::pair("labels", "receiver, run, seq"), std::pair("drift", "receiver, run, seq"),
                                      std::pair("snippets", "receiver, id") })
        database_.transact([&, table = std::string(table), keys = std::string(key)] {
            if (database_.is_shared() && integer(database_.run("SELECT CASE WHEN pg_try_advisory_xact_lock(7238155063) THEN 1 ELSE 0 END").at(0)[0]) == 0)
                return;
            const Rows removed = database_.run("DELETE FROM " + table + " WHERE (" + keys + ") IN (SELECT " + keys + " FROM " + table +
                                                   " WHERE time_us < $1 ORDER BY time_us LIMIT " + std::to_string(kRemovedAtOnce) +
                                                   ") RETURNING receiver",
                                               { before_us });
            is_more = is_more || removed.size() == kRemovedAtOnce;
        });
    return is_more;
}

void Store::remove_unused(std::int64_t before_us)
{
    const auto nothing_left = [](const std::string& of) {
        std::string sql;
        for (const char* table : { "labels", "drift", "snippets" })
            sql += std::string(" AND NOT EXISTS (SELECT 1 FROM ") + table + " t WHERE " + of + ")";
        return sql;
    };
    database_.transact([&] {
        database_.run("UPDATE hub_schema SET removals = removals + 1"); // which waits for all that write, and they for this
        const std::string ended = "made_us < $1 AND state IN ('done', 'returned')";
        for (const char* table : { "rollout_log", "rollout_receivers" })
            database_.run(std::string("DELETE FROM ") + table + " WHERE rollout IN (SELECT id FROM rollouts WHERE " + ended + ")", { before_us });
        database_.run("DELETE FROM rollouts WHERE " + ended, { before_us });
        database_.run("DELETE FROM answers WHERE time_us < $1 AND sha256 NOT IN (SELECT sha256 FROM rollouts)", { before_us });
        // The last run of a receiver may still be under way.
        database_.run("DELETE FROM runs WHERE first_us < $1 AND id < (SELECT max(id) FROM runs r WHERE r.receiver = runs.receiver)" +
                          nothing_left("t.receiver = runs.receiver AND t.run = runs.id"),
                      { before_us });
        const Rows gone = database_.run("DELETE FROM receivers WHERE seen_us < $1 AND coalesce(registered_us, 0) < $1 AND id NOT IN "
                                        "(SELECT receiver FROM rollout_receivers)" +
                                            nothing_left("t.receiver = receivers.id") + " RETURNING id",
                                        { before_us });
        for (const Row& row : gone)
            for (const char* table : { "runs", "answers" })
                database_.run(std::string("DELETE FROM ") + table + " WHERE receiver = $1", row);
    });
}

} // namespace prunedamr::hub
