// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "prunedamr/stream/drift_reference.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace prunedamr::stream {

struct DriftConfig {
    std::optional<DriftReference> reference; ///< none: the first `learn` decisions become it
    std::uint64_t learn = 2000;              ///< decisions, 500 or more
    double false_alarm_s = 30.0 * 86400.0;   ///< mean time between false alarms, above 0
};

/// What a watch is at. `evidence`: log10 of the statistic, `limit`: from which on drift is told.
struct DriftStatus {
    enum class Reference : std::uint8_t { learning, site, calibration };
    Reference reference = Reference::learning;
    std::uint64_t learned = 0; ///< decisions (frames, of a calibration) in the reference
    std::uint64_t watched = 0; ///< decisions that were compared with it
    double evidence = 0.0, limit = 0.0;
    std::uint64_t told = 0;   ///< events that tell of drift
    bool is_drifting = false; ///< the last alarm is less than a thirtieth of the mean time between false ones ago
};

/// Tells when decisions are no longer like those of a reference: the first event for which that is sure has
/// `drift`.
///
/// **The test.** Each quantity of all decisions, and of those of each label, is asked a dozen questions: does it
/// lie in this set of bins? The sets are chosen from the reference: above or below its quantiles, between its
/// quartiles, in one part of it, where the reference has nothing. Let u be the upper limit, three standard errors
/// (Wilson) and one point above what the reference has, for the probability of yes. Under "no drift", that is a
/// probability of at most u whatever came before, L = q / u for yes and (1 - q) / (1 - u) for no has a mean of at
/// most 1, for any q > u: u is the worst case, and there it is 1. So with M <- (M + 1) L (Shiryaev and Roberts), M
/// minus the number of decisions is a supermartingale, for each question and so for the mean over all questions and
/// over two q, of 3 and 12 times the odds of u. Optional stopping gives what is promised: **the mean number of
/// decisions until that mean first reaches c is c or more** (the e-detectors of Shin, Ramdas and Rinaldo 2022). No
/// distribution is assumed, and the number of questions needs no further correction.
///
/// c is `false_alarm_s` at the rate of the reference's decisions (one a second for a calibration's), 10,000 decisions at
/// least. It holds as far as the limits u do. Each fails, by little, with a probability of about 0.0013 when the
/// reference was learned of independent decisions; where the reference has nothing, u allows for what would have been
/// seen once and twice (Good 1953; in simulations of 64 bins that did not fail in 4,000 references of 200 decisions).
/// A reference that has not seen a day's course is broken by the next night, which is no false alarm of this statistic.
///
/// **What counts.** Decisions on one signal depend on each other. So one in five seconds counts of what stands at
/// one of the last 64 places in the spectrum (`kApartS`), be it bursts or intervals of one track; noise does not count. A reference
/// is of a kind: a calibration's has frames of classes, so that only confidence and unknown score of single frames,
/// of one label, are compared with it. Air differs from any data set: where it does, that is told, and a reference
/// of the site is what to learn.
///
/// **Once.** A quantity that was told is left out while its drift lasts, so that another one is told, too.
///
/// 0.4 MB. After construction `see` neither allocates, locks nor throws.
class DriftWatch
{
public:
    static constexpr double kApartS = 5.0;
    static constexpr std::uint64_t kLeastOfLabel =
        200; ///< decisions in the reference, for a label to be watched by itself

    /// Throws `Error` for a configuration out of range.
    explicit DriftWatch(DriftConfig config = {});
    ~DriftWatch();

    /// On one thread, for each event in turn. Writes `event.drift` where drift is told, and returns whether it is.
    bool see(LabelEvent& event) noexcept;

    DriftStatus status() const noexcept; ///< any thread

    /// The reference once it is there; any thread.
    std::optional<DriftReference> reference() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Whether what was told is that more decisions are unknown.
bool is_unknown_rate(const LabelEvent::Drift& drift) noexcept;

} // namespace prunedamr::stream
