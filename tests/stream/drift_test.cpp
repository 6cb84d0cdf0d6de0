// SPDX-License-Identifier: GPL-3.0-or-later
// Decisions of a shipped model on synthesized bursts, drawn over and over: the streams are simulated, what is in
// them was received.
#include "prunedamr/model/model_search.h"
#include "prunedamr/stream/classifier_config.h"
#include "prunedamr/stream/drift.h"
#include "prunedamr/stream/model.h"
#include "prunedamr/stream/wideband_scanner.h"
#include "prunedamr/synth/scene/scene.h"
#include "prunedamr/synth/signal/channel.h"
#include "tests/support/expect_error.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

using namespace prunedamr;
using namespace prunedamr::stream;

namespace {

constexpr double kRate = 250e3, kTuned = 433.92e6;
constexpr std::int64_t kBetweenNs = 10'000'000'000; ///< decisions, so that each counts
constexpr std::uint64_t kMonth = 30 * 8640, kWeek = 7 * 8640;

struct Air {
    double gain_db = 0.0, clock_ppm = 0.0;
    bool has_neighbor = false, has_new_class = false, is_fading = false;
};

std::vector<LabelEvent> receive(const Air& air)
{
    synth::Scene scene;
    scene.sample_rate_hz = kRate;
    scene.center_freq_hz = kTuned;
    scene.duration_s = 6.0;
    scene.noise_dbfs_per_hz = -180.0; // it is added behind what happens to the signals
    const struct {
        const char* label;
        double offset_hz, bandwidth_hz, level_dbfs;
    } transmitters[] = { { "2FSK", -90e3, 14e3, -40.0 },
                         { "OOK", -52e3, 8e3, -36.0 },
                         { "GFSK", -14e3, 10e3, -42.0 },
                         { "QPSK", 36e3, 12e3, -38.0 },
                         { "NBFM", 84e3, 12e3, -34.0 } };
    const auto add = [&](const char* label, double offset_hz, double bandwidth_hz, double level_dbfs,
                         std::size_t k) {
        synth::SceneSignal signal;
        signal.label = label;
        signal.offset_hz = offset_hz + 1e-6 * air.clock_ppm * kTuned;
        signal.bandwidth_hz = bandwidth_hz;
        signal.level_dbfs = level_dbfs;
        signal.duration_s = 0.03;
        signal.period_s = 0.09 + 0.007 * static_cast<double>(k);
        signal.start_s = 0.01 * static_cast<double>(k + 1);
        signal.count = static_cast<std::int64_t>((scene.duration_s - 0.1) / signal.period_s);
        scene.signals.push_back(signal);
    };
    for (std::size_t k = 0; k < std::size(transmitters); ++k) {
        const auto& t = transmitters[k];
        add(air.has_new_class && k == 3 ? "unknown" : t.label, t.offset_hz, t.bandwidth_hz, t.level_dbfs, k);
    }
    if (air.has_neighbor)
        add("2FSK", 62e3, 14e3, -40.0, std::size(transmitters));
    std::vector<std::complex<float>> x;
    synth::render_scene(scene, [&](const std::complex<float>* samples, std::size_t count) {
        x.insert(x.end(), samples, samples + count);
    });
    if (air.is_fading)
        synth::fade(x, 0.9, 3.0 / kRate, 1.0);
    Rng rng(7);
    synth::add_noise(x, std::pow(10.0, -10.4) * kRate, rng);
    for (auto& sample : x)
        sample *= static_cast<float>(std::pow(10.0, 0.05 * air.gain_db));

    ClassifierConfig config;
    config.sample_rate_hz = kRate;
    config.center_freq_hz = kTuned;
    std::vector<LabelEvent> events;
    WidebandScanner scanner(open_model(PRUNEDAMR_SOURCE_DIR "/models/onair-s.safetensors", {}), config,
                            [&](const LabelEvent& event) {
                                if (event.state != State::noise)
                                    events.push_back(event);
                            });
    scanner.process(x.data(), x.size());
    scanner.flush();
    return events;
}

/// Draws decisions from what was received.
class Site
{
public:
    explicit Site(std::uint64_t seed) : rng_(seed) {}

