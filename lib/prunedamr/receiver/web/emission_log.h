// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/receiver/web/picture.h"
#include "prunedamr/stream/label_event.h"

#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace prunedamr::receiver {

/// The emissions that are on the air and those of the last hours, from the events of a receiver. Events of one track
/// are one emission; so are bursts of one label that come in one band within seconds. All functions: any thread.
///
/// JSON of an emission: {"id", "is_on", "first_seen", "last_seen", "events", "bursts", "on_s", "text", "has_picture",
/// "event"}, the last being its last event as everywhere.
class EmissionLog
{
public:
    static constexpr double kHoldS = 6.0;            ///< after its last event an emission has ended
    static constexpr std::size_t kMaxEmissions = 300; ///< at a time; the one that was heard longest ago ends
    static constexpr std::size_t kMaxEnded = 2000, kMaxPictures = 300;
    static constexpr int kOccupancyBins = 128, kOccupancyMinutes = 360;
    static constexpr std::size_t kMaxBoxes = 256; ///< of an update; more are left out, and counted

    void begin_run(std::uint32_t run, double sample_rate_hz); ///< of another source: all emissions end
    void add(const stream::LabelEvent& event);
    void add(DecisionPicture picture);  ///< of an event that was added, or will be
    void set_tuned(double center_freq_hz); ///< of the receiver
    void set_time(std::int64_t now_ns); ///< of the samples that are received now

    /// What has changed since the last call, or nothing, as where it is not wanted: {"type": "update", "run", "emissions": [...], "ended": [ids],
    /// "boxes": [[id, first sample, samples, low Hz, high Hz], ...], "left_out"}.
    std::optional<std::string> next_update(bool is_wanted = true);

    std::string emissions_json() const; ///< of those that are on the air: a list, by frequency

    /// Of those that have ended, the last one first: {"emissions": [...], "total"}.
    std::string history_json(std::size_t limit) const;

    /// Fractions of time per minute and frequency: {"minutes": [{"time", "low_hz", "high_hz", "busy": [0..1, ...]}, ...]}.
    std::string occupancy_json() const;

    /// The emission and what its last decision was made of; none of an id that there is not.
    std::optional<std::string> picture_json(std::uint64_t id) const;

private:
    struct Emission {
        std::uint64_t id = 0, track = 0, seq = 0, events = 0, bursts = 0;
        std::int64_t first_ns = 0, last_ns = 0;
        double on_s = 0.0;
        stream::LabelEvent event; ///< the last one, without its evidence
        std::optional<DecisionPicture> picture;
        bool has_changed = true;
    };
    struct Minute {
        std::int64_t number = 0; ///< since 1970
        double low_hz = 0.0, high_hz = 0.0;
        std::vector<float> busy_s;
    };

    Emission& emission_of(const stream::LabelEvent& event);
    void end(std::list<Emission>::iterator emission);
    void end_old();
    void occupy(const stream::LabelEvent& event);
    const Emission* find(std::uint64_t id) const;
    std::string to_json(const Emission& emission) const;

    mutable std::mutex mutex_;
    std::list<Emission> now_;
    std::deque<Emission> ended_;
    std::vector<std::uint64_t> newly_ended_;
    std::map<std::uint64_t, DecisionPicture> early_; ///< by seq, whose events have not come yet
    std::vector<std::string> boxes_;
    std::uint64_t left_out_ = 0, ended_total_ = 0, next_id_ = 1;
    std::deque<Minute> minutes_;
    std::uint32_t run_ = 0;
    double rate_hz_ = 1.0, tuned_hz_ = 0.0;
    std::int64_t now_ns_ = 0;
};

} // namespace prunedamr::receiver
