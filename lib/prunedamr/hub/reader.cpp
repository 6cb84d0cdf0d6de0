// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/hub/store.h"

#include "prunedamr/base/time.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace prunedamr::hub {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostBands = 200; ///< that are looked up one by one

Json time_json(std::int64_t time_us)
{
    return time_us == 0 ? Json() : Json(rfc3339(time_us * 1000));
}

Json parsed(const Value& value)
{
    return is_null(value) ? Json() : Json::parse(text(value), nullptr, false);
}

Json or_null(const Value& value)
{
    return is_null(value) ? Json() : Json(number(value));
}

/// The columns that make a place in the order of labels.
enum Column { kReceiver, kRun, kSeq, kTime, kName, kEvent };
constexpr const char* kColumns =
    "SELECT l.receiver, l.run, l.seq, l.time_us, r.name, l.event FROM labels l JOIN receivers r ON r.id = l.receiver";
constexpr const char* kOrder = " ORDER BY l.time_us DESC, l.receiver DESC, l.run DESC, l.seq DESC LIMIT ";

using Place = std::vector<std::int64_t>; ///< time, receiver, run, seq

Place place_of(const Row& row)
{
    return { integer(row[kTime]), integer(row[kReceiver]), integer(row[kRun]), integer(row[kSeq]) };
}

std::string place_text(const Row& row)
{
    std::string text;
    for (const std::int64_t number : place_of(row))
        text += (text.empty() ? "" : "-") + std::to_string(number);
    return text;
}

Place read_place(const std::string& text)
{
    Place place;
    std::istringstream in(text);
    for (std::int64_t number = 0; in >> number; in.ignore(1))
        place.push_back(number);
    if (place.size() != 4)
        throw InvalidArgument({ "wrong parameters", "", "before=" + text.substr(0, 60), "what an earlier answer gave as before" });
    return place;
}

/// Conditions with their values: "l.time_us >= $1".
class Where
{
public:
    void add(const std::string& condition, std::vector<Value> values)
    {
        sql_ += (sql_.empty() ? " WHERE " : " AND ");
        std::size_t next = 0;
        for (const char c : condition)
            if (c == '?')
                sql_ += "$" + std::to_string(values_.size() + ++next);
            else
                sql_ += c;
        values_.insert(values_.end(), values.begin(), values.end());
    }
    const std::string& sql() const { return sql_; }
    const std::vector<Value>& values() const { return values_; }

private:
    std::string sql_;
    std::vector<Value> values_;
};

Where where_of(const LabelQuery& query)
{
    Where where;
    if (query.from_us)
        where.add("l.time_us >= ?", { *query.from_us });
    if (query.to_us)
        where.add("l.time_us < ?", { *query.to_us });
    if (!query.receiver.empty())
        where.add("l.receiver = (SELECT id FROM receivers WHERE name = ?)", { query.receiver });
    if (!query.label.empty())
        where.add("l.label = ?", { query.label });
    if (query.from_hz)
        where.add("l.center_freq_hz >= ?", { *query.from_hz });
    if (query.to_hz)
        where.add("l.center_freq_hz <= ?", { *query.to_hz });
    if (!query.before.empty()) {
        const Place place = read_place(query.before);
        where.add("l.time_us <= ? AND (l.time_us, l.receiver, l.run, l.seq) < (?, ?, ?, ?)",
                  { place[0], place[0], place[1], place[2], place[3] });
    }
    return where;
}

Json label_json(const Row& row)
{
    return { { "receiver", text(row[kName]) }, { "run", integer(row[kRun]) }, { "event", parsed(row[kEvent]) } };
}

} // namespace

