// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/model.h"
#include "prunedamr/stream/signal_classifier.h"
#include "tests/dsp/signals.h"
#include "tests/stream/small_network.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

using namespace prunedamr;
using namespace prunedamr::stream;
using namespace prunedamr::test;

namespace {

constexpr std::size_t kBlock = 1024; // of the small network

Model named(const std::string& name, int block_length = kBlock)
{
    model::Model model = small_network(FrontEndSpec::Kind::as_is);
    model.info.name = name;
    model.info.front_end.block_length = block_length;
    engine::EngineConfig config;
    config.max_batch = 5;
    engine::Engine engine(model, config);
    return { std::move(model.info), std::move(engine) };
}

ClassifierConfig config(std::uint64_t interval_samples)
{
    ClassifierConfig config;
    config.sample_rate_hz = 1e6;
    config.interval_s = static_cast<double>(interval_samples) / config.sample_rate_hz;
    return config;
}

std::string model_of(const LabelEvent& event)
{
    return std::string(event.model.view());
}

/// No sample between two events, none in both.
void expect_gapless(const std::vector<LabelEvent>& events)
{
    std::uint64_t next = 0;
    for (std::size_t i = 0; i < events.size(); ++i) {
        EXPECT_EQ(events[i].seq, i);
        EXPECT_EQ(events[i].sample_start, next);
        next += events[i].sample_count;
    }
}

} // namespace

TEST(ModelSwap, ComesBetweenTwoIntervals)
{
    std::vector<LabelEvent> events;
    SignalClassifier classifier(named("first"), config(2 * kBlock),
                                [&](const LabelEvent& e) { events.push_back(e); });
    const Samples x = white_noise(6 * kBlock, 1.0, 1);
    classifier.process(x.data(), kBlock + 100); // within the first interval
    classifier.set_model(named("second", 2000));
    EXPECT_EQ(classifier.stats().model_switches, 0u);
    classifier.process(x.data() + kBlock + 100, x.size() - kBlock - 100);
    classifier.flush();
    EXPECT_EQ(classifier.stats().model_switches, 1u);
    EXPECT_EQ(classifier.info().name, "second");
    ASSERT_EQ(events.size(), 3u);
    EXPECT_EQ(model_of(events[0]), "first");
    EXPECT_EQ(events[0].sample_count, 2 * kBlock);
    EXPECT_EQ(model_of(events[1]), "second");
    EXPECT_EQ(events[1].sample_count, 4000u); // whole blocks of the second
    expect_gapless(events);
    EXPECT_EQ(events[2].sample_start + events[2].sample_count, x.size());
}

TEST(ModelSwap, TheLastOfSeveralOffersCountsAndTheOneBeforeComesBack)
{
    std::vector<LabelEvent> events;
    SignalClassifier classifier(named("first"), config(kBlock), [&](const LabelEvent& e) { events.push_back(e); });
    const Samples x = white_noise(kBlock, 1.0, 1);
    EXPECT_FALSE(classifier.revert_model());
    classifier.set_model(named("dropped"));
    classifier.set_model(named("second"));
    classifier.process(x.data(), x.size());
    EXPECT_TRUE(classifier.revert_model());
    classifier.process(x.data(), x.size());
    EXPECT_TRUE(classifier.revert_model()); // and back again
    classifier.process(x.data(), x.size());
    classifier.set_model(named("third"));
    LabelEvent burst;
    EXPECT_TRUE(classifier.classify_burst(x.data(), x.size(), burst));
    ASSERT_EQ(events.size(), 3u);
    EXPECT_EQ(model_of(events[0]), "second");
    EXPECT_EQ(model_of(events[1]), "first");
    EXPECT_EQ(model_of(events[2]), "second");
    EXPECT_EQ(model_of(burst), "third");
}

TEST(ModelSwap, ASwitchThatHasNotHappenedCanBeTakenBack)
{
    std::vector<LabelEvent> events;
    SignalClassifier classifier(named("first"), config(kBlock), [&](const LabelEvent& e) { events.push_back(e); });
    const Samples x = white_noise(kBlock, 1.0, 1);
    const auto model_after = [&] {
        classifier.process(x.data(), x.size());
        return model_of(events.back());
    };
    classifier.set_model(named("second"));
    EXPECT_TRUE(classifier.revert_model());
    EXPECT_EQ(model_after(), "first");
    EXPECT_FALSE(classifier.revert_model());
    classifier.set_model(named("second"));
    EXPECT_EQ(model_after(), "second");
    classifier.set_model(named("third"));
    EXPECT_TRUE(classifier.revert_model()); // to the one before the third
    EXPECT_EQ(model_after(), "second");
    EXPECT_TRUE(classifier.revert_model());
    EXPECT_TRUE(classifier.revert_model()); // there and back
    EXPECT_EQ(model_after(), "second");
    EXPECT_TRUE(classifier.revert_model());
    EXPECT_EQ(model_after(), "first");
}

TEST(ModelSwap, TheSameModelGivesTheSameEvents)
{
    const Samples x = white_noise(40 * kBlock, 1.0, 7);
    std::vector<LabelEvent> plain, swapped;
    SignalClassifier one(named("m"), config(3 * kBlock), [&](const LabelEvent& e) { plain.push_back(e); });
    one.process(x.data(), x.size());
    SignalClassifier other(named("m"), config(3 * kBlock), [&](const LabelEvent& e) { swapped.push_back(e); });
    for (std::size_t at = 0; at < x.size(); at += 500) {
        other.process(x.data() + at, std::min<std::size_t>(500, x.size() - at));
        if (at % 1500 == 0)
            other.set_model(named("m"));
    }
    EXPECT_GT(other.stats().model_switches, 10u);
    ASSERT_EQ(plain.size(), swapped.size());
    for (std::size_t i = 0; i < plain.size(); ++i) {
        EXPECT_EQ(plain[i].confidence, swapped[i].confidence);
        EXPECT_EQ(plain[i].sample_start, swapped[i].sample_start);
    }
}

TEST(ModelSwap, WhileSamplesFlowFromAnotherThread)
{
    std::vector<LabelEvent> events;
    SignalClassifier classifier(named("a"), config(kBlock), [&](const LabelEvent& e) { events.push_back(e); });
    std::atomic<bool> done{ false };
    std::thread control([&] {
        for (int i = 0; !done; ++i) {
            EXPECT_NE(classifier.description().find("frames per call"), std::string::npos);
            if (i % 3 == 2)
                classifier.revert_model();
            else
                classifier.set_model(named(i % 2 ? "b" : "c", i % 2 ? 2000 : 1024));
        }
    });
    const Samples x = white_noise(50 * kBlock, 1.0, 3);
    std::uint64_t samples = 0;
    while (classifier.stats().model_switches < 20) { // or the time limit of the test ends it
        classifier.process(x.data(), x.size());
        samples += x.size();
    }
    classifier.flush();
    done = true;
    control.join();
    EXPECT_GE(classifier.stats().model_switches, 20u);
    EXPECT_EQ(classifier.stats().samples, samples);
    expect_gapless(events);
    std::set<std::string> models;
    for (const LabelEvent& event : events)
        models.insert(model_of(event));
    EXPECT_GE(models.size(), 2u);
}
