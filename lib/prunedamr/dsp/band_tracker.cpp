// SPDX-License-Identifier: GPL-3.0-or-later
#include "prunedamr/dsp/band_tracker.h"

#include "prunedamr/base/error.h"

#include <algorithm>

namespace prunedamr::dsp {
namespace {

constexpr double kLeastOverlap = 0.5;  ///< of the narrower one
constexpr double kLeastWeight = 0.2;   ///< of a dwell's edges in those of its track
constexpr float kStrongerBy = 2.0f;    ///< than the weakest track is one that takes its place
constexpr float kMissingWeight = 0.1f; ///< of a track's power while it is not seen

double overlap(double begin_a, double end_a, double begin_b, double end_b) noexcept
{
    const double both = std::min(end_a, end_b) - std::max(begin_a, begin_b);
    return both / std::min(end_a - begin_a, end_b - begin_b);
}

float standing(const Track& track) noexcept
{
    return track.seen || track.missed == 0 ? track.power : kMissingWeight * track.power;
}

} // namespace

BandTracker::BandTracker(const BandTrackerConfig& config)
    : config_(config), tracks_(static_cast<std::size_t>(std::max(config.most, 0)))
{
    PRUNEDAMR_CHECK(config.most >= 1, "a tracker needs room for a track");
    for (int slot = 0; slot < config.most; ++slot)
        tracks_[slot].slot = slot;
}

void BandTracker::update(const OccupiedBins* bands, int count) noexcept
{
    for (int i = 0; i < count_; ++i)
        tracks_[i].seen = false;
    const int known = count_;
    for (int b = 0; b < count; ++b) {
        const OccupiedBins& band = bands[b];
        const int best = best_track(band, known);
        if (best >= 0)
            see(tracks_[best], band);
        else
            begin(band);
    }
    for (int i = 0; i < count_; ++i)
        end_dwell(tracks_[i]);
    for (int i = count_ - 1; i >= 0; --i)
        if (is_over(tracks_[i]))
            drop(i);
}

/// Which of the first `known` it belongs to; -1: to none.
int BandTracker::best_track(const OccupiedBins& band, int known) const noexcept
{
    int best = -1;
    double most = 0.0;
    for (int i = 0; i < known; ++i) {
        const Track& track = tracks_[i];
        const double both = std::min<double>(band.end, track.end) - std::max<double>(band.begin, track.begin);
        if (overlap(band.begin, band.end, track.begin, track.end) >= kLeastOverlap && both > most) {
            most = both;
            best = i;
        }
    }
    return best;
}

void BandTracker::see(Track& track, const OccupiedBins& band) noexcept
{
    if (track.seen) {
        track.now = { std::min(track.now.begin, band.begin), std::max(track.now.end, band.end),
                      track.now.power + band.power, track.now.noise + band.noise,
                      std::max(track.now.peak, band.peak) };
    } else {
        track.now = band;
        track.seen = true;
    }
}

void BandTracker::begin(const OccupiedBins& band) noexcept
{
    int index = count_;
    if (count_ == config_.most) {
        const auto weakest = std::min_element(tracks_.begin(), tracks_.end(), [](const Track& a, const Track& b) {
            return standing(a) < standing(b);
        });
        if (band.power < kStrongerBy * standing(*weakest))
            return;
        index = static_cast<int>(weakest - tracks_.begin());
    } else {
        ++count_;
    }
    const int slot = tracks_[index].slot;
    tracks_[index] = {};
    tracks_[index].slot = slot;
    tracks_[index].power = band.power;
    see(tracks_[index], band);
}

void BandTracker::end_dwell(Track& track) const noexcept
{
    if (!track.seen) {
        ++track.missed;
        return;
    }
    track.missed = 0;
    ++track.sightings;
    const double weight = std::max(kLeastWeight, 1.0 / track.sightings);
    track.begin += weight * (track.now.begin - track.begin);
    track.end += weight * (track.now.end - track.end);
    track.power = track.now.power;
    track.noise = track.now.noise;
    track.confirmed = track.confirmed || track.sightings >= config_.confirmed_by;
}

/// Missed for too long, or swallowed by another one.
bool BandTracker::is_over(const Track& track) const noexcept
{
    if (track.seen)
        return false;
    if (track.missed > (track.confirmed ? config_.dropped_after : config_.confirmed_in - config_.confirmed_by))
        return true;
    return std::any_of(tracks_.begin(), tracks_.begin() + count_, [&](const Track& other) {
        return other.seen && overlap(track.begin, track.end, other.begin, other.end) >= kLeastOverlap;
    });
}

void BandTracker::drop(int index) noexcept
{
    --count_;
    std::swap(tracks_[index], tracks_[count_]);
}

} // namespace prunedamr::dsp
