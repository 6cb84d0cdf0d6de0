// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/hub/schema.h"

#include <string>

namespace prunedamr::hub {
namespace {

const char* const kMakeVersion = "CREATE TABLE IF NOT EXISTS hub_schema (one BIGINT PRIMARY KEY, version BIGINT NOT NULL)";

} // namespace

/// Times are microseconds since 1970, UTC. `band`: the center frequency in steps of 100 kHz, by which labels of a range of
/// frequencies are found in the order of time. `removals`: how often numbers of receivers and runs have become free.
const std::vector<Migration>& migrations()
{
    static const std::vector<Migration> steps = {
        {
            "CREATE TABLE receivers (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, registration TEXT, registered_us BIGINT, "
            "is_online BIGINT NOT NULL DEFAULT 0, seen_us BIGINT NOT NULL DEFAULT 0, health TEXT)",
            "CREATE TABLE runs (id BIGINT PRIMARY KEY, receiver BIGINT NOT NULL, run TEXT NOT NULL, first_us BIGINT NOT NULL, "
            "UNIQUE (receiver, run))",
            "CREATE TABLE labels (receiver BIGINT NOT NULL, run BIGINT NOT NULL, seq BIGINT NOT NULL, time_us BIGINT NOT NULL, "
            "center_freq_hz DOUBLE PRECISION NOT NULL, bandwidth_hz DOUBLE PRECISION NOT NULL, band BIGINT NOT NULL, "
            "label TEXT NOT NULL, state TEXT NOT NULL, confidence DOUBLE PRECISION NOT NULL, snr_db DOUBLE PRECISION, "
            "event TEXT NOT NULL, PRIMARY KEY (receiver, run, seq))",
            "CREATE INDEX labels_time ON labels (time_us)",
            "CREATE INDEX labels_receiver ON labels (receiver, time_us, label)",
            "CREATE INDEX labels_label ON labels (label, time_us)",
            "CREATE INDEX labels_band ON labels (band, time_us, label)",
            "CREATE TABLE drift (receiver BIGINT NOT NULL, run BIGINT NOT NULL, seq BIGINT NOT NULL, time_us BIGINT NOT NULL, "
            "quantity TEXT NOT NULL, of_label TEXT NOT NULL, change TEXT NOT NULL, expected DOUBLE PRECISION NOT NULL, "
            "found DOUBLE PRECISION NOT NULL, PRIMARY KEY (receiver, run, seq))",
            "CREATE INDEX drift_receiver ON drift (receiver, time_us)",
            "CREATE TABLE snippets (receiver BIGINT NOT NULL, id TEXT NOT NULL, run BIGINT NOT NULL, time_us BIGINT NOT NULL, "
            "event TEXT NOT NULL, png BYTEA NOT NULL, label TEXT, author TEXT, labeled_us BIGINT, PRIMARY KEY (receiver, id))",
            "CREATE INDEX snippets_time ON snippets (time_us)",
            "CREATE TABLE updates (sha256 TEXT PRIMARY KEY, sequence BIGINT NOT NULL, base TEXT NOT NULL, updated TEXT NOT NULL, "
            "signer TEXT NOT NULL, signed_us BIGINT NOT NULL, bytes BYTEA NOT NULL, author TEXT NOT NULL, put_us BIGINT NOT NULL)",
            "CREATE TABLE answers (receiver BIGINT NOT NULL, sha256 TEXT NOT NULL, time_us BIGINT NOT NULL, result TEXT NOT NULL, "
            "why TEXT NOT NULL, PRIMARY KEY (receiver, sha256, time_us, result))",
            "CREATE TABLE rollouts (id BIGINT PRIMARY KEY, sha256 TEXT NOT NULL, plan TEXT NOT NULL, state TEXT NOT NULL, "
            "stage BIGINT NOT NULL, why TEXT NOT NULL, author TEXT NOT NULL, made_us BIGINT NOT NULL, owner TEXT NOT NULL, "
            "lease_us BIGINT NOT NULL)",
            "CREATE TABLE rollout_receivers (rollout BIGINT NOT NULL, receiver BIGINT NOT NULL, stage BIGINT NOT NULL, "
            "place BIGINT NOT NULL, state TEXT NOT NULL, first_us BIGINT NOT NULL DEFAULT 0, sent_us BIGINT NOT NULL DEFAULT 0, "
            "answer_us BIGINT NOT NULL DEFAULT 0, why TEXT NOT NULL DEFAULT '', PRIMARY KEY (rollout, receiver))",
            "CREATE TABLE rollout_log (rollout BIGINT NOT NULL, number BIGINT NOT NULL, time_us BIGINT NOT NULL, text TEXT NOT NULL, "
            "PRIMARY KEY (rollout, number))",
        },
        {
            "CREATE INDEX answers_update ON answers (sha256, time_us)",
            "ALTER TABLE hub_schema ADD COLUMN removals BIGINT NOT NULL DEFAULT 0",
        },
    };
    return steps;
}

void migrate(Database& database, const std::vector<Migration>& steps)
{
    const auto newest = static_cast<std::int64_t>(steps.size());
    const auto read = [&](const char* sql) {
        const Rows rows = database.run(sql);
        return rows.empty() ? std::int64_t{ 0 } : integer(rows[0][0]);
    };
    database.transact([&] {
        if (database.is_shared()) // by hubs that begin at the same time
            database.run("SELECT pg_advisory_xact_lock(7238155061)");
        database.run(kMakeVersion);
        database.run("INSERT INTO hub_schema (one, version) VALUES (1, 0) ON CONFLICT DO NOTHING");
        const std::int64_t version = read("SELECT version FROM hub_schema");
        if (version > newest)
            throw Error({ "a newer prunedamr-hub has made this database", "", "version " + std::to_string(version) + " of its tables",
                          std::to_string(newest) + " at most" });
        for (std::int64_t step = version; step < newest; ++step)
            for (const char* sql : steps[static_cast<std::size_t>(step)])
                database.run(sql);
        database.run("UPDATE hub_schema SET version = $1", { newest });
    });
}

} // namespace prunedamr::hub
