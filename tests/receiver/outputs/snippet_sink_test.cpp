// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/receiver/outputs/snippet_testing.h"

#include "prunedamr/base/error.h"
#include "prunedamr/base/rng.h"
#include "prunedamr/receiver/outputs/sinks.h"
#include "tests/support/temp_dir.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

using namespace prunedamr;
using namespace prunedamr::receiver;
using test::kSecond;
using test::kTime;
using test::names;
namespace fs = std::filesystem;

namespace {

constexpr double kRate = 1e6, kTuned = 433e6, kOffset = 200e3;
constexpr std::uint64_t kStart = 400'000, kLength = 50'000, kEnd = kStart + kLength;

/// A tone in noise, on for 50 ms.
std::vector<std::complex<float>> air(std::size_t count)
{
    std::vector<std::complex<float>> samples(count);
    Rng rng(3);
    for (std::size_t i = 0; i < count; ++i) {
        samples[i] = 1e-3f * rng.complex_normal();
        if (i >= kStart && i < kEnd)
            samples[i] += std::polar(0.5f, static_cast<float>(std::fmod(2.0 * M_PI * kOffset / kRate * static_cast<double>(i), 2.0 * M_PI)));
    }
    return samples;
}

stream::LabelEvent tone_event()
{
    stream::LabelEvent event;
    event.source = { "rx0" };
    event.state = stream::State::signal;
    event.label = { "OOK" };
    event.model = { "m" };
    event.track = 1;
    event.is_whole = true;
    event.sample_rate_hz = kRate;
    event.sample_start = kStart;
    event.sample_count = kLength;
    event.center_freq_hz = kTuned + kOffset;
    event.bandwidth_hz = 5e3;
    event.confidence = 0.5f;
    event.snr_db = 20.0f;
    event.time_ns = kTime;
    return event;
}

class Snippets : public ::testing::Test
{
protected:
    Snippets()
    {
        SourceInfo source;
        source.sample_rate_hz = kRate;
        source.center_freq_hz = kTuned;
        source.live = true;
        history.begin_run(source);
        config.store = { folder.path(), 100'000'000, 1e9 };
        config.condition = [](const stream::LabelEvent& event) { return event.state != stream::State::noise; };
    }