    LabelEvent next(const std::vector<LabelEvent>& received)
    {
        LabelEvent event =
            received[static_cast<std::size_t>(rng_.integer(0, static_cast<std::int64_t>(received.size()) - 1))];
        event.time_ns = kBetweenNs * ++count_;
        return event;
    }

    /// The decisions until drift is told; `most` if it is not.
    std::uint64_t until_told(DriftWatch& watch, const std::vector<LabelEvent>& received, std::uint64_t most)
    {
        for (std::uint64_t n = 1; n <= most; ++n) {
            told = next(received);
            if (watch.see(told))
                return n;
        }
        return most;
    }

    LabelEvent told;

private:
    Rng rng_;
    std::int64_t count_ = 0;
};

const std::vector<LabelEvent>& usual()
{
    static const std::vector<LabelEvent> events = receive({});
    return events;
}

/// Decisions on strong 2FSK at one frequency.
LabelEvent plain(int second, double center_hz = kTuned)
{
    LabelEvent event;
    event.state = State::signal;
    event.label.assign("2FSK");
    event.model.assign("m");
    event.confidence = 0.9f;
    event.frame_confidence = 0.8f;
    event.unknown_score = -9.5f;
    event.power_dbfs = -40.0f;
    event.snr_db = 20.0f;
    event.sample_rate_hz = kRate;
    event.center_freq_hz = center_hz;
    event.bandwidth_hz = 10e3;
    event.time_ns = 1'000'000'000LL * second;
    return event;
}

std::unique_ptr<DriftWatch> learned(Site& site)
{
    auto watch = std::make_unique<DriftWatch>();
    EXPECT_EQ(site.until_told(*watch, usual(), DriftConfig().learn), DriftConfig().learn);
    EXPECT_EQ(watch->status().reference, DriftStatus::Reference::site);
    return watch;
}

} // namespace

TEST(Drift, EachKindOfShiftIsToldWithinFiveHundredDecisions)
{
    struct Case {
        const char* name;
        Air air;
        std::vector<std::string> quantities; ///< that may tell it first
    };
    Air louder, clock, neighbor, kind, fading;
    louder.gain_db = 6.0;
    clock.clock_ppm = 8.0;
    neighbor.has_neighbor = kind.has_new_class = fading.is_fading = true;
    for (const Case& one :
         { Case{ "gain", louder, { "level_dbfs", "noise_dbfs_hz" } },
           Case{ "clock", clock, { "carrier", "place" } },
           Case{ "neighbor", neighbor, { "carrier", "place", "label" } },
           Case{ "new class",
                 kind,
                 { "label", "unknown_score", "confidence", "frame_confidence", "fit", "bandwidth", "carrier" } },
           Case{ "fading",
                 fading,
                 { "level_dbfs", "snr_db", "confidence", "frame_confidence", "fit", "bandwidth", "carrier" } } }) {
        const auto received = receive(one.air);
        Site site(3);
        const auto watch = learned(site);
        const std::uint64_t decisions = site.until_told(*watch, received, 5000);
        const LabelEvent::Drift& drift = site.told.drift;
        std::printf("%s: told after %llu decisions: %s of '%s' %s, %.3f instead of %.3f\n", one.name,
                    static_cast<unsigned long long>(decisions), drift.quantity,
                    std::string(drift.of.view()).c_str(), drift.change, drift.found, drift.expected);
        EXPECT_LE(decisions, 500u) << one.name;
        EXPECT_TRUE(std::count(one.quantities.begin(), one.quantities.end(), drift.quantity))
            << one.name << drift.quantity;
        EXPECT_TRUE(watch->status().is_drifting);
    }
}

