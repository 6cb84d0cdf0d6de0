// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dataset/capture_source.h"

#include <gtest/gtest.h>

using namespace prunedamr;

namespace {

/// A capture of 1 MHz around 100 MHz, 10,000 samples long.
recording::RecordingInfo info_of(std::vector<recording::Annotation> annotations)
{
    recording::RecordingInfo info;
    info.sample_rate_hz = 1e6;
    info.center_freq_hz = 100e6;
    info.sample_count = 10000;
    info.captures = { { 0, 100e6, {} } };
    info.annotations = std::move(annotations);
    return info;
}

/// Edges in kHz relative to the center.
recording::Annotation signal(std::uint64_t start, std::uint64_t count, const std::string& label, double low_khz,
                        double high_khz)
{
    return { start, count, label, 100e6 + 1e3 * low_khz, 100e6 + 1e3 * high_khz, "" };
}

std::string reason_of(std::vector<recording::Annotation> annotations)
{
    const auto plan = dataset::plan_capture(info_of(std::move(annotations)), "");
    return plan.skipped.empty() ? "" : plan.skipped.front().reason;
}

} // namespace

TEST(CapturePlan, ASignalWithEdgesGetsAChannelThreeTimesItsBandwidth)
{
    const auto plan = dataset::plan_capture(info_of({ signal(100, 5000, "QAM16", 150, 250) }), "");
    ASSERT_EQ(plan.stretches.size(), 1u);
    const auto& stretch = plan.stretches.front();
    EXPECT_EQ(stretch.start, 100u);
    EXPECT_EQ(stretch.count, 5000u);
    EXPECT_EQ(stretch.label, "16QAM"); // the project's spelling
    EXPECT_NEAR(stretch.center, 0.2, 1e-9);
    EXPECT_NEAR(stretch.bandwidth, 0.1, 1e-9);
    EXPECT_NEAR(stretch.channel_fraction, 0.3, 1e-9);
}

TEST(CapturePlan, ANeighborMakesTheChannelNarrower)
{
    const auto plan =
        dataset::plan_capture(info_of({ signal(0, 5000, "BPSK", -50, 50), signal(0, 5000, "QPSK", 120, 300) }), "");
    ASSERT_EQ(plan.stretches.size(), 2u);
    EXPECT_NEAR(plan.stretches[0].channel_fraction, 0.12 / 0.6, 1e-9); // room to the neighbor's edge
    EXPECT_NEAR(plan.stretches[0].center, 0.0, 1e-9);
}

TEST(CapturePlan, WithoutEdgesTheWholeBandIsTaken)
{
    const auto plan = dataset::plan_capture(info_of({ { 0, 5000, "BPSK", {}, {}, "" } }), "");
    ASSERT_EQ(plan.stretches.size(), 1u);
    EXPECT_EQ(plan.stretches[0].channel_fraction, 1.0);
    EXPECT_EQ(plan.stretches[0].bandwidth, 1.0);
}

TEST(CapturePlan, ALabelIsGivenToWhatHasNone)
{
    auto plan = dataset::plan_capture(info_of({}), "OOK");
    ASSERT_EQ(plan.stretches.size(), 1u);
    EXPECT_EQ(plan.stretches[0].label, "OOK");
    EXPECT_EQ(plan.stretches[0].count, 10000u);
    plan = dataset::plan_capture(info_of({ { 5, 10, "", {}, {}, "" } }), "OOK");
    ASSERT_EQ(plan.stretches.size(), 1u);
    EXPECT_EQ(plan.stretches[0].count, 10u);
    EXPECT_TRUE(plan.skipped.empty());
}

TEST(CapturePlan, SaysWhyASignalIsNotUsed)
{
    EXPECT_EQ(reason_of({}), "no label");
    EXPECT_EQ(reason_of({ { 0, 10, "", {}, {}, "" } }), "no label");
    EXPECT_EQ(reason_of({ signal(0, 10, "BPSK", 600, 700) }), "its frequency edges are not in the capture's band");
    EXPECT_EQ(reason_of({ signal(0, 10, "BPSK", -50, 50), signal(5, 10, "QPSK", 0, 80) }),
              "overlaps another in time and frequency");
    EXPECT_EQ(reason_of({ { 0, 10, "BPSK", {}, {}, "" }, signal(5, 10, "QPSK", 0, 80) }),
              "overlaps another in time and has no frequency edges");
    auto info = info_of({ signal(0, 5000, "BPSK", -50, 50) });
    info.captures.push_back({ 2000, 101e6, {} });
    EXPECT_EQ(dataset::plan_capture(info, "").skipped.at(0).reason, "the receiver was retuned within it");
}
