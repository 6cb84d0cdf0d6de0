// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/error.h"
#include "prunedamr/dsp/front_end.h"
#include "prunedamr/graph/reference.h"
#include "prunedamr/stream/signal_classifier.h"
#include "tests/dsp/signals.h"
#include "tests/stream/signal_classifier_testing.h"
#include "tests/stream/small_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

using namespace prunedamr;
using namespace prunedamr::stream;
using namespace prunedamr::test;

namespace {

/// Silence, noise below and above the squelch, tones, bands: something else every few blocks, `count` samples in
/// all.
Samples changing_signals(int count)
{
    Samples x = white_noise(count, 1e-7, 1);
    std::uint64_t seed = 2;
    for (int start = 3000; start + 2500 <= count; start += 4100, ++seed) {
        const double center = 0.1 * static_cast<double>(seed % 7) - 0.3;
        Samples part = seed % 3 ? band_noise(2500, center, 0.05 * static_cast<double>(seed % 5 + 1), 0.1, seed)
                                : tone(2500, center, 0.3);
        std::copy(part.begin(), part.end(), x.begin() + start);
    }
    return x;
}

std::vector<LabelEvent> run(const model::Model& model, const ClassifierConfig& c, const Samples& x,
                            std::size_t chunk = 4096)
{
    std::vector<LabelEvent> events;
    SignalClassifier classifier(model, c, [&](const LabelEvent& e) { events.push_back(e); });
    classifier.set_time(0, 1'700'000'000'000'000'000, TimeSource::file);
    for (std::size_t i = 0; i < x.size(); i += chunk)
        classifier.process(x.data() + i, std::min(chunk, x.size() - i));
    classifier.flush();
    return events;
}

/// Mean probabilities of one stretch of samples by the plain reference.
std::vector<double> plain_probabilities(const model::Model& model, const Samples& x)
{
    dsp::FrontEnd front_end(model.info.front_end);
    std::vector<float> frames(static_cast<std::size_t>(front_end.max_frames()) * 2 * 128);
    std::vector<double> sum(model.info.labels.size());
    int total = 0;
    for (std::size_t start = 0; start < x.size(); start += kBlock) {
        const int count = static_cast<int>(std::min<std::size_t>(kBlock, x.size() - start));
        const int n = front_end.process(x.data() + start, count, frames.data()).frames;
        for (int f = 0; f < n; ++f) {
            const std::vector<float> frame(frames.begin() + f * 256, frames.begin() + (f + 1) * 256);
            const auto logits = graph::run_reference(model.network, frame);
            double norm = 0.0;
            for (const float v : logits)
                norm += std::exp(v / model.info.decision.temperature);
            for (std::size_t c = 0; c < sum.size(); ++c)
                sum[c] += std::exp(logits[c] / model.info.decision.temperature) / norm;
        }
        total += n;
    }
    for (double& p : sum)
        p /= total;
    return sum;
}

std::string error_of(const ClassifierConfig& c)
{
    try {
        check(c);
    } catch (const Error& e) {
        return e.what();
    }
    return "";
}

} // namespace

