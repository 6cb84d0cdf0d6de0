// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/file.h"
#include "prunedamr/model/model_patch.h"
#include "prunedamr/receiver/update_store.h"

#include "tests/receiver/test_model.h"
#include "tests/support/expect_error.h"

#include <chrono>
#include <fstream>

namespace prunedamr::receiver {
namespace {

namespace fs = std::filesystem;
using model::UpdateFault;

/// A folder with keys, three models in a row, and a store that runs the first.
class UpdateStoreTest : public ::testing::Test
{
protected:
    UpdateStoreTest() : work_(fs::path(testing::TempDir()) / ("updates_" + std::to_string(::getpid())))
    {
        fs::create_directories(work_);
        key_.write(path("key"));
        for (const char* name : { "first", "second", "third" })
            fs::rename(test::write_model(name), path(name));
    }
    ~UpdateStoreTest() override { fs::remove_all(work_); }

    std::string path(const std::string& name) const { return work_ / name; }

    UpdateStore open() const { return { path("store"), path("key.pub"), path("first") }; }

    std::string update(const std::string& from, const std::string& to, std::uint64_t sequence, const SigningKey& key) const
    {
        model::diff_models(path(from), path(to), path("patch"));
        return model::signed_update(read_file(path("patch")), sequence, 0, key);
    }
    std::string update(const std::string& from, const std::string& to, std::uint64_t sequence) const
    {
        return update(from, to, sequence, key_);
    }

    static std::optional<UpdateFault> fault(UpdateStore& store, const std::string& bytes)
    try {
        store.prepare(bytes, "u");
        return std::nullopt;
    } catch (const model::UpdateRefused& refused) {
        EXPECT_EQ(std::string(refused.what()).find('\n'), std::string::npos);
        return refused.fault();
    }