    void feed(const std::vector<std::complex<float>>& samples, double center_freq_hz = kTuned)
    {
        for (std::size_t done = 0; done < samples.size(); done += 10'000)
            history.take({ samples.data() + done, std::min<std::size_t>(10'000, samples.size() - done), at + done, 0,
                           center_freq_hz, false });
        at += samples.size();
    }

    std::vector<recording::Recording> recordings() const
    {
        std::vector<recording::Recording> found;
        for (const std::string& name : names(folder.path()))
            found.emplace_back(folder.path() + "/" + name + ".sigmf-meta", recording::RawOptions{});
        return found;
    }

    const test::TemporaryFolder folder;
    SampleHistory history;
    SnippetConfig config;
    std::vector<std::string> notices;
    NoticeHandler notice = [this](const std::string& text) { notices.push_back(text); };
    std::uint64_t at = 0;
};

} // namespace

TEST_F(Snippets, HoldTheBandAroundAnEmissionWithWhatCameBeforeAndAfterIt)
{
    auto choice = make_snippet_sink(config, history, notice);
    feed(air(1'000'000));
    ASSERT_TRUE(choice.condition(tone_event()));
    choice.sink->write(tone_event());
    auto found = recordings();
    ASSERT_EQ(found.size(), 1u);
    const recording::RecordingInfo info = found[0].info();
    EXPECT_GE(info.sample_rate_hz, 8 * 5e3);
    EXPECT_LT(info.sample_rate_hz, kRate / 4);
    ASSERT_EQ(info.annotations.size(), 1u);
    const recording::Annotation& annotation = info.annotations[0];
    EXPECT_EQ(annotation.label, "OOK");
    EXPECT_NEAR(*annotation.freq_lower_hz, kTuned + kOffset - 2500.0, 1.0);
    EXPECT_NEAR(*annotation.freq_upper_hz, kTuned + kOffset + 2500.0, 1.0);
    EXPECT_NE(annotation.generator.find("model m"), std::string::npos);
    EXPECT_NEAR(static_cast<double>(annotation.sample_start) / info.sample_rate_hz, 0.1, 1e-4);
    EXPECT_NEAR(static_cast<double>(annotation.sample_count) / info.sample_rate_hz, 0.05, 1e-4);
    EXPECT_NEAR(static_cast<double>(info.sample_count) / info.sample_rate_hz, 0.25, 1e-4);
    EXPECT_NEAR(static_cast<double>(*info.time_ns - kTime), -0.1e9, 1e5);

    // The tone is where the annotation says, in time, frequency and level.
    std::vector<std::complex<float>> samples(info.sample_count);
    ASSERT_EQ(found[0].read(samples.data(), samples.size()), samples.size());
    const std::uint64_t first = annotation.sample_start, end = first + annotation.sample_count;
    for (std::uint64_t i = 0; i < samples.size(); ++i) {
        const bool is_on = i > first + 50 && i + 50 < end, is_off = i + 50 < first || i > end + 50;
        if (is_on) {
            ASSERT_NEAR(std::abs(samples[i]), 0.5, 0.01) << i;
        } else if (is_off) {
            ASSERT_LT(std::abs(samples[i]), 0.01) << i;
        }
    }
    const std::complex<float> turn = samples[(first + end) / 2 + 1] * std::conj(samples[(first + end) / 2]);
    EXPECT_NEAR(info.center_freq_hz + std::arg(turn) / (2.0 * M_PI) * info.sample_rate_hz, kTuned + kOffset, 100.0);
    EXPECT_GT(std::abs(info.center_freq_hz - kTuned - kOffset), 5e3) << "not where a receiver's own line would be";
    EXPECT_TRUE(notices.empty());
}

TEST_F(Snippets, WaitForWhatComesAfterTheEmission)
{
    auto choice = make_snippet_sink(config, history, notice);
    const auto samples = air(1'000'000);
    feed({ samples.begin(), samples.begin() + kEnd + 10'000 });
    ASSERT_TRUE(choice.condition(tone_event()));
    choice.sink->write(tone_event());
    choice.sink->idle();
    EXPECT_TRUE(names(folder.path()).empty());
    feed({ samples.begin() + kEnd + 10'000, samples.end() });
    choice.sink->idle();
    ASSERT_EQ(recordings().size(), 1u);
    EXPECT_NEAR(static_cast<double>(recordings()[0].info().sample_count) / recordings()[0].info().sample_rate_hz, 0.25, 1e-4);
}

TEST_F(Snippets, AtTheEndOrBeforeARetuneHoldWhatThereIs)
{
    auto choice = make_snippet_sink(config, history, notice);
    const auto samples = air(kEnd + 10'000);
    feed(samples);
    ASSERT_TRUE(choice.condition(tone_event()));
    choice.sink->write(tone_event());
    choice.sink->finish();
    ASSERT_EQ(recordings().size(), 1u);
    EXPECT_NEAR(static_cast<double>(recordings()[0].info().sample_count) / recordings()[0].info().sample_rate_hz, 0.16, 1e-4);

    feed(air(1000), kTuned + 10e6);
    stream::LabelEvent again = tone_event();
    again.time_ns += 1;
    ASSERT_TRUE(choice.condition(again));
    choice.sink->write(again);
    EXPECT_EQ(recordings().size(), 2u) << "nothing of it comes after another frequency";
}

TEST_F(Snippets, AWideSignalIsKeptAsItCame)
{
    auto choice = make_snippet_sink(config, history, notice);
    const auto samples = air(1'000'000);
    feed(samples);
    stream::LabelEvent event = tone_event();
    event.bandwidth_hz = 300e3;
    ASSERT_TRUE(choice.condition(event));
    choice.sink->write(event);
    auto found = recordings();
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].info().sample_rate_hz, kRate);
    EXPECT_EQ(found[0].info().center_freq_hz, kTuned);
    ASSERT_EQ(found[0].info().sample_count, 250'000u);
    std::vector<std::complex<float>> read(250'000);
    found[0].read(read.data(), read.size());
    EXPECT_TRUE(std::equal(read.begin(), read.end(), samples.begin() + kStart - 100'000));
}

TEST_F(Snippets, ASignalThatLastsIsRecordedOnceAMinuteAndWhenItsLabelChanges)
{
    auto choice = make_snippet_sink(config, history, notice);
    stream::LabelEvent event = tone_event();
    event.is_whole = false;
    std::string chosen;
    for (const auto& [second, track, label] : { std::tuple(0, 1u, "OOK"), std::tuple(1, 1u, "OOK"), std::tuple(2, 2u, "OOK"),
                                                std::tuple(3, 1u, "2FSK"), std::tuple(4, 1u, "2FSK"), std::tuple(64, 1u, "2FSK") }) {
        event.time_ns = kTime + second * kSecond;
        event.track = track;
        event.label = { label };
        chosen += choice.condition(event) ? 'y' : 'n';
    }
    EXPECT_EQ(chosen, "ynyyny");
    event.state = stream::State::noise;
    EXPECT_FALSE(choice.condition(event));
}

TEST_F(Snippets, WhatCannotBeWrittenIsLostAndSaidOnce)
{
    auto choice = make_snippet_sink(config, history, notice);
    stream::LabelEvent event = tone_event(); // of which no sample ever came
    for (int i = 0; i < 3; ++i) {
        event.time_ns += 1;
        ASSERT_TRUE(choice.condition(event));
        choice.sink->write(event);
    }
    choice.sink->finish();
    EXPECT_EQ(choice.sink->lost(), 3u);
    ASSERT_EQ(notices.size(), 1u);
    EXPECT_NE(notices[0].find("its samples are gone"), std::string::npos) << notices[0];
    EXPECT_TRUE(names(folder.path()).empty());
}