Json Reader::receivers(std::int64_t now_us)
{
    Json list = Json::array();
    for (const Row& row : database_.run("SELECT name, is_online, seen_us, registration, registered_us, health, "
                                        "(SELECT max(time_us) FROM drift WHERE drift.receiver = receivers.id) "
                                        "FROM receivers ORDER BY name")) {
        const Json registration = parsed(row[3]), health = parsed(row[5]);
        const auto of = [](const Json& json, const char* key) { return json.is_object() && json.contains(key) ? json[key] : Json(); };
        const std::int64_t heard_us = std::max(integer(row[2]), integer(row[4]));
        list.push_back({ { "name", text(row[0]) },
                         { "is_online", integer(row[1]) != 0 && now_us - heard_us < kSilenceUs },
                         { "heard", time_json(heard_us) },
                         { "version", of(registration, "version") },
                         { "since", of(registration, "since") },
                         { "position", of(registration, "position") },
                         { "model", of(registration, "model") },
                         { "sequence", of(registration, "sequence") },
                         { "takes_updates", of(registration, "keys").is_array() && !of(registration, "keys").empty() },
                         { "waiting", of(health, "waiting") },
                         { "lost", of(health, "lost") },
                         { "status", of(health, "status") },
                         { "last_drift", time_json(integer(row[6])) } });
    }
    return list;
}

/// Of the bands in use, those between two frequencies, by one look into the index for each; empty: more than `most`.
std::vector<std::int64_t> Reader::bands_between(double from_hz, double to_hz, std::size_t most)
{
    const auto first = static_cast<std::int64_t>(std::floor(from_hz / kBandHz)), last = static_cast<std::int64_t>(std::floor(to_hz / kBandHz));
    std::vector<std::int64_t> bands;
    for (const Row& row : database_.run("WITH RECURSIVE b (band) AS (SELECT min(band) FROM labels WHERE band >= $1 UNION ALL "
                                        "SELECT (SELECT min(band) FROM labels WHERE labels.band > b.band) FROM b "
                                        "WHERE b.band IS NOT NULL AND b.band <= $2) SELECT band FROM b WHERE band <= $2 LIMIT $3",
                                        { first, last, static_cast<std::int64_t>(most + 1) }))
        bands.push_back(integer(row[0]));
    return bands;
}

