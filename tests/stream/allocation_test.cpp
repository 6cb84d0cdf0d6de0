// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/drift.h"
#include "prunedamr/stream/model.h"
#include "prunedamr/stream/prover.h"
#include "prunedamr/stream/signal_classifier.h"
#include "prunedamr/stream/wideband_scanner.h"
#include "tests/dsp/allocations.h"
#include "tests/dsp/signals.h"
#include "tests/stream/small_network.h"

#include <gtest/gtest.h>

using namespace prunedamr;
using namespace prunedamr::stream;
using namespace prunedamr::test;

TEST(Allocations, ClassifierMakesNoneFromItsFirstSampleOn)
{
    const auto auto_band = FrontEndSpec::Kind::auto_band, as_is = FrontEndSpec::Kind::as_is;
    for (const auto kind : { auto_band, as_is }) {
        int events = 0;
        ClassifierConfig config;
        config.interval_s = 2000; // samples
        config.max_batch = 5;
        SignalClassifier classifier(small_network(kind), config, [&](const LabelEvent&) { ++events; });
        const Samples x = band_noise(9000, 0.1, 0.2, 1.0, 1) + white_noise(9000, 0.01, 2);
        LabelEvent burst;
        const std::size_t before = allocations();
        for (std::size_t i = 0; i < x.size(); i += 1500)
            classifier.process(x.data() + i, 1500);
        classifier.flush();
        EXPECT_TRUE(classifier.classify_burst(x.data(), 3333, burst));
        classifier.set_center_freq_hz(1.0);
        EXPECT_EQ(allocations() - before, 0u);
        EXPECT_EQ(classifier.stats().events, static_cast<std::uint64_t>(events) + 1);
        EXPECT_EQ(events, 5);
    }
}

TEST(Allocations, ProofMakesNone)
{
    const std::vector<std::string> labels = { "CW", "OOK", "QPSK", "16QAM", "2FSK", "AM-DSB", "NBFM", "OFDM", "CSS", "unknown" };
    const std::vector<double> probabilities(labels.size(), 0.1);
    Prover prover(true);
    FollowedSignal followed;
    for (const auto& x : { band_noise(9000, 0.1, 0.2, 1.0, 1), white_noise(9000, 0.01, 2), band_noise(100000, 0.1, 0.01, 1.0, 1) }) {
        LabelEvent event;
        event.state = State::signal;
        event.sample_rate_hz = 1.0;
        event.center_freq_hz = 0.1;
        event.bandwidth_hz = x.size() > 9000 ? 0.01 : 0.2;
        const measure::Piece piece{ x.data(), x.size() };
        const std::size_t before = allocations();
        prover.prove(event, { labels.data(), probabilities.data(), labels.size(), 0.1 }, { &piece, 1, 1.0, 0.0, 1.0 }, nullptr);
        prover.prove(event, { labels.data(), probabilities.data(), labels.size(), 0.1 }, { &piece, 1, 1.0, 0.0, 1.0 }, &followed);
        EXPECT_EQ(allocations() - before, 0u);
    }
}

TEST(Allocations, ScannerMakesNoneFromItsFirstSampleOn)
{
    for (const double rate : { 16e3, 200e3 }) { // epochs of 2^14 and 2^18
        int signals = 0;
        ClassifierConfig config;
        config.sample_rate_hz = rate;
        config.max_batch = 5;
        const model::Model model = small_network();
        engine::EngineConfig engine_config;
        engine_config.max_batch = config.max_batch;
        WidebandScanner scanner({ model.info, engine::Engine(model, engine_config) }, config,
                                [&](const LabelEvent& event) { signals += event.bandwidth_hz < 0.9 * rate; });
        const int count = static_cast<int>(3 * rate) / 2000 * 2000;
        Samples x = white_noise(count, 1e-3, 1);
        for (const auto& [center, bandwidth] : { std::pair{ -0.35, 0.01 }, { -0.1, 0.15 }, { 0.3, 0.3 } })
            x = x + band_noise(count, center, bandwidth, 1.0, 2);
        for (int i = count / 2; i < count / 2 + 5000; ++i) // a burst
            x[static_cast<std::size_t>(i)] += std::polar(1.0f, 0.5f * static_cast<float>(i / 40 * 40 % 7 * (i % 40)));
        const std::size_t before = allocations();
        for (int i = 0; i < count; i += 2000)
            scanner.process(x.data() + i, 2000);
        scanner.cut();
        scanner.process(x.data(), 2000);
        scanner.flush();
        EXPECT_EQ(allocations() - before, 0u);
        EXPECT_GE(signals, 6);
    }
}

TEST(Allocations, WatchOfDriftMakesNone)
{
    DriftConfig config;
    config.learn = 500;
    DriftWatch watch(config);
    LabelEvent event;
    event.state = State::signal;
    event.sample_rate_hz = 1e6;
    event.bandwidth_hz = 1e4;
    int told = 0;
    const std::size_t before = allocations();
    for (int i = 0; i < 2000; ++i) {
        event.time_ns = 10'000'000'000LL * i;
        event.label.assign(i % 3 ? "2FSK" : "OOK");
        event.power_dbfs = i < 1000 ? -50.0f : -20.0f;
        told += watch.see(event);
    }
    EXPECT_EQ(allocations() - before, 0u);
    EXPECT_GE(told, 1);
}
