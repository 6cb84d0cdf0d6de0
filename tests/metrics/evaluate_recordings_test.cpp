// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/metrics/evaluate_recordings.h"

#include "tests/recording/recording_testing.h"
#include "tests/stream/small_network.h"

#include "prunedamr/base/rng.h"
#include "prunedamr/recording/sigmf_writer.h"

#include <gtest/gtest.h>

#include <numeric>

using namespace prunedamr;

namespace {

constexpr int kBlocks = 4; // of 1024 samples, in each half

/// Noise of which the first half is labeled BPSK, the second as given; without a label where that is empty.
metrics::RecordingScores scores_of_halves(const std::string& first, const std::string& second)
{
    const test::TemporaryFolder folder;
    recording::RecordingInfo info;
    info.format = recording::SampleFormat::cf32_le;
    info.sample_rate_hz = 1e6;
    recording::SigmfWriter writer(folder / "air.sigmf-meta", info);
    Rng rng(4);
    std::vector<std::complex<float>> samples(2 * kBlocks * 1024);
    for (auto& sample : samples)
        sample = { 0.1F * static_cast<float>(rng.normal()), 0.1F * static_cast<float>(rng.normal()) };
    writer.append(samples.data(), samples.size());
    if (!first.empty())
        writer.add(recording::Annotation{ 0, kBlocks * 1024, first, {}, {}, "" });
    if (!second.empty())
        writer.add(recording::Annotation{ kBlocks * 1024, kBlocks * 1024, second, {}, {}, "" });
    writer.finish();
    recording::Recording recording(folder / "air.sigmf-meta", {});
    return metrics::evaluate_recording(test::small_network(), recording, folder / "air.sigmf-meta");
}

int sum(const std::map<std::string, int>& counts)
{
    return std::accumulate(counts.begin(), counts.end(), 0, [](int n, const auto& one) { return n + one.second; });
}

} // namespace

TEST(EvaluateRecording, DecidesOnceABlockAndReadsEveryFrame)
{
    const auto scores = scores_of_halves("BPSK", "BPSK");
    EXPECT_EQ(scores.file, "air");
    EXPECT_EQ(scores.truth, "BPSK");
    EXPECT_EQ(scores.family, "PSK");
    EXPECT_EQ(scores.events.count, 2 * kBlocks);
    EXPECT_EQ(sum(scores.labels), scores.events.count);
    EXPECT_GE(scores.frames.count, scores.events.count);
    const auto given = scores.labels.find("BPSK");
    EXPECT_EQ(scores.events.label_right, given == scores.labels.end() ? 0 : given->second);
}

TEST(EvaluateRecording, SeveralLabelsAreAllNamed)
{
    EXPECT_EQ(scores_of_halves("BPSK", "QPSK").truth, "BPSK+QPSK");
}

TEST(EvaluateRecording, WithoutLabelsItIsRunWholeAndHasNoTruth)
{
    const auto scores = scores_of_halves("", "");
    EXPECT_EQ(scores.truth, "");
    EXPECT_EQ(scores.events.count, 2 * kBlocks);
    EXPECT_EQ(scores.events.label_right, 0);
    EXPECT_EQ(scores.events.family_right, 0);
}

TEST(RecordingSummary, CountsEachRecordingAlikeAndLeavesOutThoseWithoutTruth)
{
    metrics::RecordingScores longer;
    longer.truth = longer.majority = "BPSK";
    longer.family = longer.family_majority = "PSK";
    longer.events = { 100, 80, 90, 10 };
    metrics::RecordingScores shorter;
    shorter.truth = "OOK";
    shorter.family = "ASK";
    shorter.majority = shorter.family_majority = "unknown";
    shorter.events = { 2, 0, 1, 1 };
    metrics::RecordingScores untold;
    untold.events = { 5, 0, 0, 5 };
    const auto summary = metrics::summarize({ longer, shorter, untold });
    EXPECT_EQ(summary.recordings, 2);
    EXPECT_EQ(summary.class_right, 1);
    EXPECT_EQ(summary.family_right, 1);
    EXPECT_EQ(summary.unknown, 1);
    EXPECT_DOUBLE_EQ(summary.events.label_right, 0.4);
    EXPECT_DOUBLE_EQ(summary.events.family_right, 0.7);
    EXPECT_DOUBLE_EQ(summary.events.unknown, 0.3);
    EXPECT_DOUBLE_EQ(metrics::to_json(summary)["events_unknown"].get<double>(), 0.3);
    EXPECT_FALSE(metrics::to_json(metrics::summarize({ untold })).contains("events_unknown"));
}
