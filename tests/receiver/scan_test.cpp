// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/receiver/scan.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/receiver/receiver.h"
#include "tests/receiver/test_model.h"
#include "tests/support/temp_dir.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <set>

using namespace prunedamr;
using namespace prunedamr::receiver;
using std::chrono::milliseconds;

namespace {

constexpr double kRate = 100e3;

/// A radio that can be tuned: noise, and BPSK of 5 kBd 20 kHz above 100 MHz. It counts its samples as its time.
class Dial : public Source
{
public:
    Dial(std::uint64_t most, bool queues) : most_(most)
    {
        info_.queues = queues;
        info_.name = "dial";
        info_.sample_rate_hz = kRate;
        info_.center_freq_hz = 1e6;
        info_.can_tune = true;
    }

    const SourceInfo& info() const override { return info_; }

    Reading read(std::complex<float>* samples, std::size_t count, milliseconds) override
    {
        Reading reading;
        reading.count = static_cast<std::size_t>(std::min<std::uint64_t>(count, most_ - given));
        for (std::size_t i = 0; i < reading.count; ++i, ++given) {
            samples[i] = 0.01f * rng_.complex_normal();
            if (given % 20 == 0)
                sign_ = rng_.chance(0.5) ? 0.1f : -0.1f;
            if (std::abs(info_.center_freq_hz - 100e6) < 1.0)
                samples[i] += sign_ * std::polar(1.0f, static_cast<float>(2.0 * M_PI * std::fmod(0.2 * static_cast<double>(given), 1.0)));
        }
        reading.ended = given == most_;
        if (std::exchange(stamp_, false))
            reading.time = SourceTime{ 0, stream::TimeSource::hw };
        return reading;
    }

    void tune(double center_freq_hz) override
    {
        if (center_freq_hz > 1e9)
            throw Error{ { "cannot tune there", info_.name, "", "" } };
        info_.center_freq_hz = center_freq_hz;
        tuned.push_back(center_freq_hz);
    }

    void set_gain(const GainSetting& gain) override { gains.push_back(gain.gain_db.value_or(-1.0)); }

    std::vector<double> tuned, gains;
    std::uint64_t given = 0;

private:
    const std::uint64_t most_;
    SourceInfo info_;
    Rng rng_{ 5 };
    float sign_ = 0.1f;
    bool stamp_ = true;
};

struct Scanned {
    Scanned(std::vector<ScanEntry> entries, double settle_s, std::uint64_t most = UINT64_MAX, bool queues = false)
        : schedule(std::make_shared<ScanSchedule>(ScanList{ "", std::move(entries) }))
    {
        auto made = std::make_unique<Dial>(most, queues);
        dial = made.get();
        source = make_scanning_source(std::move(made), { settle_s, { 7.0, "" }, [this] { return now; } }, schedule);
    }

    /// The next that holds samples.
    Reading read()
    {
        for (;;)
            if (Reading reading = source->read(samples, 1000, milliseconds(1)); reading.count > 0 || reading.ended)
                return reading;
    }

    milliseconds now{ 1000 };
    Dial* dial;
    std::shared_ptr<ScanSchedule> schedule;
    std::unique_ptr<Source> source;
    std::complex<float> samples[1000];
};

std::vector<double> centers(const std::vector<ScanEntry>& entries)
{
    std::vector<double> result;
    for (const ScanEntry& entry : entries)
        result.push_back(std::round(entry.center_freq_hz));
    return result;
}

} // namespace

TEST(Scan, RangesAreCoveredInSteps)
{
    EXPECT_EQ(centers(parse_scan("433M..435M,868.3M,1000", 0.8e6, 0.2).entries),
              (std::vector<double>{ 433333333, 434e6, 434666667, 868.3e6, 1000 }));
    EXPECT_EQ(centers(parse_scan("433M..433.5M", 1e6, 0.2).entries), std::vector<double>{ 433.25e6 });
    EXPECT_EQ(centers(parse_scan("100M..102M", 1e6, 0.2).entries), (std::vector<double>{ 100.5e6, 101.5e6 }));
    EXPECT_EQ(parse_scan("1M", 1e6, 0.7).entries[0].dwell_s, 0.7);
    for (const char* bad : { "", "x", "433M,", "433M..", "435M..433M", "433Mx", "-1M", "1M..1G", "nan", "0",
                             "1M rate", "1M gain=", "1M dwell=0" })
        EXPECT_THROW(parse_scan(bad, 1e3, 0.2), InvalidArgument) << bad;
}

