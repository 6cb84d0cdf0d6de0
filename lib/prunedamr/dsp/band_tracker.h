// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/dsp/band_detector.h"

#include <vector>

namespace prunedamr::dsp {

/// One signal through the dwells. Bins as real numbers: bin i reaches from i to i + 1.
struct Track {
    double begin = 0.0, end = 0.0; ///< smoothed
    float power = 0.0f;            ///< above the noise, of the last dwell in which it was seen
    float noise = 0.0f;            ///< within, of the same
    OccupiedBins now;              ///< what the last dwell showed of it, if it is `seen`
    bool seen = false;             ///< in the last dwell
    bool confirmed = false;
    int sightings = 0;
    int missed = 0; ///< dwells since it was seen
    int slot = 0;   ///< the same as long as it lives, 0..most - 1, and no other's

    double width() const { return end - begin; }
    double center() const { return 0.5 * (begin + end); }
};

struct BandTrackerConfig {
    int most = 16;          ///< tracks at a time; the strongest stay
    int confirmed_by = 2;   ///< sightings,
    int confirmed_in = 3;   ///< in so many dwells from the first one on; else it is given up
    int dropped_after = 12; ///< dwells without a sighting; those of a confirmed track
};

/// Joins the bands of dwell after dwell to tracks: those that overlap by half of the narrower one. Tracks are kept
/// through gaps. Allocates at construction only.
class BandTracker
{
public:
    explicit BandTracker(const BandTrackerConfig& config);

    /// bands [count], what a dwell shows
    void update(const OccupiedBins* bands, int count) noexcept;
    void reset() noexcept { count_ = 0; }

    int count() const noexcept { return count_; }
    const Track* tracks() const noexcept { return tracks_.data(); } ///< [count], in no order

private:
    int best_track(const OccupiedBins& band, int known) const noexcept;
    static void see(Track& track, const OccupiedBins& band) noexcept;
    void begin(const OccupiedBins& band) noexcept;
    void end_dwell(Track& track) const noexcept;
    bool is_over(const Track& track) const noexcept;
    void drop(int index) noexcept;

    BandTrackerConfig config_;
    std::vector<Track> tracks_; ///< [most]; those that are not in use keep their slots
    int count_ = 0;
};

} // namespace prunedamr::dsp
