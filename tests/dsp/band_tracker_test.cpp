// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/band_tracker.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace prunedamr::dsp;

namespace {

using Bands = std::vector<OccupiedBins>;

OccupiedBins band(int begin, int end, float power = 1.0f)
{
    return { begin, end, power, 0.1f, power };
}

/// Shows a tracker the dwells, one after the other.
void show(BandTracker& tracker, const std::vector<Bands>& dwells)
{
    for (const Bands& dwell : dwells)
        tracker.update(dwell.data(), static_cast<int>(dwell.size()));
}

} // namespace

TEST(BandTracker, ConfirmsWhatIsSeenTwiceInThreeLooks)
{
    BandTracker tracker({});
    show(tracker, { { band(10, 20) } });
    ASSERT_EQ(tracker.count(), 1);
    EXPECT_FALSE(tracker.tracks()[0].confirmed);
    show(tracker, { {}, { band(11, 21) } });
    ASSERT_EQ(tracker.count(), 1);
    EXPECT_TRUE(tracker.tracks()[0].confirmed);
}

TEST(BandTracker, GivesUpWhatIsSeenOnce)
{
    BandTracker tracker({});
    show(tracker, { { band(10, 20) }, {}, {} });
    EXPECT_EQ(tracker.count(), 0);
}

TEST(BandTracker, KeepsATrackThroughAGapAndDropsItAfterALongOne)
{
    BandTrackerConfig config;
    config.dropped_after = 5;
    BandTracker tracker(config);
    show(tracker, { { band(10, 20) }, { band(10, 20) }, {}, {}, {}, {}, {} });
    ASSERT_EQ(tracker.count(), 1);
    EXPECT_FALSE(tracker.tracks()[0].seen);
    show(tracker, { { band(10, 20) } });
    EXPECT_EQ(tracker.tracks()[0].sightings, 3);
    show(tracker, { {}, {}, {}, {}, {}, {} });
    EXPECT_EQ(tracker.count(), 0);
}

TEST(BandTracker, PartsOfABandAreItsTrackAndItsEdgesAreSmoothed)
{
    BandTracker tracker({});
    show(tracker, { { band(10, 50) }, { band(10, 50) }, { band(12, 24), band(30, 48) } });
    ASSERT_EQ(tracker.count(), 1);
    EXPECT_EQ(tracker.tracks()[0].now.begin, 12);
    EXPECT_EQ(tracker.tracks()[0].now.end, 48);
    EXPECT_GT(tracker.tracks()[0].begin, 10.0);
    EXPECT_LT(tracker.tracks()[0].begin, 12.0);
}

TEST(BandTracker, NeighborsStayApart)
{
    BandTracker tracker({});
    for (int dwell = 0; dwell < 10; ++dwell)
        show(tracker, { { band(10, 20), band(22, 30 + dwell % 2) } });
    EXPECT_EQ(tracker.count(), 2);
}

TEST(BandTracker, StrongerSignalsTakeThePlacesOfWeakOnes)
{
    BandTrackerConfig config;
    config.most = 2;
    BandTracker tracker(config);
    show(tracker, { { band(10, 20, 1.0f), band(30, 40, 2.0f), band(50, 60, 1.5f), band(70, 80, 5.0f) } });
    ASSERT_EQ(tracker.count(), 2);
    std::vector<double> begins{ tracker.tracks()[0].begin, tracker.tracks()[1].begin };
    std::sort(begins.begin(), begins.end());
    EXPECT_EQ(begins, (std::vector<double>{ 30.0, 70.0 }));
    EXPECT_NE(tracker.tracks()[0].slot, tracker.tracks()[1].slot);
}

TEST(BandTracker, ATrackWithinAnotherEnds)
{
    BandTracker tracker({});
    show(tracker, { { band(10, 20), band(30, 60) }, { band(10, 20), band(30, 60) } });
    ASSERT_EQ(tracker.count(), 2);
    for (int dwell = 0; dwell < 10; ++dwell)
        show(tracker, { { band(8, 62) } });
    EXPECT_EQ(tracker.count(), 1);
}