    const fs::path work_;
    const SigningKey key_ = SigningKey::make(), other_ = SigningKey::make();
};

TEST_F(UpdateStoreTest, AGoodUpdateIsTakenAndStaysOverARestart)
{
    {
        UpdateStore store = open();
        EXPECT_EQ(store.present(), path("first"));
        store.prepare(update("first", "second", 5), "u");
        EXPECT_EQ(store.present(), path("first")); // not yet
        store.commit({ { 0.25, 0.5 } });
        EXPECT_EQ(read_file(store.present()), read_file(path("second")));
    }
    UpdateStore again = open();
    EXPECT_EQ(read_file(again.present()), read_file(path("second")));
    EXPECT_EQ(again.sequence(), 5u);
    ASSERT_TRUE(again.trial());
    EXPECT_EQ(again.trial()->at(0).unknown, 0.25);
    EXPECT_EQ(again.trial()->at(0).confidence, 0.5);
    again.prepare(update("second", "third", 6), "u");
    again.commit({});
    EXPECT_EQ(read_file(again.present()), read_file(path("third")));
}

TEST_F(UpdateStoreTest, EachRefusalHasItsReason)
{
    UpdateStore store = open();
    std::string bad = update("first", "second", 5);
    bad[12] = 9; // its number
    EXPECT_EQ(fault(store, bad), UpdateFault::bad_signature);
    EXPECT_EQ(fault(store, update("first", "second", 5, other_)), UpdateFault::unknown_key);
    EXPECT_EQ(fault(store, update("second", "third", 5)), UpdateFault::other_base);
    EXPECT_EQ(fault(store, bad.substr(0, 300)), UpdateFault::damaged);
    EXPECT_EQ(fault(store, ""), UpdateFault::damaged);
    EXPECT_EQ(fault(store, update("first", "second", 5)), std::nullopt);
    store.commit({});
    EXPECT_EQ(fault(store, update("second", "third", 5)), UpdateFault::not_newer);
    EXPECT_EQ(fault(store, update("second", "third", 4)), UpdateFault::not_newer);
    EXPECT_EQ(read_file(store.present()), read_file(path("second")));
}

/// A signed update that does not give what it promises.
TEST_F(UpdateStoreTest, WhatGivesNoModelThatWorksIsRefused)
{
    UpdateStore store = open();
    model::diff_models(path("first"), path("second"), path("patch"));
    std::string patch = read_file(path("patch"));
    patch[44] = static_cast<char>(patch[44] ^ 1); // of the hash that it promises
    const auto sum = sha256(patch.data(), patch.size() - 32);
    std::copy(sum.begin(), sum.end(), patch.end() - 32);
    EXPECT_EQ(fault(store, model::signed_update(patch, 5, 0, key_)), UpdateFault::unusable);
    EXPECT_EQ(store.sequence(), 0u);
}

TEST_F(UpdateStoreTest, TheModelBeforeComesBackButTheNumberStaysTaken)
{
    const std::string bytes = update("first", "second", 5);
    {
        UpdateStore store = open();
        EXPECT_FALSE(store.give_back());
        EXPECT_EQ(store.update(), "");
        store.prepare(bytes, "u");
        store.commit({});
        EXPECT_TRUE(store.runs_update());
        EXPECT_TRUE(store.give_back());
        EXPECT_EQ(read_file(store.present()), read_file(path("first")));
        EXPECT_FALSE(store.give_back());
    }
    UpdateStore again = open();
    EXPECT_EQ(read_file(again.present()), read_file(path("first")));
    EXPECT_FALSE(again.trial());
    EXPECT_EQ(again.update(), to_hex(sha256(bytes.data(), bytes.size())));
    EXPECT_FALSE(again.runs_update());
    EXPECT_EQ(fault(again, bytes), UpdateFault::not_newer);
}

TEST_F(UpdateStoreTest, ATrialThatHasEndedStaysEnded)
{
    {
        UpdateStore store = open();
        store.prepare(update("first", "second", 5), "u");
        store.commit({ { 0.25, 0.5 } });
        store.end_trial();
    }
    EXPECT_FALSE(open().trial());
}

/// The disk is full, or the like: the model that runs is still the one that the store knows.
TEST_F(UpdateStoreTest, WhatCannotBeWrittenIsNotTaken)
{
    UpdateStore store = open();
    store.prepare(update("first", "second", 5), "u");
    fs::create_directory(fs::path(path("store")) / "state.json"); // which no file replaces
    EXPECT_THROW(store.commit({}), Error);
    EXPECT_EQ(store.present(), path("first"));
    EXPECT_EQ(store.sequence(), 0u);
    fs::remove(fs::path(path("store")) / "state.json");
    EXPECT_EQ(fault(store, update("first", "second", 5)), std::nullopt);
}

TEST_F(UpdateStoreTest, AFolderIsOneReceivers)
{
    UpdateStore store = open();
    EXPECT_ERROR(open(), "another receiver keeps its updates here");
}

TEST_F(UpdateStoreTest, FilesComeByNameOnceNobodyWritesToThem)
{
    UpdateStore store = open();
    const fs::path folder = path("store");
    fs::create_directory(folder / "a.update"); // no file
    for (const char* name : { "c.update", "b.update", "a.txt" })
        std::ofstream(folder / name) << "x";
    EXPECT_FALSE(store.next_file()); // it may still be written
    std::optional<std::string> next;
    for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20); !next && std::chrono::steady_clock::now() < end;)
        next = store.next_file();
    EXPECT_EQ(next, (folder / "b.update").string());
    UpdateStore::set_aside(*next, false);
    EXPECT_TRUE(fs::exists(folder / "b.update.refused"));
    EXPECT_FALSE(fs::exists(folder / "b.update"));
}

/// Whoever installs another model begins there, but cannot be sent back in numbers.
TEST_F(UpdateStoreTest, AnotherModelInItsPlaceBeginsAnew)
{
    {
        UpdateStore store = open();
        store.prepare(update("first", "second", 5), "u");
        store.commit({});
    }
    fs::copy_file(path("third"), path("first"), fs::copy_options::overwrite_existing);
    UpdateStore store = open();
    EXPECT_EQ(store.present(), path("first"));
    EXPECT_EQ(store.sequence(), 5u);
}

TEST_F(UpdateStoreTest, WhatWasTakenAndIsDamagedIsSaid)
{
    std::string taken;
    {
        UpdateStore store = open();
        store.prepare(update("first", "second", 5), "u");
        store.commit({});
        taken = store.present();
    }
    std::ofstream(taken, std::ios::app) << "x";
    try {
        open();
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(std::string(error.what()).find(taken + ": the model that was taken as an update is damaged"), 0u) << error.what();
    }
}

TEST_F(UpdateStoreTest, OnlyThePresentAndThePreviousModelAreKept)
{
    UpdateStore store = open();
    const auto models = [&] {
        return std::count_if(fs::directory_iterator(path("store")), fs::directory_iterator(),
                             [](const auto& entry) { return entry.path().extension() == ".safetensors"; });
    };
    const char* names[] = { "first", "second", "third", "first" };
    for (std::uint64_t i = 1; i < 4; ++i) {
        store.prepare(update(names[i - 1], names[i], i), "u");
        store.commit({});
        EXPECT_EQ(models(), 2);
    }
}

} // namespace
} // namespace prunedamr::receiver
