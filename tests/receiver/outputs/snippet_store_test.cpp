// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/receiver/outputs/snippet_testing.h"

#include "prunedamr/base/error.h"
#include "prunedamr/receiver/outputs/sinks.h"
#include "prunedamr/recording/sigmf_label.h"
#include "prunedamr/recording/sigmf_writer.h"
#include "tests/support/expect_error.h"
#include "tests/support/temp_dir.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

using namespace prunedamr;
using namespace prunedamr::receiver;
using test::kSecond;
using test::kTime;
using test::names;
namespace fs = std::filesystem;

namespace {

void write(const std::string& stem, const std::string& label, const std::string& generator = "gr-prunedamr 1, model m")
{
    recording::RecordingInfo info;
    info.format = recording::SampleFormat::cf32_le;
    info.sample_rate_hz = 1e5;
    recording::SigmfWriter writer(stem, info);
    writer.append(std::vector<std::complex<float>>(1000).data(), 1000); // 8000 bytes: two blocks, and one of metadata
    recording::Annotation annotation;
    annotation.sample_count = 1000;
    annotation.label = label;
    annotation.generator = generator;
    writer.add(annotation);
    writer.finish();
}

constexpr std::uint64_t kBytes = 3 * 4096;

/// Keeps recordings as the sink does; a second lies between two of them.
class Keeper
{
public:
    explicit Keeper(SnippetStore::Config config) : store(std::move(config), [this] { return now_ns; }) {}

    std::string keep(const std::string& label)
    {
        const std::string name = SnippetStore::name_of(kTime + kSecond * count_++, 433.92e6, label);
        EXPECT_TRUE(store.make_room(8000));
        write(store.unfinished(name), label);
        store.add(name, label);
        return name;
    }

    std::int64_t now_ns = kTime;
    SnippetStore store;

private:
    int count_ = 0;
};
} // namespace

TEST(SnippetStore, NamesTellTimeFrequencyAndLabel)
{
    EXPECT_EQ(SnippetStore::name_of(kTime + 5, 433.92e6, "pi/2-BPSK"), "20270115T080000.000000005Z_433.920000MHz_pi-2-BPSK");
}

TEST(SnippetStore, TheLabelWithMostRecordingsLosesItsOldest)
{
    const test::TemporaryFolder folder;
    Keeper keeper({ folder.path(), 4 * kBytes, 1e9 });
    const std::string rare = keeper.keep("LoRa"), first = keeper.keep("OOK"), second = keeper.keep("OOK"),
                      other = keeper.keep("2FSK");
    EXPECT_EQ(keeper.store.bytes(), 4 * kBytes);
    const std::string third = keeper.keep("OOK");
    EXPECT_EQ(names(folder.path()), (std::set<std::string>{ rare, second, other, third }));
    const std::string fourth = keeper.keep("2FSK");
    EXPECT_EQ(names(folder.path()), (std::set<std::string>{ rare, other, third, fourth }));
    EXPECT_LE(keeper.store.bytes(), 4 * kBytes);
    EXPECT_FALSE(keeper.store.make_room(4 * kBytes)) << "its metadata do not fit";
    EXPECT_EQ(keeper.store.count(), 4u);
}

TEST(SnippetStore, WhatIsTooOldGoes)
{
    const test::TemporaryFolder folder;
    Keeper keeper({ folder.path(), 100 * kBytes, 3600.0 });
    keeper.keep("OOK");
    keeper.now_ns = std::chrono::system_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
    keeper.store.remove_old();
    EXPECT_EQ(keeper.store.count(), 1u);
    keeper.now_ns += 3700 * kSecond;
    keeper.store.remove_old();
    EXPECT_TRUE(names(folder.path()).empty());
    EXPECT_EQ(keeper.store.bytes(), 0u);
}

TEST(SnippetStore, FindsItsOwnAgainAndLeavesEverybodyElsesAlone)
{
    const test::TemporaryFolder folder;
    const std::string named = SnippetStore::name_of(kTime - kSecond, 1e6, "OOK");
    write(folder.path() + "/" + named, "OOK", "a person");
    write(folder.path() + "/mine", "OOK");
    std::ofstream(folder.path() + "/notes.txt") << "keep";
    std::string kept;
    {
        Keeper keeper({ folder.path(), 2 * kBytes, 1e9 });
        keeper.keep("OOK");
        kept = keeper.keep("OOK");
        EXPECT_EQ(keeper.store.count(), 2u);
    }
    Keeper keeper({ folder.path(), kBytes, 1e9 }); // the budget is smaller now
    EXPECT_EQ(keeper.store.count(), 2u);
    EXPECT_TRUE(keeper.store.make_room(8000));
    EXPECT_EQ(keeper.store.count(), 0u);
    EXPECT_EQ(names(folder.path()), (std::set<std::string>{ named, "mine" }));
    EXPECT_TRUE(fs::exists(folder.path() + "/notes.txt"));
    EXPECT_TRUE(keeper.store.has(named));
}

