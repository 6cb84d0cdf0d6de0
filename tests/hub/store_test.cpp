// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/hub/hub_testing.h"

#include "prunedamr/hub/schema.h"
#include "tests/support/expect_error.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <future>
#include <set>

namespace prunedamr::hub {
namespace {

class HubStore : public OnDatabase
{
protected:
    std::int64_t count(const std::string& table) { return integer(database_->run("SELECT count(*) FROM " + table)[0][0]); }

    std::vector<std::int64_t> seqs(LabelQuery query)
    {
        std::vector<std::int64_t> result;
        const auto page = Reader(*database_).labels(query);
        for (const auto& label : page["labels"])
            result.push_back(label["event"]["seq"]);
        return result;
    }
};
INSTANTIATE_TEST_SUITE_P(Places, HubStore, ::testing::Values("sqlite", "postgres"), [](const auto& info) { return std::string(info.param); });

using Seqs = std::vector<std::int64_t>;

TEST_P(HubStore, KeepsEveryLabelOnce)
{
    Store store(*database_);
    std::vector<std::int64_t> many;
    for (std::int64_t seq = 1; seq <= 1234; ++seq)
        many.push_back(seq);
    store.write({ labels("b", many), labels("a", { 1, 2 }) }, kNow);
    store.write({ labels("b", { 1234, 1235 }), labels("b", many) }, kNow);
    Store(*open()).write({ labels("b", { 1 }) }, kNow); // another hub
    EXPECT_EQ(count("labels"), 1237);
    EXPECT_EQ(count("receivers"), 2);
    EXPECT_EQ(count("runs"), 2);
}

TEST_P(HubStore, WritesAllOrNothing)
{
    Store store(*database_);
    store.write({ labels("a", { 1 }) }, kNow);
    database_->run("ALTER TABLE answers RENAME TO away");
    const Received answer{ "a", Answer{ kRun, std::string(64, 'a'), receiver::hub::Result::taken, "", {}, 1 } };
    EXPECT_THROW(store.write({ labels("a", { 2 }), labels("new", { 1 }), answer }, kNow), Error);
    EXPECT_EQ(count("labels"), 1);
    EXPECT_EQ(count("receivers"), 1);
    database_->run("ALTER TABLE away RENAME TO answers");
    store.write({ labels("a", { 2 }), labels("new", { 1 }), answer }, kNow); // and what it knew is right again
    EXPECT_EQ(count("labels"), 3);
}

TEST_P(HubStore, FindsLabelsByTimeFrequencyNameAndReceiver)
{
    Store store(*database_);
    store.write({ labels("a", { 1, 2, 3 }, "QPSK", 433.92e6), labels("a", { 11, 12 }, "GMSK", 868.3e6),
                  labels("b", { 5, 6 }, "GMSK", 433.95e6), labels("b", { 7 }, "noise", 915e6, "noise") },
                kNow);
    LabelQuery query;
    EXPECT_EQ(seqs(query), (Seqs{ 12, 11, 7, 6, 5, 3, 2, 1 }));
    query.from_hz = 433e6;
    query.to_hz = 434e6;
    EXPECT_EQ(seqs(query), (Seqs{ 6, 5, 3, 2, 1 }));
    query.label = "QPSK";
    EXPECT_EQ(seqs(query), (Seqs{ 3, 2, 1 }));
    query = {};
    query.from_us = kNow + 3 * kSecondUs;
    query.to_us = kNow + 7 * kSecondUs;
    EXPECT_EQ(seqs(query), (Seqs{ 6, 5, 3 }));
    query.receiver = "b";
    EXPECT_EQ(seqs(query), (Seqs{ 6, 5 }));
    query.receiver = "nobody";
    EXPECT_EQ(seqs(query), Seqs{});
}

TEST_P(HubStore, GivesPagesWithoutGapOrRepetition)
{
    Store store(*database_);
    for (const char* name : { "a", "b", "c" })
        store.write({ labels(name, { 1, 2, 3, 4, 5, 6, 7 }) }, kNow); // three labels at each time
    for (const bool by_band : { false, true }) {
        LabelQuery query;
        query.limit = 4;
        if (by_band)
            query.from_hz = 400e6;
        std::set<std::pair<std::string, int>> seen;
        int pages = 0, got = 0;
        do {
            const auto page = Reader(*database_).labels(query);
            for (const auto& label : page["labels"])
                seen.emplace(label["receiver"], label["event"]["seq"]), ++got;
            query.before = page["before"].is_null() ? "" : page["before"].get<std::string>();
            ++pages;
        } while (!query.before.empty() && pages < 20);
        EXPECT_EQ(seen.size(), 21u);
        EXPECT_EQ(got, 21);
        EXPECT_EQ(pages, 6);
    }
    LabelQuery wrong;
    wrong.before = "1-2";
    EXPECT_ERROR(Reader(*database_).labels(wrong), "before");
}

TEST_P(HubStore, SaysWhoHearsWhatNow)
{
    Store store(*database_);
    store.write({ labels("a", { 0, 1 }), labels("b", { 1 }), labels("b", { 2 }, "noise", 1e6, "noise") }, kNow);
    const auto who = Reader(*database_).who(kNow + 5 * kSecondUs, 10);
    ASSERT_EQ(who.size(), 1u);
    EXPECT_EQ(who[0]["label"], "QPSK");
    EXPECT_EQ(who[0]["receivers"].size(), 2u);
    EXPECT_EQ(who[0]["receivers"][0]["events"], 2);
    EXPECT_TRUE(Reader(*database_).who(kNow + 100 * kSecondUs, 10).empty());
}

TEST_P(HubStore, KnowsWhoIsThere)
{
    Store store(*database_);
    store.write({ { "a", read_message("receiver", registration_json("a", 3)) }, { "a", Status{ true } } }, kNow);
    const auto first = [&](std::int64_t now_us) { return Reader(*database_).receivers(now_us).at(0); };
    EXPECT_EQ(first(kNow)["is_online"], true);
    EXPECT_EQ(first(kNow)["position"]["latitude"], 47.5);
    EXPECT_EQ(first(kNow)["takes_updates"], true);
    EXPECT_EQ(first(kNow + 31 * kSecondUs)["is_online"], false) << "no health for 30 s";
    const std::string health = std::string(R"({"v":1,"run":")") + kRun + R"(","time":"2027-01-15T08:00:40Z","status":{"x":1},"waiting":4,"lost":0,"seq":9})";
    store.write({ { "a", read_message("health", health) } }, kNow + 40 * kSecondUs);
    EXPECT_EQ(first(kNow + 41 * kSecondUs)["is_online"], true);
    EXPECT_EQ(first(kNow + 41 * kSecondUs)["waiting"], 4);
    store.write({ { "a", Status{ false } } }, kNow + 42 * kSecondUs);
    EXPECT_EQ(first(kNow + 43 * kSecondUs)["is_online"], false) << "by its will";
}

TEST_P(HubStore, WhoRegistersIsThereAndWhomABrokerRemembersIsNot)
{
    Store store(*database_);
    const auto first = [&](std::int64_t now_us) { return Reader(*database_).receivers(now_us).at(0); };
    store.write({ { "a", Status{ true } } }, kNow); // not known yet
    store.write({ { "a", read_message("receiver", registration_json("a", 3)), true }, { "a", Status{ true } } }, kNow);
    EXPECT_EQ(first(kNow)["is_online"], false) << "it may be dead for long";
    EXPECT_EQ(first(kNow)["sequence"], 3);
    EXPECT_TRUE(first(kNow)["heard"].is_null());
    store.write({ { "a", read_message("receiver", registration_json("a", 4)) } }, kNow);
    EXPECT_EQ(first(kNow)["is_online"], true) << "before its first health";
    store.write({ { "a", read_message("receiver", registration_json("a", 4)), true } }, kNow + 29 * kSecondUs); // to a hub that came again
    EXPECT_EQ(first(kNow + 31 * kSecondUs)["is_online"], false);
}

TEST_P(HubStore, WhoOnlySaysOnlineIsNoReceiver)
{
    Store store(*database_);
    store.write({ { "lamp", Status{ true } } }, kNow);
    EXPECT_EQ(Reader(*database_).receivers(kNow).size(), 0U);
}

TEST_P(HubStore, SnippetsAreLabeledByPersons)
{
    const std::string png("\x89PNG\r\n\x1a\n\0x", 10);
    Store store(*database_);
    const Snippet snippet{ kRun, "s1", event_json(1, "QPSK", 1e6, "signal", kNow), png };
    store.write({ { "a", snippet } }, kNow);
    Reader reader(*database_);
    EXPECT_EQ(reader.snippet_png("a", "s1"), png);
    EXPECT_FALSE(reader.snippet_png("b", "s1"));
    EXPECT_TRUE(reader.label_snippet("a", "s1", "8PSK", "eva", kNow));
    EXPECT_FALSE(reader.label_snippet("a", "s2", "8PSK", "eva", kNow));
    EXPECT_EQ(reader.snippets(10)[0]["label"], "8PSK");
    store.write({ { "a", snippet } }, kNow); // sent again
    EXPECT_EQ(reader.snippets(10)[0]["author"], "eva");
    EXPECT_TRUE(reader.label_snippet("a", "s1", "", "eva", kNow));
    EXPECT_TRUE(reader.snippets(10)[0]["label"].is_null());
}

TEST_P(HubStore, RemovesWhatIsOldInSmallPieces)
{
    Store store(*database_);
    std::vector<std::int64_t> many;
    for (std::int64_t seq = 0; seq < 12'000; ++seq)
        many.push_back(seq);
    for (std::size_t first = 0; first < many.size(); first += 4000)
        store.write({ labels("a", { many.begin() + static_cast<long>(first), many.begin() + static_cast<long>(first) + 4000 }) }, kNow);
    int pieces = 1;
    while (store.remove_old(kNow + 11'000 * kSecondUs))
        ++pieces;
    EXPECT_EQ(count("labels"), 1000);
    EXPECT_EQ(pieces, 3);
}

TEST_P(HubStore, RemovesWhatNothingIsLeftOf)
{
    constexpr std::int64_t kDay = 86400 * kSecondUs;
    const auto run_of = [](std::int64_t number) { return std::string(15, 'a') + static_cast<char>('0' + number); };
    const auto labels_of = [&](const std::string& receiver, std::int64_t run) {
        Received one = labels(receiver, { 1 });
        std::get<Labels>(one.message).run = run_of(run);
        return one;
    };
    const Received answer{ "old", Answer{ kRun, std::string(64, 'b'), receiver::hub::Result::taken, "", {}, 1 } };
    Store store(*database_);
    store.write({ labels_of("old", 1), labels_of("living", 1), labels_of("living", 2), answer }, kNow);
    store.write({ { "living", read_message("receiver", registration_json("living", 3)) } }, kNow + 3 * kDay);
    database_->run("INSERT INTO rollouts (id, sha256, plan, state, stage, why, author, made_us, owner, lease_us) VALUES "
                   "(1, 'x', '', 'done', 0, '', '', $1, '', 0), (2, 'y', '', 'paused', 0, '', '', $1, '', 0)",
                   { kNow });
    database_->run("INSERT INTO rollout_log (rollout, number, time_us, text) VALUES (1, 1, 1, ''), (2, 1, 1, '')");
    store.remove_unused(kNow + 2 * kDay);
    EXPECT_EQ(count("receivers"), 2) << "there are labels of both";
    EXPECT_EQ(count("runs"), 3);
    EXPECT_EQ(count("answers"), 0);
    EXPECT_EQ(count("rollouts"), 1);
    EXPECT_EQ(count("rollout_log"), 1);
    while (store.remove_old(kNow + 2 * kDay)) {
    }
    const auto other = open();
    Store(*other).remove_unused(kNow + 2 * kDay); // a hub that removes what this one remembers
    EXPECT_EQ(count("receivers"), 1);
    EXPECT_EQ(count("runs"), 1) << "the last one may go on";
    store.write({ labels_of("old", 3), labels_of("living", 2) }, kNow + 3 * kDay);
    EXPECT_EQ(count("labels l JOIN receivers r ON r.id = l.receiver JOIN runs u ON u.id = l.run"), 2);
}

TEST_P(HubStore, HubsThatMeetNewReceiversDoNotWaitForEachOtherInACircle)
{
    constexpr int kRounds = 30;
    const auto work = [&](int hub) {
        const auto database = open();
        Store store(*database);
        for (int round = 0; round < kRounds; ++round) { // one that only this hub meets, and one that both do
            Received run = labels("known " + std::to_string(hub), { round });
            std::get<Labels>(run.message).run = std::string(13, 'a') + std::to_string(100 + round);
            store.write({ std::move(run), labels("new " + std::to_string(round * 2 + hub), { 1, 2 }), labels("both " + std::to_string(round), { 1, 2 }) }, kNow);
        }
    };
    auto first = std::async(std::launch::async, work, 0), second = std::async(std::launch::async, work, 1);
    EXPECT_NO_THROW(first.get());
    EXPECT_NO_THROW(second.get());
    EXPECT_EQ(count("receivers"), 2 + 3 * kRounds);
    EXPECT_EQ(count("labels"), (1 + 2) * 2 * kRounds + 2 * kRounds);
}

TEST_P(HubStore, AQuestionThatTakesTooLongIsGivenUp)
{
    database_->limit(std::chrono::milliseconds(100));
    EXPECT_THROW(database_->run("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000) SELECT count(*) FROM n"), DatabaseAway);
}

TEST_P(HubStore, TablesAreBroughtForwardAndNeverBack)
{
    Store(*database_).write({ labels("a", { 1 }) }, kNow);
    auto steps = migrations();
    migrate(*database_, steps); // nothing to do
    steps.push_back({ "ALTER TABLE receivers ADD COLUMN notes TEXT", "CREATE TABLE more (id BIGINT PRIMARY KEY)" });
    auto bad = steps;
    bad.back().push_back("INSERT INTO nowhere VALUES (1)");
    EXPECT_THROW(migrate(*database_, bad), Error);
    migrate(*database_, steps); // the whole step, since the failed one has left nothing
    EXPECT_EQ(count("labels"), 1);
    EXPECT_EQ(count("more"), 0);
    EXPECT_ERROR(migrate(*database_, migrations()), "a newer prunedamr-hub has made this database");
}

TEST_P(HubStore, AServerThatRefusesIsToldFromOneThatIsAway)
{
    if (!is_postgres(place_))
        GTEST_SKIP() << "a file has no server";
    std::string other = place_;
    other.replace(other.find("@/"), other.find('?') - other.find("@/"), "@/nowhere");
    EXPECT_THROW(open_database(other), DatabaseRefuses);
    EXPECT_THROW(open_database("postgresql://test@127.0.0.1:1/hub"), DatabaseAway);
    EXPECT_THROW(open_database("postgresql://test@no.such.host.invalid/hub"), DatabaseRefuses);
}

TEST(HubDatabase, AFileThatIsGoneCountsAsAway)
{
    const test::TemporaryFolder folder;
    const std::string path = folder / "hub.db";
    auto database = open_database(path);
    migrate(*database);
    Store store(*database);
    store.write({ labels("a", { 1 }) }, kNow);
    std::filesystem::rename(path, folder / "elsewhere");
    EXPECT_THROW(store.write({ labels("a", { 2 }) }, kNow), DatabaseAway);
}

TEST(HubDatabase, AFileThatIsDamagedCountsAsAway)
{
    const test::TemporaryFolder folder;
    const std::string path = folder / "hub.db";
    {
        const auto database = open_database(path);
        migrate(*database);
        Store(*database).write({ labels("a", { 1 }) }, kNow);
    }
    {
        std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(2 * 4096);
        file << std::string(20 * 4096, 'x');
    }
    EXPECT_THROW(
        {
            const auto database = open_database(path);
            Store(*database).write({ labels("a", { 2 }), labels("b", { 1 }) }, kNow);
        },
        DatabaseAway);
}

TEST(HubDatabase, AFileBelongsToOneHub)
{
    const test::TemporaryFolder folder;
    auto lock = lock_sqlite(folder / "hub.db");
    EXPECT_ERROR(lock_sqlite(folder / "hub.db"), "another hub has this database");
    lock.reset();
    EXPECT_NO_THROW(lock_sqlite(folder / "hub.db"));
}

TEST(HubDatabase, WhatIsNoDatabaseIsRefused)
{
    const test::TemporaryFolder folder;
    std::ofstream(folder / "text") << std::string(5000, 'x');
    EXPECT_ERROR(migrate(*open_database(folder / "text")), "not a database");
    EXPECT_ERROR(open_database(folder / "absent" + "/hub.db"), "unable to open");
    EXPECT_ERROR(open_database("mysql://host/name"), "no place of a database");
    try {
        open_database("postgresql://eva:secret@127.0.0.1:1/hub");
        FAIL();
    } catch (const DatabaseAway& error) {
        EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos) << error.what();
    }
    EXPECT_EQ(keep_us("90d"), 90 * 86400 * kSecondUs);
    EXPECT_ERROR(keep_us("90"), "90d");
}

} // namespace
} // namespace prunedamr::hub