TEST(SignalClassifier, SameEventsForAnyChunking)
{
    const Samples x = changing_signals(70'123);
    for (const auto kind : { FrontEndSpec::Kind::auto_band, FrontEndSpec::Kind::as_is }) {
        const model::Model model = small_network(kind);
        std::vector<std::string> expected;
        for (const LabelEvent& e : run(model, config(3000), x, x.size()))
            expected.push_back(to_json_line(e));
        ASSERT_EQ(expected.size(), 23u); // 70123 / 3072, and the rest
        for (const std::size_t chunk : { 1, 7, 128, 1000, 65536 }) {
            std::vector<std::string> got;
            for (const LabelEvent& e : run(model, config(3000), x, chunk))
                got.push_back(to_json_line(e));
            EXPECT_EQ(got, expected) << chunk;
        }
    }
}

TEST(SignalClassifier, ProbabilitiesAreTheMeanOverFramesOfThePlainReference)
{
    const model::Model model = small_network();
    const Samples x = band_noise(4 * kBlock + 500, 0.1, 0.3, 0.1, 9) + white_noise(4 * kBlock + 500, 1e-4, 10);
    ClassifierConfig c = config(x.size());
    c.max_batch = 3;
    const auto events = run(model, c, x);
    ASSERT_EQ(events.size(), 1u);
    const auto expected = plain_probabilities(model, x);
    for (int i = 0; i < events[0].top_count; ++i) {
        const auto at = std::find(model.info.labels.begin(), model.info.labels.end(), events[0].top[i].label.view());
        EXPECT_NEAR(events[0].top[i].probability, expected[at - model.info.labels.begin()], 1e-4);
    }
    EXPECT_NEAR(events[0].top[0].probability, *std::max_element(expected.begin(), expected.end()), 1e-4);
    EXPECT_NEAR(events[0].center_freq_hz, 433.1e6, 5e3);
    EXPECT_NEAR(events[0].bandwidth_hz, 0.3e6, 5e4);
    EXPECT_NEAR(events[0].power_dbfs, -10.0, 1.0);
}

TEST(SignalClassifier, EventsTileTheStream)
{
    const auto events = run(small_network(), config(2 * kBlock + 1), changing_signals(10 * kBlock + 777));
    ASSERT_EQ(events.size(), 4u);
    std::uint64_t next = 0;
    for (std::size_t i = 0; i < events.size(); ++i) {
        EXPECT_EQ(events[i].seq, i);
        EXPECT_EQ(events[i].sample_start, next);
        EXPECT_EQ(events[i].time_ns, 1'700'000'000'000'000'000 + static_cast<std::int64_t>(next) * 1000);
        EXPECT_EQ(events[i].time_source, TimeSource::file);
        EXPECT_EQ(events[i].source.view(), "rx0");
        next += events[i].sample_count;
    }
    EXPECT_EQ(events[0].sample_count, 3u * kBlock);
    EXPECT_EQ(next, 10u * kBlock + 777u);
}

TEST(SignalClassifier, SquelchedBlocksAreNoiseWithoutTheNetwork)
{
    std::vector<LabelEvent> events;
    ClassifierConfig c = config(2 * kBlock);
    SignalClassifier classifier(small_network(), c, [&](const LabelEvent& e) { events.push_back(e); });
    for (const Samples& x : { Samples(2 * kBlock), white_noise(2 * kBlock, 1e-6, 3) })
        classifier.process(x.data(), x.size());
    EXPECT_EQ(classifier.stats().frames, 0u);
    ASSERT_EQ(events.size(), 2u);
    for (const LabelEvent& e : events) {
        EXPECT_EQ(e.state, State::noise);
        EXPECT_EQ(e.label.view(), "noise");
        EXPECT_EQ(e.confidence, 1.0f);
        EXPECT_EQ(e.top_count, 0);
        EXPECT_EQ(e.center_freq_hz, 433e6);
    }
    EXPECT_EQ(events[0].power_dbfs, -200.0f);
    EXPECT_NEAR(events[1].power_dbfs, -60.0f, 0.3);
    const Samples loud = white_noise(2 * kBlock, 4e-6, 4); // 6 dB above the floor: over the margin
    classifier.process(loud.data(), loud.size());
    EXPECT_EQ(classifier.stats().frames, 16u);
}

TEST(SignalClassifier, FlushDecidesOnWhatIsLeftAndStartsAfresh)
{
    std::vector<LabelEvent> events;
    SignalClassifier classifier(small_network(), config(4 * kBlock),
                                [&](const LabelEvent& e) { events.push_back(e); });
    classifier.flush();
    EXPECT_TRUE(events.empty());
    const Samples x = band_noise(5 * kBlock, 0.0, 0.3, 0.1, 5);
    classifier.process(x.data(), 15); // fewer than min_samples: nothing to decide on
    classifier.flush();
    EXPECT_TRUE(events.empty());
    classifier.process(x.data(), 16);
    classifier.flush();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].sample_start, 15u);
    EXPECT_EQ(events[0].sample_count, 16u);
    classifier.process(x.data(), kBlock + 10); // the 10 are too few, the block is not
    classifier.flush();
    ASSERT_EQ(events.size(), 2u);
    EXPECT_EQ(events[1].sample_start, 31u);
    EXPECT_EQ(events[1].sample_count, static_cast<std::uint64_t>(kBlock));
    classifier.process(x.data(), 4 * kBlock);
    ASSERT_EQ(events.size(), 3u);
    EXPECT_EQ(events[2].sample_start, 31u + kBlock + 10u);
    classifier.flush();
    EXPECT_EQ(events.size(), 3u);
    EXPECT_EQ(classifier.stats().samples, 31u + kBlock + 10u + 4u * kBlock);
}

TEST(SignalClassifier, BurstsAreDecidedApartFromTheStream)
{
    const model::Model model = small_network();
    const Samples x = band_noise(3 * kBlock + 300, -0.1, 0.3, 0.1, 7) + white_noise(3 * kBlock + 300, 1e-4, 8);
    std::vector<LabelEvent> with, without;
    SignalClassifier a(model, config(4 * kBlock), [&](const LabelEvent& e) { with.push_back(e); });
    SignalClassifier b(model, config(4 * kBlock), [&](const LabelEvent& e) { without.push_back(e); });
    LabelEvent burst;
    EXPECT_FALSE(a.classify_burst(x.data(), 15, burst));
    EXPECT_FALSE(a.classify_burst(nullptr, 0, burst));
    for (auto* classifier : { &a, &b }) {
        classifier->set_time(0, 0, TimeSource::hw);
        classifier->process(x.data(), 2500);
        if (classifier == &a) {
            ASSERT_TRUE(a.classify_burst(x.data(), x.size(), burst));
            EXPECT_EQ(burst.seq, 0u);
            EXPECT_EQ(burst.sample_start, 0u);
            EXPECT_EQ(burst.sample_count, x.size());
            const auto expected = plain_probabilities(model, x);
            EXPECT_NEAR(burst.top[0].probability, *std::max_element(expected.begin(), expected.end()), 1e-4);
            ASSERT_TRUE(a.classify_burst(x.data(), 16, burst));
            EXPECT_EQ(burst.seq, 1u);
            EXPECT_EQ(burst.sample_start, x.size());
        }
        classifier->process(x.data(), 2500);
    }
    ASSERT_EQ(with.size(), 1u);
    ASSERT_EQ(without.size(), 1u);
    EXPECT_EQ(with[0].seq, 2u);
    with[0].seq = 0;
    EXPECT_EQ(to_json_line(with[0]), to_json_line(without[0]));
    EXPECT_EQ(a.stats().events, 3u);
}