TEST(Scan, AListSaysWhereALineDiffers)
{
    const test::TemporaryFolder folder;
    const std::string path = folder / "list";
    std::ofstream(path) << "# at home\n433.92M  gain=20 dwell=1.5\n\n868M..869M dwell=0.5 # two\n100M gain=auto\n";
    const ScanList list = read_scan_list(path, 0.5e6, 0.2);
    const auto& entries = list.entries;
    EXPECT_EQ(list.text, "433.92M  gain=20 dwell=1.5, 868M..869M dwell=0.5, 100M gain=auto");
    const ScanList again = parse_scan(list.text, 0.5e6, 0.2);
    EXPECT_EQ(centers(again.entries), centers(entries));
    EXPECT_EQ(again.entries[1].dwell_s, 0.5);
    EXPECT_EQ(centers(entries), (std::vector<double>{ 433.92e6, 868.25e6, 868.75e6, 100e6 }));
    EXPECT_EQ(entries[0].gain->gain_db, 20.0);
    EXPECT_EQ(entries[0].dwell_s, 1.5);
    EXPECT_EQ(entries[2].dwell_s, 0.5);
    EXPECT_FALSE(entries[2].gain);
    EXPECT_EQ(entries[3].dwell_s, 0.2);
    EXPECT_TRUE(entries[3].gain && !entries[3].gain->gain_db);
    for (const char* bad : { "", "# nothing\n", "433M rate=1M\n", "433M gain=much\n", "433M dwell=0\n", "\n\nFM\n" }) {
        std::ofstream(path, std::ios::trunc) << bad;
        EXPECT_THROW(read_scan_list(path, 0.5e6, 0.2), InvalidArgument) << bad;
    }
    try {
        read_scan_list(path, 0.5e6, 0.2);
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("line 3"), std::string::npos) << error.what();
    }
}

namespace {

ScanList numbered(std::size_t entries)
{
    ScanList list;
    for (std::size_t i = 0; i < entries; ++i)
        list.entries.push_back({ static_cast<double>(i), 0.2, {} });
    return list;
}

std::size_t entry_of(const ScanSchedule::Visit& visit)
{
    return static_cast<std::size_t>(visit.entry.center_freq_hz);
}

} // namespace

TEST(ScanSchedule, GoesInTurnAndPrefersWhereSomethingIsAlive)
{
    ScanSchedule schedule(numbered(5));
    std::uint64_t number = 0;
    for (const std::size_t entry : { 0u, 1u, 2u, 3u, 4u, 0u, 1u }) {
        const auto visit = schedule.next();
        EXPECT_EQ(entry_of(visit), entry);
        EXPECT_EQ(visit.number, ++number);
    }
    std::map<std::size_t, int> visits;
    std::size_t before = 5;
    for (int i = 0; i < 700; ++i) {
        const auto visit = schedule.next();
        ++visits[entry_of(visit)];
        EXPECT_NE(entry_of(visit), before);
        before = entry_of(visit);
        if (before == 3)
            schedule.note_alive(visit.number);
    }
    EXPECT_NEAR(visits[3], 300, 5);
    for (const std::size_t other : { 0u, 1u, 2u, 4u })
        EXPECT_NEAR(visits[other], 100, 5);
    for (int i = 0; i < 500; ++i) // it is silent again
        visits[entry_of(schedule.next())] += 1000;
    EXPECT_NEAR(visits[3] / 1000, 100, 5);
}

TEST(ScanSchedule, OneEntryIsVisitedAgainAndAgain)
{
    ScanSchedule schedule(numbered(1));
    EXPECT_EQ(entry_of(schedule.next()), 0u);
    EXPECT_EQ(schedule.next().number, 2u);
    schedule.note_alive(0);
    EXPECT_EQ(entry_of(schedule.next()), 0u);
}

TEST(ScanSchedule, AnotherListBeginsAnewAndItsVisitsGoOn)
{
    ScanSchedule schedule(numbered(3));
    for (int i = 0; i < 4; ++i)
        schedule.next();
    EXPECT_FALSE(schedule.is_over(4));
    schedule.set_list({ "8M,9M", { { 8e6, 0.1, {} }, { 9e6, 0.1, {} } } });
    EXPECT_TRUE(schedule.is_over(4));
    schedule.note_alive(4); // of an entry that is gone
    EXPECT_EQ(schedule.text(), "8M,9M");
    const auto visit = schedule.next();
    EXPECT_EQ(visit.number, 5u);
    EXPECT_EQ(visit.entry.center_freq_hz, 8e6);
    EXPECT_FALSE(schedule.is_over(5));
    schedule.note_alive(5);
    const ScanSchedule::State state = schedule.state();
    EXPECT_EQ(state.visit, 5u);
    EXPECT_EQ(state.center_freq_hz, 8e6);
    ASSERT_EQ(state.entries.size(), 2u);
    EXPECT_TRUE(state.entries[0].is_alive);
    EXPECT_FALSE(state.entries[1].is_alive);
    EXPECT_EQ(state.entries[0].visits, 1u);
    EXPECT_EQ(state.entries[0].last_visit, 5u);
}

TEST(ScanningSource, AnotherListEndsTheVisit)
{
    Scanned scanned({ { 100e6, 60.0, {} } }, 0.0);
    EXPECT_EQ(scanned.read().visit, 1u);
    scanned.schedule->set_list({ "", { { 200e6, 0.005, {} } } });
    const Reading reading = scanned.read();
    EXPECT_EQ(reading.visit, 2u);
    EXPECT_EQ(reading.center_freq_hz, 200e6);
    EXPECT_EQ(reading.count, 500u);
}

