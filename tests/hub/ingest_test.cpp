// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/hub/hub_testing.h"

#include "prunedamr/hub/ingest.h"
#include "prunedamr/hub/schema.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace prunedamr::hub {
namespace {

using Json = nlohmann::json;

class HandLink : public Link
{
public:
    void send(const std::string& receiver, const std::string& topic, const std::string& payload) override
    {
        sent.push_back({ { "to", receiver }, { "topic", topic }, { "payload", Json::parse(payload) } });
    }
    bool is_connected() const override { return true; }
    const std::string& name() const override { return name_; }

    Json sent = Json::array();

private:
    std::string name_ = "by hand";
};

/// A database that can be away: when it is opened, or in the middle of a batch.
struct Switch {
    bool is_away = false;
    std::string failing_part; ///< statements that hold this fail as they never will succeed
};

class Switched : public Database
{
public:
    Switched(std::unique_ptr<Database> inner, Switch& state) : inner_(std::move(inner)), state_(state) {}

    Rows run(const std::string& sql, const std::vector<Value>& values) override
    {
        if (state_.is_away)
            throw DatabaseAway({ "the database failed", "test", "gone", "" });
        for (const Value& value : values)
            if (!state_.failing_part.empty() && text(value).find(state_.failing_part) != std::string::npos)
                throw Error({ "the database failed", "test", "never", "" });
        return inner_->run(sql, values);
    }
    void limit(std::chrono::milliseconds) override {}
    bool is_shared() const override { return inner_->is_shared(); }

private:
    void begin() override { run("BEGIN", {}); }
    void commit() override { run("COMMIT", {}); }
    void roll_back() noexcept override { inner_->run("ROLLBACK"); }

    std::unique_ptr<Database> inner_;
    Switch& state_;
};

class HubIngest : public OnDatabase
{
protected:
    Ingest make()
    {
        return Ingest(
            [this]() -> std::unique_ptr<Database> {
                if (state_.is_away)
                    throw DatabaseAway({ "the database failed", "test", "gone", "" });
                return std::make_unique<Switched>(open(), state_);
            },
            "test", [this](const std::string& text) { notices_.push_back(text); });
    }

    std::int64_t count() { return integer(database_->run("SELECT count(*) FROM labels")[0][0]); }

    static std::string message(std::int64_t first, std::int64_t last, const std::string& label = "QPSK")
    {
        std::string events;
        for (std::int64_t seq = first; seq <= last; ++seq)
            events += (seq > first ? "," : "") + event_json(seq, label, 433.92e6, "signal", kNow + seq * kSecondUs);
        return labels_json(events);
    }

