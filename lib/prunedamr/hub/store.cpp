// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/hub/store.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>
#include <tuple>

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
        std::string registration, health;
    };
    std::map<std::int64_t, Seen> seen;
};

bool Store::is_known(const std::string& receiver)
{
    return receivers_.count(receiver) > 0 || !database_.run("SELECT id FROM receivers WHERE name = $1", { receiver }).empty();
}

std::int64_t Store::receiver_id(const std::string& name)
{
    const auto known = receivers_.find(name);
    if (known != receivers_.end())
        return known->second;
    for (;;) { // another hub may take the number
        const Rows rows = database_.run("SELECT id FROM receivers WHERE name = $1", { name });
        if (!rows.empty())
            return receivers_[name] = integer(rows[0][0]);
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
    for (;;) {
        const Rows rows = database_.run("SELECT id FROM runs WHERE receiver = $1 AND run = $2", { receiver, run });
        if (!rows.empty())
            return runs_[{ receiver, run }] = integer(rows[0][0]);
        database_.run("INSERT INTO runs (id, receiver, run, first_us) SELECT coalesce(max(id), 0) + 1, CAST($1 AS BIGINT), "
                      "CAST($2 AS TEXT), CAST($3 AS BIGINT) FROM runs WHERE true ON CONFLICT DO NOTHING",
                      { receiver, run, now_us });
    }
}

void Store::take(Batch& batch, std::int64_t receiver, const Message& message, std::int64_t now_us)
{
    if (const auto* labels = std::get_if<Labels>(&message)) {
        const std::int64_t run = run_id(receiver, labels->run, now_us);
        for (const Event& one : labels->events) {
            const auto seq = static_cast<std::int64_t>(one.seq);
            batch.labels.push_back({ receiver, run, seq, one.time_ns / 1000, one.center_freq_hz, one.bandwidth_hz,
                                     static_cast<std::int64_t>(std::floor(one.center_freq_hz / kBandHz)), one.label, one.state,
                                     one.confidence, or_null(one.snr_db), one.json });
            if (const auto drift = drift_of(one))
                batch.drift.push_back({ receiver, run, seq, one.time_ns / 1000, drift->quantity, drift->of, drift->change, drift->expected,
                                        drift->found });
        }
    } else if (const auto* registration = std::get_if<Registration>(&message)) {
        batch.seen[receiver].registration = to_json(*registration);
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
            Batch batch;
            std::set<std::string> talk; // receivers; other programs say "online" at such a topic, too
            for (const Received* one : sorted)
                if (!std::holds_alternative<Status>(one->message))
                    talk.insert(one->receiver);
            for (const Received* one : sorted)
                if (talk.count(one->receiver) > 0 || is_known(one->receiver))
                    take(batch, receiver_id(one->receiver), one->message, now_us);
            std::sort(batch.labels.begin(), batch.labels.end(), by_key);
            std::sort(batch.drift.begin(), batch.drift.end(), by_key);
            database_.insert_new("labels",
                                 "receiver, run, seq, time_us, center_freq_hz, bandwidth_hz, band, label, state, confidence, "
                                 "snr_db, event",
                                 batch.labels);
            database_.insert_new("drift", "receiver, run, seq, time_us, quantity, of_label, change, expected, found", batch.drift);
            database_.insert_new("snippets", "receiver, id, run, time_us, event, png", batch.snippets);
            database_.insert_new("answers", "receiver, sha256, time_us, result, why", batch.answers);
            for (const auto& [receiver, seen] : batch.seen) {
                if (!seen.registration.empty())
                    database_.run("UPDATE receivers SET registration = $1, registered_us = $2 WHERE id = $3",
                                  { seen.registration, now_us, receiver });
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
                                      std::pair("snippets", "receiver, id") }) {
        const std::string keys = key, from = table;
        const Rows removed = database_.run("DELETE FROM " + from + " WHERE (" + keys + ") IN (SELECT " + keys + " FROM " + from +
                                               " WHERE time_us < $1 ORDER BY time_us LIMIT " + std::to_string(kRemovedAtOnce) +
                                               ") RETURNING receiver",
                                           { before_us });
        is_more = is_more || removed.size() == kRemovedAtOnce;
    }
    return is_more;
}

} // namespace prunedamr::hub