TEST(ScanningSource, WhatWasQueuedBeforeTheFirstVisitIsNotOfIt)
{
    for (const bool queues : { true, false }) {
        Scanned scanned({ { 100e6, 0.01, {} } }, 0.003, UINT64_MAX, queues);
        scanned.now += milliseconds(500);
        EXPECT_EQ(scanned.read().skipped, queues ? 50'300u : 300u);
        scanned.now += milliseconds(500);
        EXPECT_EQ(scanned.read().skipped, 300u);
    }
}

TEST(ScanningSource, WhereOneEntryHasAGainTheOthersHaveTheRadios)
{
    Scanned scanned({ { 100e6, 0.01, {} }, { 200e6, 0.01, GainSetting{ 30.0, "" } } }, 0.0);
    for (int i = 0; i < 2; ++i)
        scanned.read();
    scanned.source->set_gain({ 12.0, "" }); // kept for where it holds
    for (int i = 0; i < 3; ++i)
        scanned.read();
    EXPECT_EQ(scanned.dial->gains, (std::vector<double>{ 30.0, 12.0, 30.0, 12.0 }));
    scanned.source->set_gain({ 13.0, "" });
    EXPECT_EQ(scanned.dial->gains.back(), 13.0);
}

TEST(ScanningSource, DropsWhatComesBeforeTheRadioHasSettled)
{
    Scanned scanned({ { 100e6, 0.012, {} }, { 200e6, 0.005, GainSetting{ 30.0, "" } } }, 0.003);
    Reading reading = scanned.read();
    EXPECT_EQ(reading.skipped, 300u);
    EXPECT_EQ(reading.count, 1000u);
    EXPECT_EQ(reading.center_freq_hz, 100e6);
    EXPECT_EQ(reading.visit, 1u);
    ASSERT_TRUE(reading.time);
    EXPECT_EQ(reading.time->time_ns, 3'000'000) << "of its own first sample";
    reading = scanned.read();
    EXPECT_EQ(reading.count, 200u);
    EXPECT_FALSE(reading.center_freq_hz || reading.visit || reading.skipped > 0);
    reading = scanned.read();
    EXPECT_EQ(reading.skipped, 300u);
    EXPECT_EQ(reading.count, 500u);
    EXPECT_EQ(reading.center_freq_hz, 200e6);
    EXPECT_EQ(reading.visit, 2u);
    reading = scanned.read();
    EXPECT_EQ(reading.center_freq_hz, 100e6);
    EXPECT_EQ(reading.visit, 3u);
    EXPECT_EQ(scanned.dial->tuned, (std::vector<double>{ 100e6, 200e6, 100e6 }));
    EXPECT_EQ(scanned.dial->gains, (std::vector<double>{ 30.0, 7.0 }));
    EXPECT_FALSE(scanned.source->info().can_tune);
    EXPECT_THROW(scanned.source->tune(1e6), Error);
}

TEST(ScanningSource, PassesOverAFrequencyThatIsRefusedAndSaysSoOnce)
{
    Scanned scanned({ { 100e6, 0.01, {} }, { 2e9, 0.01, {} } }, 0.0);
    std::vector<std::string> notices;
    scanned.source->on_notice([&](const std::string& text) { notices.push_back(text); });
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(scanned.read().center_freq_hz, 100e6);
    ASSERT_EQ(notices.size(), 1u);
    EXPECT_NE(notices[0].find("cannot tune there"), std::string::npos);
}

TEST(ScanningSource, ATrackIsTheSameAtEachVisitOfItsFrequency)
{
    constexpr double kDwellS = 0.6, kSettleS = 0.01;
    Scanned scanned({ { 100e6, kDwellS, {} }, { 200e6, kDwellS, {} } }, kSettleS, 500'000);
    std::vector<stream::LabelEvent> events;
    ReceiverConfig config;
    config.model = test::write_model("scan");
    Receiver receiver(std::move(scanned.source), config, [&](const stream::LabelEvent& event) {
        events.push_back(event);
        if (event.state != stream::State::noise)
            scanned.schedule->note_alive(event.visit);
    });
    receiver.start();
    while (!receiver.wait_for(milliseconds(100))) {
    }
    EXPECT_EQ(receiver.fault(), std::nullopt);
    std::set<std::uint64_t> tracks, visits;
    for (const auto& event : events) {
        ASSERT_GE(event.visit, 1u);
        EXPECT_EQ(event.time_source, stream::TimeSource::hw);
        const double span_s = kDwellS + kSettleS; // of a visit; those of a source that is not late follow on each other
        const double wanted_s = static_cast<double>(event.visit - 1) * span_s + kSettleS;
        EXPECT_NEAR(1e-9 * static_cast<double>(event.time_ns), wanted_s, 0.05) << "visit " << event.visit;
        if (event.track == 0 || std::abs(event.center_freq_hz - 100.02e6) > 1000.0)
            continue;
        EXPECT_EQ(event.visit % 2, 1u);
        tracks.insert(event.track);
        visits.insert(event.visit);
    }
    EXPECT_GE(visits.size(), 4u);
    EXPECT_EQ(tracks.size(), 1u);
}