TEST(SnippetStore, AfterACrashARecordingIsCompleteOrAbsent)
{
    const std::string name = SnippetStore::name_of(kTime, 433.92e6, "OOK");
    for (int data = 0; data < 3; ++data) // absent, unfinished, in its place
        for (int meta = 0; meta < 3; ++meta) {
            if (data == 2 && meta == 0)
                continue; // is not moved before the metadata are there
            const test::TemporaryFolder folder;
            const std::string places[] = { folder.path() + "/gone", folder.path() + "/.unfinished", folder.path() };
            for (const std::string& place : places)
                fs::create_directories(place);
            write(folder.path() + "/x", "OOK");
            fs::rename(folder.path() + "/x.sigmf-data", places[data] + "/" + name + ".sigmf-data");
            fs::rename(folder.path() + "/x.sigmf-meta", places[meta] + "/" + name + ".sigmf-meta");
            const std::string half = folder.path() + "/.unfinished/" + SnippetStore::name_of(kTime, 1e6, "half");
            const std::string notes = folder.path() + "/.unfinished/notes.txt";
            std::ofstream(half + ".sigmf-data") << "half";
            std::ofstream(half + ".sigmf-meta.x1y2z3") << "half";
            std::ofstream(notes) << "of somebody else";
            const SnippetStore store({ folder.path(), 100 * kBytes, 1e9 });
            EXPECT_EQ(store.count(), data > 0 && meta > 0 ? 1u : 0u) << data << meta;
            EXPECT_TRUE(fs::exists(notes));
            fs::remove(notes);
            EXPECT_TRUE(fs::is_empty(folder.path() + "/.unfinished"));
            if (store.count() == 1) {
                EXPECT_EQ(recording::Recording(folder.path() + "/" + name + ".sigmf-meta", {}).info().sample_count, 1000u);
            }
        }
}

TEST(SnippetStore, SaysThatAFolderCannotBeWrittenTo)
{
    const test::TemporaryFolder folder;
    std::ofstream(folder.path() + "/file") << "x";
    EXPECT_THROW(SnippetStore({ folder.path() + "/file/x", 1, 1.0 }), Error);
}

namespace {

stream::LabelEvent emission(double margin, double bandwidth_hz)
{
    stream::LabelEvent event;
    event.state = stream::State::signal;
    event.top_count = 2;
    event.top[0] = { std::string_view("OOK"), static_cast<float>(0.5 + 0.5 * margin) };
    event.top[1] = { std::string_view("2FSK"), static_cast<float>(0.5 - 0.5 * margin) };
    event.bandwidth_hz = bandwidth_hz;
    event.snr_db = 20.0f;
    return event;
}

} // namespace

TEST(Teaching, DoubtAndDisagreementTeachAndWhatIsKnownDoesNot)
{
    const auto score = [](const stream::LabelEvent& event, double novelty = 1.0) { return Teaching::of(event, novelty).score(); };
    stream::LabelEvent sure = emission(0.98, 1e4), taken_back = sure, unknown = sure;
    EXPECT_NEAR(score(sure), 0.02, 1e-6);
    EXPECT_NEAR(score(emission(0.1, 1e4)), 0.9, 1e-6);
    taken_back.disagreement = 0.7f;
    EXPECT_NEAR(score(taken_back), 0.7, 1e-6);
    unknown.state = stream::State::unknown;
    EXPECT_EQ(score(unknown), 1.0);
    EXPECT_EQ(score(unknown, 0.25), 0.25);
    EXPECT_NEAR(Teaching::score_of_json(Teaching::of(unknown, 0.25).to_json()), 0.25, 1e-4);
    EXPECT_EQ(Teaching::score_of_json("{}"), 0.0);
    EXPECT_EQ(Teaching::score_of_json("rubbish"), 0.0);
}

TEST(Teaching, SimilarIsWhatHasClassesWidthAndRateInCommon)
{
    const Traits one = Traits::of(emission(0.5, 1e4));
    EXPECT_DOUBLE_EQ(similarity(one, one), 1.0);
    EXPECT_NEAR(similarity(one, Traits::of(emission(0.5, 2e4))), std::exp(-1.0), 1e-9);
    EXPECT_LT(similarity(one, Traits::of(emission(-0.5, 1e4))), 0.5); // the classes have changed places
    stream::LabelEvent measured = emission(0.5, 1e4);
    measured.measured[measure::Quantity::symbol_rate_hz] = measure::Estimate{ 5e3, 1.0 };
    EXPECT_NEAR(similarity(one, Traits::of(measured)), std::exp(-1.0), 1e-9);
    measured.label.assign("OOK");
    EXPECT_NEAR(similarity(Traits::of_json(to_json_line(measured)), Traits::of(measured)), 1.0, 1e-6);
    EXPECT_EQ(Traits::of_json("[]").top_count, 0);
}

