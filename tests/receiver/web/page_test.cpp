// SPDX-License-Identifier: GPL-3.0-or-later
// What the page shows, and the API by which it is changed.
#include "prunedamr/base/error.h"
#include "prunedamr/base/file.h"
#include "prunedamr/receiver/web/api.h"
#include "prunedamr/receiver/web/emission_log.h"
#include "prunedamr/receiver/web/page_files.h"
#include "prunedamr/receiver/web/picture.h"
#include "prunedamr/receiver/web/snippet_list.h"
#include "prunedamr/recording/sigmf_label.h"
#include "tests/dsp/allocations.h"
#include "tests/support/expect_error.h"
#include "tests/support/temp_dir.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

using namespace prunedamr;
using namespace prunedamr::receiver;
using nlohmann::json;

namespace {

constexpr double kRateHz = 1e6, kTunedHz = 100e6;

stream::LabelEvent event(const char* label, double center_hz, double start_s, double length_s, std::uint64_t track = 0)
{
    static std::uint64_t seq = 0;
    stream::LabelEvent one;
    one.seq = seq++;
    one.track = track;
    one.state = stream::State::signal;
    one.label.assign(label);
    one.family.assign("PSK");
    one.sample_rate_hz = kRateHz;
    one.center_freq_hz = center_hz;
    one.bandwidth_hz = 10e3;
    one.time_ns = std::llround(1e9 * start_s);
    one.sample_start = static_cast<std::uint64_t>(start_s * kRateHz);
    one.sample_count = static_cast<std::uint64_t>(length_s * kRateHz);
    return one;
}

struct Log : EmissionLog {
    Log()
    {
        begin_run(1, kRateHz);
        set_tuned(kTunedHz);
    }
    json now() const { return json::parse(emissions_json()); }
    json history() const { return json::parse(history_json(100)); }
};

const ApiRoute& route(const std::string& path)
{
    for (const ApiRoute& one : api_routes())
        if (one.path == path)
            return one;
    throw std::logic_error(path);
}

template <typename Value> Value at(const std::string& row, std::size_t place)
{
    Value value;
    std::memcpy(&value, row.data() + place, sizeof value);
    return value;
}

/// A tone at a third of the rate below the middle.
std::vector<std::complex<float>> tone(std::size_t count)
{
    std::vector<std::complex<float>> samples(count);
    for (std::size_t i = 0; i < count; ++i)
        samples[i] = std::polar(0.5f, static_cast<float>(-2.0 * M_PI * 0.25 * static_cast<double>(i % 4)));
    return samples;
}

} // namespace

TEST(EmissionLog, EventsOfATrackAndBurstsOfABandAreOneEmission)
{
    Log log;
    log.add(event("QPSK", 100.1e6, 0.0, 1.0, 7));
    log.add(event("8PSK", 100.1e6, 1.0, 1.0, 7)); // the same track under another label
    log.add(event("OOK", 99.9e6, 0.5, 0.1));
    log.add(event("OOK", 99.901e6, 1.5, 0.1));
    log.add(event("OOK", 99.8e6, 1.5, 0.1)); // another band
    log.add(event("2FSK", 99.9e6, 1.7, 0.1)); // another label
    const json now = log.now();
    ASSERT_EQ(now.size(), 4u);
    EXPECT_EQ(now[0]["event"]["center_freq_hz"], 99.8e6); // by frequency
    EXPECT_EQ(now[2]["bursts"], 2);
    EXPECT_EQ(now[3]["event"]["label"], "8PSK");
    EXPECT_EQ(now[3]["events"], 2);
    EXPECT_EQ(now[3]["bursts"], 1);
    EXPECT_EQ(now[3]["on_s"], 2.0);
}