TEST(Drift, AWeekWithoutAShiftGivesNoAlarm)
{
    constexpr int kWeeks = 20;
    int alarms = 0;
    for (int week = 0; week < kWeeks; ++week) {
        Site site(100 + static_cast<std::uint64_t>(week)); // each learns a reference of its own
        const auto watch = learned(site);
        const bool is_false = site.until_told(*watch, usual(), kWeek) < kWeek;
        alarms += is_false;
        EXPECT_FALSE(week == 0 && is_false);
    }
    std::printf("%d alarms in %d weeks\n", alarms, kWeeks);
    EXPECT_LE(alarms, kWeeks * static_cast<double>(kWeek) / kMonth);
}

TEST(Drift, OfOneSignalADecisionInFiveSecondsCounts)
{
    DriftWatch watch;
    for (int second = 0; second < 100; ++second) {
        for (const double center_hz : { kTuned, kTuned + 2e3, kTuned + 50e3 }) { // the first two are one place
            LabelEvent event = plain(second, center_hz);
            EXPECT_FALSE(watch.see(event));
        }
        LabelEvent noise = plain(second, kTuned - 50e3);
        noise.state = State::noise;
        EXPECT_FALSE(watch.see(noise));
    }
    EXPECT_EQ(watch.status().learned, 2u * 20u);
    EXPECT_FALSE(watch.reference());
}

TEST(Drift, ItIsToldOnceAndIsOverWhenItIsOver)
{
    DriftConfig config;
    config.learn = 500;
    config.false_alarm_s = 3e5; // of decisions one in 10 s
    DriftWatch watch(config);
    int second = 0, told = 0;
    const auto see = [&](int count, float power_dbfs) {
        for (int i = 0; i < count; ++i) {
            LabelEvent event = plain(second += 10);
            event.power_dbfs = power_dbfs;
            told += watch.see(event);
            if (event.drift) {
                EXPECT_NE(to_json_line(event).find("\"drift\":{\"quantity\":\""), std::string::npos);
            }
        }
    };
    see(1500, -40.0f);
    EXPECT_EQ(told, 0);
    see(200, -20.0f);
    const int quantities = told; // level and noise move
    EXPECT_GE(told, 1);
    EXPECT_LE(told, 2);
    EXPECT_TRUE(watch.status().is_drifting);
    see(5000, -20.0f);
    EXPECT_LE(told, 2);
    EXPECT_GE(told, quantities);
    see(5000, -40.0f);
    EXPECT_FALSE(watch.status().is_drifting);
    EXPECT_EQ(watch.status().told, static_cast<std::uint64_t>(told));
    see(500, -20.0f);
    EXPECT_GT(told, quantities); // it is told again when it comes again
}

TEST(Drift, AnotherOneIsToldWhileOneLasts)
{
    DriftConfig config;
    config.learn = 500;
    config.false_alarm_s = 3e5;
    DriftWatch watch(config);
    std::set<std::string> quantities;
    for (int i = 0; i < 3000; ++i) {
        LabelEvent event = plain(10 * i);
        if (i >= 500)
            event.power_dbfs = -20.0f; // for good, and much
        if (i >= 1500 && i % 5 == 0) {
            event.state = State::unknown;
            event.label.assign("unknown");
        }
        watch.see(event);
        if (event.drift)
            quantities.insert(event.drift.quantity);
    }
    EXPECT_EQ(quantities.count("level_dbfs"), 1u);
    EXPECT_EQ(quantities.count("label"), 1u);
}

/// Of the places where a few hundred decisions lie, not all have been seen.
TEST(Drift, AnEmitterInManyPlacesIsNoDrift)
{
    std::vector<double> weights;
    for (int place = 0; place < 64; ++place)
        weights.push_back(std::pow(place + 1.0, -1.5));
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
        std::mt19937 random(seed);
        std::discrete_distribution<int> draw(weights.begin(), weights.end());
        DriftConfig config;
        config.learn = 500;
        DriftWatch watch(config);
        for (int i = 0; i < 10'000; ++i) {
            LabelEvent event = plain(10 * i);
            event.center_freq_hz = 100e6 + 25e3 * draw(random);
            EXPECT_FALSE(watch.see(event)) << seed << ": " << event.drift.quantity << " " << event.drift.change;
        }
    }
}