TEST(SnippetStore, WhereTeachingIsKeptTheLeastTeachingGoesAndNoneForLess)
{
    const test::TemporaryFolder folder;
    SnippetStore::Config config{ folder.path(), 3 * kBytes, 1e9 };
    config.keeps_teaching = true;
    int count = 0;
    const auto keep = [&](SnippetStore& store, double score) {
        if (store.room_for(8000, score) != SnippetStore::Room::there)
            return std::string();
        const std::string name = SnippetStore::name_of(kTime + kSecond * count++, 433.92e6, "OOK");
        write(store.unfinished(name), "OOK");
        const stream::LabelEvent event = emission(0.5, 1e3 * std::pow(2.0, 2.0 * count));
        recording::add_event(store.unfinished(name), to_json_line(event), "{\"score\": " + std::to_string(score) + "}");
        EXPECT_TRUE(store.make_room(8000, score));
        store.add(name, "OOK", Traits::of(event), score);
        return name;
    };
    std::string best, better;
    {
        SnippetStore store(config);
        const std::string middle = keep(store, 0.5), least = keep(store, 0.2);
        best = keep(store, 0.9);
        EXPECT_EQ(names(folder.path()), (std::set<std::string>{ middle, least, best }));
        EXPECT_EQ(keep(store, 0.2), "") << "teaches no more than the least";
        better = keep(store, 0.6);
        EXPECT_EQ(names(folder.path()), (std::set<std::string>{ middle, best, better }));
        EXPECT_EQ(store.room_for(4 * kBytes, 1.0), SnippetStore::Room::too_large);
        EXPECT_NEAR(store.novelty(Traits::of(emission(0.5, 4e3))), 0.0, 1e-9);
        EXPECT_GT(store.novelty(Traits::of(emission(0.5, 4e6))), 0.9);
    }
    SnippetStore again(config); // the scores were kept, and what they are of
    EXPECT_NEAR(again.novelty(Traits::of(emission(0.5, 4e3))), 0.0, 1e-4);
    const std::string newest = keep(again, 0.55);
    EXPECT_EQ(names(folder.path()), (std::set<std::string>{ best, better, newest }));
}

TEST(SnippetStore, WhatAPersonHasLabeledStays)
{
    const test::TemporaryFolder folder;
    Keeper keeper({ folder.path(), 2 * kBytes, 1e9 });
    const std::string labeled = keeper.keep("OOK"), other = keeper.keep("OOK");
    const std::string path = folder.path() + "/" + labeled;
    recording::set_label(path, "DoorBell", "ann", kTime);
    const std::string third = keeper.keep("OOK"), fourth = keeper.keep("OOK");
    EXPECT_EQ(names(folder.path()), (std::set<std::string>{ labeled, third, fourth }));
    const recording::SnippetLabel said = recording::read_label(path);
    EXPECT_EQ(said.label, "DoorBell");
    EXPECT_EQ(said.receiver_label, "OOK");
    EXPECT_EQ(said.author, "ann");
    EXPECT_EQ(said.time, "2027-01-15T08:00:00.000000000Z");
    recording::set_label(path, "", "ann", kTime);
    EXPECT_EQ(recording::read_label(path).label, "OOK");
    EXPECT_FALSE(recording::read_label(path).is_of_person());
    EXPECT_ERROR(recording::set_label(path, "two\nlines", "ann", kTime), "bad label");
    EXPECT_ERROR(recording::set_label(path, "OOK", "gr-prunedamr 9", kTime), "bad author");
    EXPECT_ERROR(recording::set_label(path, "OOK", "", kTime), "bad author");
    fs::remove(path + ".sigmf-data");
    EXPECT_ERROR(recording::set_label(path, "OOK", "ann", kTime), "the samples are gone");
}

TEST(SnippetStore, AFolderIsOneStores)
{
    const test::TemporaryFolder folder;
    {
        const SnippetStore first({ folder.path(), kBytes, 1e9 });
        EXPECT_ERROR(SnippetStore({ folder.path(), kBytes, 1e9 }), "another receiver keeps its recordings here");
    }
    EXPECT_EQ(SnippetStore({ folder.path(), kBytes, 1e9 }).count(), 0u);
}