    Switch state_;
    HandLink link_;
    std::vector<std::string> notices_;
};
INSTANTIATE_TEST_SUITE_P(Places, HubIngest, ::testing::Values("sqlite", "postgres"), [](const auto& info) { return std::string(info.param); });

TEST_P(HubIngest, AcknowledgesWhatIsCommittedAndNothingElse)
{
    Ingest ingest = make();
    ingest.take(link_, "north%2Fmast", "labels", message(0, 4));
    ingest.take(link_, "north%2Fmast", "labels", message(7, 9));
    EXPECT_EQ(link_.sent.size(), 0u) << "not before it is written";
    EXPECT_TRUE(ingest.write(kNow));
    EXPECT_EQ(link_.sent, Json::parse(R"([{"to":"north/mast","topic":"stored","payload":{"v":1,"run":"0123456789abcdef","ranges":[[0,4],[7,9]]}}])"));
    EXPECT_EQ(count(), 8);
    ingest.take(link_, "north%2Fmast", "labels", message(4, 5)); // in part for the second time
    EXPECT_TRUE(ingest.write(kNow));
    EXPECT_EQ(link_.sent.back()["payload"]["ranges"], Json::parse("[[4,5]]"));
    EXPECT_EQ(count(), 9);
}

TEST_P(HubIngest, ADatabaseThatIsAwayCostsNothing)
{
    Ingest ingest = make();
    ingest.take(link_, "a", "labels", message(0, 1));
    EXPECT_TRUE(ingest.write(kNow));
    state_.is_away = true;
    ingest.take(link_, "a", "labels", message(2, 3));
    EXPECT_FALSE(ingest.write(kNow));
    EXPECT_FALSE(ingest.write(kNow)) << "not tried again at once";
    ingest.take(link_, "a", "labels", message(4, 5));
    EXPECT_EQ(link_.sent.size(), 1u);
    EXPECT_EQ(notices_.size(), 1u) << "told once";
    EXPECT_FALSE(ingest.counts().has_database);
    EXPECT_NE(ingest.counts().fault.find("gone"), std::string::npos) << "and why";
    state_.is_away = false;
    while (!ingest.write(kNow)) { // until it is due
    }
    ingest.write(kNow);
    EXPECT_EQ(count(), 6);
    EXPECT_EQ(ingest.counts().stored, 6u);
    EXPECT_EQ(ingest.counts().fault, "");
    EXPECT_EQ(notices_.back(), "test: there again");
}

TEST_P(HubIngest, WhatIsNoMessageIsCountedAndToldOnceAndChangesNothingElse)
{
    Ingest ingest = make();
    ingest.take(link_, "a", "labels", "\x01\x02 no JSON");
    ingest.take(link_, "a", "labels", R"({"v":7,"run":"0123456789abcdef","events":[]})");
    ingest.take(link_, "", "labels", message(0, 1));
    ingest.take(link_, "a\n", "labels", message(0, 1));
    ingest.take(link_, "a", "labels", message(0, 1));
    EXPECT_TRUE(ingest.write(kNow));
    EXPECT_EQ(ingest.counts().refused, 4u);
    EXPECT_EQ(notices_.size(), 1u);
    EXPECT_EQ(count(), 2);
}

TEST_P(HubIngest, WhatTheDatabaseWillNeverTakeIsLeftOut)
{
    Ingest ingest = make();
    state_.failing_part = "poison";
    ingest.take(link_, "a", "labels", message(0, 1));
    ingest.take(link_, "a", "labels", message(2, 3, "poison"));
    ingest.take(link_, "b", "labels", message(0, 1));
    EXPECT_TRUE(ingest.write(kNow));
    EXPECT_EQ(count(), 4);
    EXPECT_EQ(link_.sent.size(), 2u);
    EXPECT_EQ(ingest.counts().refused, 1u);
}

TEST_P(HubIngest, ADatabaseWithoutOurTablesTakesNothingAndNothingIsAcknowledged)
{
    Ingest ingest = make();
    EXPECT_TRUE(ingest.write(kNow));
    database_->run("ALTER TABLE labels RENAME TO away");
    ingest.take(link_, "a", "labels", message(0, 1));
    EXPECT_FALSE(ingest.write(kNow));
    EXPECT_FALSE(ingest.counts().has_database);
    EXPECT_EQ(ingest.counts().refused, 0u) << "the message is right";
    EXPECT_EQ(link_.sent.size(), 0u);
    database_->run("ALTER TABLE away RENAME TO labels");
    while (!ingest.write(kNow)) { // until it is due
    }
    EXPECT_EQ(count(), 2);
    EXPECT_EQ(link_.sent.size(), 1u);
}

TEST_P(HubIngest, TheQueueIsBounded)
{
    Ingest ingest = make();
    state_.is_away = true;
    const std::string hundred = message(0, 99);
    const std::size_t fits = Ingest::kMaxQueuedBytes / (hundred.size() + 256);
    for (std::size_t i = 0; i < fits + 10; ++i)
        ingest.take(link_, "a", "labels", hundred);
    EXPECT_LE(ingest.counts().queued_bytes, Ingest::kMaxQueuedBytes);
    EXPECT_EQ(ingest.counts().dropped, 1000u);
    ingest.take(link_, "a", "status", "online"); // what is said once has room
    EXPECT_EQ(ingest.counts().dropped, 1000u);
}

} // namespace
} // namespace prunedamr::hub