TEST(SignalClassifier, PausesDoNotOutvoteABurst)
{
    // A network of random weights that calls noise what is white, and something else a keyed tone.
    const Samples noise = white_noise(40 * kBlock, 1e-4, 1), signal = fsk(40 * kBlock, 0.1, 0.05, 0.01, 2);
    const Samples pure = signal * 0.3f + noise;
    const Samples burst(pure.begin() + 20 * kBlock, pure.begin() + 23 * kBlock);
    ClassifierConfig vote = config(40 * kBlock);
    vote.measure = false; // what these networks say is random, and would be corrected
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        model::NewModel zoo;
        zoo.arch = "amr_s";
        zoo.front_end = small_network().info.front_end;
        zoo.labels = { "noise", "BPSK", "QPSK", "16QAM", "2FSK" };
        zoo.seed = seed;
        zoo.units_per_stage = { 1, 1, 1, 1 };
        model::Model model = model::make_model(zoo);
        model.info.decision.min_confidence = 0.0;
        model.info.decision.temperature = 0.02;
        const auto of_noise = run(model, vote, noise), of_signal = run(model, vote, burst);
        if (of_noise[0].state != State::noise || of_signal[0].state != State::signal)
            continue;
        Samples x = noise;
        std::copy(burst.begin(), burst.end(), x.begin() + 20 * kBlock);
        const auto events = run(model, vote, x);
        ASSERT_EQ(events.size(), 1u);
        EXPECT_EQ(events[0].state, State::signal) << to_json_line(events[0]);
        EXPECT_LT(events[0].bandwidth_hz, 0.3e6);
        EXPECT_NEAR(events[0].snr_db, of_signal[0].snr_db, 1.0f);
        return;
    }
    FAIL() << "no such network";
}

TEST(SignalClassifier, CountsEventsToWhichTheModelGaveNoAnswer)
{
    model::Model model = small_network();
    for (auto& [name, tensor] : model.network.tensors)
        if (tensor.shape.size() == 2) // of the last node: its answers overflow
            std::fill(tensor.data.begin(), tensor.data.end(), 3e38f);
    const Samples x = band_noise(4 * kBlock, 0.1, 0.2, 0.1, 3);
    for (const bool fails : { false, true }) {
        std::vector<LabelEvent> events;
        SignalClassifier classifier(fails ? model : small_network(), config(kBlock),
                                    [&](const LabelEvent& e) { events.push_back(e); });
        classifier.process(x.data(), x.size());
        ASSERT_EQ(events.size(), 4u);
        EXPECT_EQ(classifier.stats().unanswered_events, fails ? 4u : 0u);
        EXPECT_EQ(doubts(classifier.stats())[2].empty(), !fails);
        EXPECT_EQ(events[0].label.view() == "unknown" && events[0].top_count == 0, fails);
    }
}

TEST(SignalClassifier, RefusesAConfigurationByName)
{
    const double nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(error_of(config()), "");
    ClassifierConfig c = config();
    for (const double rate : { 0.0, -1.0, nan, std::numeric_limits<double>::infinity() }) {
        c.sample_rate_hz = rate;
        EXPECT_EQ(error_of(c).find("classifier: sample_rate_hz: value out of range: found "), 0u) << rate;
    }
    c = config();
    c.interval_s = 0x1.00001p40 / c.sample_rate_hz;
    EXPECT_EQ(error_of(c), "classifier: interval_s: value out of range: found 1.09951e+06, expected 0 or more "
                           "seconds, at most 2^40 samples");
    for (const double interval_s : { -1.0, nan, 1e300 }) {
        c.interval_s = interval_s;
        EXPECT_EQ(error_of(c).find("classifier: interval_s: value out of range: found "), 0u) << interval_s;
    }
    c = config();
    c.min_confidence = 1.5;
    EXPECT_EQ(error_of(c), "classifier: min_confidence: value out of range: found 1.5, expected 0..1");
    c.min_confidence = nan;
    EXPECT_EQ(error_of(c), "classifier: min_confidence: value out of range: found nan, expected 0..1");
    c = config();
    c.center_freq_hz = nan;
    EXPECT_NE(error_of(c).find("center_freq_hz"), std::string::npos);
    c = config();
    c.max_batch = 65;
    EXPECT_EQ(error_of(c), "classifier: max_batch: value out of range: found 65, expected 1..64");
    c = config();
    c.source = "";
    EXPECT_EQ(error_of(c), "classifier: source: bad name: found '', expected 1..48 bytes");
    EXPECT_THROW(SignalClassifier(small_network(), c, [](const LabelEvent&) {}), Error);
}
