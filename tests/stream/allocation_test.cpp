// SPDX-License-Identifier: GPL-3.0-or-later
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
    for (const auto& [kind, bursts] : { std::pair{ auto_band, false }, { as_is, false }, { as_is, true } }) {
        int events = 0;
        ClassifierConfig config;
        config.interval_s = 2000; // samples
        config.max_batch = 5;
        config.bursts = bursts;
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
        EXPECT_TRUE(bursts ? events > 0 : events == 5) << events;
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

TEST(Allocations, SurveyMakesNoneFromItsFirstSampleOn)
{
    for (const double rate : { 100e3, 3.2e6 }) { // transforms of 512 and 16384
        int signals = 0;
        SurveyConfig config;
        config.stream.sample_rate_hz = rate;
        config.stream.max_batch = 5;
        const model::Model model = small_network();
        engine::EngineConfig engine_config;
        engine_config.max_batch = config.stream.max_batch;
        WidebandScanner survey({ model.info, engine::Engine(model, engine_config) }, config,
                               [&](const LabelEvent& event) { signals += event.bandwidth_hz < 0.9 * rate; });
        const int count = static_cast<int>(0.2 * rate);
        Samples x = white_noise(count, 1e-3, 1);
        for (const auto& [center, bandwidth] : { std::pair{ -0.35, 0.01 }, { -0.1, 0.15 }, { 0.3, 0.3 } })
            x = x + band_noise(count, center, bandwidth, 1.0, 2);
        const std::size_t before = allocations();
        for (int i = 0; i < count; i += 2000)
            survey.process(x.data() + i, 2000);
        survey.flush();
        EXPECT_EQ(allocations() - before, 0u);
        EXPECT_GE(signals, 9);
    }
}