/// By the index of time, of a receiver or of a label; or of the bands, of each the newest, and the newest of those.
Rows Reader::select_labels(const LabelQuery& query, const std::vector<std::int64_t>* bands)
{
    const std::string limit = std::to_string(query.limit + 1);
    if (!bands) {
        const Where where = where_of(query);
        return database_.run(kColumns + where.sql() + kOrder + limit, where.values());
    }
    Rows all;
    const auto newer = [](const Row& a, const Row& b) { return place_of(a) > place_of(b); };
    LabelQuery narrowed = query;
    for (const std::int64_t band : *bands) {
        Where where = where_of(narrowed);
        where.add("l.band = ?", { band });
        Rows found = database_.run(kColumns + where.sql() + kOrder + limit, where.values());
        all.insert(all.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
        std::sort(all.begin(), all.end(), newer);
        if (all.size() > static_cast<std::size_t>(query.limit) + 1) {
            all.resize(static_cast<std::size_t>(query.limit) + 1);
            narrowed.from_us = integer(all.back()[kTime]); // older ones are not wanted any more
        }
    }
    return all;
}

Json Reader::labels(const LabelQuery& query)
{
    std::vector<std::int64_t> bands;
    const bool is_by_band = query.receiver.empty() && (query.from_hz || query.to_hz);
    if (is_by_band)
        bands = bands_between(query.from_hz.value_or(-1e13), query.to_hz.value_or(1e13), kMostBands);
    Rows rows = select_labels(query, is_by_band && bands.size() <= kMostBands ? &bands : nullptr);
    Json list = Json::array();
    const bool is_more = rows.size() > static_cast<std::size_t>(query.limit);
    rows.resize(std::min(rows.size(), static_cast<std::size_t>(query.limit)));
    for (const Row& row : rows)
        list.push_back(label_json(row));
    return { { "labels", list }, { "before", is_more ? Json(place_text(rows.back())) : Json() } };
}

Json Reader::who(std::int64_t now_us, int seconds)
{
    Json list = Json::array();
    for (const Row& row : database_.run(
             "SELECT l.label, l.band, r.name, count(*), avg(l.center_freq_hz), max(l.bandwidth_hz), max(l.snr_db), "
             "max(l.confidence), max(l.time_us) FROM labels l JOIN receivers r ON r.id = l.receiver "
             "WHERE l.time_us >= $1 AND l.time_us < $2 AND l.state <> 'noise' "
             "GROUP BY l.band, l.label, r.name ORDER BY l.band, l.label, r.name LIMIT 2000",
             { now_us - seconds * kSecondUs, now_us + 60 * kSecondUs })) {
        const Json heard{ { "receiver", text(row[2]) },     { "events", integer(row[3]) }, { "snr_db", or_null(row[6]) },
                          { "confidence", number(row[7]) }, { "time", time_json(integer(row[8])) } };
        if (!list.empty() && list.back()["label"] == text(row[0]) && list.back()["band"] == integer(row[1])) {
            list.back()["receivers"].push_back(heard);
            continue;
        }
        list.push_back({ { "label", text(row[0]) },
                         { "band", integer(row[1]) },
                         { "center_freq_hz", number(row[4]) },
                         { "bandwidth_hz", number(row[5]) },
                         { "receivers", { heard } } });
    }
    return list;
}

Json Reader::drift(int limit)
{
    Json list = Json::array();
    for (const Row& row : database_.run("SELECT r.name, d.time_us, d.quantity, d.of_label, d.change, d.expected, d.found FROM drift d "
                                        "JOIN receivers r ON r.id = d.receiver ORDER BY d.time_us DESC LIMIT $1",
                                        { std::int64_t{ limit } }))
        list.push_back({ { "receiver", text(row[0]) },
                         { "time", time_json(integer(row[1])) },
                         { "quantity", text(row[2]) },
                         { "of", text(row[3]) },
                         { "change", text(row[4]) },
                         { "expected", number(row[5]) },
                         { "found", number(row[6]) } });
    return list;
}

Json Reader::snippets(int limit)
{
    Json list = Json::array();
    for (const Row& row : database_.run("SELECT r.name, s.id, s.time_us, s.event, s.label, s.author, s.labeled_us FROM snippets s "
                                        "JOIN receivers r ON r.id = s.receiver ORDER BY s.time_us DESC LIMIT $1",
                                        { std::int64_t{ limit } }))
        list.push_back({ { "receiver", text(row[0]) },
                         { "id", text(row[1]) },
                         { "time", time_json(integer(row[2])) },
                         { "event", parsed(row[3]) },
                         { "label", is_null(row[4]) ? Json() : Json(text(row[4])) },
                         { "author", is_null(row[5]) ? Json() : Json(text(row[5])) },
                         { "labeled", time_json(integer(row[6])) } });
    return list;
}

std::optional<std::string> Reader::snippet_png(const std::string& receiver, const std::string& id)
{
    const Rows rows = database_.run("SELECT png FROM snippets WHERE id = $1 AND receiver = (SELECT id FROM receivers WHERE name = $2)",
                                    { id, receiver });
    return rows.empty() || text(rows[0][0]).empty() ? std::nullopt : std::optional(text(rows[0][0]));
}

bool Reader::label_snippet(const std::string& receiver, const std::string& id, const std::string& label,
                           const std::string& author, std::int64_t now_us)
{
    const bool is_taken_back = label.empty();
    const auto value = [&](const std::string& one) { return is_taken_back ? Value() : Value(one); };
    return !database_
                .run("UPDATE snippets SET label = $1, author = $2, labeled_us = $3 WHERE id = $4 AND receiver = "
                     "(SELECT id FROM receivers WHERE name = $5) RETURNING id",
                     { value(label), value(author), is_taken_back ? Value() : Value(now_us), id, receiver })
                .empty();
}

} // namespace prunedamr::hub