TEST(EmissionLog, WhatIsHeardNoMoreEndsAndIsHistory)
{
    Log log;
    log.add(event("QPSK", 100.1e6, 0.0, 1.0, 7));
    log.set_time(6'000'000'000);
    EXPECT_EQ(log.now().size(), 1u);
    log.next_update();
    log.set_time(7'500'000'000);
    EXPECT_EQ(log.now().size(), 0u);
    EXPECT_EQ(log.history()["total"], 1);
    EXPECT_EQ(log.history()["emissions"][0]["event"]["label"], "QPSK");
    EXPECT_EQ(json::parse(*log.next_update())["ended"], json({ 1 }));
    EXPECT_FALSE(log.next_update());
    log.begin_run(2, kRateHz); // time begins again
    log.add(event("QPSK", 100.1e6, 0.0, 1.0, 7));
    EXPECT_EQ(log.now().size(), 1u);
}

TEST(EmissionLog, AnUpdateHasWhatChangedAndWhereItWas)
{
    Log log;
    log.add(event("QPSK", 100.1e6, 2.0, 0.5, 7));
    const json update = json::parse(*log.next_update());
    EXPECT_EQ(update["run"], 1);
    EXPECT_EQ(update["emissions"].size(), 1u);
    EXPECT_EQ(update["boxes"], json({ { 1, 2'000'000, 500'000, 100.095e6, 100.105e6 } }));
    for (std::size_t i = 0; i < EmissionLog::kMaxBoxes + 5; ++i)
        log.add(event("QPSK", 100.1e6, 3.0, 0.001, 7));
    EXPECT_EQ(json::parse(*log.next_update())["left_out"], 5);
}

TEST(EmissionLog, ItIsBounded)
{
    Log log;
    for (std::size_t i = 0; i < 4000; ++i)
        log.add(event("QPSK", 90e6 + 50e3 * static_cast<double>(i), 0.001 * static_cast<double>(i), 0.001));
    EXPECT_EQ(log.now().size(), EmissionLog::kMaxEmissions);
    EXPECT_EQ(json::parse(log.history_json(100'000))["emissions"].size(), EmissionLog::kMaxEnded);
}

TEST(EmissionLog, OccupancyIsTheFractionOfEachMinute)
{
    Log log;
    log.add(event("QPSK", 100.1e6, 50.0, 20.0, 7)); // 10 s of either minute
    log.set_time(120'000'000'000);
    const json minutes = json::parse(log.occupancy_json())["minutes"];
    ASSERT_EQ(minutes.size(), 2u);
    const auto bin = static_cast<std::size_t>(EmissionLog::kOccupancyBins * 0.6);
    for (const json& minute : minutes) {
        EXPECT_EQ(minute["low_hz"], 99.5e6);
        EXPECT_NEAR(minute["busy"][bin].get<double>(), 10.0 / 60.0, 1e-3);
        EXPECT_EQ(minute["busy"][0], 0.0);
    }
}

TEST(EmissionLog, APictureFindsItsEventWhicheverComesFirst)
{
    Log log;
    const auto first = event("QPSK", 100.1e6, 0.0, 1.0, 7), second = event("QPSK", 100.3e6, 0.0, 1.0, 8);
    DecisionPicture picture;
    picture.seq = first.seq;
    picture.symbols = { { 1.0f, -1.0f } };
    picture.discriminator_hz = { NAN };
    log.add(picture);
    log.add(first);
    log.add(second);
    picture.seq = second.seq;
    log.add(picture);
    for (const int id : { 1, 2 }) {
        const json found = json::parse(log.picture_json(id).value());
        EXPECT_EQ(found["picture"]["symbols"], json({ { 1.0, -1.0 } }));
        EXPECT_EQ(found["picture"]["discriminator_hz"], json({ nullptr }));
        EXPECT_EQ(found["emission"]["has_picture"], true);
    }
    EXPECT_FALSE(log.picture_json(3));
}

TEST(Picture, ARowHasTheToneWhereItIs)
{
    Picture picture;
    picture.begin_run(kRateHz);
    const auto samples = tone(20 * Picture::kBins);
    picture.take({ samples.data(), samples.size(), 0, 5, kTunedHz });
    EXPECT_FALSE(picture.next_row()); // nobody looks
    picture.set_watched(true);
    picture.take({ samples.data(), samples.size(), samples.size(), 7, kTunedHz });
    const auto row = picture.next_row().value();
    ASSERT_EQ(row.size(), 56u + Picture::kBins);
    EXPECT_EQ(at<std::uint16_t>(row, 2), Picture::kBins);
    EXPECT_EQ(at<std::uint32_t>(row, 4), 1u);
    EXPECT_EQ(at<double>(row, 8), kTunedHz);
    EXPECT_EQ(at<double>(row, 16), kRateHz);
    EXPECT_EQ(at<std::uint64_t>(row, 24), samples.size());
    EXPECT_EQ(at<std::uint64_t>(row, 32), 2 * samples.size());
    EXPECT_EQ(at<std::int64_t>(row, 40), 7);
    const auto db = [&](int bin) {
        return Picture::kLowestDb + Picture::kStepDb * static_cast<unsigned char>(row[static_cast<std::size_t>(56 + bin)]);
    };
    EXPECT_NEAR(db(Picture::kBins / 4), 20.0 * std::log10(0.5), 0.5);
    EXPECT_LT(db(Picture::kBins / 2), -100.0);
    EXPECT_FALSE(picture.next_row());
}

TEST(Picture, RowsEndWhereTheFrequencyChangesAndSamplesAreMissing)
{
    Picture picture;
    picture.begin_run(kRateHz);
    picture.set_watched(true);
    const auto samples = tone(5 * Picture::kBins / 2);
    picture.take({ samples.data(), samples.size(), 0, 0, kTunedHz });
    picture.take({ samples.data(), samples.size(), samples.size(), 0, kTunedHz + 1e6 });
    const auto first = picture.next_row().value(), second = picture.next_row().value();
    EXPECT_EQ(at<std::uint64_t>(first, 32), 2u * Picture::kBins);
    EXPECT_EQ(at<double>(second, 8), kTunedHz + 1e6);
    EXPECT_EQ(at<std::uint64_t>(second, 24), samples.size());
}

#ifndef PRUNEDAMR_SANITIZED
TEST(Picture, TheSamplePathAllocatesNothing)
{
    Picture picture;
    picture.begin_run(kRateHz);
    const auto samples = tone(10 * Picture::kBins + 7);
    const measure::Piece piece{ samples.data(), samples.size() };
    const measure::Measurement found;
    const auto one = event("QPSK", kTunedHz, 0.0, 1.0);
    const std::size_t before = test::allocations();
    for (std::uint64_t i = 0; i < 40; ++i) { // beyond what there is room for
        picture.set_watched(i > 0);
        picture.take({ samples.data(), samples.size(), i * samples.size(), 0, kTunedHz });
        picture.see(one, { &piece, 1, kRateHz, kTunedHz, 1.0 }, &found);
        picture.name(i);
    }
    EXPECT_EQ(test::allocations(), before);
}
#endif

TEST(Picture, WhatNobodyDrawsIsLeftOut)
{
    Picture picture;
    picture.begin_run(kRateHz);
    picture.set_watched(true);
    const auto samples = tone(100 * Picture::kBins);
    for (std::uint64_t i = 0; i < 10; ++i)
        picture.take({ samples.data(), samples.size(), i * samples.size(), 0, kTunedHz });
    EXPECT_TRUE(picture.next_row());
    EXPECT_FALSE(picture.next_row());
    picture.take({ samples.data(), samples.size(), 10 * samples.size(), 0, kTunedHz });
    EXPECT_GE(at<std::uint64_t>(picture.next_row().value(), 24), 10 * samples.size());
}

TEST(Picture, ADecisionIsDrawnUnderTheNumberOfItsEvent)
{
    Picture picture;
    const auto samples = tone(1000);
    const measure::Piece piece{ samples.data(), samples.size() };
    measure::Measurement found;
    found.method = measure::Method::linear;
    found.symbols[0] = { 1.0f, 0.0f };
    found.symbol_count = 1;
    picture.name(3); // of an event that was not seen
    for (std::uint64_t seq = 0; seq < 40; ++seq) { // more than there is room for
        picture.see(event("QPSK", kTunedHz - 0.25 * kRateHz, 0.0, 1.0), { &piece, 1, kRateHz, kTunedHz, 1.0 }, &found);
        picture.name(seq);
    }
    std::vector<DecisionPicture> drawn;
    picture.for_each_decision([&](DecisionPicture one) { drawn.push_back(std::move(one)); });
    ASSERT_GT(drawn.size(), 8u);
    ASSERT_LT(drawn.size(), 40u);
    EXPECT_EQ(drawn[5].seq, 5u);
    EXPECT_EQ(drawn[5].symbols.size(), 1u);
    const auto& db = drawn[5].spectrum_db;
    EXPECT_EQ(std::max_element(db.begin(), db.end()) - db.begin(), static_cast<std::ptrdiff_t>(db.size()) / 4);
    EXPECT_NEAR(drawn[5].discriminator_hz[100], 0.0, 1.0); // it is at the center of its event
}

TEST(Api, TheDocumentInTheDocsIsTheCodes)
{
    std::ifstream file(std::string(PRUNEDAMR_SOURCE_DIR) + "/docs/user/openapi.json");
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    EXPECT_EQ(text, openapi_json()) << "docs/user/openapi.json is what `prunedamr-rx ctl openapi` prints";
    const json document = json::parse(text);
    std::size_t operations = 0;
    for (const auto& [path, methods] : document["paths"].items())
        operations += methods.size();
    EXPECT_EQ(operations, api_routes().size());
    for (const ApiRoute& one : api_routes()) {
        const bool changes = one.change != ChangeKind::none;
        EXPECT_EQ(std::string(one.method), changes ? "POST" : "GET") << one.path;
        EXPECT_EQ(one.access == WebAccess::change, changes) << one.path;
    }
    const std::string all = document.dump();
    for (std::size_t at = 0; (at = all.find("#/components/schemas/", at)) != std::string::npos; ++at) {
        const std::string name = all.substr(at + 21, all.find('"', at) - at - 21);
        EXPECT_TRUE(document["components"]["schemas"].contains(name)) << name;
    }
}

TEST(Api, ChangesAreRead)
{
    EXPECT_EQ(parse_change(route("/api/v1/tune"), R"({"center_freq_hz": 433.92e6})").number, 433.92e6);
    const Change gain = parse_change(route("/api/v1/gain"), R"({"gain_db": null, "element": "LNA"})");
    EXPECT_FALSE(gain.number);
    EXPECT_EQ(gain.text, "LNA");
    EXPECT_EQ(parse_change(route("/api/v1/model"), R"({"action": "revert"})").text, "revert");
    const auto refuses = [](const char* path, const char* body, const char* why) {
        try {
            parse_change(route(path), body);
            ADD_FAILURE() << body;
        } catch (const Error& error) {
            EXPECT_NE(std::string(error.what()).find(why), std::string::npos) << error.what();
        }
    };
    for (const char* body : { "", "x", "[]", "3", "{", "null" })
        refuses("/api/v1/tune", body, "");
    refuses("/api/v1/tune", "{}", "center_freq_hz");
    refuses("/api/v1/tune", R"({"center_freq_hz": null})", "center_freq_hz");
    refuses("/api/v1/tune", R"({"center_freq_hz": "433M"})", "center_freq_hz");
    refuses("/api/v1/tune", R"({"center_freq_hz": -1})", "0..");
    refuses("/api/v1/tune", R"({"center_freq_hz": 1, "more": 2})", "more");
    refuses("/api/v1/threshold", R"({"min_confidence": 1.5})", "0..1");
    refuses("/api/v1/model", R"({"action": "drop"})", "reload");
}

TEST(Api, QueriesAreRead)
{
    EXPECT_EQ(parse_query(route("/api/v1/evidence"), "id=12").at("id"), 12);
    EXPECT_TRUE(parse_query(route("/metrics"), "").empty());
    EXPECT_ERROR(parse_query(route("/metrics"), "x=y"), "unknown parameter: found 'x', expected none");
    EXPECT_ERROR(parse_query(route("/api/v1/history"), "limits=5"), "unknown parameter: found 'limits', expected limit");
    for (const char* wrong : { "", "x=y&id=12", "id", "id=", "id=x", "id=-1", "id=1.5", "id=99999999999999999999", "Id=1" })
        EXPECT_THROW(parse_query(route("/api/v1/evidence"), wrong), Error) << wrong;
}

TEST(PageFiles, ReferToNothingElsewhereAndHaveNoScriptOfTheirOwn)
{
    std::set<std::string_view> paths;
    for (const PageFile& file : page_files()) {
        paths.insert(file.path);
        EXPECT_GT(file.content.size(), 100u) << file.path;
        std::string text(file.content);
        for (const char* fine : { "http://www.w3.org/2000/svg" })
            for (std::size_t at = 0; (at = text.find(fine)) != std::string::npos;)
                text.erase(at, std::strlen(fine));
        for (std::size_t at = 0; (at = text.find("://", at)) != std::string::npos; ++at) // but of its own host
            EXPECT_EQ(text.compare(at, 20, "://${location.host}/"), 0) << file.path;
        EXPECT_EQ(text.find("innerHTML"), std::string::npos) << file.path; // labels are text
    }
    EXPECT_EQ(paths.count("/"), 1u);
    const std::string html(page_files().front().content);
    for (std::size_t at = 0; (at = html.find("=\"/", at)) != std::string::npos; ++at) {
        const std::string path = html.substr(at + 2, html.find('"', at + 2) - at - 2);
        EXPECT_EQ(paths.count(path), 1u) << path;
    }
    EXPECT_EQ(html.find("<style"), std::string::npos); // the page's policy would refuse it
    EXPECT_EQ(html.find(" style="), std::string::npos);
    EXPECT_EQ(html.find(" onclick"), std::string::npos);
}

TEST(SnippetList, FollowsWhatPersonsSayAndWhatIsRemoved)
{
    const test::TemporaryFolder folder;
    for (const std::string name : { "a", "b" }) {
        std::ofstream(folder / (name + ".sigmf-data")) << "1234";
        std::ofstream(folder / (name + ".sigmf-meta"))
            << R"({"global": {"core:datatype": "ci16_le", "core:sample_rate": 1000, "core:version": "1.0.0"},
                   "captures": [{"core:sample_start": 0}], "annotations": [{"core:sample_start": 0, "core:label": "OOK", "prunedamr:event": {}}]})";
    }
    std::ofstream(folder / "c.sigmf-data") << "1234";
    std::ofstream(folder / "c.sigmf-meta") << "nonsense";
    SnippetList list(folder.path());
    const auto labels = [&](std::size_t limit) {
        std::vector<std::string> found;
        const json all = json::parse(list.json(limit));
        for (const json& one : all.at("snippets"))
            found.push_back(one.at("name").get<std::string>() + " " + one.at("label").get<std::string>());
        return found;
    };
    using Labels = std::vector<std::string>;
    EXPECT_EQ(labels(10), (Labels{ "b OOK", "a OOK" }));
    EXPECT_EQ(labels(1), Labels{ "b OOK" });
    recording::set_label(folder / "a", "DoorBell", "ann", 1);
    EXPECT_EQ(labels(10), (Labels{ "b OOK", "a DoorBell" }));
    const json all = json::parse(list.json(10));
    EXPECT_EQ(all.at("is_kept"), true);
    EXPECT_EQ(all.at("total"), 3);
    EXPECT_NE(std::find(all.at("classes").begin(), all.at("classes").end(), "DoorBell"), all.at("classes").end());
    for (const char* name : { "b.sigmf-meta", "b.sigmf-data" })
        std::filesystem::remove(folder / name);
    EXPECT_EQ(labels(10), Labels{ "a DoorBell" });
    EXPECT_EQ(json::parse(SnippetList("").json(10)).at("is_kept"), false);
}
