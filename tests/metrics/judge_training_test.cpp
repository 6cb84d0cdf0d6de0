// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/base/rng.h"
#include "prunedamr/metrics/judge_training.h"
#include "tests/support/expect_error.h"
#include "tests/support/temp_dir.h"

#include <fstream>

namespace prunedamr::metrics {
namespace {

detect::Proposal box(double start, double end, double low, double high, float level)
{
    detect::Proposal p;
    p.start = start;
    p.end = end;
    p.low = low;
    p.high = high;
    p.density = 1.0f;
    p.features[detect::kDensity] = level;
    return p;
}

/// An emission, its whole box, a half of it, and another box of the same kind where nothing is.
JudgeEpoch epoch(std::uint64_t scene)
{
    Rng rng(scene);
    JudgeEpoch e;
    e.scene = scene;
    e.rate_hz = 1e6;
    e.samples = 1e6;
    const double start = rng.uniform(0.0, 4e5), low = rng.uniform(-0.4, 0.2);
    e.emissions.push_back({ start, start + 3e5, low, low + 0.1, "QPSK", 20.0 });
    e.proposals.push_back(box(start, start + 3e5, low, low + 0.1, static_cast<float>(rng.uniform(10.0, 20.0))));
    e.proposals.push_back(box(start, start + 1e5, low, low + 0.1, static_cast<float>(rng.uniform(10.0, 12.0))));
    e.proposals.push_back(box(7e5, 1e6, 0.3, 0.4, static_cast<float>(rng.uniform(0.0, 9.0))));
    return e;
}

std::vector<JudgeEpoch> epochs()
{
    std::vector<JudgeEpoch> all;
    for (std::uint64_t scene = 0; scene < 400; ++scene)
        all.push_back(epoch(scene));
    return all;
}

TEST(JudgeTraining, AProposalIsRightAsFarAsItHasBandAndTimeInCommon)
{
    const JudgeEpoch e = epoch(1);
    EXPECT_EQ(rightness(e.proposals[0], e), 1.0f);
    EXPECT_NEAR(rightness(e.proposals[1], e), (1.0 / 3.0 - 0.3) / 0.6, 1e-6);
    EXPECT_EQ(rightness(e.proposals[2], e), 0.0f);
}

TEST(JudgeTraining, WhatHoldsTwoEmissionsIsWrong)
{
    JudgeEpoch e = epoch(1);
    EmissionBox& first = e.emissions[0];
    EmissionBox second = first;
    first.end_s = first.start_s + 1.4e5;
    second.start_s = first.start_s + 1.6e5;
    e.emissions.push_back(second);
    EXPECT_EQ(rightness(e.proposals[0], e), 0.0f);
    EXPECT_GT(rightness(e.proposals[1], e), 0.5f);
}

TEST(JudgeTraining, ItsJudgeReportsEachEmissionOfScenesThatItHasNotSeenOnce)
{
    auto all = epochs();
    JudgeTrainingConfig config;
    config.trees = 40;
    config.depth = 3;
    config.keep = 1.0;
    const detect::Judge judge = train_judge(all, config, [](const std::string&) {});
    const DetectionScores scores = score_judge(judge, all, config.held_back);
    EXPECT_EQ(scores.emissions, 50);
    EXPECT_EQ(scores.lasting.boxed, 50);
    EXPECT_EQ(scores.reports, 50);
    EXPECT_EQ(scores.false_reports, 0);
    const detect::Judge again(judge.to_json("a test"), "again.json");
    EXPECT_NEAR(again.score(all[0].proposals[0]), judge.score(all[0].proposals[0]), 0.05);
}

TEST(JudgeTraining, EpochsAreReadAsTheyWereWritten)
{
    const test::TemporaryFolder folder;
    const std::string path = folder / "epochs.f32";
    const JudgeEpoch written = epoch(7);
    {
        std::ofstream file(path, std::ios::binary);
        write_epoch(file, written);
        write_epoch(file, epoch(8));
    }
    const auto read = read_epochs(path);
    ASSERT_EQ(read.size(), 2u);
    EXPECT_EQ(read[0].scene, 7u);
    ASSERT_EQ(read[0].proposals.size(), 3u);
    EXPECT_EQ(read[0].proposals[1].features, written.proposals[1].features);
    ASSERT_EQ(read[0].emissions.size(), 1u);
    EXPECT_EQ(read[0].emissions[0].label, "QPSK");
    EXPECT_EQ(read[0].emissions[0].start_s, written.emissions[0].start_s);

    std::ofstream(path, std::ios::binary | std::ios::app) << "more";
    EXPECT_ERROR(read_epochs(path), path);
    std::ofstream(path, std::ios::binary) << std::string(40, 'x');
    EXPECT_ERROR(read_epochs(path), "not what a judge learns from");
}

} // namespace
} // namespace prunedamr::metrics
