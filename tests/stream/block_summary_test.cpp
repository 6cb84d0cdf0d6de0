// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/stream/block_classifier.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace prunedamr;
using namespace prunedamr::stream;

namespace {

dsp::BlockInfo block(float power_dbfs, float snr_db, float center, float bandwidth)
{
    dsp::BlockInfo info;
    info.power_dbfs = power_dbfs;
    info.snr_db = snr_db;
    info.center = center;
    info.bandwidth = bandwidth;
    return info;
}

LabelEvent written(const BlockSummary& summary)
{
    LabelEvent event;
    event.sample_rate_hz = 1e6;
    event.center_freq_hz = 100e6;
    summary.write(event);
    return event;
}

} // namespace

TEST(BlockSummary, WeighsTheBandByPowerAndLeavesSquelchedBlocksOut)
{
    BlockSummary summary;
    summary.add(block(-10.0f, 20.0f, 0.1f, 0.2f), 1000, false);
    summary.add(block(-20.0f, 10.0f, 0.2f, 0.1f), 1000, false);
    summary.add(block(-20.0f, std::numeric_limits<float>::quiet_NaN(), 0.0f, 1.0f), 1000, true);
    const LabelEvent e = written(summary);
    EXPECT_NEAR(e.center_freq_hz, 100e6 + 1e6 * (0.1 * 0.1 + 0.01 * 0.2) / 0.11, 0.1);
    EXPECT_NEAR(e.bandwidth_hz, 1e6 * (0.1 * 0.2 + 0.01 * 0.1) / 0.11, 0.1);
    EXPECT_NEAR(e.snr_db, 15.0f, 1e-5);
    EXPECT_NEAR(e.power_dbfs, 10.0 * std::log10(0.12 / 3.0), 1e-4);
}

TEST(BlockSummary, WithoutSignalTheBandIsAllThatWasReceived)
{
    BlockSummary summary;
    summary.add(block(-90.0f, 20.0f, 0.1f, 0.2f), 1000, true);
    const LabelEvent e = written(summary);
    EXPECT_EQ(e.center_freq_hz, 100e6);
    EXPECT_EQ(e.bandwidth_hz, 1e6);
    EXPECT_TRUE(std::isnan(e.snr_db));
    EXPECT_NEAR(e.power_dbfs, -90.0f, 1e-4);
}

TEST(BlockSummary, WithoutBlocksThePowerIsNotKnown)
{
    EXPECT_TRUE(std::isnan(written(BlockSummary()).power_dbfs));
}