TEST(Drift, ARisingRateOfUnknownIsKnownAsOne)
{
    DriftConfig config;
    config.learn = 500;
    DriftWatch watch(config);
    LabelEvent event;
    for (int i = 0; i < 1000 && !event.drift; ++i) {
        event = plain(10 * i);
        if (i >= 500 && i % 4 == 0) {
            event.state = State::unknown;
            event.label.assign("unknown");
        }
        watch.see(event);
    }
    ASSERT_TRUE(event.drift);
    EXPECT_TRUE(is_unknown_rate(event.drift)) << event.drift.quantity << event.drift.change;
    EXPECT_EQ(event.drift.of.view(), "unknown");
}

TEST(Drift, ALearnedReferenceIsReadBackAndUsedAtOnce)
{
    Site site(5);
    const auto first = learned(site);
    const std::string json = first->reference()->to_json();
    DriftConfig config;
    config.reference = DriftReference::from_json(json, "r.json");
    EXPECT_EQ(config.reference->to_json(), json);
    EXPECT_TRUE(config.reference->is_of_site());
    EXPECT_EQ(config.reference->model(), "onair-s");
    DriftWatch again(config);
    EXPECT_EQ(again.status().reference, DriftStatus::Reference::site);
    EXPECT_EQ(again.status().limit, first->status().limit);
    Air louder;
    louder.gain_db = 6.0;
    EXPECT_LT(site.until_told(again, receive(louder), 500), 500u);
}

TEST(Drift, ACalibrationSaysWhatFramesOfALabelAreLike)
{
    DriftReference calibration;
    for (int i = 0; i < 1000; ++i)
        calibration.add_frame("2FSK", 0.7 + 0.0003 * i, -10.0 + 0.001 * i);
    DriftConfig config;
    config.reference = DriftReference::from_json(calibration.to_json(), "model");
    DriftWatch watch(config);
    EXPECT_EQ(watch.status().reference, DriftStatus::Reference::calibration);
    LabelEvent event;
    for (int i = 0; i < 1000; ++i) {
        event = plain(10 * i);
        event.power_dbfs = static_cast<float>(-i % 50); // which a calibration knows nothing of
        event.frame_confidence = 0.7f + 0.0003f * static_cast<float>(i * 617 % 1000);
        EXPECT_FALSE(watch.see(event));
    }
    int decisions = 0;
    for (; decisions < 500 && !event.drift; ++decisions) {
        event = plain(10 * (1000 + decisions));
        event.frame_confidence = 0.6f;
        watch.see(event);
    }
    EXPECT_STREQ(event.drift.quantity, "frame_confidence");
    EXPECT_STREQ(event.drift.change, "lower");
    EXPECT_EQ(event.drift.of.view(), "2FSK");
    EXPECT_LT(decisions, 50);
}

TEST(Drift, WhatIsNoReferenceIsRefusedByName)
{
    const auto refuses = [](const std::string& text, const std::string& part) {
        EXPECT_ERROR(DriftReference::from_json(text, "r.json"), part);
    };
    refuses("{", "r.json");
    refuses("[]", "r.json");
    refuses(R"({"v":2})", "v");
    const std::string begin = R"({"v":1,"of":"site","model":"m","decisions":5,"seconds":1,"labels":)";
    EXPECT_EQ(DriftReference::from_json(begin + R"({"":{"snr_db":{"3":5}}}})", "r.json").decisions(), 5u);
    refuses(begin + R"({"":{"snr_db":{"64":5}}}})", "snr_db");
    refuses(begin + R"({"2FSK":{"volume":{}}}})", "volume");
    refuses(begin + R"({"":{"snr_db":{"3":-5}}}})", "snr_db");
    refuses(begin + "3}", "labels");
    DriftConfig config;
    config.learn = 499;
    EXPECT_ERROR(DriftWatch{ config }, "500 or more");
}
