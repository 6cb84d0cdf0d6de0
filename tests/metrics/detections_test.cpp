// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/metrics/detections.h"

#include <gtest/gtest.h>

namespace prunedamr::metrics {
namespace {

const EmissionBox kLasting = { 0.0, 1.0, 0.0, 100.0, "QPSK" };
const EmissionBox kBurst = { 0.2, 0.21, 200.0, 300.0, "OOK" };
const EmissionBox kShort = { 0.5, 0.501, 200.0, 300.0, "OOK" };

EmissionBox report(double start_s, double end_s, double low_hz, double high_hz, double score = 1.0)
{
    return { start_s, end_s, low_hz, high_hz, {}, score };
}

TEST(Detections, PerfectReportsArePerfect)
{
    const auto s = score_detections({ kLasting, kBurst, kShort }, { kShort, kLasting, kBurst }, 30.0);
    EXPECT_EQ(s.lasting.found, 1);
    EXPECT_EQ(s.long_bursts.boxed, 1);
    EXPECT_EQ(s.short_bursts.boxed, 1);
    EXPECT_EQ(s.split + s.merged + s.false_reports, 0);
    EXPECT_DOUBLE_EQ(s.precision(), 1.0);
    EXPECT_DOUBLE_EQ(s.recall(), 1.0);
    EXPECT_DOUBLE_EQ(s.average_precision(), 1.0);
}

TEST(Detections, AWrongBandIsNotFoundAndAWrongTimeNotBoxed)
{
    auto s = score_detections({ kBurst }, { report(0.2, 0.21, 290.0, 600.0) }, 1.0);
    EXPECT_EQ(s.long_bursts.found, 0);
    s = score_detections({ kBurst }, { report(0.2, 0.24, 200.0, 300.0) }, 1.0);
    EXPECT_EQ(s.long_bursts.found, 1);
    EXPECT_EQ(s.long_bursts.boxed, 0);
    EXPECT_EQ(s.right, 0);
}

TEST(Detections, ACarrierCountsByItsFrequency)
{
    const EmissionBox carrier = { 0.0, 1.0, 0.0, 500.0, "CW" };
    EXPECT_TRUE(same_band(carrier, report(0, 1, 240, 260)));
    EXPECT_FALSE(same_band(carrier, report(0, 1, 540, 560)));
    EXPECT_FALSE(same_band(carrier, report(0, 1, -2000, 2500)));
    const EmissionBox signal = { 0.0, 1.0, 0.0, 500.0, "QPSK" };
    EXPECT_FALSE(same_band(signal, report(0, 1, 240, 260)));
}

TEST(Detections, SkirtsCountAsFarAsTheyAreSeenAndNotAtAll)
{
    EmissionBox keyed = { 0.0, 1.0, 0.0, 500.0, "OOK" };
    EXPECT_FALSE(same_band(keyed, report(0, 1, 230, 280)));
    keyed.core_hz = 100.0;
    EXPECT_TRUE(same_band(keyed, report(0, 1, 230, 280)));
    EXPECT_TRUE(same_band(keyed, report(0, 1, -300, 800)));
    EXPECT_FALSE(same_band(keyed, report(0, 1, 240, 260)));
    EXPECT_FALSE(same_band(keyed, report(0, 1, -500, 900)));
    EXPECT_FALSE(same_band(keyed, report(0, 1, 480, 580)));
}

/// Of PSK and QAM without shaping; a key may have pulled its oscillator anywhere.
TEST(Detections, ASideLobeIsNotTheEmissionThatHasIt)
{
    EmissionBox unshaped = { 0.0, 1.0, -500.0, 500.0, "QPSK" };
    unshaped.core_hz = 200.0;
    EXPECT_TRUE(same_band(unshaped, report(0, 1, -90, 90)));
    EXPECT_FALSE(same_band(unshaped, report(0, 1, 100, 200)));
    const auto s = score_detections({ unshaped }, { report(0, 1, 110, 190) }, 1.0);
    EXPECT_EQ(s.lasting.found, 0);
    unshaped.label = "OOK";
    EXPECT_TRUE(same_band(unshaped, report(0, 1, 100, 200)));
}

TEST(Detections, PartsAreASplitAndOneReportOverTwoIsAMerge)
{
    auto s = score_detections({ kLasting }, { report(0.0, 0.5, 0, 100), report(0.5, 1.0, 0, 100) }, 1.0);
    EXPECT_EQ(s.split, 1);
    EXPECT_EQ(s.false_reports, 0);
    const EmissionBox neighbor = { 0.0, 1.0, 120.0, 220.0, "QPSK" };
    s = score_detections({ kLasting, neighbor }, { report(0, 1, 0, 220) }, 1.0);
    EXPECT_EQ(s.merged, 2);
    EXPECT_EQ(s.split, 0);
}

TEST(Detections, FalseReportsArePerMinuteAndCostPrecision)
{
    auto s = score_detections({ kBurst }, { kBurst, report(0.7, 0.8, 0, 50) }, 30.0);
    EXPECT_EQ(s.false_reports, 1);
    EXPECT_DOUBLE_EQ(s.false_per_minute(), 2.0);
    EXPECT_DOUBLE_EQ(s.precision(), 0.5);
    s.add(score_detections({ kBurst }, { kBurst }, 30.0));
    EXPECT_DOUBLE_EQ(s.false_per_minute(), 1.0);
    EXPECT_EQ(s.long_bursts.of, 2);
}

TEST(Detections, AveragePrecisionIsTheAreaUnderPrecisionOverRecall)
{
    // By falling score: hit, miss, hit of 4 emissions: precision 1 up to 1/4, 2/3 up to 2/4.
    const std::vector<EmissionBox> truth = { kLasting, kBurst, kShort, { 0, 1, 700, 800, "CSS" } };
    EmissionBox first = kLasting, second = report(0, 1, 400, 500, 2.0), third = kBurst;
    first.score = 3.0;
    third.score = 1.0;
    const auto s = score_detections(truth, { third, first, second }, 1.0);
    EXPECT_DOUBLE_EQ(s.average_precision(), 0.25 + 0.25 * 2.0 / 3.0);
}

} // namespace
} // namespace prunedamr::metrics
